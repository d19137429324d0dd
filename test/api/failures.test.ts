import type { ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { describe, expect, it } from "vitest";
import type { AmigoClient } from "../../src/api/index.js";
import { selfSigned } from "./certificate.js";
import { clientOf, failureOf, json, listen, serve, service, serviceId, workspace, workspaceId } from "./server.js";

const newService = { name: "S", agent_id: service.agent_id, context_graph_id: service.context_graph_id };
const create = (client: AmigoClient) => client.createService(workspaceId, newService);
const once = { maxAttempts: 1 };

describe("no connection", () => {
  it("refused: nothing was sent, and the address is asked about", async () => {
    const server = await serve(() => {});
    server.server.close();
    const error = await failureOf(create(clientOf(server, once)));
    expect(error).toMatchObject({ name: "TransportError", reason: "refused-here", outcome: "not-sent", attempts: 1 });
    expect(error.message).toContain(`create-service: nothing answers at ${server.url}`);
  });

  it("no such name", async () => {
    const error = await failureOf(create(clientOf({ url: "https://no-such-host.invalid" }, once)));
    expect(error).toMatchObject({ reason: "dns", outcome: "not-sent" });
    expect(error.message).toContain("the name of https://no-such-host.invalid was not found");
  });

  it("a certificate that is not trusted is not tried again", async () => {
    const server = createTlsServer(selfSigned("localhost"));
    let connections = 0;
    server.on("connection", () => {
      connections += 1;
    });
    const url = (await listen(server)).replace("http:", "https:");
    const error = await failureOf(create(clientOf({ url })));
    expect(error).toMatchObject({ reason: "certificate", outcome: "not-sent", attempts: 1 });
    expect(connections).toBe(1);
  });
});

describe("a broken answer to a create", () => {
  const truncated = '{"id":"0a1b';
  it.each<[string, number, Record<string, string>, string, string]>([
    ["truncated", 201, { "content-type": "application/json", "content-length": "500" }, truncated, "truncated"],
    ["not JSON", 201, { "content-type": "application/json" }, truncated, "not-json"],
    ["empty", 201, { "content-type": "application/json" }, "", "not-json"],
    ["of another type", 201, { "content-type": "text/html" }, "<html>", "content-type"],
    ["of no type", 200, {}, JSON.stringify(service), "content-type"],
    ["compressed", 201, { "content-type": "application/json", "content-encoding": "gzip" }, "x", "content-type"],
    ["without a needed field", 201, { "content-type": "application/json" }, "{}", "schema"],
  ])("%s: may have been carried out, is not repeated", async (_name, status, headers, body, problem) => {
    const server = await serve((response) => {
      response.writeHead(status, { ...headers, "x-request-id": "req-9" });
      response.write(body);
      if (headers["content-length"] === undefined) response.end();
      else setTimeout(() => response.destroy(), 20);
    });
    const error = await failureOf(create(clientOf(server)));
    expect(error).toMatchObject({
      name: "ResponseError",
      problem,
      outcome: "unknown",
      requestId: "req-9",
      attempts: 1,
    });
    expect(server.seen).toHaveLength(1);
  });

  it("is repeated where that is safe", async () => {
    const server = await serve((response, _seen, index) => {
      if (index > 0) return json(response, 200, service);
      response.writeHead(200, { "content-type": "application/json", "content-length": "500" });
      response.write(truncated);
      return setTimeout(() => response.destroy(), 20);
    });
    expect(await clientOf(server).updateService(workspaceId, serviceId, {})).toMatchObject({ id: serviceId });
    expect(server.seen).toHaveLength(2);
  });
});

describe("the size limit", () => {
  const big = { ...workspace, name: "x".repeat(5000) };
  it("holds for a length that is told, and for one that is not", async () => {
    for (const chunked of [false, true]) {
      const server = await serve((response) => {
        const text = JSON.stringify(big);
        const length: Record<string, string> = chunked ? {} : { "content-length": String(text.length) };
        response.writeHead(200, { "content-type": "application/json", "x-request-id": "r1", ...length }).end(text);
      });
      const client = clientOf(server, { maxResponseBytes: 4096 });
      const error = await failureOf(client.getWorkspace(workspaceId));
      expect(error).toMatchObject({ name: "TransportError", reason: "too-large", attempts: 1, requestId: "r1" });
      expect(error.message).toContain("larger than 4096 bytes");
      const exact = clientOf(server, { maxResponseBytes: JSON.stringify(big).length });
      expect((await exact.getWorkspace(workspaceId)).name).toHaveLength(5000);
    }
  });

  it("does not hide what a large refusal says", async () => {
    const server = await serve((response) => json(response, 409, { detail: "y".repeat(9000) }));
    expect(await failureOf(create(clientOf(server, { maxResponseBytes: 4096 })))).toMatchObject({ status: 409 });
  });
});

describe("the key", () => {
  it("refused once is not tried again; later errors are short", async () => {
    const server = await serve((response) =>
      json(response, 401, { detail: "Invalid API key" }, { "x-request-id": "req-1" }),
    );
    const client = clientOf(server);
    const first = await failureOf(client.getWorkspace(workspaceId));
    expect(first).toMatchObject({ name: "AuthenticationError", outcome: "rejected", attempts: 1 });
    expect(first.message).toMatch(/^get-workspace: Invalid API key \(401 Unauthorized, GET .*, request id req-1\)\.$/);
    const second = await failureOf(create(client));
    expect(second).toMatchObject({ name: "AuthenticationError", status: 401, outcome: "not-sent", attempts: 0 });
    expect(second.message).toBe(
      "create-service: not tried: the key was refused (401) for get-workspace, request id req-1.",
    );
    expect(server.seen).toHaveLength(1);
  });

  it("refused for many at once is not tried again", async () => {
    const server = await serve((response) => setTimeout(() => json(response, 401, { detail: "Invalid" }), 20));
    const client = clientOf(server, { maxConcurrency: 4 });
    const failures = await Promise.all(Array.from({ length: 12 }, () => failureOf(client.getWorkspace(workspaceId))));
    expect(failures.filter(({ message }) => message.includes("401 Unauthorized"))).toHaveLength(1);
    expect(server.seen).toHaveLength(4);
  });

  it.each<[string, { maxConcurrency?: number; requestsPerSecond?: number }, Record<string, string>]>([
    ["the others wait for their turn", { requestsPerSecond: 2 }, {}],
    ["the server asks to wait as well", { maxConcurrency: 1 }, { "retry-after": "4" }],
    ["others are under way for long", { maxConcurrency: 2 }, {}],
  ])("refused while %s: their queue is emptied at once", async (_name, options, headers) => {
    const held: ServerResponse[] = [];
    const server = await serve((response, _seen, index) => {
      if (index === 0) setTimeout(() => json(response, 401, { detail: "Invalid" }, headers), 50);
      else held.push(response);
    });
    const client = clientOf(server, options);
    const startedAt = Date.now();
    const calls = Array.from({ length: 20 }, () =>
      failureOf(client.getWorkspace(workspaceId)).then((error) => ({ error, ms: Date.now() - startedAt })),
    );
    const early = await Promise.all([...calls.slice(0, 1), ...calls.slice(options.maxConcurrency === 2 ? 2 : 1)]);
    for (const { ms } of early) expect(ms).toBeLessThan(20_000);
    const short = early.filter(({ error }) => error.message.includes("not tried: the key was refused (401)"));
    expect(short).toHaveLength(early.length - 1);
    expect(short[0]?.error).toMatchObject({ name: "AuthenticationError", outcome: "not-sent", attempts: 0 });
    expect(server.seen.length).toBe(options.maxConcurrency === 2 ? 2 : 1);
    for (const response of held) json(response, 401, {});
    await Promise.all(calls);
  });

  it("refused empties the queue of every client that uses it, and of no other", async () => {
    const server = await serve((response, { headers }, index) => {
      if (headers.authorization?.endsWith("good-key-of-this-test")) return json(response, 200, workspace);
      if (index < 2) setTimeout(() => json(response, 401, {}), 100);
    });
    const bad = () => "bad-key-of-this-test";
    const [first, second] = [clientOf(server, { apiKey: bad, maxConcurrency: 1 }), clientOf(server, { apiKey: bad })];
    const good = clientOf(server, { apiKey: () => "good-key-of-this-test" });
    const failing = [
      first.getWorkspace(workspaceId),
      second.getWorkspace(workspaceId),
      first.getWorkspace(workspaceId),
    ];
    const errors = Promise.all(failing.map(failureOf));
    expect(await good.getWorkspace(workspaceId)).toEqual(workspace);
    for (const error of await errors) expect(error).toMatchObject({ status: 401 });
  });

  it("that replaces a refused one is tried", async () => {
    const server = await serve((response, { headers }) =>
      headers.authorization === "Bearer new-good-key" ? json(response, 200, workspace) : json(response, 401, {}),
    );
    let key = "old-bad-key";
    const client = clientOf(server, { apiKey: () => key });
    await failureOf(client.getWorkspace(workspaceId));
    key = "new-good-key";
    expect(await client.getWorkspace(workspaceId)).toEqual(workspace);
  });
});
