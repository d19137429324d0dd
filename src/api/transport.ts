import { type Dispatcher, EnvHttpProxyAgent, Pool } from "undici";
import { TransportError, type TransportReason } from "./errors.js";
import type { Exchange, Outgoing, Reply } from "./exchange.js";
import { proxyFor } from "./proxy.js";
import { causeOf, problemOf, reasonOf } from "./transport-failure.js";

export interface TransportOptions {
  origin: string;
  maxConcurrency: number;
  maxResponseBytes: number;
  timeoutMs: number;
}

export interface Transport {
  exchange: Exchange;
  close(): Promise<void>;
}

const longestConnectMs = 10_000;

/** Reused HTTP/1.1 connections to one origin, through the environment's proxy where one is set. Redirects are answers, never followed. */
export function openTransport(options: TransportOptions): Transport {
  const settings = {
    connections: options.maxConcurrency,
    pipelining: 1,
    allowH2: false,
    headersTimeout: options.timeoutMs,
    bodyTimeout: options.timeoutMs,
    connect: { timeout: Math.min(longestConnectMs, options.timeoutMs) },
  };
  const proxy = proxyFor(options.origin)?.url;
  const dispatcher = proxy
    ? new EnvHttpProxyAgent({ ...settings, httpProxy: proxy, httpsProxy: proxy })
    : new Pool(options.origin, settings);
  return {
    exchange: (request) =>
      new Promise((resolve, reject) => new Sending(request, options, resolve, reject).start(dispatcher)),
    close: () => dispatcher.close(),
  };
}

/** One attempt; knows whether it was begun on a connection, which decides whether it may have been carried out. */
class Sending implements Dispatcher.DispatchHandler {
  #controller: Dispatcher.DispatchController | undefined;
  #reply: Reply | undefined;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #settled = false;
  #stopWatching = () => {};

  constructor(
    readonly request: Outgoing,
    readonly options: TransportOptions,
    readonly resolve: (reply: Reply) => void,
    readonly reject: (error: unknown) => void,
  ) {}

  start(dispatcher: Dispatcher): void {
    const { operation, path, headers, body, deadline } = this.request;
    const origin = this.options.origin;
    this.#stopWatching = deadline.onExpiry(() => this.#fail("deadline"));
    if (!this.#settled) dispatcher.dispatch({ origin, path, method: operation.method, headers, body }, this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#settled) controller.abort(new Error("given up before it was sent"));
    else this.#controller = controller;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Reply["headers"]): void {
    if (status < 200) return;
    this.#reply = { status, headers, text: "", truncated: false, attempts: this.request.attempt };
    if (Number(headers["content-length"]) > this.options.maxResponseBytes) this.#fail("too-large");
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.options.maxResponseBytes) this.#fail("too-large");
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#succeed(false);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#reply === undefined) this.#fail(reasonOf(error, this.options.origin), error);
    else this.#succeed(true);
  }

  #succeed(truncated: boolean): void {
    if (this.#settled || this.#reply === undefined) return;
    this.#settle();
    this.resolve({ ...this.#reply, text: Buffer.concat(this.#chunks).toString("utf8"), truncated });
  }

  #fail(reason: TransportReason, cause?: Error): void {
    if (this.#settled) return;
    if (this.#reply !== undefined && this.#reply.status >= 300) {
      this.#succeed(true);
      this.#controller?.abort(new Error("the rest of a refusal is not needed"));
      return;
    }
    this.#settle();
    const { operation, path, deadline } = this.request;
    const begun = this.#controller !== undefined;
    const requestId = this.#reply?.headers["x-request-id"];
    const error = new TransportError({
      operation: operation.id,
      method: operation.method,
      path,
      reason,
      requestId: typeof requestId === "string" ? requestId : undefined,
      outcome: begun && operation.kind !== "read" ? "unknown" : "not-sent",
      cause: causeOf(cause),
      attempts: this.request.attempt,
      ...problemOf(reason, {
        origin: this.options.origin,
        deadline,
        begun,
        maxBytes: this.options.maxResponseBytes,
        cause,
      }),
    });
    this.reject(error);
    this.#controller?.abort(error);
  }

  #settle(): void {
    this.#settled = true;
    this.#stopWatching();
  }
}
