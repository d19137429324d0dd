import { AuthenticationError } from "../errors.js";
import type { Interceptor, Outgoing } from "../exchange.js";
import type { Refusal } from "../turn.js";

/** After a 401 the key is not tried again by this client. */
export function refusedKey(): Interceptor {
  const refusals = new Map<string, AuthenticationError>();
  return (next) => async (request) => {
    const earlier = refusals.get(request.key);
    if (earlier !== undefined) throw keyRefused(request, earlier, "not tried");
    try {
      return await next(request);
    } catch (error) {
      // One that was not sent had its turn taken away, by the refusal of another request.
      if (!AuthenticationError.isInstance(error) || error.outcome === "not-sent") throw error;
      const first = refusals.get(request.key);
      if (first !== undefined) throw keyRefused(request, first, "refused too");
      refusals.set(request.key, error);
      throw error;
    }
  };
}

/** The error of a request whose key the server has refused to another one. */
export function keyRefused(request: Outgoing, first: Refusal, what: "not tried" | "refused too"): AuthenticationError {
  const { operation, path, attempt } = request;
  const detail = `${what}: the key was refused (401) for ${first.operation}, request id ${first.requestId ?? "none"}`;
  return new AuthenticationError({
    operation: operation.id,
    method: operation.method,
    path,
    status: 401,
    detail,
    summary: `${operation.id}: ${detail}.`,
    outcome: what === "not tried" ? "not-sent" : "rejected",
    attempts: what === "not tried" ? 0 : attempt,
  });
}
