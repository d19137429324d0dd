import { setTimeout as sleep } from "node:timers/promises";
import { AmigoError, ApiError, ResponseError, seconds, TransportError } from "../errors.js";
import type { Exchange, Interceptor, Outgoing, Reply } from "../exchange.js";
import { processRetryBudget, type RetryBudget } from "../retry-budget.js";

const firstDelayMs = 100;
const longestDelayMs = 20_000;
const passingStatuses = new Set([408, 429, 500, 502, 503, 504]);

/** Tries again what may help and cannot do harm: a create only when it certainly was not carried out. */
export function retry(maxAttempts: number, budget: RetryBudget = processRetryBudget): Interceptor {
  return (next) => (request) => attempts(next, request, maxAttempts, budget);
}

async function attempts(next: Exchange, request: Outgoing, maxAttempts: number, budget: RetryBudget): Promise<Reply> {
  let refund = 1;
  let mayHaveHappened = false;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const reply = await next({ ...request, attempt });
      budget.giveBack(refund);
      return reply;
    } catch (error) {
      if (!AmigoError.isInstance(error)) throw error;
      mayHaveHappened ||= error.outcome === "unknown";
      const next = nextStep(error, request, attempt, maxAttempts, budget);
      if (next.giveUp !== undefined) {
        if (error.attempts === 0) error.attempts = attempt - 1;
        // What an earlier attempt has done may be why this one was refused.
        if (mayHaveHappened) error.outcome = "unknown";
        if (next.giveUp !== "") error.addSentence(next.giveUp);
        throw error;
      }
      refund = next.refund;
      await sleep(next.delayMs);
    }
  }
}

type Step = { giveUp: string } | { giveUp?: undefined; delayMs: number; refund: number };

function nextStep(
  error: AmigoError,
  request: Outgoing,
  attempt: number,
  maxAttempts: number,
  budget: RetryBudget,
): Step {
  if (!isPassing(error) || !isSafe(error, request)) return { giveUp: "" };
  if (attempt >= maxAttempts) return { giveUp: attempt > 1 ? `Given up after ${attempt} attempts.` : "" };
  const asked = ApiError.isInstance(error) ? (error.retryAfterMs ?? 0) : 0;
  const left = request.deadline.remaining;
  const delayMs = backoff(attempt);
  if (Math.max(asked, delayMs) >= left) {
    return { giveUp: `Not tried again: only ${seconds(left)} are left of this call's timeoutSeconds.` };
  }
  // What the server asks for beyond our own wait, the pacing waits for.
  if (asked >= delayMs) return { delayMs, refund: 0 };
  const refund = budget.take(TransportError.isInstance(error) && error.reason === "timeout");
  if (refund === undefined) return { giveUp: "Not tried again: too many requests of this process had to be repeated." };
  return { delayMs, refund };
}

/** What the limiter or the auth interceptor refused has made no request, and is not tried again. */
function isPassing(error: AmigoError): boolean {
  if (TransportError.isInstance(error))
    return ["dns", "refused", "refused-here", "reset", "timeout", "proxy", "other"].includes(error.reason);
  if (ResponseError.isInstance(error)) return true;
  return ApiError.isInstance(error) && error.attempts > 0 && passingStatuses.has(error.status);
}

function isSafe(error: AmigoError, request: Outgoing): boolean {
  return request.operation.kind !== "create" || error.outcome === "not-sent";
}

/** Doubles from 100 ms to 20 s, less up to half of it by chance. */
function backoff(attempt: number): number {
  const full = Math.min(longestDelayMs, firstDelayMs * 2 ** (attempt - 1));
  return full * (0.5 + Math.random() / 2);
}
