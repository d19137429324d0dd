import { ApiError, seconds, ThrottledError, TransportError } from "../errors.js";
import type { Interceptor, Outgoing } from "../exchange.js";
import { type Denial, type Limits, limiterFor } from "../limiter.js";

/** Waits for the process's limiter, and tells it what the answers say about the load. */
export function limit(origin: string, limits: Limits): Interceptor {
  return (next) => async (request) => {
    const limiter = limiterFor(origin, request.key);
    const startedAt = await limiter.admission(limits, request.deadline, request.attempt > 1).catch((denial: Denial) => {
      throw denied(request, denial);
    });
    let succeeded = false;
    try {
      const reply = await next(request);
      succeeded = true;
      return reply;
    } catch (error) {
      if (ApiError.isInstance(error) && (error.status === 429 || error.status === 503)) {
        if (error.status === 429) limiter.throttled(limits, startedAt);
        if (error.retryAfterMs !== undefined)
          limiter.pause(error.retryAfterMs, `${error.status} to ${error.operation}`);
      }
      throw error;
    } finally {
      limiter.finished(succeeded);
    }
  };
}

function denied(request: Outgoing, denial: Denial): ThrottledError | TransportError {
  const { operation, path, deadline } = request;
  const identity = { operation: operation.id, method: operation.method, path, outcome: "not-sent" as const };
  if (denial.reason === "deadline") {
    const problem = `no answer within ${seconds(deadline.totalMs)}, the last attempt still waited for its turn`;
    const hint = "timeoutSeconds sets how long one call may take, over all its attempts.";
    return new TransportError({ ...identity, reason: "deadline", problem, hint });
  }
  const wait = seconds(denial.waitMs);
  return new ThrottledError({
    ...identity,
    status: 429,
    retryAfterMs: denial.waitMs,
    detail: `not sent, the server asked to wait ${wait} more (${denial.told})`,
    summary: `${operation.id}: not sent, because the server asked everybody with this key to wait for ${wait} more (${denial.told}).`,
    hint: `That is longer than the ${seconds(deadline.remaining)} that are left of this call's timeoutSeconds; try again after that time.`,
  });
}
