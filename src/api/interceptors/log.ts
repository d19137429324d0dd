import { RequestError, TransportError } from "../errors.js";
import { type Exchange, header, type Interceptor, type Outgoing } from "../exchange.js";
import { type LogLevel, shownBody } from "../log.js";
import { redact } from "../redact.js";

/** One line per attempt with method, path, status, time, attempt and request id; at `trace` the bodies as well. Always redacted. */
export function log(level: LogLevel, write: (line: string) => void): Interceptor {
  if (level === "off") return (next) => next;
  const line = (text: string) => write(redact(text));
  return (next) => (request) => logged(request, next, level === "trace", line);
}

async function logged(request: Outgoing, next: Exchange, bodies: boolean, line: (text: string) => void) {
  const startedAt = performance.now();
  const start = `amigo: ${request.operation.method} ${request.path}`;
  const end = () => `${Math.round(performance.now() - startedAt)} ms, attempt ${request.attempt}`;
  if (bodies) line(`${start} request body: ${shownBody(request.body)}`);
  try {
    const reply = await next(request);
    line(`${start} ${reply.status}, ${end()}, request id ${header(reply, "x-request-id") ?? "none"}`);
    if (bodies) line(`${start} response body: ${shownBody(reply.text)}`);
    return reply;
  } catch (error) {
    line(
      `${start} ${TransportError.isInstance(error) ? error.reason : "failed"}, ${end()}, request id ${requestIdOf(error)}`,
    );
    throw error;
  }
}

function requestIdOf(error: unknown): string {
  return (RequestError.isInstance(error) ? error.requestId : undefined) ?? "none";
}
