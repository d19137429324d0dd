import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Deadline } from "../../src/api/deadline.js";
import type { Reply } from "../../src/api/exchange.js";
import { Limiter, limiterFor } from "../../src/api/limiter.js";
import { retryAfterMs } from "../../src/api/retry-after.js";
import { ServerWait } from "../../src/api/server-wait.js";
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

describe("how long the server holds an operation back", () => {
  it("is the longest wait that an answer asks for", () => {
    const wait = new ServerWait();
    expect([wait.extend(1000, 500, "a"), wait.extend(1100, 400, "b"), wait.extend(1200, 100, "c")]).toEqual([
      ...[true, false, false],
    ]);
    expect(wait).toMatchObject({ until: 1500, because: "a" });
    expect([wait.extend(1200, 400, "d"), wait.extend(2000, 0, "e")]).toEqual([true, false]);
    expect(wait).toMatchObject({ until: 1600, because: "d" });
  });

  it("counts each moment once, over all waits, and since a mark", () => {
    const wait = new ServerWait();
    expect(wait.heldMs(1000)).toBe(0);
    wait.extend(1000, 500, "a");
    wait.extend(1200, 600, "b");
    expect([1000, 1200, 1800, 2500].map((now) => wait.heldMs(now))).toEqual([0, 200, 800, 800]);
    wait.extend(3000, 100, "c");
    expect(wait.heldMs(3050)).toBe(850);
    wait.mark(3050);
    expect([wait.heldSinceMark(3050), wait.heldSinceMark(3080), wait.heldSinceMark(9000)]).toEqual([0, 30, 50]);
  });
});

