import { describe, expect, it } from "vitest";
import { findById, matchesIn, wholeOf } from "../../src/api/index.js";
import { allItems, PageWalk } from "../../src/api/pages.js";
import fc from "../support/random.js";
import { clientOf, failureOf, json, serve, service, useCase, workspace, workspaceId } from "./server.js";

const many = Array.from({ length: 45 }, (_, index) => ({ ...workspace, id: `id-${index}` }));

describe("a paginated list", () => {
  it("is read to its end, 20 at a time, with its filters on every page", async () => {
    const services = many.map(({ id }) => ({ ...service, id }));
    const server = await serve((response, { path }) => {
      const query = new URL(path, "http://x").searchParams;
      const start = Number(query.get("continuation_token") ?? 0);
      const end = start + Number(query.get("limit"));
      json(response, 200, { items: services.slice(start, end), has_more: end < 45, continuation_token: end });
    });
    const listed = await clientOf(server).listServices(workspaceId, { search: "s", isActive: true });
    expect(listed.map(({ id }) => id)).toEqual(many.map(({ id }) => id));
    expect(server.seen.map(({ path }) => path.split("?")[1])).toEqual([
      "limit=20&search=s&is_active=true",
      "limit=20&continuation_token=20&search=s&is_active=true",
      "limit=20&continuation_token=40&search=s&is_active=true",
    ]);
  });

  const more = (items: unknown[], continuation_token?: number | null, total?: number) => ({
    items,
    has_more: true,
    continuation_token,
    total,
  });
  const last = (items: unknown[], total?: number) => ({ items, has_more: false, total });

  /** What the list is, or the text of its error, and how many requests it took. */
  async function listed(pages: object[]): Promise<{ result: number | string; requests: number }> {
    const server = await serve((response, _seen, index) =>
      json(response, 200, pages[Math.min(index, pages.length - 1)]),
    );
    const result = await clientOf(server)
      .listWorkspaces()
      .then(
        ({ length }) => length,
        (error: Error) => {
          expect(error).toMatchObject({ name: "ResponseError", problem: "pages", outcome: "rejected" });
          return error.message;
        },
      );
    return { result, requests: server.seen.length };
  }

  it.each<[string, object[], number]>([
    ["an empty page", [more([many[0]], 20), more([], 40), more([], 60), last([many[1]], 2)], 2],
    ["ten empty pages", [...Array.from({ length: 10 }, (_, page) => more([], page + 1)), last([many[1]])], 1],
    ["a token that falls", [more([many[0]], 60), more([many[1]], 40), more([many[2]], 20), last([many[3]])], 4],
    ["a token of 0, when it is new", [more([many[0]], 20), more([many[1]], 0), last([many[2]])], 3],
    ["pages that repeat what was seen", [more([many[0]], 1), more([many[0]], 2), last([many[1]])], 2],
    ["a deletion meanwhile", [more([many[0], many[1]], 2, 4), last([many[2]], 3)], 3],
    ["an addition meanwhile", [more([many[0], many[1]], 2, 3), last([many[2]], 4)], 3],
    ["no token, when the total says that all were seen", [more([many[0]], null, 1)], 1],
    ["a token that repeats, when the total says so", [more([many[0]], 20, 2), more([many[1]], 20, 2)], 2],
  ])("is followed over %s", async (_name, pages, length) => {
    expect(await listed(pages)).toEqual({ result: length, requests: pages.length });
  });

  it.each<[string, object[], string]>([
    [
      "has no token although there is more",
      [more([many[0]])],
      "1 of an unknown number were seen after 1 page; a page says that there is more, but has no token for it (GET /v1/workspaces)",
    ],
    ["has a null token and a higher total", [more([many[0]], null, 5)], "1 of 5 were seen after 1 page;"],
    [
      "repeats its token",
      [more([many[0]], 20, 3), more([many[1]], 20, 3)],
      "2 of 3 were seen after 2 pages; the token of a page leads back to a page that was read already",
    ],
    [
      "goes in a circle",
      [more([many[0]], 20), more([many[1]], 40), more([many[0]], 20)],
      "2 of an unknown number were seen after 3 pages;",
    ],
    ["ends before its total", [more([many[0]], 1, 3), last([many[1]], 3)], "2 of 3 were seen after 2 pages;"],
    ["has one page of many", [last(many.slice(0, 20), 45)], "20 of 45 were seen after 1 page; the last page ends it"],
    ["is empty but says that it is not", [last([], 25)], "0 of 25 were seen after 1 page;"],
  ])("that %s is an error, not a shorter list", async (_name, pages, said) => {
    const { result, requests } = await listed(pages);
    expect(result).toContain(`list-workspaces: the list is not whole: ${said}`);
    expect(requests).toBe(pages.length);
  });

  it("may have a total of all when only a part was asked for", async () => {
    const server = await serve((response) => json(response, 200, { items: [service], has_more: false, total: 45 }));
    expect(await clientOf(server).listServices(workspaceId, { isActive: true })).toHaveLength(1);
    const unfiltered = await failureOf(clientOf(server).listServices(workspaceId, { isActive: undefined }));
    expect(unfiltered.message).toMatch(/^list-services: .* 1 of 45 were seen/);
  });

  it("ends at pages that bring nothing new, with tokens that always grow", async () => {
    const pages = Array.from({ length: 9 }, (_, index) => more(many.slice(0, 3), index + 1));
    const { result, requests } = await listed(pages);
    expect(result).toContain("5 pages in a row showed nothing new");
    expect(requests).toBe(6);
    const all = Array.from({ length: 9 }, (_, index) => more(many.slice(0, 3), index + 1, 3));
    expect((await listed(all)).result).toBe(3);
  });

  it("ends at empty pages that never end", async () => {
    const { result, requests } = await listed(Array.from({ length: 200 }, (_, index) => more([], index + 1)));
    expect(result).toContain("100 pages in a row were empty");
    expect(requests).toBe(100);
  });

  it("holds what moved between pages once, in its newest form", async () => {
    const pages = [
      { items: [many[0], many[1]], has_more: true, continuation_token: 2 },
      { items: [{ ...many[1], name: "newer" }, many[2]], has_more: false },
    ];
    const server = await serve((response, _seen, index) => json(response, 200, pages[index]));
    const listed = await clientOf(server).listWorkspaces();
    expect(listed.map(({ id, name }) => `${id} ${name}`)).toEqual(["id-0 Clinic", "id-1 newer", "id-2 Clinic"]);
  });

  it("fails as a whole when one page does", async () => {
    const server = await serve((response, _seen, index) =>
      index === 0
        ? json(response, 200, { items: [many[0]], has_more: true, continuation_token: 1 })
        : json(response, 403, {}),
    );
    expect(await failureOf(clientOf(server).listWorkspaces())).toMatchObject({ status: 403 });
  });

  it("stays failed once a page could not be read", async () => {
    const error = new Error("no");
    const walk = new PageWalk({ operation: "list-services", path: "/", fetch: async () => Promise.reject(error) });
    expect(await failureOf(walk.step())).toBe(error);
    expect([walk.failed, walk.done, walk.pages]).toEqual([true, true, 1]);
    expect(await failureOf(walk.all())).toBe(error);
  });

  it("is an error, not a loop, when it never ends", async () => {
    let pages = 0;
    const endless = allItems("list-services", "/v1/w/services", async () => {
      pages += 1;
      return { items: [{ id: String(pages) }], has_more: true, continuation_token: pages, total: null };
    });
    expect(await failureOf(endless)).toMatchObject({ name: "ResponseError", problem: "pages" });
    expect(pages).toBe(10_000);
  });

  it("ends for any answers, and is whole or an error", async () => {
    const page = fc.record({
      items: fc.array(fc.record({ id: fc.constantFrom("a", "b", "c", "d") }), { maxLength: 3 }),
      has_more: fc.boolean(),
      continuation_token: fc.option(fc.integer({ min: -2, max: 50 })),
      total: fc.option(fc.nat(5)),
    });
    let [whole, broken] = [0, 0];
    await fc.assert(
      fc.asyncProperty(fc.array(page, { minLength: 1, maxLength: 20 }), async (pages) => {
        const shown = new Set<string>();
        let asked = 0;
        let latest = pages[0];
        const listing = allItems("list-services", "/", async () => {
          latest = pages[asked % pages.length] as (typeof pages)[number];
          asked += 1;
          for (const { id } of latest.items) shown.add(id);
          return latest;
        });
        const items = await listing.catch((error) => {
          expect(error).toMatchObject({ name: "ResponseError", problem: "pages" });
          expect(error.message).toContain(`${shown.size} of `);
        });
        if (items === undefined) broken += 1;
        else {
          whole += 1;
          expect(items.map(({ id }) => id).sort()).toEqual([...shown].sort());
          if (latest?.has_more) expect(latest.total ?? 9).toBeLessThanOrEqual(shown.size);
        }
        expect(asked).toBeLessThanOrEqual(60);
      }),
      { numRuns: 500 },
    );
    expect(Math.min(whole, broken)).toBeGreaterThan(20);
  });
});

