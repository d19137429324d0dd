import { AuthenticationError } from "../errors.js";
import type { Interceptor, Outgoing } from "../exchange.js";
import { registerSecret } from "../redact.js";

/** Asks for the key before every attempt and sends it as a bearer token; without a usable key nothing is sent. */
export function auth(apiKey: () => string | undefined): Interceptor {
  return (next) => async (request) => {
    const key = apiKey();
    if (key === undefined || key === "") throw unusable(request, "there is no API key");
    registerSecret(key);
    if (!/^[\x21-\x7e]+$/.test(key))
      throw unusable(request, "the API key contains white space or characters that no key has");
    return next({ ...request, key, headers: { ...request.headers, authorization: `Bearer ${key}` } });
  };
}

function unusable({ operation, path }: Outgoing, problem: string): AuthenticationError {
  return new AuthenticationError({
    operation: operation.id,
    method: operation.method,
    path,
    status: 401,
    detail: problem,
    summary: `${operation.id}: not sent, because ${problem}.`,
    outcome: "not-sent",
  });
}