describe("the time that one call may take", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("runs once it has begun, and is over after that", () => {
    const deadline = new Deadline(1000);
    vi.advanceTimersByTime(5000);
    expect([deadline.begun, deadline.remaining, deadline.expired]).toEqual([false, 1000, false]);
    deadline.spend(300);
    deadline.begin();
    vi.advanceTimersByTime(400);
    deadline.begin();
    deadline.spend(300);
    expect([deadline.begun, deadline.remaining, deadline.expired, deadline.totalMs]).toEqual([true, 300, false, 1000]);
    vi.advanceTimersByTime(299);
    expect(deadline.expired).toBe(false);
    vi.advanceTimersByTime(1000);
    expect([deadline.remaining, deadline.expired]).toEqual([0, true]);
  });

  it("may have passed before it begins, and may be longer than a timer", () => {
    const spent = new Deadline(100);
    spent.spend(150);
    expect(spent.remaining).toBe(0);
    const long = new Deadline(2 ** 40);
    long.begin();
    vi.advanceTimersByTime(1000);
    expect(long.expired).toBe(false);
  });

  it("calls back at its end, unless that was taken back or the time is no longer counted", () => {
    const called: string[] = [];
    const deadline = new Deadline(1000);
    deadline.onExpiry(() => called.push("first"));
    deadline.onExpiry(() => called.push("taken back"))();
    deadline.begin();
    vi.advanceTimersByTime(1000);
    deadline.expire();
    deadline.onExpiry(() => called.push("late"));
    expect(called).toEqual(["first", "late"]);
    const cleared = new Deadline(1000);
    cleared.begin();
    cleared.clear();
    vi.advanceTimersByTime(2000);
    expect(cleared.expired).toBe(false);
    cleared.expire();
    expect(cleared.expired).toBe(true);
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

  it("is not counted where it is over, and its end frees nobody else's turn", async () => {
    const limiter = new Limiter();
    const over = ask(1000);
    over.deadline.expire();
    await expect(limiter.acquire(over, limits)).rejects.toEqual({ reason: "deadline" });
    const first = await limiter.acquire(ask(60_000), limits);
    const retried = ask(300, "list-services", true);
    retried.deadline.begin();
    const retry = ending(limiter.acquire(retried, limits));
    const next = ending(limiter.acquire(ask(60_000), limits));
    await vi.advanceTimersByTimeAsync(400);
    expect([retry, next]).toEqual([{ denial: { reason: "deadline" }, at: 300 }, {}]);
    first(good);
    await vi.advanceTimersByTimeAsync(0);
    expect(next.release).toBeTypeOf("function");
  });

  it("runs on while a retry waits, however long the queue stands still", async () => {
    const limiter = new Limiter();
    const first = await limiter.acquire(ask(60_000), limits);
    const other = await limiter.acquire(ask(60_000, "get-workspace"), { ...limits, maxConcurrency: 2 });
    await vi.advanceTimersByTimeAsync(900);
    const retried = ask(500, "list-services", true);
    retried.deadline.begin();
    const retry = ending(limiter.acquire(retried, limits));
    await vi.advanceTimersByTimeAsync(400);
    // Judges all who wait.
    other({ ...good, waitMs: 1, because: "503 to get-workspace" });
    first(good);
    await vi.advanceTimersByTimeAsync(0);
    expect(retry).toEqual({ release: expect.any(Function), at: 400 });
    expect(retried.deadline.remaining).toBe(100);
  });

  it("is as it was where the server's wait was over before", async () => {
    const limiter = new Limiter();
    const first = await limiter.acquire(ask(60_000), limits);
    first({ ...good, waitMs: 700 });
    await vi.advanceTimersByTimeAsync(700);
    const asked = ask(1000);
    const release = await limiter.acquire(asked, limits);
    expect(asked.deadline.remaining).toBe(1000);
    release({ ...good, waitMs: 500, because: "429 to list-services" });
    const exact = ending(limiter.acquire(ask(500), limits));
    const enough = ending(limiter.acquire(ask(1000), limits));
    await vi.advanceTimersByTimeAsync(501);
    expect(exact).toMatchObject({ denial: { reason: "wait", waitMs: 500 }, at: 0 });
    expect(enough.release).toBeTypeOf("function");
  });

  it("is less by what the server has asked already, where it asks again", async () => {
    const limiter = new Limiter();
    const two = { ...limits, maxConcurrency: 2 };
    const [first, second] = [await limiter.acquire(ask(60_000), two), await limiter.acquire(ask(60_000), two)];
    first({ ...good, waitMs: 700, because: "503 to list-services" });
    const waiting = ending(limiter.acquire(ask(1000), two));
    await vi.advanceTimersByTimeAsync(500);
    second({ ...good, waitMs: 600, because: "429 to list-services" });
    await vi.advanceTimersByTimeAsync(0);
    const denial = { reason: "wait", waitMs: 600, because: "429 to list-services" };
    expect(waiting).toEqual({ denial, at: 500 });
  });

  it.each([
    ["since the last turn that somebody got", 10, undefined, 1010],
    ["since somebody else of the account moved", 0, 100, 1000],
  ])("is spent by waits and by a standstill together: %s", async (_name, asksAt, movesAt, endsAt) => {
    const limiter = new Limiter();
    const wide = { ...limits, maxConcurrency: 9 };
    const held = await limiter.acquire(ask(60_000), wide);
    await limiter.acquire(ask(60_000, "get-service"), wide);
    const other = await limiter.acquire(ask(60_000, "get-workspace"), wide);
    held({ ...good, waitMs: 300, because: "503 to list-services" });
    await vi.advanceTimersByTimeAsync(asksAt);
    const waiting = ending(limiter.acquire(ask(1000), limits));
    if (movesAt !== undefined) {
      await vi.advanceTimersByTimeAsync(movesAt);
      limiter.moved();
    }
    await vi.advanceTimersByTimeAsync(700 - asksAt - (movesAt ?? 0));
    other({ ...good, waitMs: 1, because: "503 to get-workspace" });
    await vi.advanceTimersByTimeAsync(0);
    expect(waiting).toEqual({});
    await vi.advanceTimersByTimeAsync(1000);
    expect(waiting.denial).toEqual({ reason: "deadline" });
    expect(asksAt + (waiting.at ?? 0)).toBeGreaterThanOrEqual(endsAt);
    expect(asksAt + (waiting.at ?? 0)).toBeLessThan(endsAt + 5);
  });

  it("ends for all who wait, where the key is refused", async () => {
    const limiter = new Limiter();
    const first = await limiter.acquire(ask(60_000), limits);
    const waiting = [ask(1000), ask(1000, "get-service")].map((one) => ending(limiter.acquire(one, limits)));
    const refusal = { operation: "list-services", requestId: "r1" };
    first({ succeeded: false, throttled: false, refused: refusal });
    await vi.advanceTimersByTimeAsync(0);
    expect(waiting.map(({ denial }) => denial)).toEqual(Array(2).fill({ reason: "refused", refusal }));
    expect(await limiter.acquire(ask(1000), limits)).toBeTypeOf("function");
  });

  it("is not spent by the user's own rate", async () => {
    const limiter = new Limiter();
    const rate = { maxConcurrency: 9, requestsPerSecond: 2 };
    const turns = Array.from({ length: 4 }, () => ending(limiter.acquire(ask(300), rate)));
    await vi.advanceTimersByTimeAsync(1600);
    expect(turns.map(({ at }) => at)).toEqual([0, 501, 1002, 1503]);
    await vi.advanceTimersByTimeAsync(403);
    const exact = ending(limiter.acquire(ask(300), rate));
    await vi.advanceTimersByTimeAsync(0);
    expect(exact.at).toBe(0);
  });

  it("goes on where the concurrency is halved: once for what was under way together, again for what began after", async () => {
    const limiter = new Limiter();
    const wide = { ...limits, maxConcurrency: 16 };
    const throttled = { succeeded: false, throttled: true };
    const begin = () => limiter.acquire(ask(60_000), wide);
    const [first, filler] = [await begin(), await begin()];
    await vi.advanceTimersByTimeAsync(10);
    first(throttled);
    const same = await begin();
    await vi.advanceTimersByTimeAsync(1);
    const after = await begin();
    same(throttled);
    filler(good);
    const turns = Array.from({ length: 20 }, () => ending(begin()));
    const admitted = async () => {
      await vi.advanceTimersByTimeAsync(0);
      return turns.filter(({ release }) => release).length;
    };
    expect(await admitted()).toBe(7);
    after(throttled);
    expect(await admitted()).toBe(7);
  });
});

it("is one limiter for each account", () => {
  expect(limiterFor("https://a.example key")).toBe(limiterFor("https://a.example key"));
  expect(limiterFor("https://a.example key")).not.toBe(limiterFor("https://a.example other"));
});
