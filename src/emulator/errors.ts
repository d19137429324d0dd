import { STATUS_CODES } from "node:http";
import type { Dialect } from "./dialects.js";

/** One problem of a 422, in the shape of the contract's `ValidationError`. */
export interface ValidationIssue {
  loc: (string | number)[];
  msg: string;
  type: string;
  input?: unknown;
}

/** An answer that is an error, thrown by any part of the server and rendered once, at the edge. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly issues: ValidationIssue[] | undefined;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    code: string,
    detail: string,
    extra: { issues?: ValidationIssue[]; headers?: Record<string, string> } = {},
  ) {
    super(detail);
    this.status = status;
    this.code = code;
    this.issues = extra.issues;
    this.headers = extra.headers ?? {};
  }
}

export function notFound(what: string): ApiError {
  return new ApiError(404, "not_found", `${what} not found.`);
}

export function conflict(code: string, detail: string): ApiError {
  return new ApiError(409, code, detail);
}

export function forbidden(code: string, detail: string): ApiError {
  return new ApiError(403, code, detail);
}

export function invalid(issues: ValidationIssue[]): ApiError {
  return new ApiError(422, "validation_error", "Validation Error", { issues });
}

/** A well-formed value that cannot be used. */
export function unusable(field: string, msg: string, input?: unknown): ApiError {
  return invalid([{ loc: ["body", field], msg, type: "value_error", ...(input === undefined ? {} : { input }) }]);
}

/** The error that a plain status stands for, as a proxy in front of the server would make it. */
export function errorOfStatus(status: number, detail?: string): ApiError {
  const phrase = STATUS_CODES[status] ?? "Error";
  return new ApiError(status, phrase.toLowerCase().replaceAll(/[^a-z]+/g, "_"), detail ?? phrase);
}

/** The body of an error in the given dialect; undefined for none. */
export function errorBody(error: ApiError, dialect: Dialect, requestId: string): unknown {
  if (error.status === 422) {
    if (dialect.validationBodies === "empty") return undefined;
    const issues = error.issues ?? [{ loc: ["body"], msg: error.message, type: "value_error" }];
    return { detail: issues, request_id: requestId, error_code: error.code };
  }
  if (dialect.errorBodies === "empty") return undefined;
  const detail = dialect.errorBodies === "object" ? { message: error.message, code: error.code } : error.message;
  return { detail, request_id: requestId, error_code: error.code };
}
