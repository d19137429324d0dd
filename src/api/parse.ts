import type { ZodType } from "zod";
import { type RequestErrorInit, ResponseError } from "./errors.js";
import type { Reply } from "./exchange.js";
import { requestIdOf } from "./failure-body.js";
import type { Operation } from "./operations.js";

/** The body as the schema reads it, or a ResponseError that names the field which is wrong. */
export function parseReply<Result>(operation: Operation, path: string, reply: Reply, schema: ZodType<Result>): Result {
  const parsed = schema.safeParse(reply.json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const request = {
    operation: operation.id,
    method: operation.method,
    path,
    requestId: requestIdOf(reply),
    outcome: operation.kind === "read" ? ("rejected" as const) : ("unknown" as const),
    attempts: reply.attempts,
  };
  throw misfit(request, issue?.path ?? [], issue?.message ?? "invalid", `${reply.status}`);
}

/** The error of an answer that does not fit the contract. */
export function misfit(
  request: RequestErrorInit,
  path: readonly PropertyKey[],
  message: string,
  answer: string,
): ResponseError {
  const field = fieldAt(path);
  return new ResponseError({
    ...request,
    problem: "schema",
    field,
    description: `the answer (${answer}) does not fit the contract: ${field === "" ? "body" : field}: ${message}`,
  });
}

/** As in `items[3].agent_id`. */
export function fieldAt(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => text + (typeof step === "number" ? `[${step}]` : dotted(text, step)), "");
}

function dotted(text: string, step: PropertyKey): string {
  return text === "" ? String(step) : `.${String(step)}`;
}
