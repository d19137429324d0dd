import type { Problem } from "./errors.js";
import { header, type Reply } from "./exchange.js";
import { parseJson } from "./json.js";

const mostProblems = 100;

export interface FailureBody {
  detail: string;
  problems: Problem[];
  code?: string;
  requestId?: string;
}

/** What an error body says. Its forms are not in the contract, except for the list of a 422; so every likely one is read. */
export function readFailureBody(reply: Reply): FailureBody {
  const body = jsonOf(reply);
  const requestId = requestIdOf(reply);
  if (!isRecord(body)) return { detail: typeof body === "string" ? body : plainText(reply), problems: [], requestId };
  const detail = body.detail;
  const inner = isRecord(detail) ? detail : body;
  const code = textOf(body.error_code) ?? textOf(body.code) ?? textOf(inner.error_code) ?? textOf(inner.code);
  const list = [detail, inner.detail, inner.errors].find((value) => Array.isArray(value));
  if (list !== undefined)
    return {
      detail: textOf(detail) ?? firstText(inner) ?? "",
      problems: list.slice(0, mostProblems).map(problemOf),
      code,
      requestId,
    };
  const said = textOf(detail) ?? firstText(inner) ?? (isRecord(detail) ? JSON.stringify(detail) : "");
  return { detail: said, problems: [], code, requestId };
}

/** `x-request-id`, else `request_id` of the body. */
export function requestIdOf(reply: Reply): string | undefined {
  const body = reply.json ?? (reply.status >= 300 ? jsonOf(reply) : undefined);
  return header(reply, "x-request-id") ?? (isRecord(body) ? textOf(body.request_id) : undefined);
}

function jsonOf(reply: Reply): unknown {
  try {
    return parseJson(reply.text);
  } catch {
    return undefined;
  }
}

/** Pages of proxies say nothing useful in HTML. */
function plainText(reply: Reply): string {
  const type = header(reply, "content-type") ?? "";
  return /html/i.test(type) || /^\s*</.test(reply.text) ? "" : reply.text;
}

function problemOf(entry: unknown): Problem {
  if (!isRecord(entry)) return { path: "", message: textOf(entry) ?? JSON.stringify(entry) };
  const steps = Array.isArray(entry.loc) ? entry.loc : [];
  const inner = ["body", "query", "path"].includes(steps[0]) ? steps.slice(1) : steps;
  const message = textOf(entry.msg) ?? firstText(entry) ?? "is invalid";
  return { path: pathOf(inner), message, type: textOf(entry.type) };
}

function pathOf(steps: unknown[]): string {
  return steps.reduce<string>((path, step) => {
    if (typeof step === "number") return `${path}[${step}]`;
    const name = typeof step === "string" ? step : JSON.stringify(step);
    return path === "" ? name : `${path}.${name}`;
  }, "");
}

function firstText(record: Record<string, unknown>): string | undefined {
  return (
    textOf(record.message) ??
    textOf(record.msg) ??
    textOf(record.error) ??
    textOf(record.title) ??
    textOf(record.reason)
  );
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
