import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { operations, SettingsError } from "../../src/api/index.js";
import { buildPath, buildQuery } from "../../src/api/paths.js";
import { clientOf, json, serve, serviceId, workspaceId } from "./server.js";

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

describe("a version set's name in a path", () => {
  it.each(["", ".", "..", "__proto__", "\ud800"])("%j is refused", (name) => {
    expect(() => buildPath(template, { ...ids, name })).toThrow(SettingsError);
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

describe("a query", () => {
  it("leaves out what is undefined and encodes the rest", () => {
    expect(buildQuery({ a: undefined })).toBe("");
    expect(buildQuery({ a: 0, b: false, c: "x y&z", d: undefined })).toBe("?a=0&b=false&c=x+y%26z");
  });
});
