import { describe, expect, it } from "vitest";
import { hintFor, hintRows } from "../../src/api/hints.js";
import { AmigoError, type OperationId, operations } from "../../src/api/index.js";
import { clientOf, failureOf, json, serve, useCase, useCaseId, workspaceId } from "./server.js";

/** One case per row, in the table's order. */
const cases: [OperationId, number, string, RegExp][] = [
  ["archive-workspace", 403, "", /Only owners can archive/],
  ["create-self-service-workspace", 403, "", /cannot own a workspace/],
  ["list-services", 403, "", /lacks the permission/],
  ["create-workspace", 409, "", /slug is taken, perhaps by an archived workspace/],
  ["update-service", 409, "", /Another service of this workspace has this name/],
  ["upsert-service-version-set", 409, "", /edge belongs to the platform/],
  ["create-use-case", 409, "Setup not approved", /^The channel setup named by setupId is not approved yet/],
  ["create-use-case", 409, "Use case already exists", /^A use case of this channel/],
  ["create-use-case", 409, "Conflict", /does not say which of two things.*exists.*not approved/],
  ["delete-use-case", 409, "Phone numbers are assigned", /^Phone numbers are still assigned.*support/],
  ["delete-use-case", 409, "Use case is bound", /^The use case is still bound to a service/],
  ["delete-use-case", 409, "Conflict", /does not say which of two things.*still bound.*Phone numbers/],
  ["bind-use-case-to-service", 409, "", /one use case per channel/],
  ["create-service", 404, "Persona 7 not found.", /^Check personaId: it must be the id of a persona of this workspace/],
  ["update-service", 404, "Context graph 7 not found.", /^Check contextGraphId/],
  ["create-service", 404, "Agent 7 not found in workspace 3", /^Check agentId/],
  ["get-service", 404, "Workspace not found.", /^The workspace is archived/],
  [
    "create-service",
    404,
    "Not Found",
    /does not say.*the service, or what agentId, contextGraphId or personaId names.*The workspace is archived/,
  ],
  ["create-use-case", 404, "", /channel setup named by setupId does not exist/],
  ["bind-use-case-to-service", 404, "", /use case or the service does not exist/],
  ["get-use-case-service-binding", 404, "", /not bound to a service/],
  ["create-self-service-workspace", 405, "", /Neither POST .*bootstrap/],
  ["archive-workspace", 404, "", /^The workspace is archived/],
  ["update-service", 404, "Service not found.", /^The service does not exist/],
  ["delete-use-case", 404, "", /^The use case does not exist/],
  ["list-use-cases", 404, "", /^The workspace is archived, or this key cannot see it/],
  ["get-service", 405, "", /does not know this operation/],
  ["archive-workspace", 422, "", /not the workspace's slug/],
  ["update-workspace", 422, "region: extra", /does not let a workspace's region change/],
  ["update-test-caller-numbers", 422, "", /E\.164/],
  ["bind-use-case-to-service", 422, "", /cannot be bound/],
  ["create-service", 400, "", /Correct the arguments/],
  ["list-services", 408, "", /waited too long/],
  ["list-services", 429, "", /per organisation and endpoint.*requestsPerSecond/],
  ["create-self-service-workspace", 503, "", /identity service was not available/],
  ["create-use-case", 504, "", /channel manager did not answer/],
  ["list-services", 500, "", /request id/],
];

describe("the hints", () => {
  it.each(cases)("%s %i %s", (operation, status, said, expected) => {
    expect(hintFor(operation, status, said)).toMatch(expected);
  });

  it("have a case here for every row, and each row can be reached", () => {
    const reached = cases.map(([operation, status, said]) => hintFor(operation, status, said));
    expect(reached).toEqual(hintRows.map(({ hint }) => hint));
  });

  it("exist for every operation and every status that means something, in whole sentences", () => {
    for (const operation of Object.keys(operations) as OperationId[]) {
      for (const status of [403, 404, 422, 429, 500, 502, 503, 504]) {
        expect(hintFor(operation, status, "")).toMatch(/[.?]$/);
      }
    }
    expect(hintFor("get-service", 418, "")).toBeUndefined();
  });

  it("reach the message, chosen by what the server said", async () => {
    const server = await serve((response, { method }) => {
      const detail = method === "POST" ? { message: "Setup is pending approval" } : "2 phone numbers are assigned";
      json(response, 409, { detail, error_code: "conflict" }, { "x-request-id": "req-7" });
    });
    const client = clientOf(server);
    const body = { channel: "inbound_voice" as const, entity_name: "A", name: "B", setup_id: useCase.setup_id };
    const created = await failureOf(client.createUseCase(workspaceId, body));
    expect(created.message).toMatch(/Setup is pending approval \(409 Conflict.*request id req-7\)\. The channel setup/);
    expect(created).toMatchObject({ code: "conflict", outcome: "rejected", attempts: 1 });
    const deleted = await failureOf(client.deleteUseCase(workspaceId, useCaseId));
    expect(deleted.message).toContain("unassign them in the Amigo console");
    expect(AmigoError.isInstance(deleted) && deleted.hint).toMatch(/^Phone numbers/);
  });

  it("judges what a 422 list names too", async () => {
    const detail = [{ loc: ["body", "region"], msg: "Extra inputs are not permitted", type: "extra_forbidden" }];
    const server = await serve((response) => json(response, 422, { detail }));
    const error = await failureOf(clientOf(server).updateWorkspace(workspaceId, { region: "us-east-1" }));
    expect(error.message).toContain("region: Extra inputs are not permitted");
    expect(error.message).toContain("does not let a workspace's region change");
  });
});
