import { describe, expect, it, vi } from "vitest";
import { clientOf, failureOf, json, serve, service, serviceId, workspace, workspaceId } from "./server.js";

describe("a wait that the server asks for", () => {
  it.each([
    ["429 in seconds", 429, () => "1"],
    ["503 in seconds", 503, () => "1"],
    ["429 as a date", 429, () => new Date(Date.now() + 1000).toUTCString()],
  ])("%s holds everybody who uses the key for this operation, and nobody is early", async (_name, status, retryAfter) => {
    let until = 0;
    const server = await serve((response, _seen, index) => {
      if (index > 0) return json(response, 200, workspace);
      const value = retryAfter();
      until = /^\d+$/.test(value) ? Date.now() + Number(value) * 1000 : Date.parse(value);
      return json(response, status, {}, { "retry-after": value });
    });
    const apiKey = () => `shared-key-${server.url}`;
    const lines: string[] = [];
    const client = clientOf(server, { apiKey, logLevel: "debug", log: (line) => lines.push(line) });
    const first = client.getWorkspace(workspaceId);
    await vi.waitFor(() => expect(lines.join()).toContain(` ${status}, `), 10_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const others = [client, clientOf(server, { apiKey })].map((each) => each.getWorkspace(workspaceId));
    await Promise.all([first, ...others]);
    expect(server.seen).toHaveLength(4);
    for (const { at } of server.seen.slice(1)) expect(at).toBeGreaterThanOrEqual(until);
  });

  it("does not hold another key", async () => {
    const server = await serve((response, { headers }) => {
      if (headers.authorization === "Bearer the-throttled-key") json(response, 429, {}, { "retry-after": "40" });
      else json(response, 200, workspace);
    });
    const throttled = failureOf(
      clientOf(server, { apiKey: () => "the-throttled-key", timeoutSeconds: 1 }).getWorkspace(workspaceId),
    );
    expect((await throttled).name).toBe("ThrottledError");
    const startedAt = Date.now();
    await clientOf(server).getWorkspace(workspaceId);
    expect(Date.now() - startedAt).toBeLessThan(20_000);
  });

  it("that is absurdly long fails at once, and so does what asks for the same after it, but nothing else", async () => {
    const server = await serve((response, { method }) =>
      method === "POST"
        ? json(response, 429, { detail: "later" }, { "retry-after": "86400" })
        : json(response, 200, workspace),
    );
    const client = clientOf(server);
    const startedAt = Date.now();
    const body = { name: "S", agent_id: service.agent_id, context_graph_id: service.context_graph_id };
    const first = await failureOf(client.createService(workspaceId, body));
    expect(first).toMatchObject({ name: "ThrottledError", retryAfterMs: 86_400_000, outcome: "not-sent", attempts: 1 });
    expect(first.message).toContain("The server asks to wait 86400 s.");
    expect(first.message).toContain("of this call's timeoutSeconds");
    const second = await failureOf(client.createService(workspaceId, body));
    expect(second).toMatchObject({ name: "ThrottledError", status: 429, outcome: "not-sent", attempts: 0 });
    expect(second.message).toMatch(
      /not sent, because the server asked everybody .* to wait .* for 86[34]\d\d(\.\d)? s more \(429 to create-service\)/,
    );
    expect(await client.getWorkspace(workspaceId)).toEqual(workspace);
    expect(Date.now() - startedAt).toBeLessThan(20_000);
    expect(server.seen).toHaveLength(2);
  });

  it.each([408, 500, 502, 503, 504, 429])("is honoured after a %i, and nothing comes before", async (status) => {
    const server = await serve((response, _seen, index) =>
      index < 2 ? json(response, status, {}, { "retry-after": "0.4" }) : json(response, 200, workspace),
    );
    await clientOf(server).getWorkspace(workspaceId);
    const at = server.seen.map((seen) => seen.at);
    expect(at).toHaveLength(3);
    for (const index of [1, 2]) expect((at[index] ?? 0) - (at[index - 1] ?? 0)).toBeGreaterThanOrEqual(399);
  });

  it("that is shorter than our own wait does not shorten it", async () => {
    const server = await serve((response, _seen, index) =>
      index < 3 ? json(response, 500, {}, { "retry-after": "0.001" }) : json(response, 200, workspace),
    );
    await clientOf(server).getWorkspace(workspaceId);
    const [first = 0, , , last = 0] = server.seen.map(({ at }) => at);
    expect(last - first).toBeGreaterThanOrEqual(345);
  });

  it.each([200, 404, 409, 302])("with a %i holds the next request of the operation back", async (status) => {
    const server = await serve((response, _seen, index) =>
      json(response, index === 0 ? status : 200, workspace, index === 0 ? { "retry-after": "0.5" } : {}),
    );
    const client = clientOf(server);
    await client.getWorkspace(workspaceId).catch(() => {});
    await client.getWorkspace(workspaceId);
    const [first = 0, second = 0] = server.seen.map(({ at }) => at);
    expect(second - first).toBeGreaterThanOrEqual(499);
  });

  it("that is longer than what is left ends the call before it", async () => {
    const server = await serve((response) => json(response, 502, { detail: "busy" }, { "retry-after": "3600" }));
    const startedAt = Date.now();
    const error = await failureOf(clientOf(server, { timeoutSeconds: 30 }).deleteService(workspaceId, serviceId));
    expect(error).toMatchObject({ name: "ServerError", status: 502, outcome: "unknown", attempts: 1 });
    expect(Date.now() - startedAt).toBeLessThan(20_000);
    expect(server.seen).toHaveLength(1);
  });

  it("without a time is a growing wait", async () => {
    const server = await serve((response, _seen, index) => json(response, index < 2 ? 429 : 200, workspace));
    await clientOf(server).getWorkspace(workspaceId);
    const [first, second, third] = server.seen.map(({ at }) => at);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(48);
    expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(98);
  });
});

describe("the concurrency", () => {
  /** The server answers nobody until so many were there at once, and gives one more the chance to come too early. */
  async function mostAtOnce(expected: number, options: object): Promise<number> {
    let held: (() => void)[] = [];
    let most = 0;
    const release = () => {
      for (const answer of held) answer();
      held = [];
    };
    const server = await serve((response) => {
      held.push(() => json(response, 200, workspace));
      most = Math.max(most, held.length);
      if (most >= expected) setTimeout(release, 50);
    });
    const apiKey = () => `shared-key-${server.url}`;
    const clients = [clientOf(server, { apiKey, ...options }), clientOf(server, { apiKey, ...options })];
    const calls = Array.from({ length: expected * 3 }, (_, index) => clients[index % 2]?.getWorkspace(workspaceId));
    await Promise.all(calls);
    return most;
  }

  it("is 16 for all clients of the process together", async () => {
    expect(await mostAtOnce(16, {})).toBe(16);
  });

  it("is what maxConcurrency says", async () => {
    expect(await mostAtOnce(3, { maxConcurrency: 3 })).toBe(3);
  });
});

describe("requestsPerSecond", () => {
  it("spaces the starts of all requests", async () => {
    const server = await serve((response) => json(response, 200, workspace));
    const client = clientOf(server, { requestsPerSecond: 20 });
    const startedAt = Date.now();
    await Promise.all(Array.from({ length: 6 }, () => client.getWorkspace(workspaceId)));
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(249);
  });
});
