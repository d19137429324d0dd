import { describe, expect, it } from "vitest";
import { checkIdentity, factsOf } from "../../src/api/identity.js";
import { type OperationId, operations, SettingsError } from "../../src/api/index.js";
import { parseJson } from "../../src/api/json.js";
import { buildPath, buildQuery } from "../../src/api/paths.js";
import fc from "../support/random.js";
import { clientOf, failureOf, json, serve, serviceId, workspaceId } from "./server.js";

const template = operations["upsert-service-version-set"].path;
const ids = { workspace_id: workspaceId, service_id: serviceId };

describe("an id in a path", () => {
  it.each([
    "",
    "..",
    "self-service",
    "../../v1/workspaces",
    `${workspaceId}/x`,
    `${workspaceId}?a`,
    ` ${workspaceId}`,
    `${workspaceId}\n`,
  ])("%j is refused", (id) => {
    expect(() => buildPath("/v1/workspaces/{workspace_id}", { workspace_id: id })).toThrow(SettingsError);
  });

  it("is any UUID, in lower case", () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        expect(buildPath("/v1/{workspace_id}/services", { workspace_id: id })).toBe(`/v1/${id}/services`);
      }),
    );
    expect(buildPath("/v1/{workspace_id}", { workspace_id: workspaceId.toUpperCase() })).toBe(`/v1/${workspaceId}`);
  });

  it("is nothing else", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (id) => {
        expect(() => buildPath("/v1/{workspace_id}", { workspace_id: id })).toThrow("workspace_id must be a UUID");
      }),
      { numRuns: 30 },
    );
  });
});

it.each([
  [80, "x".repeat(80)],
  [81, `${"x".repeat(80)}…`],
])("shows what is refused, %i characters of it, cut where it is long", (length, shown) => {
  const build = () => buildPath("/v1/{workspace_id}", { workspace_id: "x".repeat(length) });
  expect(build).toThrow(`workspace_id must be a UUID, but is "${shown}"; nothing was sent`);
});

describe("a version set's name in a path", () => {
  it.each([
    ...["", ".", "..", "__proto__"].map((name) => [name, "name; nothing was sent"]),
    ["\ud800", "name: it has half a surrogate pair; nothing was sent"],
  ])("%j is refused", (name, said) => {
    const build = () => buildPath(template, { ...ids, name });
    expect(build).toThrow(SettingsError);
    expect(build).toThrow(`${JSON.stringify(name)} cannot be a version set's ${said}`);
  });

  it("stays one segment that decodes to the name, also after a URL parser had it", () => {
    const names = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom("../x", "a/b", "%2e%2e", "..%2f", "a?b#c", "...", ". ."),
    );
    fc.assert(
      fc.property(names, (name) => {
        fc.pre(!["", ".", "..", "__proto__"].includes(name));
        const path = buildPath(template, { ...ids, name });
        const segments = new URL(path, "https://host.example").pathname.split("/");
        expect(segments).toHaveLength(7);
        expect(decodeURIComponent(segments[6] ?? "")).toBe(name);
      }),
    );
  });

  it("arrives at the server as it was given", async () => {
    const server = await serve((response) => response.writeHead(204).end());
    const client = clientOf(server);
    const names = ["../../workspaces", "a/b?c#d", "Ünïcode 😀", "%2e%2e"];
    for (const name of names) await client.upsertVersionSet(workspaceId, serviceId, name, {});
    expect(server.seen.map(({ path }) => decodeURIComponent(path.split("/version-sets/")[1] ?? ""))).toEqual(names);
  });
});

describe("what cannot be sent", () => {
  it("never reaches the server", async () => {
    const server = await serve((response) => json(response, 200, {}));
    const client = clientOf(server);
    await expect(client.getWorkspace("..")).rejects.toThrow(SettingsError);
    await expect(client.deleteService(workspaceId, "")).rejects.toThrow(SettingsError);
    await expect(client.upsertVersionSet(workspaceId, serviceId, "..", {})).rejects.toThrow(SettingsError);
    await expect(client.listServices("__proto__")).rejects.toThrow(SettingsError);
    expect(server.seen).toEqual([]);
  });
});