describe("the list of use cases, documented as one without pages", () => {
  const cases = Array.from({ length: 45 }, (_, index) => ({ ...useCase, id: `id-${index}` }));

  it("is followed where it comes in pages all the same", async () => {
    const server = await serve((response, { path }) => {
      const start = Number(new URL(path, "http://x").searchParams.get("continuation_token") ?? 0);
      const end = start + 20;
      json(response, 200, { items: cases.slice(start, end), has_more: end < 45, continuation_token: end });
    });
    const listed = await clientOf(server).listUseCases(workspaceId, { channel: "email" });
    expect(listed.map(({ id }) => id)).toEqual(cases.map(({ id }) => id));
    expect(server.seen.map(({ path }) => path.split("?")[1])).toEqual([
      "channel=email",
      "channel=email&limit=20&continuation_token=20",
      "channel=email&limit=20&continuation_token=40",
    ]);
  });

  it.each<[object, number | string]>([
    [{}, 45],
    [{ has_more: null, continuation_token: null, total: null }, 45],
    [{ total: 45 }, 45],
    [{ total: 46 }, "45 of 46 were seen after 1 page"],
    [{ has_more: true }, "45 of an unknown number were seen after 1 page"],
    [{ has_more: true, total: 60 }, "45 of 60 were seen after 1 page"],
    [{ has_more: true, total: 45 }, 45],
    [{ has_more: true, continuation_token: "" }, "45 of an unknown number"],
  ])("with %j is whole or an error", async (rest, expected) => {
    const server = await serve((response) => json(response, 200, { items: cases, ...rest }));
    const listing = clientOf(server).listUseCases(workspaceId);
    if (typeof expected === "number") expect(await listing).toHaveLength(expected);
    else expect((await failureOf(listing)).message).toContain(`list-use-cases: the list is not whole: ${expected}`);
    expect(server.seen).toHaveLength(1);
  });

  it("follows a token that is a text", async () => {
    const server = await serve((response, _seen, index) =>
      json(
        response,
        200,
        index === 0 ? { items: [cases[0]], has_more: true, continuation_token: "b/2" } : { items: [cases[1]] },
      ),
    );
    expect(await clientOf(server).listUseCases(workspaceId)).toHaveLength(2);
    expect(server.seen[1]?.path).toContain("continuation_token=b%2F2");
  });
});

