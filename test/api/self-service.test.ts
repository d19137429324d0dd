import { describe, expect, it } from "vitest";
import { clientOf, failureOf, json, serve, workspace } from "./server.js";

const newWorkspace = { slug: "clinic", name: "Clinic", environment: "staging" };

describe("the self-service route", () => {
  it.each([404, 405])("moves to the newer address after %i, for the whole process", async (status) => {
    const server = await serve((response, { path }) => {
      if (path === "/v1/me/workspaces") json(response, 201, workspace);
      else json(response, status, { detail: "Not Found" });
    });
    expect(await clientOf(server).createSelfServiceWorkspace(newWorkspace)).toEqual(workspace);
    expect(await clientOf(server).createSelfServiceWorkspace(newWorkspace)).toEqual(workspace);
    expect(server.seen.map(({ path }) => path)).toEqual([
      "/v1/workspaces/self-service",
      "/v1/me/workspaces",
      "/v1/me/workspaces",
    ]);
  });

  it.each([401, 403, 409, 422, 500, 502, 503])("is not left after %i", async (status) => {
    const server = await serve((response) => json(response, status, { detail: "no" }));
    expect(await failureOf(clientOf(server).createSelfServiceWorkspace(newWorkspace))).toMatchObject({ status });
    expect(server.seen.map(({ path }) => path)).toEqual(["/v1/workspaces/self-service"]);
  });

  it("says so when neither exists, and looks again next time", async () => {
    const server = await serve((response) => json(response, 404, { detail: "Not Found" }));
    const error = await failureOf(clientOf(server).createSelfServiceWorkspace(newWorkspace));
    expect(error).toMatchObject({ status: 404, reason: "no-self-service-route" });
    await failureOf(clientOf(server).createSelfServiceWorkspace(newWorkspace));
    expect(server.seen.map(({ path }) => path)).toHaveLength(4);
  });
});
