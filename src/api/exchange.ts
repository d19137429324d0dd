import type { Deadline } from "./deadline.js";
import type { Operation } from "./operations.js";

/** One request on its way through the interceptors. */
export interface Outgoing {
  operation: Operation;
  /** With the base URL's path prefix and the query. */
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
  /** 1 for the first. */
  attempt: number;
  deadline: Deadline;
  /** The key that the request carries; empty before the auth interceptor. */
  key: string;
}

/** An answer with its whole body. */
export interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  /** The body ended before it was complete. */
  truncated: boolean;
  /** How many requests it took. */
  attempts: number;
  /** The parsed body, once the answers interceptor has read it; undefined when there is none. */
  json?: unknown;
}

export type Exchange = (request: Outgoing) => Promise<Reply>;

/** The shape of undici's interceptors, over whole exchanges: a retry can then judge a complete answer. */
export type Interceptor = (next: Exchange) => Exchange;

/** The first interceptor is the outermost. */
export function compose(exchange: Exchange, interceptors: Interceptor[]): Exchange {
  return interceptors.reduceRight((next, interceptor) => interceptor(next), exchange);
}

/** The first value of a header. */
export function header(reply: Reply, name: string): string | undefined {
  const value = reply.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
