import { ApiError, apiErrorFor, ResponseError, type ResponseProblem } from "../errors.js";
import { header, type Interceptor, type Outgoing, type Reply } from "../exchange.js";
import { type FailureBody, readFailureBody, requestIdOf } from "../failure-body.js";
import { parseJson } from "../json.js";
import { reasonFor } from "../reasons.js";
import { retryAfterMs } from "../retry-after.js";
import { parsedUrl } from "../url.js";

/** Turns what is no success into an error, and the body of a success into JSON; so all interceptors above see one family of errors. */
export const answers: Interceptor = (next) => async (request) => {
  const reply = await next(request);
  if (reply.status >= 400) throw failure(request, reply);
  if (reply.status >= 300) throw redirect(request, reply);
  // Where success has no body, whatever it says counts as one; but a page comes from somebody who never asked the API.
  const isDone = request.operation.success === 204 && !/html/i.test(header(reply, "content-type") ?? "");
  return isDone ? reply : { ...reply, json: jsonOf(request, reply) };
};

function failure(request: Outgoing, reply: Reply): ApiError {
  const { operation } = request;
  const said = readFailureBody(reply);
  const ambiguous = operation.kind !== "read" && (reply.status >= 500 || reply.status === 408);
  return apiErrorFor({
    ...identity(request),
    ...said,
    status: reply.status,
    retryAfterMs: retryAfterMs(reply, Date.now()),
    reason: reasonFor(operation.id, reply.status, wordsOf(said)),
    outcome: reply.status === 429 ? "not-sent" : ambiguous ? "unknown" : "rejected",
  });
}

function wordsOf({ detail, code, problems }: FailureBody): string {
  return [detail, code, ...problems.flatMap(({ path, message }) => [path, message])].join(" ");
}

/** Following would send the key to wherever the answer says. */
function redirect(request: Outgoing, reply: Reply): ApiError {
  const location = header(reply, "location") ?? "";
  const url = parsedUrl(location);
  const host = url ? `to the host ${url.host}` : "to another path of the same host";
  return new ApiError({
    ...identity(request),
    requestId: requestIdOf(reply),
    status: reply.status,
    retryAfterMs: retryAfterMs(reply, Date.now()),
    detail: `the server redirects ${location === "" ? "to nowhere" : host}; redirects are never followed, since they would carry the key along`,
    reason: "redirected",
    outcome: "rejected",
  });
}

function jsonOf(request: Outgoing, reply: Reply): unknown {
  const type = header(reply, "content-type") ?? "";
  if (reply.truncated) throw unusable(request, reply, "truncated", "the answer broke off before its end");
  if (!/^(identity|[,\s])*$/i.test(header(reply, "content-encoding") ?? "")) {
    throw unusable(request, reply, "content-type", "the answer is compressed, which was not asked for");
  }
  if (!/^application\/(json|[\w.+-]+\+json)\b/i.test(type)) {
    throw unusable(request, reply, "content-type", `the answer is ${type === "" ? "of no type" : type}, not JSON`);
  }
  try {
    return parseJson(reply.text);
  } catch {
    throw unusable(request, reply, "not-json", "the answer is not valid JSON");
  }
}

function unusable(request: Outgoing, reply: Reply, problem: ResponseProblem, description: string): ResponseError {
  const isRead = request.operation.kind === "read";
  return new ResponseError({
    ...identity(request),
    requestId: header(reply, "x-request-id"),
    problem,
    description: `${description} (status ${reply.status})`,
    outcome: isRead ? "rejected" : "unknown",
  });
}

function identity({ operation, path, attempt }: Outgoing) {
  return { operation: operation.id, method: operation.method, path, attempts: attempt };
}
