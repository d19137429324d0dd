import type { Deadline } from "./deadline.js";
import { seconds, type TransportReason } from "./errors.js";
import { proxyFor } from "./proxy.js";
import { isLoopback } from "./url.js";

const reasonByCode: Record<string, TransportReason> = {
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  ECONNREFUSED: "refused",
  EHOSTUNREACH: "refused",
  ENETUNREACH: "refused",
  ECONNRESET: "reset",
  EPIPE: "reset",
  UND_ERR_SOCKET: "reset",
  ETIMEDOUT: "timeout",
  UND_ERR_CONNECT_TIMEOUT: "timeout",
  UND_ERR_HEADERS_TIMEOUT: "deadline",
  UND_ERR_BODY_TIMEOUT: "deadline",
  UND_ERR_CLOSED: "closed",
  UND_ERR_DESTROYED: "closed",
};

/** Why no answer came, from the codes of Node and undici. */
export function reasonOf(error: Error, origin: string): TransportReason {
  const code = codeOf(error);
  if (code === "ECONNREFUSED" && isLoopback(new URL(origin).hostname)) return "refused-here";
  if (/^Proxy response/.test(error.message)) return "proxy";
  return reasonByCode[code] ?? (/CERT|SIGNATURE|ERR_TLS|ERR_SSL/.test(code) ? "certificate" : "other");
}

function codeOf(error: Error): string {
  const { code, cause } = error as NodeJS.ErrnoException;
  if (typeof code === "string" && !(code === "UND_ERR_SOCKET" && cause instanceof Error)) return code;
  return cause instanceof Error ? codeOf(cause) : "";
}

/** Only what says something: undici's errors hold sockets and requests, which no log should print. */
export function causeOf(error: Error | undefined): Error | undefined {
  if (error === undefined) return undefined;
  const short = new Error(error.message);
  short.name = error.name;
  return Object.assign(short, { code: codeOf(error) });
}

export interface FailureContext {
  origin: string;
  deadline: Deadline;
  /** The request was begun on a connection. */
  begun: boolean;
  maxBytes: number;
  cause: Error | undefined;
}

/** What happened, and the variable that names the proxy on the way. */
export function problemOf(
  reason: TransportReason,
  context: FailureContext,
): { problem: string; proxyVariable: string | undefined } {
  return { problem: textOf(reason, context), proxyVariable: proxyFor(context.origin)?.variable };
}

function textOf(reason: TransportReason, { origin, deadline, begun, maxBytes, cause }: FailureContext): string {
  const within = seconds(deadline.totalMs);
  const said = cause === undefined ? "" : `: ${cause.message || codeOf(cause)}`;
  switch (reason) {
    case "dns":
      return `the name of ${origin} was not found${said}`;
    case "refused":
    case "refused-here":
      return `nothing answers at ${origin}${said}`;
    case "timeout":
      return `no connection to ${origin} in time${said}`;
    case "certificate":
      return `the certificate of ${origin} is not trusted${said}`;
    case "proxy":
      return `the proxy refused the connection to ${origin}${said}`;
    case "deadline":
      return begun ? `no complete answer within ${within}` : `no connection to ${origin} within ${within}`;
    case "too-large":
      return `the answer is larger than ${maxBytes} bytes`;
    case "closed":
      return "this client was closed";
    default:
      return `the connection to ${origin} ${begun ? "broke before an answer came" : "failed"}${said}`;
  }
}
