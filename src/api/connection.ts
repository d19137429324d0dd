import { version } from "../version.js";
import { type BaseUrl, parseBaseUrl } from "./base-url.js";
import { Deadline } from "./deadline.js";
import { SettingsError } from "./errors.js";
import { compose, type Exchange, type Reply } from "./exchange.js";
import { answers } from "./interceptors/answers.js";
import { auth } from "./interceptors/auth.js";
import { emulatorKey } from "./interceptors/emulator-key.js";
import { limit } from "./interceptors/limit.js";
import { log } from "./interceptors/log.js";
import { refusedKey } from "./interceptors/refused-key.js";
import { retry } from "./interceptors/retry.js";
import { DEFAULT_MAX_CONCURRENCY } from "./limiter.js";
import { logLevelFrom, writeToStandardError } from "./log.js";
import type { Operation } from "./operations.js";
import type { ClientOptions } from "./options.js";
import type { Transport } from "./transport.js";

export interface Sendable {
  operation: Operation;
  /** From `/v1` on, with the query. */
  path: string;
  /** JSON. */
  body: string | undefined;
}

/** The interceptors and connections of one client. The HTTP library is loaded at the first request. */
export class Connection {
  readonly #options: ClientOptions;
  readonly #base: BaseUrl;
  readonly #timeoutMs: number;
  readonly #maxConcurrency: number;
  readonly #maxResponseBytes: number;
  readonly #exchange: Exchange;
  #transport: Promise<Transport> | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#base = parseBaseUrl(options.baseUrl);
    this.#maxConcurrency = wholeNumber("maxConcurrency", options.maxConcurrency ?? DEFAULT_MAX_CONCURRENCY);
    this.#maxResponseBytes = wholeNumber("maxResponseBytes", options.maxResponseBytes ?? 8 * 1024 * 1024);
    // The HTTP library takes whole milliseconds only, and 2.01 s are 2009.9999999999998 ms.
    this.#timeoutMs = Math.ceil(positive("timeoutSeconds", options.timeoutSeconds ?? 60) * 1000);
    this.#exchange = this.#compose();
  }

  /** Origin and path prefix, without a slash at the end. */
  get baseUrl(): string {
    return this.#base.origin + this.#base.prefix;
  }

  async send({ operation, path, body }: Sendable): Promise<Reply> {
    // Loading the library is no part of the time that a call may take.
    await this.#opened();
    const headers: Record<string, string> = {
      accept: "application/json",
      "user-agent": this.#options.userAgent ?? `pulumi-amigo/${version}`,
    };
    if (body !== undefined) headers["content-type"] = "application/json";
    const deadline = new Deadline(this.#timeoutMs);
    const target = { operation, path: this.#base.prefix + path };
    try {
      return await this.#exchange({ ...target, headers, body, deadline, attempt: 1, key: "" });
    } finally {
      deadline.clear();
    }
  }

  async close(): Promise<void> {
    const transport = this.#transport;
    this.#transport = undefined;
    await (await transport)?.close();
  }

  #compose(): Exchange {
    const { requestsPerSecond, maxAttempts = 5, apiKey } = this.#options;
    if (requestsPerSecond !== undefined) positive("requestsPerSecond", requestsPerSecond);
    const limits = { maxConcurrency: this.#maxConcurrency, requestsPerSecond };
    const level = this.#options.logLevel ?? logLevelFrom(process.env.AMIGO_LOG);
    return compose(
      async (request) => (await this.#opened()).exchange(request),
      [
        retry(wholeNumber("maxAttempts", maxAttempts)),
        auth(apiKey),
        refusedKey(),
        emulatorKey(this.#base.origin),
        answers,
        limit(this.#base.origin, limits),
        log(level, this.#options.log ?? writeToStandardError),
      ],
    );
  }

  #opened(): Promise<Transport> {
    this.#transport ??= this.#open().catch((error) => {
      this.#transport = undefined;
      throw error;
    });
    return this.#transport;
  }

  async #open(): Promise<Transport> {
    const { openTransport } = await import("./transport.js");
    return openTransport({
      origin: this.#base.origin,
      maxConcurrency: this.#maxConcurrency,
      maxResponseBytes: this.#maxResponseBytes,
      timeoutMs: this.#timeoutMs,
    });
  }
}

function positive(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new SettingsError(`${name} must be a number above 0, but is ${value}.`);
}

function wholeNumber(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new SettingsError(`${name} must be a whole number above 0, but is ${value}.`);
}
