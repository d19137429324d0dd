import type { Reason } from "./reasons.js";
import { redact } from "./redact.js";

/**
 * Whether the request may have taken effect. `rejected`: the server answered and refused. `not-sent`: it certainly had no effect (never
 * reached the server, refused before it was processed as by a 429, or a read that got no answer). `unknown`: a write that may have been carried out.
 */
export type Outcome = "rejected" | "not-sent" | "unknown";

export interface AmigoErrorInit {
  /** @default "not-sent" */
  outcome?: Outcome;
  cause?: unknown;
  /** Requests made so far. @default 0 */
  attempts?: number;
}

const families = Symbol.for("pulumi-amigo.error.families");

/** The one base of all errors of this package. `message` is a complete paragraph of facts: `summary`, then `sentences`. */
export class AmigoError extends Error {
  /** What happened. */
  readonly summary: string;
  /** What was added since. */
  readonly sentences: string[] = [];
  outcome: Outcome;
  /** How many requests were made for it; 0 when none was. */
  attempts: number;
  readonly [families]: string[];

  constructor(summary: string, init: AmigoErrorInit = {}) {
    const clean = redact(summary);
    super(clean, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = new.target.name;
    this.summary = clean;
    this.outcome = init.outcome ?? "not-sent";
    this.attempts = init.attempts ?? 0;
    this[families] = familiesOf(new.target);
    Object.defineProperty(this, families, { enumerable: false });
  }

  /** True for this class and its subclasses, also when the error comes from another copy of this package. */
  static isInstance<Kind extends AmigoError>(
    this: abstract new (
      ...parameters: never[]
    ) => Kind,
    value: unknown,
  ): value is Kind {
    if (typeof value !== "object" || value === null) return false;
    const marked = (value as { [families]?: unknown })[families];
    // biome-ignore lint/complexity/noThisInStatic: the subclass that is asked
    return Array.isArray(marked) && marked.includes(this.name);
  }

  /** Adds a sentence to the message, for facts that only the caller knows. */
  addSentence(sentence: string): void {
    const clean = redact(sentence);
    this.sentences.push(clean);
    this.message = paragraph(this.message, clean);
  }
}

/** A setting or an argument that cannot be used, such as a base URL with a password in it; nothing was sent. */
export class SettingsError extends AmigoError {
  /** `proxy` stands for the environment variables that name one. */
  readonly setting: "baseUrl" | "proxy" | undefined;

  constructor(summary: string, init: AmigoErrorInit & { setting?: "baseUrl" | "proxy" } = {}) {
    super(summary, init);
    this.setting = init.setting;
  }
}

export interface RequestErrorInit extends AmigoErrorInit {
  /** The operationId of the contract. */
  operation: string;
  method: string;
  path: string;
  /** The server's `x-request-id`, or `request_id` of its body. */
  requestId?: string;
}

/** What went wrong belongs to one request. */
export abstract class RequestError extends AmigoError {
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly requestId: string | undefined;
  /** The key is the emulator's, and the address is not. */
  hasEmulatorKey = false;

  constructor(summary: string, init: RequestErrorInit) {
    super(summary, init);
    this.operation = init.operation;
    this.method = init.method;
    this.path = redact(init.path);
    this.requestId = init.requestId === undefined ? undefined : bounded(init.requestId);
  }
}

/** One entry of a 422 list: `path` as in `version_sets.release`, without the leading `body`. */
export interface Problem {
  path: string;
  message: string;
  /** The server's own word for the kind of problem, as in `extra_forbidden`. */
  type?: string;
}

export interface ApiErrorInit extends RequestErrorInit {
  status: number;
  /** What the server said, at most about 500 characters of which are kept. */
  detail?: string;
  problems?: Problem[];
  /** The server's `error_code`. */
  code?: string;
  reason?: Reason;
  /** Milliseconds that the server asked to wait. */
  retryAfterMs?: number;
  /** Replaces the usual sentence about detail, status and request. */
  summary?: string;
}

/** The server answered with a status that is no success. */
export class ApiError extends RequestError {
  readonly status: number;
  readonly code: string | undefined;
  /** What the status means for this operation, where that can be known. */
  readonly reason: Reason | undefined;
  readonly detail: string;
  readonly problems: Problem[];
  readonly retryAfterMs: number | undefined;

