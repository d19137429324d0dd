import { createHash } from "node:crypto";
import type { Deadline } from "./deadline.js";

export interface Limits {
  maxConcurrency: number;
  requestsPerSecond: number | undefined;
}

/** Requests under way at once, where nothing else is set. */
export const DEFAULT_MAX_CONCURRENCY = 16;

/** Why a request was not let through. */
export type Denial = { reason: "deadline" } | { reason: "paused"; waitMs: number; told: string };

interface Waiting {
  limits: Limits;
  deadline: Deadline;
  admit: () => void;
  deny: (denial: Denial) => void;
}

/** Lets requests through to one origin with one key, for all clients of the process: so many at once, so many per second, none during a pause. */
export class Limiter {
  #underWay = 0;
  /** What throttling has left of the allowed concurrency; grows back with successes. */
  #window = Number.POSITIVE_INFINITY;
  #successes = 0;
  #pausedUntil = 0;
  #told = "";
  #nextStart = 0;
  #lastHalving = 0;
  #queue: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** Answers when the request may start, with the time of that; rejects with a Denial. A retry goes before first attempts. */
  admission(limits: Limits, deadline: Deadline, isRetry: boolean): Promise<number> {
    return new Promise((resolve, reject: (denial: Denial) => void) => {
      const stopWatching = deadline.onExpiry(() => {
        waiting.deny({ reason: "deadline" });
        this.#advance();
      });
      const waiting: Waiting = {
        limits,
        deadline,
        admit: () => {
          stopWatching();
          resolve(Date.now());
        },
        deny: (denial) => {
          stopWatching();
          this.#queue = this.#queue.filter((other) => other !== waiting);
          reject(denial);
        },
      };
      if (isRetry) this.#queue.unshift(waiting);
      else this.#queue.push(waiting);
      this.#advance();
    });
  }

  /** The request is over; successes widen a narrowed window by one per window's worth. */
  finished(succeeded: boolean): void {
    this.#underWay -= 1;
    if (succeeded && Number.isFinite(this.#window)) {
      this.#successes += 1;
      if (this.#successes >= this.#window) {
        this.#window += 1;
        this.#successes = 0;
      }
    }
    this.#advance();
  }

  /** Halves the concurrency, once for all requests that were under way at the same time. */
  throttled(limits: Limits, startedAt: number): void {
    if (startedAt < this.#lastHalving) return;
    this.#lastHalving = Date.now() + 1;
    this.#window = Math.max(1, Math.floor(Math.min(this.#window, limits.maxConcurrency) / 2));
    this.#successes = 0;
  }

  /** Nothing starts for so long; a longer pause stays. `told` says who heard it. */
  pause(waitMs: number, told: string): void {
    const until = Date.now() + waitMs;
    if (until <= this.#pausedUntil) return;
    this.#pausedUntil = until;
    this.#told = told;
    this.#advance();
  }

  #advance(): void {
    clearTimeout(this.#timer);
    this.#denyHopeless();
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      if (this.#underWay >= Math.min(this.#window, first.limits.maxConcurrency)) return;
      const wait = Math.max(this.#pausedUntil, this.#nextStart) - Date.now();
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#advance(), Math.min(wait, longestTimer) + 1);
        return;
      }
      this.#queue.shift();
      this.#underWay += 1;
      const { requestsPerSecond } = first.limits;
      if (requestsPerSecond !== undefined) this.#nextStart = Date.now() + 1000 / requestsPerSecond;
      first.admit();
    }
  }

  #denyHopeless(): void {
    const waitMs = this.#pausedUntil - Date.now();
    const hopeless = this.#queue.filter(({ deadline }) => waitMs > deadline.remaining);
    for (const { deny } of hopeless) deny({ reason: "paused", waitMs, told: this.#told });
  }
}

/** Node turns longer timers into none. */
const longestTimer = 2 ** 31 - 2;

const limiters = new Map<string, Limiter>();

/** Whom limits hold for: all who use a key at an origin. The key stands in it as a digest only. */
export function accountName(origin: string, key: string): string {
  return `${origin} ${createHash("sha256").update(key).digest("hex")}`;
}

/** The one limiter of this process for an account. */
export function limiterFor(name: string): Limiter {
  const limiter = limiters.get(name) ?? new Limiter();
  limiters.set(name, limiter);
  return limiter;
}
