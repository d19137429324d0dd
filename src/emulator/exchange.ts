import type { IncomingMessage, ServerResponse } from "node:http";
import { inForm, withExtras } from "./answers.js";
import type { Answer, Call, ListDistortion } from "./call.js";
import type { Operation, UncheckedRequest } from "./contract.js";
import type { Dialect } from "./dialects.js";
import { ApiError, errorBody, errorOfStatus, forbidden, invalid } from "./errors.js";
import type { FaultAction, FaultInjector } from "./faults.js";
import type { RequestLog, RequestLogEntry } from "./log.js";
import { storedBody } from "./names.js";
import { bootstrapOperation, handlers } from "./operations.js";
import type { Principal, Principals } from "./principals.js";
import type { RateLimiter } from "./rate-limit.js";
import type { EmulatorStore } from "./store.js";
import { cut, send, wait } from "./transport.js";
import { trimmed } from "./validation.js";

export interface ExchangeParts {
  store: EmulatorStore;
  dialect: Dialect;
  faults: FaultInjector;
  log: RequestLog;
  principals: Principals;
  rateLimiter: RateLimiter;
  latencyMs: number;
  /** Aborted when the server closes. */
  stopped: AbortSignal;
  /** Resolves when all changes so far are on disk. */
  saved: () => Promise<void>;
  onRequest: (entry: RequestLogEntry) => void;
}

export interface RawRequest {
  path: Record<string, string>;
  query: Record<string, string>;
  readText: () => Promise<string>;
}

type Interruption = Extract<FaultAction, { kind: "reset" | "status" | "lateCommit" }>;

/** One request from arrival to answer: faults before, the operation, faults after, the answer. */
export class Exchange {
  readonly #parts: ExchangeParts;
  readonly #incoming: IncomingMessage;
  readonly #outgoing: ServerResponse;
  readonly #operation: Operation | undefined;
  readonly #allowed: readonly string[];
  readonly #entry: RequestLogEntry;
  readonly #startedAt = performance.now();
  #limitHeaders: Record<string, string> = {};
  #wasCut = false;

