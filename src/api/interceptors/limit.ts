import { type Ending, sharedBudget } from "../budget/client.js";
import { ApiError, seconds, ThrottledError, TransportError } from "../errors.js";
import type { Interceptor, Outgoing } from "../exchange.js";
import { accountName, type Denial, type Limits, limiterFor } from "../limiter.js";

/** Waits for its turn in the process, then among all processes of a shared budget, and tells both what the answer says about the load. */
export function limit(origin: string, limits: Limits): Interceptor {
  return (next) => async (request) => {
    const end = await turn(accountName(origin, request.key), limits, request);
    request.deadline.begin();
    try {
      const reply = await next(request);
      end({ succeeded: true, throttled: false });
      return reply;
    } catch (error) {
      end(endingOf(error));
      throw error;
    }
  };
}

async function turn(account: string, limits: Limits, request: Outgoing): Promise<(ending: Ending) => void> {
  const limiter = limiterFor(account);
  const isRetry = request.attempt > 1;
  const refuse = (denial: Denial) => {
    throw denied(request, denial);
  };
  const startedAt = await limiter.admission(limits, request.deadline, isRetry).catch(refuse);
  const endShared = await sharedBudget()
    ?.turn(account, request.deadline, isRetry)
    .catch((denial: Denial) => {
      limiter.finished(false);
      return refuse(denial);
    });
  return (ending) => {
    if (ending.throttled) limiter.throttled(limits, startedAt);
    if (ending.pauseMs !== undefined) limiter.pause(ending.pauseMs, ending.told ?? "");
    limiter.finished(ending.succeeded);
    endShared?.(ending);
  };
}

function endingOf(error: unknown): Ending {
  if (!ApiError.isInstance(error) || (error.status !== 429 && error.status !== 503)) {
    return { succeeded: false, throttled: false };
  }
  const told = `${error.status} to ${error.operation}`;
  return { succeeded: false, throttled: error.status === 429, pauseMs: error.retryAfterMs, told };
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
