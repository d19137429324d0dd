import { ServerWait } from "./server-wait.js";
import type { Denial, Ending, Paced, Refusal, Release } from "./turn.js";

export interface Limits {
  maxConcurrency: number;
  requestsPerSecond: number | undefined;
}

/** Requests under way at once, where nothing else is set. */
export const DEFAULT_MAX_CONCURRENCY = 16;

interface Waiting {
  readonly request: Paced;
  readonly limits: Limits;
  readonly wait: ServerWait;
  readonly since: number;
  /** How long the server had held the operation back before. */
  readonly heldBefore: number;
  admit(): void;
  deny(denial: Denial): void;
}

/**
 * Gives turns to the requests of one account: so many at once, so many per second, and none for an
 * operation while the server wants it to wait.
 *
 * Waiting for a first turn costs a call none of its time while the queue moves. Its time runs while
 * the server holds its operation back, and while nobody gets a turn.
 */
export class Limiter {
  #underWay = 0;
  /** What throttling has left of the allowed concurrency; grows back with successes. */
  #window = Number.POSITIVE_INFINITY;
  #successes = 0;
  #nextStart = 0;
  #lastHalving = 0;
  #movedAt = 0;
  readonly #waits = new Map<string, ServerWait>();
  #queue: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** When the first of the queue runs out of time. */
  #nextExpiry = Number.POSITIVE_INFINITY;

  /** Resolves when the request may start. Rejects with a Denial. */
  acquire(request: Paced, limits: Limits): Promise<Release> {
    return new Promise((resolve, reject: (denial: Denial) => void) => {
      const { deadline, isRetry, operation } = request;
      if (deadline.expired) return reject({ reason: "deadline" });
      const stopWatching = deadline.onExpiry(() => {
        waiting.deny({ reason: "deadline" });
        this.#advance();
      });
      const since = Date.now();
      const wait = this.#waitOf(operation);
      const waiting: Waiting = {
        request,
        limits,
        wait,
        since,
        heldBefore: wait.heldMs(since),
        admit: () => {
          stopWatching();
          const startedAt = Date.now();
          deadline.spend(wait.heldMs(startedAt) - waiting.heldBefore);
          resolve((ending) => this.#ended(ending, operation, limits, startedAt));
        },
        deny: (denial) => {
          stopWatching();
          this.#queue = this.#queue.filter((other) => other !== waiting);
          reject(denial);
        },
      };
      if (isRetry) this.#queue.unshift(waiting);
      else this.#queue.push(waiting);
      this.#judge(waiting, since);
      this.#advance();
    });
  }

  /**
   * Somebody has got a turn, or is sure to get one or be denied it: those who wait for their first
   * turn lose no time so far.
   */
  moved(): void {
    this.#movedAt = Date.now();
    for (const wait of this.#waits.values()) wait.mark(this.#movedAt);
  }

  #ended(ending: Ending, operation: string, limits: Limits, startedAt: number): void {
    this.#underWay -= 1;
    if (ending.succeeded) this.#widen();
    if (ending.throttled) this.#narrow(limits, startedAt);
    if (
      ending.waitMs !== undefined &&
      this.#waitOf(operation).extend(Date.now(), ending.waitMs, ending.because ?? "")
    ) {
      this.#judgeAll();
    }
    if (ending.refused !== undefined) this.#empty(ending.refused);
    this.#advance();
  }

  /** Successes widen a narrowed window by one per window's worth. */
  #widen(): void {
    if (!Number.isFinite(this.#window)) return;
    this.#successes += 1;
    if (this.#successes < this.#window) return;
    this.#window += 1;
    this.#successes = 0;
  }

  /** Halves the concurrency, once for all requests that were under way at the same time. */
  #narrow(limits: Limits, startedAt: number): void {
    if (startedAt < this.#lastHalving) return;
    this.#lastHalving = Date.now() + 1;
    this.#window = Math.max(1, Math.floor(Math.min(this.#window, limits.maxConcurrency) / 2));
    this.#successes = 0;
  }

  #empty(refusal: Refusal): void {
    for (const { deny } of this.#queue) deny({ reason: "refused", refusal });
  }

  #waitOf(operation: string): ServerWait {
    const wait = this.#waits.get(operation) ?? new ServerWait();
    this.#waits.set(operation, wait);
    return wait;
  }

  #advance(): void {
    clearTimeout(this.#timer);
    if (Date.now() >= this.#nextExpiry) this.#judgeAll();
    let wakeAt = this.#nextExpiry;
    for (let index = 0; index < this.#queue.length; ) {
      const first = this.#queue[index] as Waiting;
      const now = Date.now();
      if (this.#nextStart > now) {
        wakeAt = Math.min(wakeAt, this.#nextStart);
        break;
      }
      if (first.wait.until > now) {
        wakeAt = Math.min(wakeAt, first.wait.until);
        index += 1;
        continue;
      }
      if (this.#underWay >= Math.min(this.#window, first.limits.maxConcurrency)) break;
      this.#queue.splice(index, 1);
      this.#underWay += 1;
      this.moved();
      const { requestsPerSecond } = first.limits;
      if (requestsPerSecond !== undefined) {
        this.#nextStart = now + 1000 / requestsPerSecond;
        // Keeping to the user's own rate is no standstill.
        this.#movedAt = this.#nextStart;
      }
      first.admit();
    }
    if (this.#queue.length === 0) this.#nextExpiry = Number.POSITIVE_INFINITY;
    else if (wakeAt < Number.POSITIVE_INFINITY) {
      this.#timer = setTimeout(() => this.#advance(), Math.min(Math.max(0, wakeAt - Date.now()), longestTimer) + 1);
    }
  }

  /** Denies a turn to whoever cannot get one in time. */
  #judgeAll(): void {
    const now = Date.now();
    this.#nextExpiry = Number.POSITIVE_INFINITY;
    for (const waiting of this.#queue) this.#judge(waiting, now);
  }

  #judge(waiting: Waiting, now: number): void {
    const { request, wait, heldBefore, since } = waiting;
    const { deadline } = request;
    const waitMs = wait.until - now;
    const held = deadline.begun ? 0 : wait.heldMs(now) - heldBefore;
    const left = deadline.remaining - held;
    const idle = since > this.#movedAt ? now - since - held : now - this.#movedAt - wait.heldSinceMark(now);
    if (waitMs > 0 && waitMs >= left) waiting.deny({ reason: "wait", waitMs, because: wait.because });
    // A clock that runs ends the wait by itself.
    else if (deadline.begun) return;
    else if (idle >= left) waiting.deny({ reason: "deadline" });
    else this.#nextExpiry = Math.min(this.#nextExpiry, now + left - idle);
  }
}

/** Node turns longer timers into none. */
const longestTimer = 2 ** 31 - 2;

const limiters = new Map<string, Limiter>();

/** The one limiter of this process for an account. */
export function limiterFor(account: string): Limiter {
  const limiter = limiters.get(account) ?? new Limiter();
  limiters.set(account, limiter);
  return limiter;
}