  constructor(
    parts: ExchangeParts,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    operation: Operation | undefined,
    allowed: readonly string[],
  ) {
    this.#parts = parts;
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    this.#operation = operation;
    this.#allowed = allowed;
    this.#entry = parts.log.open(incoming.method ?? "", incoming.url ?? "", operation?.id);
    outgoing.once("close", () => {
      if (!outgoing.writableFinished && !this.#wasCut) this.#entry.droppedMs = performance.now() - this.#startedAt;
    });
  }

  async run(request: RawRequest): Promise<void> {
    const text = await request.readText().catch(() => undefined);
    if (text === undefined) return this.#cut();
    this.#entry.requestBody = parsed(text);
    if (this.#parts.latencyMs > 0 && !(await wait(this.#parts.latencyMs, this.#parts.stopped))) return;
    try {
      await this.#answer(request, text);
    } catch (error) {
      this.#entry.error = error instanceof Error ? (error.stack ?? error.message) : String(error);
      await this.#send(this.#errorAnswer(errorOfStatus(500)), []);
    }
  }

  async #answer(request: RawRequest, text: string): Promise<void> {
    const { faults } = this.#parts;
    const lists = distortionOf(faults.strike(this.#entry, "lists"));
    const before = await this.#interrupt(faults.strike(this.#entry, "before"), "before");
    if (before?.kind === "reset") return this.#cut();
    if (before?.kind === "lateCommit") this.#commitLater(before.delayMs, request, text, lists);
    if (before !== undefined) return this.#send(this.#statusAnswer(before), []);

    const answer = this.#perform(request, text, lists);
    if (this.#entry.committed) await this.#parts.saved();
    const actions = faults.strike(this.#entry, "after");
    const after = await this.#interrupt(actions, "after");
    if (after?.kind === "reset") return this.#cut();
    return this.#send(after === undefined ? edited(answer, actions) : this.#statusAnswer(after), actions);
  }

  /** Runs waits and calls; returns the first action that takes the place of the answer. */
  async #interrupt(actions: FaultAction[], when: "before" | "after"): Promise<Interruption | undefined> {
    for (const action of actions) {
      // A server that stops does no more work.
      if (action.kind === "stallHeaders" && !(await wait(action.ms, this.#parts.stopped))) return { kind: "reset" };
      if (action.kind === "call") await action.fn({ request: this.#entry, store: this.#parts.store, when });
      if (action.kind === "reset" || action.kind === "status" || action.kind === "lateCommit") return action;
    }
    return undefined;
  }

  #commitLater(delayMs: number, request: RawRequest, text: string, lists: ListDistortion): void {
    void wait(delayMs, this.#parts.stopped).then((elapsed) => {
      if (elapsed) this.#perform(request, text, lists);
    });
  }

  /** Does the operation's work; errors of any kind become answers. */
  #perform(request: RawRequest, text: string, lists: ListDistortion): Answer {
    const { store } = this.#parts;
    const revision = store.revision;
    try {
      const answer = this.#operate(request, text, lists);
      const broken = this.#operation?.checkAnswer(answer.status, answer.body);
      if (broken === undefined) return this.#decorated(answer);
      this.#entry.error = `the answer breaks the contract: ${broken}`;
    } catch (error) {
      if (error instanceof ApiError) return this.#checkedError(error);
      this.#entry.error = error instanceof Error ? (error.stack ?? error.message) : String(error);
    } finally {
      this.#entry.committed ||= store.revision > revision;
    }
    return this.#errorAnswer(errorOfStatus(500));
  }

  #operate(request: RawRequest, text: string, lists: ListDistortion): Answer {
    const operation = this.#operation;
    if (operation === undefined) throw noOperation(this.#allowed);
    const { dialect, store, rateLimiter } = this.#parts;
    const principal = this.#authenticate(operation);
    if (dialect.rateLimit !== undefined) {
      this.#limitHeaders = rateLimiter.count(principal?.organisation ?? "", operation.id, dialect.rateLimit);
    }
    if (operation.writes && principal?.readOnly) throw forbidden("forbidden", "Insufficient permissions.");
    const checked = operation.checkRequest(this.#withBody(request, operation, text), dialect);
    if (Array.isArray(checked)) throw invalid(checked);
    const handler = handlers[operation.id];
    if (handler === undefined) throw new Error(`nothing plays ${operation.id}`);
    const body = storedBody(dialect, checked.body);
    const call: Call = {
      ...checked,
      body,
      rawQuery: request.query,
      writes: operation.writes,
      principal,
      store,
      dialect,
      lists,
    };
    return handler(call);
  }

  #authenticate(operation: Operation): Principal | undefined {
    const header = this.#incoming.headers.authorization;
    if (header === undefined && operation.id === bootstrapOperation) return undefined;
    const principal = this.#parts.principals.get(/^Bearer (.+)$/i.exec(header ?? "")?.[1] ?? "");
    if (principal === undefined) throw new ApiError(401, "unauthorized", "Missing or invalid API key.");
    this.#entry.principal = principal.name;
    return principal;
  }

  #withBody(request: RawRequest, operation: Operation, text: string): UncheckedRequest {
    if (!operation.hasBody) return { ...request, body: undefined };
    const type = this.#incoming.headers["content-type"] ?? "";
    const body = /^application\/json\b/i.test(type) ? parsed(text) : undefined;
    if (body === undefined) {
      const msg = type === "" || text === "" ? "Field required" : "The body must be JSON, sent as application/json";
      throw invalid([{ loc: ["body"], msg, type: text === "" ? "missing" : "json_invalid" }]);
    }
    return { ...request, body: this.#parts.dialect.trimStrings ? trimmed(body) : body };
  }

  #checkedError(error: ApiError): Answer {
    const answer = this.#errorAnswer(error);
    const broken = this.#operation?.checkAnswer(answer.status, answer.body);
    if (broken === undefined) return answer;
    this.#entry.error = `the error breaks the contract: ${broken}`;
    return this.#errorAnswer(errorOfStatus(500));
  }

  #errorAnswer(error: ApiError): Answer {
    const body = errorBody(error, this.#parts.dialect, this.#entry.requestId);
    return { status: error.status, body, headers: error.headers };
  }

  #statusAnswer(action: Exclude<Interruption, { kind: "reset" }>): Answer {
    const { status } = action;
    const plain =
      status < 400 ? { status } : this.#errorAnswer(errorOfStatus(status, this.#operation?.describe(status)));
    if (action.kind !== "status") return plain;
    return { status, body: "body" in action ? action.body : plain.body, headers: action.headers };
  }

  #decorated(answer: Answer): Answer {
    if (answer.body === undefined) return answer;
    const { dialect, store } = this.#parts;
    const body = dialect.extraKeys === true ? withExtras(answer.body, store, this.#entry.principal) : answer.body;
    return { ...answer, body: inForm(body, dialect) };
  }

  async #send(answer: Answer, actions: FaultAction[]): Promise<void> {
    const text = answer.body === undefined ? "" : JSON.stringify(answer.body);
    this.#finish(answer.status);
    const headers = {
      ...(text === "" ? {} : { "content-type": "application/json" }),
      "x-request-id": this.#entry.requestId,
      ...this.#limitHeaders,
      ...answer.headers,
    };
    await send(this.#outgoing, { status: answer.status, headers, text }, actions, this.#parts.stopped);
  }

  #cut(): void {
    this.#wasCut = true;
    this.#finish(0);
    cut(this.#outgoing);
  }

  #finish(status: number): void {
    this.#entry.status = status;
    this.#entry.ms = performance.now() - this.#startedAt;
    this.#parts.onRequest(this.#entry);
  }
}

function noOperation(allowed: readonly string[]): ApiError {
  if (allowed.length === 0) return errorOfStatus(404, "Not Found");
  return new ApiError(405, "method_not_allowed", "Method Not Allowed", { headers: { allow: allowed.join(", ") } });
}

/** The answer with the keys that `edit` faults change; errors stay as they are. */
function edited(answer: Answer, actions: FaultAction[]): Answer {
  const edits = actions.filter((action) => action.kind === "edit");
  if (edits.length === 0 || answer.status >= 300 || answer.body === undefined) return answer;
  const change = (value: unknown): unknown => {
    const entries = Object.entries({ ...(value as object), ...Object.assign({}, ...edits.map(({ set }) => set)) });
    return Object.fromEntries(entries.filter(([key]) => !edits.some(({ drop }) => drop?.includes(key))));
  };
  const { items } = answer.body as { items?: unknown[] };
  return { ...answer, body: items ? { ...answer.body, items: items.map(change) } : change(answer.body) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function distortionOf(actions: FaultAction[]): ListDistortion {
  const distortion: ListDistortion = { staleMs: 0, shift: 0, repeatToken: false };
  for (const action of actions) {
    if (action.kind === "staleList") distortion.staleMs = action.ms;
    if (action.kind === "pageShift") distortion.shift = action.by ?? 1;
    if (action.kind === "repeatToken") distortion.repeatToken = true;
  }
  return distortion;
}