describe("an entry of a list that does not fit", () => {
  const other = "ABCDEF00-1111-4222-8333-444455556666";
  const strange = { ...service, id: other, tool_capacity: "three" };
  const listOf = (...items: unknown[]) => ({ items, has_more: false, total: items.length });

  it("is left out, and reported beside the others", async () => {
    const server = await serve((response) => json(response, 200, listOf(service, strange, 7, 8)));
    const list = await clientOf(server).listServices(workspaceId);
    expect(list.map(({ id }) => id)).toEqual([service.id]);
    expect(list.unreadable).toMatchObject([
      { index: 1, id: other.toLowerCase(), problem: expect.stringMatching(/^items\[1\]\.tool_capacity: /) },
      { index: 2, id: undefined, problem: expect.stringMatching(/^items\[2\]: /) },
      { index: 3, id: undefined },
    ]);
  });

  it("is an error for who looks for it, and for nobody else", async () => {
    const server = await serve((response) => json(response, 200, listOf(service, strange)));
    const list = await clientOf(server).listServices(workspaceId);
    expect(findById(list, service.id.toUpperCase())).toMatchObject({ id: service.id });
    expect(findById(list, "00000000-1111-4222-8333-444455556666")).toBeUndefined();
    const field = "items[1].tool_capacity";
    expect(failureIn(() => findById(list, other))).toMatchObject({ name: "ResponseError", problem: "schema", field });
    expect(await clientOf(server).listServicesPage(workspaceId)).toMatchObject({ items: [{ id: service.id }] });
    expect(matchesIn(list, ({ name }) => name === service.name)).toHaveLength(1);
    expect(failureIn(() => matchesIn(list, ({ name }) => name === "Other"))).toMatchObject({ field });
    expect(failureIn(() => wholeOf(list))).toMatchObject({ field, message: expect.stringContaining("(page 1)") });
    const whole = await serve((response) => json(response, 200, listOf(service)));
    expect(matchesIn(await clientOf(whole).listServices(workspaceId), () => false)).toEqual([]);
  });

  it("without an id may be the one that is looked for", async () => {
    const server = await serve((response) => json(response, 200, { items: [useCase, { name: "Reminders" }] }));
    const list = await clientOf(server).listUseCases(workspaceId);
    expect(findById(list, useCase.id)).toMatchObject({ id: useCase.id });
    expect(failureIn(() => findById(list, other))).toMatchObject({ field: "items[1].id" });
  });

  it("alone on the last page does not spoil the others", async () => {
    const pages = [
      { ...listOf(service), has_more: true, continuation_token: 20, total: 2 },
      { ...listOf(strange), total: 2 },
    ];
    const server = await serve((response, _seen, index) => json(response, 200, pages[index]));
    expect(await clientOf(server).listServices(workspaceId)).toMatchObject([{ id: service.id }]);
  });

  it("is the list's own error where nothing could be read, or very much could not", async () => {
    const server = await serve((response, { path }) =>
      json(response, 200, path.includes("services") ? listOf(strange) : listOf(useCase, ...Array(101).fill(7))),
    );
    const field = "items[0].tool_capacity";
    expect(await failureOf(clientOf(server).listServices(workspaceId))).toMatchObject({ problem: "schema", field });
    const empty = await serve((response) => json(response, 200, listOf()));
    expect(await clientOf(empty).listServicesPage(workspaceId)).toMatchObject({ items: [] });
    const request = { operation: "list-services", method: "GET" };
    const ofPage = await failureOf(clientOf(server).listServicesPage(workspaceId));
    expect(ofPage).toMatchObject({ problem: "schema", field, ...request });
    expect(ofPage.message).toContain("the answer (200) does not fit the contract");
    expect(await failureOf(clientOf(server).listUseCases(workspaceId))).toMatchObject({ field: "items[1]" });
  });
});

function failureIn(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
