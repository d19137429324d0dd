import type { Deadline } from "./deadline.js";

/** What the pacing must know of a request. */
export interface Paced {
  operation: string;
  deadline: Deadline;
  /** A retry goes before first attempts. */
  isRetry: boolean;
}

/** What a request's end says about the load. */
export interface Ending {
  succeeded: boolean;
  /** A 429, which narrows the concurrency for the whole account. */
  throttled: boolean;
  /** So long the server asks to wait, which holds back this operation only. */
  waitMs?: number;
  /** The answer that asked for the wait, as in `429 to list-services`. */
  because?: string;
  /** The server refused the key, so whoever waits gets no turn. */
  refused?: Refusal;
}

export interface Refusal {
  operation: string;
  requestId?: string;
}

/** Why a request gets no turn. */
export type Denial =
  | { reason: "deadline" }
  | { reason: "silent" }
  | { reason: "wait"; waitMs: number; because: string }
  | { reason: "refused"; refusal: Refusal };

export type Release = (ending: Ending) => void;

/**
 * Gives the requests of one account their turns: one call before each request, and one when it has
 * ended.
 */
export interface Pacing {
  /** Resolves when the request may start. Rejects with a Denial. */
  acquire(request: Paced): Promise<Release>;
}
