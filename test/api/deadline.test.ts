import type { ServerResponse } from "node:http";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { Deadline } from "../../src/api/deadline.js";
import { operations } from "../../src/api/index.js";
// Loaded beforehand, too, so that no test measures the loading of the HTTP library.
import { openTransport } from "../../src/api/transport.js";
import { clientOf, failureOf, json, serve, service, serviceId, workspace, workspaceId } from "./server.js";

const newService = { name: "S", agent_id: service.agent_id, context_graph_id: service.context_graph_id };

/** A byte of white space every 20 ms, for ever. */
function drip(response: ServerResponse, status: number): void {
  response.writeHead(status, { "content-type": "application/json" });
  const timer = setInterval(() => response.write(" "), 20);
  response.on("close", () => clearInterval(timer));
}

const stalls: [string, (response: ServerResponse) => void][] = [
  ["headers that never come", () => {}],
  ["a body that never ends", (response) => response.writeHead(200, { "content-type": "application/json" }).write("{")],
  ["a byte drip", (response) => drip(response, 200)],
];

describe.each(stalls)("the deadline, at %s", (_name, stall) => {
  it("ends a read", async () => {
    const server = await serve(stall);
    const startedAt = Date.now();
    const error = await failureOf(clientOf(server, { timeoutSeconds: 0.3 }).getWorkspace(workspaceId));
    const took = Date.now() - startedAt;
    expect(error).toMatchObject({ name: "TransportError", reason: "deadline", outcome: "not-sent", attempts: 1 });
    expect(error.message).toContain("no complete answer within 0.3 s");
    expect(took).toBeGreaterThanOrEqual(290);
    expect(took).toBeLessThan(20_000);
  });

  it("ends a write, whose outcome is unknown", async () => {
    const server = await serve(stall);
    const client = clientOf(server, { timeoutSeconds: 0.2 });
    expect(await failureOf(client.createService(workspaceId, newService))).toMatchObject({ outcome: "unknown" });
    const updating = client.updateService(workspaceId, serviceId, {});
    expect(await failureOf(updating)).toMatchObject({ reason: "deadline", outcome: "unknown" });
  });
});

describe("the deadline", () => {
  it("is one for all attempts and the waits between them", async () => {
    // The wait before the third attempt would fit in, were it not for the second one's.
    const waits = ["1", "2"];
    const server = await serve((response, _seen, index) =>
      json(response, 503, {}, { "retry-after": waits[index] ?? "1" }),
    );
    const error = await failureOf(clientOf(server, { timeoutSeconds: 2.5, maxAttempts: 50 }).getWorkspace(workspaceId));
    expect(error).toMatchObject({ name: "ServerError", status: 503 });
    expect(error.message).toContain("Not tried again: only");
    expect(server.seen).toHaveLength(2);
  });

  it("ends an attempt after the first, too", async () => {
    const server = await serve((response, _seen, index) => {
      if (index === 0) json(response, 502, {});
    });
    const error = await failureOf(clientOf(server, { timeoutSeconds: 0.5 }).updateService(workspaceId, serviceId, {}));
    expect(error).toMatchObject({ reason: "deadline", outcome: "unknown", attempts: 2 });
  });

  it("gives up on a refusal's body, not on the refusal", async () => {
    const server = await serve((response) => drip(response, 409));
    const error = await failureOf(clientOf(server, { timeoutSeconds: 0.2 }).createService(workspaceId, newService));
    expect(error).toMatchObject({ name: "ConflictError", outcome: "rejected" });
  });

  it("covers connecting, and then nothing was sent", async () => {
    const silent = createServer();
    silent.listen(0, "127.0.0.1", 1);
    await new Promise((resolve) => silent.once("listening", resolve));
    const { port } = silent.address() as { port: number };
    const client = clientOf({ url: `https://127.0.0.1:${port}` }, { timeoutSeconds: 0.3, maxAttempts: 1 });
    const error = await failureOf(client.createService(workspaceId, newService));
    expect(error).toMatchObject({ name: "TransportError", outcome: "not-sent" });
    expect(error.message).toMatch(/no connection to https:\/\/127\.0\.0\.1:\d+ (within|in time)/);
    silent.close();
  });

  it("that is over before the request could start sends nothing", async () => {
    const server = await serve((response) => json(response, 200, workspace));
    const options = { origin: server.url, maxConcurrency: 1, maxResponseBytes: 100, timeoutMs: 1000 };
    const { exchange, close } = openTransport(options);
    const deadline = new Deadline(1000);
    deadline.expire();
    const rest = { headers: {}, body: undefined, attempt: 1, key: "k", deadline };
    const error = await failureOf(exchange({ operation: operations["update-service"], path: "/", ...rest }));
    await close();
    expect([error, server.seen]).toMatchObject([{ reason: "deadline", outcome: "not-sent" }, []]);
  });

  it("frees the connection for the next call", async () => {
    const server = await serve((response, _seen, index) => {
      if (index > 0) json(response, 200, workspace);
    });
    const client = clientOf(server, { timeoutSeconds: 0.3, maxConcurrency: 1 });
    await failureOf(client.getWorkspace(workspaceId));
    expect(await client.getWorkspace(workspaceId)).toEqual(workspace);
  });
});