describe("what an answer must repeat", () => {
  const reply = { status: 200, headers: { "x-request-id": "r1" }, text: "", truncated: false, attempts: 2 };
  const check = (answer: object, asked: Record<string, string | undefined>, id: OperationId = "get-service") =>
    checkIdentity(operations[id], "/v1/x", reply, factsOf(answer, asked, "items[0]."));

  it("may come in another form of the same text, and an id of something new must be one", async () => {
    await check({ id: workspaceId, name: " A &amp; B\n STRASSE " }, { id: undefined, name: "a & b Straße" });
    const error = await failureOf(check({ id: "7" }, { id: undefined }));
    expect(error.message).toContain(`items[0].id is "7", but an id must be a UUID (GET /v1/x, request id r1)`);
  });

  it.each<[answered: string, asked: string]>([
    ["AB", "A B"],
    ["Desk", "Desks"],
    [serviceId, workspaceId],
    ["&amp;amp;amp;", "&"],
  ])("is not another one: %j for %j", async (answered, asked) => {
    const answer = { name: answered, id: workspaceId, other: "x" };
    const error = await failureOf(check(answer, { name: asked, other: "x", id: undefined }, "create-service"));
    expect(error).toMatchObject({ problem: "identity", field: "items[0].name", outcome: "unknown", attempts: 2 });
    expect(error.message).toContain(
      `but the request was about "${asked}"; the answer's items[0].id is "${workspaceId}"`,
    );
    const read = await failureOf(check(answer, { other: "x", name: asked }));
    expect(read).toMatchObject({ operation: "get-service", method: "GET", outcome: "rejected", requestId: "r1" });
    expect(read.message).toContain(
      `the answer (200) is about something else: items[0].name is "${answered}", but the request was about "${asked}" (GET`,
    );
  });

  it.each([
    [80, "x".repeat(80)],
    [81, `${"x".repeat(80)}…`],
  ])("is shown, cut where it is long: %i", async (length, shown) => {
    const error = await failureOf(check({ name: "x".repeat(length) }, { name: "y" }));
    expect(error.message).toContain(`is "${shown}", but`);
  });
});

describe("JSON", () => {
  const nested = (levels: number, [open, close]: string, inner = "1") =>
    `${`${open}${open === "{" ? '"a":' : ""}`.repeat(levels)}${inner}${(close ?? "").repeat(levels)}`;

  it("loses what could reach a prototype, and nothing else", () => {
    expect(parseJson('{"__proto__":{"a":1},"b":[{"__proto__":1,"":2,"c":3}]}')).toEqual({ b: [{ "": 2, c: 3 }] });
  });

  it.each([
    ["objects", nested(100, "{}")],
    ["lists", nested(100, "[]")],
    ["many lists beside each other", `[${Array(200).fill("[]").join()}]`],
    ["many objects beside each other", `[${Array(200).fill("{}").join()}]`],
    ["brackets in a text", JSON.stringify([`\\"${"[{".repeat(200)}\\`, "\\"])],
    ["brackets after an escaped quote", nested(99, "[]", JSON.stringify('"[[[['))],
  ])("may be 100 levels deep: %s", (_name, text) => {
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it.each([
    ["objects", nested(101, "{}")],
    ["lists", nested(101, "[]")],
    ["after a text that ends with a backslash", `["\\\\",${nested(100, "[]")}]`],
    ["after a text", `["a",${nested(100, "{}")}]`],
  ])("is refused where it is deeper: %s", (_name, text) => {
    expect(() => JSON.parse(text)).not.toThrow();
    expect(() => parseJson(text)).toThrow(new SyntaxError("nested more than 100 levels deep"));
  });
});

describe("a query", () => {
  it("leaves out what is undefined and encodes the rest", () => {
    expect(buildQuery({ a: undefined })).toBe("");
    expect(buildQuery({ a: 0, b: false, c: "x y&z", d: undefined })).toBe("?a=0&b=false&c=x+y%26z");
  });
});
