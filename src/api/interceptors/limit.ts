import { seconds, ThrottledError, TransportError } from "../errors.js";
import type { Interceptor, Outgoing, Reply } from "../exchange.js";
import { requestIdOf } from "../failure-body.js";
import type { Limits } from "../limiter.js";
import { pacingFor } from "../pacing.js";
import { retryAfterMs } from "../retry-after.js";
import type { Denial, Ending } from "../turn.js";
import { keyRefused } from "./refused-key.js";

/** Waits for the request's turn, and reports to the pacing what the answer says about the load. */
export function limit(origin: string, limits: Limits): Interceptor {
  return (next) => async (request) => {
    const { operation, deadline, attempt } = request;
    const turn = { operation: operation.id, deadline, isRetry: attempt > 1 };
    const release = await pacingFor(origin, request.key, limits)
      .acquire(turn)
      .catch((denial: Denial) => {
        throw denied(request, denial);
      });
    deadline.begin();
    try {
      const reply = await next(request);
      release(endingOf(request, reply));
      return reply;
    } catch (error) {
      release({ succeeded: false, throttled: false });
      throw error;
    }
  };
}

function endingOf({ operation }: Outgoing, reply: Reply): Ending {
  const { status } = reply;
  return {
    succeeded: status < 400,
    throttled: status === 429,
    waitMs: retryAfterMs(reply, Date.now()),
    because: `${status} to ${operation.id}`,
    refused: status === 401 ? { operation: operation.id, requestId: requestIdOf(reply) } : undefined,
  };
}

function denied(request: Outgoing, denial: Denial): Error {
  const { operation, path, deadline, attempt } = request;
  const identity = { operation: operation.id, method: operation.method, path, outcome: "not-sent" as const };
  const within = seconds(deadline.totalMs);
  switch (denial.reason) {
    case "refused":
      return keyRefused(request, denial.refusal, "not tried");
    case "deadline": {
      const problem = `no answer within ${within}, the ${attempt > 1 ? "last attempt" : "request"} still waited for its turn`;
      return new TransportError({ ...identity, reason: "deadline", problem });
    }
    case "silent": {
      const problem = `not sent within ${within}, because the shared budget AMIGO_SHARED_BUDGET does not answer`;
      return new TransportError({ ...identity, reason: "budget", problem });
    }
    case "wait": {
      const { waitMs, because } = denial;
      return new ThrottledError({
        ...identity,
        status: 429,
        retryAfterMs: waitMs,
        detail: `not sent, the server asked to wait ${seconds(waitMs)} more (${because})`,
        summary: `${operation.id}: not sent, because the server asked everybody with this key to wait with this operation for ${seconds(waitMs)} more (${because}). That is longer than what is left of this call's timeoutSeconds (${within} in all).`,
        reason: "wait-too-long",
      });
    }
  }
}
