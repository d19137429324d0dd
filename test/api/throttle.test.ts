import { describe, expect, it, vi } from "vitest";
import { Deadline } from "../../src/api/deadline.js";
import type { Reply } from "../../src/api/exchange.js";
import { Limiter } from "../../src/api/limiter.js";
import { retryAfterMs } from "../../src/api/retry-after.js";
import { clientOf, failureOf, json, serve, service, workspace, workspaceId } from "./server.js";

const reply = (headers: Record<string, string>, status = 429): Reply => ({
  status,
  headers,
  text: "",
  truncated: false,
  attempts: 1,
});
const now = Date.parse("2026-03-01T12:00:00Z");

describe("what an answer asks to wait", () => {
  it.each<[string, Record<string, string>, number, number | undefined]>([
    ["seconds", { "retry-after": "3" }, 429, 3000],
    ["zero", { "retry-after": "0" }, 429, 0],
    ["a date, by our clock", { "retry-after": "Sun, 01 Mar 2026 12:00:05 GMT" }, 503, 5000],
    [
      "a date, by the server's clock",
      { "retry-after": "Sun, 01 Mar 2026 13:00:05 GMT", date: "Sun, 01 Mar 2026 13:00:00 GMT" },
      429,
      5000,
    ],
    ["a date that is past", { "retry-after": "Sun, 01 Mar 2026 11:00:00 GMT" }, 429, 0],
    ["nonsense", { "retry-after": "soon" }, 429, undefined],
    ["nothing", {}, 429, undefined],
    ["the vendor's reset", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now / 1000 + 7) }, 429, 7000],
    [
      "a reset while some remain",
      { "x-ratelimit-remaining": "4", "x-ratelimit-reset": String(now / 1000 + 7) },
      429,
      undefined,
    ],
    [
      "a reset on another status",
      { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now / 1000 + 7) },
      503,
      undefined,
    ],
  ])("%s", (_name, headers, status, expected) => {
    expect(retryAfterMs(reply(headers, status), now)).toBe(expected);
  });
});

describe("a told wait", () => {
  it.each([
    ["429 in seconds", 429, () => "1"],
    ["503 in seconds", 503, () => "1"],
    ["429 as a date", 429, () => new Date(Date.now() + 1000).toUTCString()],
  ])("%s holds everybody who uses the key, and nobody is early", async (_name, status, told) => {
    let until = 0;
    const server = await serve((response, _seen, index) => {
      if (index > 0) return json(response, 200, workspace);
      const value = told();
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
      if (headers.authorization === "Bearer the-throttled-key") json(response, 429, {}, { "retry-after": "2" });
      else json(response, 200, workspace);
    });
    const throttled = failureOf(
      clientOf(server, { apiKey: () => "the-throttled-key", timeoutSeconds: 1 }).getWorkspace(workspaceId),
    );
    expect((await throttled).name).toBe("ThrottledError");
    const startedAt = Date.now();
    await clientOf(server).getWorkspace(workspaceId);
    expect(Date.now() - startedAt).toBeLessThan(1000);
  });

  it("that is absurdly long fails at once, and so does everything after it", async () => {
    const server = await serve((response) => json(response, 429, { detail: "later" }, { "retry-after": "86400" }));
    const client = clientOf(server);
    const startedAt = Date.now();
    const body = { name: "S", agent_id: service.agent_id, context_graph_id: service.context_graph_id };
    const first = await failureOf(client.createService(workspaceId, body));
    expect(first).toMatchObject({ name: "ThrottledError", retryAfterMs: 86_400_000, outcome: "not-sent", attempts: 1 });
    expect(first.message).toContain("The server asks to wait 86400 s.");
    expect(first.message).toContain("of this call's timeoutSeconds");
    const second = await failureOf(client.getWorkspace(workspaceId));
    expect(second).toMatchObject({ name: "ThrottledError", status: 429, outcome: "not-sent", attempts: 0 });
    expect(second.message).toMatch(
      /not sent, because the server asked everybody .* to wait for 86[34]\d\d(\.\d)? s more \(429 to create-service\)/,
    );
    expect(Date.now() - startedAt).toBeLessThan(1000);
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
  /** The server answers nobody until so many are there, and then gives one more the chance to come too early. */
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
      if (held.length === expected) setTimeout(release, 50);
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

  it("halves once per burst of 429, and grows by one per window of successes", async () => {
    const limiter = new Limiter();
    const limits = { maxConcurrency: 16, requestsPerSecond: undefined };
    const admitted = async (count: number) => {
      const starts: number[] = [];
      for (let index = 0; index < count; index += 1) {
        void limiter.admission(limits, new Deadline(60_000), false).then((at) => starts.push(at));
      }
      await new Promise((resolve) => setTimeout(resolve, 3));
      return starts;
    };
    const starts = await admitted(40);
    expect(starts).toHaveLength(16);
    for (const startedAt of starts) {
      limiter.throttled(limits, startedAt);
      limiter.finished(false);
    }
    await new Promise((resolve) => setTimeout(resolve, 3));
    expect(starts).toHaveLength(24);
    for (let index = 0; index < 8; index += 1) limiter.finished(true);
    await new Promise((resolve) => setTimeout(resolve, 3));
    expect(starts).toHaveLength(33);
  });

  it("lets retries go before first attempts", async () => {
    const limiter = new Limiter();
    const limits = { maxConcurrency: 1, requestsPerSecond: undefined };
    const order: string[] = [];
    await limiter.admission(limits, new Deadline(1000), false);
    const waiting = [
      limiter.admission(limits, new Deadline(1000), false).then(() => order.push("first attempt")),
      limiter.admission(limits, new Deadline(1000), true).then(() => order.push("retry")),
    ];
    limiter.finished(true);
    limiter.finished(true);
    await Promise.all(waiting);
    expect(order).toEqual(["retry", "first attempt"]);
  });

  it("does not count waiting for a first turn against the deadline", async () => {
    const server = await serve((response) => setTimeout(() => json(response, 200, workspace), 100));
    const client = clientOf(server, { maxConcurrency: 1, timeoutSeconds: 1 });
    const results = await Promise.all(Array.from({ length: 12 }, () => client.getWorkspace(workspaceId)));
    expect(results).toHaveLength(12);
  });
});

describe("requestsPerSecond", () => {
  it("spaces the starts of all requests", async () => {
    const server = await serve((response) => json(response, 200, workspace));
    const client = clientOf(server, { requestsPerSecond: 20 });
    const startedAt = Date.now();
    await Promise.all(Array.from({ length: 6 }, () => client.getWorkspace(workspaceId)));
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(249);
    expect(Date.now() - startedAt).toBeLessThan(3000);
  });
});
