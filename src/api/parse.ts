import type { ZodError, ZodType } from "zod";
import { ResponseError } from "./errors.js";
import type { Reply } from "./exchange.js";
import { requestIdOf } from "./failure-body.js";
import type { Operation } from "./operations.js";

/** The body as the schema reads it, or a ResponseError that names the field which is wrong. */
export function parseReply<Result>(operation: Operation, path: string, reply: Reply, schema: ZodType<Result>): Result {
  const parsed = schema.safeParse(reply.json);
  if (parsed.success) return parsed.data;
  const { field, message } = firstIssue(parsed.error);
  throw new ResponseError({
    operation: operation.id,
    method: operation.method,
    path,
    requestId: requestIdOf(reply),
    problem: "schema",
    field,
    description: `the answer (${reply.status}) does not fit the contract: ${field === "" ? "body" : field}: ${message}`,
    hint: "The API may have changed, or something else answers at the base URL.",
    outcome: operation.kind === "read" ? "rejected" : "unknown",
    attempts: reply.attempts,
  });
}

function firstIssue(error: ZodError): { field: string; message: string } {
  const issue = error.issues[0];
  if (issue === undefined) return { field: "", message: "invalid" };
  const field = issue.path.reduce<string>(
    (text, step) => text + (typeof step === "number" ? `[${step}]` : dotted(text, step)),
    "",
  );
  return { field, message: issue.message };
}

function dotted(text: string, step: PropertyKey): string {
  return text === "" ? String(step) : `.${String(step)}`;
}
