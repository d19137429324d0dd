import { describe, expect, it } from "vitest";
import type { AmigoClient, OperationKind } from "../../src/api/index.js";
import { clientOf, failureOf, json, serve, service, serviceId, useCase, workspace, workspaceId } from "./server.js";

const newService = { name: "S", agent_id: service.agent_id, context_graph_id: service.context_graph_id };
const newUseCase = { channel: "inbound_voice" as const, entity_name: "A", name: "B", setup_id: useCase.setup_id };

const calls: [string, OperationKind, (client: AmigoClient) => Promise<unknown>][] = [
  ["get-workspace", "read", (client) => client.getWorkspace(workspaceId)],
  ["list-use-cases", "read", (client) => client.listUseCases(workspaceId)],
  ["update-service (PUT)", "idempotent", (client) => client.updateService(workspaceId, serviceId, {})],
  ["delete-service", "idempotent", (client) => client.deleteService(workspaceId, serviceId)],
  ["update-workspace (PATCH)", "idempotent", (client) => client.updateWorkspace(workspaceId, { name: "N" })],
  ["provision-workspace (POST)", "idempotent", (client) => client.provisionWorkspace(workspaceId)],
  ["archive-workspace (POST)", "idempotent", (client) => client.archiveWorkspace(workspaceId, "clinic")],
  ["create-service", "create", (client) => client.createService(workspaceId, newService)],
  ["create-use-case", "create", (client) => client.createUseCase(workspaceId, newUseCase)],
  ["create-workspace", "create", (client) => client.createWorkspace({ slug: "c", name: "C", environment: "staging" })],
];

const outcomeOf = { read: "rejected", idempotent: "unknown", create: "unknown" } as const;

describe.each(calls)("%s", (_name, kind, call) => {
  it.each([502, 504])("on %i is repeated only if that is safe", async (status) => {
    const server = await serve((response) => json(response, status, { detail: "trouble" }));
    const error = await failureOf(call(clientOf(server, { maxAttempts: 2 })));
    const requests = kind === "create" ? 1 : 2;
    expect(server.seen).toHaveLength(requests);
    expect(error).toMatchObject({ name: "ServerError", status, attempts: requests, outcome: outcomeOf[kind] });
    expect(error.message.includes("Given up after 2 attempts.")).toBe(requests === 2);
  });

  it("after a reset is repeated only if that is safe", async () => {
    const server = await serve((response) => response.socket?.resetAndDestroy());
    const error = await failureOf(call(clientOf(server, { maxAttempts: 2 })));
    expect(server.seen).toHaveLength(kind === "create" ? 1 : 2);
    const outcome = kind === "read" ? "not-sent" : "unknown";
    expect(error).toMatchObject({ name: "TransportError", reason: "reset", outcome });
  });

  it("on 429 is repeated, since that is not carried out", async () => {
    const server = await serve((response) => json(response, 429, { detail: "slow down" }));
    const error = await failureOf(call(clientOf(server, { maxAttempts: 2 })));
    expect(server.seen).toHaveLength(2);
    expect(error).toMatchObject({ name: "ThrottledError", outcome: "not-sent", attempts: 2 });
  });

  it.each([400, 403, 404, 409, 422])("on %i is not repeated", async (status) => {
    const server = await serve((response) => json(response, status, { detail: "no" }));
    expect(await failureOf(call(clientOf(server)))).toMatchObject({ status, outcome: "rejected", attempts: 1 });
    // A create of a workspace is not among those that have a second address.
    expect(server.seen).toHaveLength(1);
  });
});

describe("a retry", () => {
  it("sends the same request again, until it succeeds", async () => {
    const server = await serve((response, _seen, index) =>
      index < 3 ? json(response, 503, {}) : json(response, 200, service),
    );
    await clientOf(server).updateService(workspaceId, serviceId, { name: "N" });
    expect(server.seen.map(({ method, body }) => method + body)).toEqual(Array(4).fill('PUT{"name":"N"}'));
    const gaps = server.seen.slice(1).map(({ at }, index) => at - (server.seen[index]?.at ?? 0));
    const leastDelays = [50, 100, 200];
    for (const [index, least] of leastDelays.entries()) expect(gaps[index]).toBeGreaterThanOrEqual(least - 2);
  });

  it("makes 5 attempts by default", async () => {
    const server = await serve((response) => json(response, 408, {}));
    const error = await failureOf(clientOf(server).getWorkspace(workspaceId));
    expect(error.message).toContain("Given up after 5 attempts.");
    expect(server.seen).toHaveLength(5);
  });

  it("repeats a create that never reached the server", async () => {
    const server = await serve((response) => json(response, 201, { ...service, name: newService.name }));
    const { port } = new URL(server.url);
    server.server.close();
    const client = clientOf(server, { maxAttempts: 4 });
    const creating = client.createService(workspaceId, newService);
    setTimeout(() => server.server.listen(Number(port), "127.0.0.1"), 60);
    expect(await creating).toMatchObject({ id: serviceId });
    expect(server.seen).toHaveLength(1);
  });

  it("is asked for the key each time", async () => {
    const server = await serve((response, _seen, index) => json(response, index === 0 ? 500 : 200, workspace));
    let asked = 0;
    await clientOf(server, { apiKey: () => `rotating-key-${++asked}` }).getWorkspace(workspaceId);
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual([
      "Bearer rotating-key-1",
      "Bearer rotating-key-2",
    ]);
  });
});
