import { describe, expect, it } from "vitest";
import type { OperationId } from "../../src/api/index.js";
import { type Reason, reasonFor, reasonRows } from "../../src/api/reasons.js";
import { clientOf, failureOf, json, serve, useCase, useCaseId, workspaceId } from "./server.js";

/** One case per row, in the table's order. */
const cases: [OperationId, number, string, Reason][] = [
  ["archive-workspace", 403, "", "not-the-owner"],
  ["create-self-service-workspace", 403, "", "cannot-own"],
  ["list-services", 403, "", "no-permission"],
  ["create-workspace", 409, "", "slug-taken"],
  ["update-service", 409, "", "service-name-taken"],
  ["upsert-service-version-set", 409, "", "version-set-fixed"],
  ["create-use-case", 409, "Setup not approved", "setup-not-approved"],
  ["create-use-case", 409, "Use case already exists", "use-case-exists"],
  ["create-use-case", 409, "Conflict", "use-case-exists-or-setup-not-approved"],
  ["delete-use-case", 409, "Phone numbers are assigned", "phone-assigned"],
  ["delete-use-case", 409, "Use case is bound", "still-bound"],
  ["delete-use-case", 409, "Conflict", "still-bound-or-phone-assigned"],
  ["bind-use-case-to-service", 409, "", "channel-taken"],
  ["create-service", 404, "Persona 7 not found.", "no-such-persona"],
  ["update-service", 404, "Context graph 7 not found.", "no-such-context-graph"],
  ["create-service", 404, "Agent 7 not found in workspace 3", "no-such-agent"],
  ["get-service", 404, "Workspace not found.", "no-such-workspace"],
  ["create-service", 404, "Not Found", "no-such-service-or-reference"],
  ["create-use-case", 404, "", "no-such-setup"],
  ["bind-use-case-to-service", 404, "", "no-such-use-case-or-service"],
  ["get-use-case-service-binding", 404, "", "not-bound"],
  ["create-self-service-workspace", 405, "", "no-self-service-route"],
  ["archive-workspace", 404, "", "no-such-workspace"],
  ["update-service", 404, "Service not found.", "no-such-service"],
  ["delete-use-case", 404, "", "no-such-use-case"],
  ["list-use-cases", 404, "", "no-such-workspace"],
  ["get-service", 405, "", "no-such-operation"],
  ["upsert-service-version-set", 422, "Version 99 does not exist", "no-such-version"],
  ["archive-workspace", 422, "", "slug-not-confirmed"],
  ["update-workspace", 422, "region: extra", "region-fixed"],
  ["update-test-caller-numbers", 422, "", "numbers-malformed"],
  ["bind-use-case-to-service", 422, "", "channel-not-bindable"],
  ["create-service", 400, "", "refused-values"],
  ["list-services", 408, "", "request-too-slow"],
  ["list-services", 429, "", "too-many-requests"],
  ["create-self-service-workspace", 503, "", "identity-service-down"],
  ["create-use-case", 504, "", "channel-manager-silent"],
  ["list-services", 500, "", "server-trouble"],
];

describe("the reason of a refusal", () => {
  it.each(cases)("%s %i %s", (operation, status, said, expected) => {
    expect(reasonFor(operation, status, said)).toBe(expected);
  });

  it("has a case here for every row, and each row can be reached", () => {
    expect(cases.map(([, , , reason]) => reason)).toEqual(reasonRows.map(({ reason }) => reason));
    expect(reasonFor("get-service", 418, "")).toBeUndefined();
  });

  it("is chosen by what the server said, and the message keeps to facts", async () => {
    const server = await serve((response, { method }) => {
      const detail = method === "POST" ? { message: "Setup is pending approval" } : "2 phone numbers are assigned";
      json(response, 409, { detail, error_code: "conflict" }, { "x-request-id": "req-7" });
    });
    const client = clientOf(server);
    const body = { channel: "inbound_voice" as const, entity_name: "A", name: "B", setup_id: useCase.setup_id };
    const created = await failureOf(client.createUseCase(workspaceId, body));
    expect(created).toMatchObject({ reason: "setup-not-approved", code: "conflict", requestId: "req-7" });
    expect(created.message).toMatch(/: Setup is pending approval \(409 Conflict, POST \S+, request id req-7\)\.$/);
    expect(await failureOf(client.deleteUseCase(workspaceId, useCaseId))).toMatchObject({ reason: "phone-assigned" });
  });

  it("is judged by what a 422 list names, too", async () => {
    const detail = [{ loc: ["body", "region"], msg: "Extra inputs are not permitted", type: "extra_forbidden" }];
    const server = await serve((response) => json(response, 422, { detail }));
    const error = await failureOf(clientOf(server).updateWorkspace(workspaceId, { region: "us-east-1" }));
    expect(error).toMatchObject({ reason: "region-fixed" });
  });
});
