import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Deadline } from "../../src/api/deadline.js";
import type { Reply } from "../../src/api/exchange.js";
import { Limiter } from "../../src/api/limiter.js";
import { retryAfterMs } from "../../src/api/retry-after.js";
import type { Denial, Release } from "../../src/api/turn.js";

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
    ["seconds with a fraction", { "retry-after": " 1.25 " }, 503, 1250],
    ["more than any wait", { "retry-after": "9".repeat(400) }, 429, Number.MAX_SAFE_INTEGER],
    ["a negative number", { "retry-after": "-3" }, 429, 0],
    ["seconds and more", { "retry-after": "3 s" }, 429, undefined],
    ["nonsense", { "retry-after": "soon" }, 429, undefined],
    ["nothing", {}, 429, undefined],
    ["the vendor's reset", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now / 1000 + 7) }, 429, 7000],
    [
      "the vendor's reset, by the server's clock",
      {
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": String(now / 1000 + 7),
        date: "Sun, 01 Mar 2026 12:00:03 GMT",
      },
      429,
      4000,
    ],
    ["a reset that is past", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "5" }, 429, 0],
    ["a reset beside nothing", { "retry-after": " ", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "5" }, 429, 0],
    ["a reset of nothing", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "0" }, 429, undefined],
    ["a reset that is no time", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon" }, 429, undefined],
    ["a reset without end", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "Infinity" }, 429, undefined],
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

describe("the requests under way at once", () => {
  const limits = { maxConcurrency: 16, requestsPerSecond: undefined };
  const ask = (isRetry = false, ms = 60_000) => ({ operation: "get-service", deadline: new Deadline(ms), isRetry });
  const good = { succeeded: true, throttled: false };
  const turn = () => new Promise((resolve) => setTimeout(resolve, 3));
  /** What never gets its turn is denied it after the test. */
  const ignored = () => undefined;

  it("halves once per burst of 429, and grows by one per window of successes", async () => {
    const limiter = new Limiter();
    const releases: Release[] = [];
    for (let index = 0; index < 40; index += 1) {
      limiter.acquire(ask(), limits).then((release) => releases.push(release), ignored);
    }
    await turn();
    expect(releases).toHaveLength(16);
    for (const release of releases.splice(0)) release({ succeeded: false, throttled: true });
    await turn();
    expect(releases).toHaveLength(8);
    for (const release of releases.splice(0)) release(good);
    await turn();
    expect(releases).toHaveLength(9);
  });

  it("is narrowed by one operation's 429 for the others too", async () => {
    const limiter = new Limiter();
    const first = await limiter.acquire(ask(), { ...limits, maxConcurrency: 2 });
    first({ succeeded: false, throttled: true });
    const started: number[] = [];
    for (const operation of ["list-services", "get-workspace"]) {
      limiter.acquire({ ...ask(), operation }, { ...limits, maxConcurrency: 2 }).then(() => started.push(1), ignored);
    }
    await turn();
    expect(started).toHaveLength(1);
  });

  it("lets retries go before first attempts", async () => {
    const limiter = new Limiter();
    const one = { ...limits, maxConcurrency: 1 };
    const order: string[] = [];
    const first = await limiter.acquire(ask(), one);
    const entered = (name: string) => (release: Release) => {
      order.push(name);
      release(good);
    };
    const waiting = [
      limiter.acquire(ask(), one).then(entered("first attempt")),
      limiter.acquire(ask(true), one).then(entered("retry")),
    ];
    first(good);
    await Promise.all(waiting);
    expect(order).toEqual(["retry", "first attempt"]);
  });
});

describe("the time of a call that waits for its first turn", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const limits = { maxConcurrency: 1, requestsPerSecond: undefined };
  const ask = (ms: number, operation = "list-services", isRetry = false) => ({
    operation,
    deadline: new Deadline(ms),
    isRetry,
  });
  const good = { succeeded: true, throttled: false };
  const ending = (turn: Promise<Release>) => {
    const result: { denial?: Denial; at?: number; release?: Release } = {};
    const startedAt = Date.now();
    turn.then(
      (release) => Object.assign(result, { release, at: Date.now() - startedAt }),
      (denial) => Object.assign(result, { denial, at: Date.now() - startedAt }),
    );
    return result;
  };

  it("does not pass while the queue moves, and ends it when the queue stands still", async () => {
    const limiter = new Limiter();
    let release = await limiter.acquire(ask(1000), limits);
    const turns = Array.from({ length: 5 }, () => ending(limiter.acquire(ask(1000), limits)));
    for (const turn of turns.slice(0, 3)) {
      await vi.advanceTimersByTimeAsync(900);
      release(good);
      await vi.advanceTimersByTimeAsync(0);
      release = turn.release as Release;
    }
    await vi.advanceTimersByTimeAsync(990);
    expect(turns[3]).toEqual({});
    await vi.advanceTimersByTimeAsync(20);
    expect(turns[3]).toMatchObject({ denial: { reason: "deadline" }, at: expect.closeTo(3700, -1) });
    expect(turns[4]).toMatchObject({ denial: { reason: "deadline" } });
    release(good);
    expect(await limiter.acquire(ask(1000), limits)).toBeTypeOf("function");
  });

  it("passes while the server holds its operation back, over several waits", async () => {
    const limiter = new Limiter();
    const two = { ...limits, maxConcurrency: 2 };
    const first = await limiter.acquire(ask(60_000), two);
    const waiting = ending(limiter.acquire(ask(1000), limits));
    first({ ...good, waitMs: 700, because: "503 to list-services" });
    // Others move meanwhile, which gives back nothing of a wait that the server asked for.
    const other = await limiter.acquire(ask(60_000, "get-service"), two);
    await vi.advanceTimersByTimeAsync(650);
    const retry = await limiter.acquire(ask(60_000, "get-service"), two);
    retry(good);
    await vi.advanceTimersByTimeAsync(60);
    expect(waiting).toEqual({});
    other(good);
    await vi.advanceTimersByTimeAsync(5);
    expect(waiting.at).toBeGreaterThan(700);
    const next = ending(limiter.acquire(ask(1000), limits));
    const held = waiting.release as Release;
    held({ ...good, waitMs: 1500, because: "429 to list-services" });
    await vi.advanceTimersByTimeAsync(0);
    expect(next).toMatchObject({ denial: { reason: "wait", waitMs: 1500, because: "429 to list-services" } });
  });

  it("is what the waits of the server have left, once it has its turn", async () => {
    const limiter = new Limiter();
    const first = await limiter.acquire(ask(60_000), limits);
    first({ ...good, waitMs: 700, because: "503 to list-services" });
    const asked = ask(1000);
    const turn = ending(limiter.acquire(asked, limits));
    await vi.advanceTimersByTimeAsync(710);
    expect(turn.release).toBeTypeOf("function");
    expect(asked.deadline.remaining).toBeGreaterThan(280);
    expect(asked.deadline.remaining).toBeLessThanOrEqual(300);
  });
});
