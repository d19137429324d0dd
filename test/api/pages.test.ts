import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allItems } from "../../src/api/pages.js";
import { clientOf, failureOf, json, serve, service, workspace, workspaceId } from "./server.js";

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

  it.each<[string, object[], number]>([
    ["no token although there is more", [{ items: [many[0]], has_more: true }], 1],
    ["a null token", [{ items: [many[0]], has_more: true, continuation_token: null }], 1],
    ["a token that repeats", [{ items: [many[0]], has_more: true, continuation_token: 20 }], 2],
    [
      "a token that goes back",
      [
        { items: [many[0]], has_more: true, continuation_token: 20 },
        { items: [many[1]], has_more: true, continuation_token: 10 },
      ],
      2,
    ],
    ["a token of 0", [{ items: [many[0]], has_more: true, continuation_token: 0 }], 1],
    ["an empty page", [{ items: [], has_more: true, continuation_token: 20 }], 1],
  ])("ends at %s", async (_name, pages, requests) => {
    const server = await serve((response, _seen, index) =>
      json(response, 200, pages[Math.min(index, pages.length - 1)]),
    );
    const listed = await clientOf(server).listWorkspaces();
    expect(server.seen).toHaveLength(requests);
    expect(new Set(listed.map(({ id }) => id)).size).toBe(listed.length);
  });

  it("ends at pages that bring nothing new, with tokens that always grow", async () => {
    const server = await serve((response, _seen, index) =>
      json(response, 200, { items: many.slice(0, 3), has_more: true, continuation_token: index + 1 }),
    );
    expect(await clientOf(server).listWorkspaces()).toHaveLength(3);
    expect(server.seen).toHaveLength(6);
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

  it("is an error, not a loop, when it never ends", async () => {
    let pages = 0;
    const endless = allItems("list-services", "/v1/w/services", async () => {
      pages += 1;
      return { items: [{ id: String(pages) }], has_more: true, continuation_token: pages, total: null };
    });
    expect(await failureOf(endless)).toMatchObject({ name: "ResponseError", problem: "pages" });
    expect(pages).toBe(10_000);
  });

  it("ends for any answers, and holds every id that they showed once", async () => {
    const page = fc.record({
      items: fc.array(fc.record({ id: fc.constantFrom("a", "b", "c", "d") }), { maxLength: 3 }),
      has_more: fc.boolean(),
      continuation_token: fc.option(fc.integer({ min: -2, max: 50 })),
      total: fc.constant(null),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(page, { minLength: 1, maxLength: 20 }), async (pages) => {
        const shown = new Set<string>();
        let asked = 0;
        const items = await allItems("list-services", "/", async () => {
          const next = pages[asked % pages.length];
          asked += 1;
          for (const { id } of next?.items ?? []) shown.add(id);
          return next as (typeof pages)[number];
        });
        expect(items.map(({ id }) => id).sort()).toEqual([...shown].sort());
        expect(asked).toBeLessThanOrEqual(60);
      }),
    );
  });
});
