import type { Deadline } from "./deadline.js";
import { seconds, type TransportReason } from "./errors.js";
import { proxyFor } from "./proxy.js";

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
export function reasonOf(error: Error): TransportReason {
  const code = codeOf(error);
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

/** What happened, and what to do about it. */
export function problemOf(reason: TransportReason, context: FailureContext): { problem: string; hint: string } {
  const { origin, deadline, begun, maxBytes, cause } = context;
  const variable = proxyFor(origin)?.variable;
  const proxy = variable ? ` A proxy is set by ${variable}; NO_PROXY names what goes without it.` : "";
  const address = `Is the base URL (baseUrl, amigo:baseUrl, AMIGO_BASE_URL) right?${proxy}`;
  const within = seconds(deadline.totalMs);
  const said = cause === undefined ? "" : `: ${cause.message || codeOf(cause)}`;
  switch (reason) {
    case "dns":
      return { problem: `the name of ${origin} was not found${said}`, hint: address };
    case "refused":
      return { problem: `nothing answers at ${origin}${said}`, hint: address };
    case "timeout":
      return { problem: `no connection to ${origin} in time${said}`, hint: address };
    case "certificate":
      return {
        problem: `the certificate of ${origin} is not trusted${said}`,
        hint: `NODE_EXTRA_CA_CERTS names a file of further authorities.${proxy}`,
      };
    case "proxy":
      return { problem: `the proxy refused the connection to ${origin}${said}`, hint: proxy.trim() };
    case "deadline":
      return {
        problem: begun ? `no complete answer within ${within}` : `no connection to ${origin} within ${within}`,
        hint: "timeoutSeconds sets how long one call may take, over all its attempts.",
      };
    case "too-large":
      return {
        problem: `the answer is larger than ${maxBytes} bytes`,
        hint: "Something other than the API may be answering at the base URL.",
      };
    case "closed":
      return { problem: "this client was closed", hint: "" };
    default:
      return {
        problem: `the connection to ${origin} ${begun ? "broke before an answer came" : "failed"}${said}`,
        hint: proxy.trim(),
      };
  }
}
