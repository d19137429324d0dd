import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { clientOf, failureOf, type Handler, json, serve, workspace } from "./server.js";

const newWorkspace = { slug: "clinic", name: "Clinic", environment: "staging" };

/** A base URL that no other test has: the process remembers by it where the route was, and ports are used again. */
async function serveAlone(handler: Handler) {
  const { url, seen } = await serve(handler);
  const prefix = `/${randomUUID()}`;
  return { url: url + prefix, paths: () => seen.map(({ path }) => path.replace(prefix, "")) };
}

describe("the self-service route", () => {
  it.each([404, 405])("moves to the newer address after %i, for the whole process", async (status) => {
    const server = await serveAlone((response, { path }) => {
      if (path.endsWith("/v1/me/workspaces")) json(response, 201, workspace);
      else json(response, status, { detail: "Not Found" });
    });
    expect(await clientOf(server).createSelfServiceWorkspace(newWorkspace)).toEqual(workspace);
    expect(await clientOf(server).createSelfServiceWorkspace(newWorkspace)).toEqual(workspace);
    expect(server.paths()).toEqual(["/v1/workspaces/self-service", "/v1/me/workspaces", "/v1/me/workspaces"]);
  });

  it.each([403, 409])("is known by a %i of the newer address, too", async (status) => {
    const server = await serveAlone((response, { path }) =>
      json(response, path.endsWith("/v1/me/workspaces") ? status : 404, { detail: "no" }),
    );
    for (let call = 0; call < 2; call += 1)
      expect(await failureOf(clientOf(server).createSelfServiceWorkspace(newWorkspace))).toMatchObject({ status });
    expect(server.paths()).toEqual(["/v1/workspaces/self-service", "/v1/me/workspaces", "/v1/me/workspaces"]);
  });

  it.each([401, 403, 409, 422, 500, 502, 503])("is not left after %i", async (status) => {
    const server = await serveAlone((response) => json(response, status, { detail: "no" }));
    expect(await failureOf(clientOf(server).createSelfServiceWorkspace(newWorkspace))).toMatchObject({ status });
    expect(server.paths()).toEqual(["/v1/workspaces/self-service"]);
  });

  it("says so when neither exists, and looks again next time", async () => {
    const server = await serveAlone((response) => json(response, 404, { detail: "Not Found" }));
    const error = await failureOf(clientOf(server).createSelfServiceWorkspace(newWorkspace));
    expect(error).toMatchObject({ status: 404, reason: "no-self-service-route" });
    await failureOf(clientOf(server).createSelfServiceWorkspace(newWorkspace));
    expect(server.paths()).toHaveLength(4);
  });
});