  constructor(init: ApiErrorInit) {
    super(init.summary ?? apiSummary(init), { outcome: "rejected", ...init });
    this.status = init.status;
    this.code = init.code === undefined ? undefined : bounded(init.code);
    this.reason = init.reason;
    this.detail = bounded(init.detail ?? "");
    this.problems = (init.problems ?? []).map((problem) => ({
      path: bounded(problem.path),
      message: bounded(problem.message),
      ...(problem.type !== undefined && { type: bounded(problem.type) }),
    }));
    this.retryAfterMs = init.retryAfterMs;
  }
}

/** 401, or no usable key at all (then nothing was sent). */
export class AuthenticationError extends ApiError {}
/** 403. */
export class PermissionError extends ApiError {}
/** 404. */
export class NotFoundError extends ApiError {}
/** 409. */
export class ConflictError extends ApiError {}
/** 422; `problems` has one entry per refused field where the server listed them. */
export class ValidationError extends ApiError {}
/** 429, or a request that was not sent because an earlier answer asked everybody to wait for longer than this request may take. */
export class ThrottledError extends ApiError {}
/** 500 and above. */
export class ServerError extends ApiError {}

const classByStatus: Record<number, new (init: ApiErrorInit) => ApiError> = {
  401: AuthenticationError,
  403: PermissionError,
  404: NotFoundError,
  409: ConflictError,
  422: ValidationError,
  429: ThrottledError,
};

/** The error class that belongs to `init.status`. */
export function apiErrorFor(init: ApiErrorInit): ApiError {
  const Class = classByStatus[init.status] ?? (init.status >= 500 ? ServerError : ApiError);
  return new Class(init);
}

export type TransportReason =
  | "dns"
  | "refused"
  /** By this very machine. */
  | "refused-here"
  | "reset"
  | "timeout"
  | "deadline"
  | "budget"
  | "too-large"
  | "certificate"
  | "proxy"
  | "closed"
  | "other";

/** No usable answer arrived. */
export class TransportError extends RequestError {
  readonly reason: TransportReason;
  /** The environment variable that names the proxy on the way, if there is one. */
  readonly proxyVariable: string | undefined;

  constructor(init: RequestErrorInit & { reason: TransportReason; problem: string; proxyVariable?: string }) {
    super(`${init.operation}: ${init.problem} (${where(init)}).`, init);
    this.reason = init.reason;
    this.proxyVariable = init.proxyVariable;
  }
}

export type ResponseProblem = "content-type" | "truncated" | "not-json" | "schema" | "identity" | "pages";

/** The server reported success, but its answer cannot be used. */
export class ResponseError extends RequestError {
  readonly problem: ResponseProblem;
  /** The path of the field that is wrong or missing, as in `items[3].agent_id`. */
  readonly field: string | undefined;

  constructor(init: RequestErrorInit & { problem: ResponseProblem; description: string; field?: string }) {
    super(`${init.operation}: ${bounded(init.description)} (${where(init)}).`, init);
    this.problem = init.problem;
    this.field = init.field === undefined ? undefined : bounded(init.field);
  }
}

const statusNames: Record<number, string> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  413: "Content Too Large",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

function apiSummary(init: ApiErrorInit): string {
  const problems = (init.problems ?? []).map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  const said = bounded([init.detail ?? "", ...problems].filter((part) => part !== "").join("; "));
  const name = statusNames[init.status];
  const status = name === undefined ? `${init.status}` : `${init.status} ${name}`;
  const wait = init.retryAfterMs === undefined ? "" : ` The server asks to wait ${seconds(init.retryAfterMs)}.`;
  return `${init.operation}: ${said === "" ? "the server gave no reason" : withoutStop(said)} (${status}, ${where(init)}).${wait}`;
}

/** Milliseconds as the seconds that a message shows. */
export function seconds(milliseconds: number): string {
  return `${Math.ceil(milliseconds / 100) / 10} s`;
}

function where(init: RequestErrorInit): string {
  const request = `${init.method} ${init.path}`;
  return init.requestId === undefined ? request : `${request}, request id ${bounded(init.requestId)}`;
}

const longestDetail = 500;

/** Redacts before it cuts, since half a key would not be recognised. */
function bounded(text: string): string {
  const clean = redact(text)
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
  return clean.length <= longestDetail ? clean : `${clean.slice(0, longestDetail)}…`;
}

function withoutStop(text: string): string {
  return text.replace(/\.$/, "");
}

/** The text with one more sentence. */
export function paragraph(summary: string, sentence: string | undefined): string {
  if (sentence === undefined || sentence === "") return summary;
  return /[.!?…]$/.test(summary) ? `${summary} ${sentence}` : `${summary}. ${sentence}`;
}

function familiesOf(newTarget: abstract new (...parameters: never[]) => unknown): string[] {
  const names: string[] = [];
  for (let Class = newTarget; Class !== Error; Class = Object.getPrototypeOf(Class)) names.push(Class.name);
  return names;
}
