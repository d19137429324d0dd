import { ResponseError } from "./errors.js";
import type { Reply } from "./exchange.js";
import { requestIdOf } from "./failure-body.js";
import type { Operation } from "./operations.js";

/** A fact that the answer must repeat: the id that was asked for, or what a create was given to be found by. */
export interface Fact {
  /** In the answer, as in `items[3].workspace_id`. */
  field: string;
  answered: string;
  /** Undefined for the id of something new, which must only be one. */
  asked: string | undefined;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Throws a ResponseError where an answer is about another thing than the request: its id would go into state, and the next
 * change would strike somebody else's work. Case and white space, which a server may normalise, do not count.
 */
export function checkIdentity(operation: Operation, path: string, reply: Reply, facts: readonly Fact[]): void {
  const wrong = facts.find(({ answered, asked }) =>
    asked === undefined ? !uuid.test(answered) : normal(answered) !== normal(asked),
  );
  if (wrong === undefined) return;
  const { field, answered, asked } = wrong;
  const expected = asked === undefined ? "an id must be a UUID" : `the request was about ${shown(asked)}`;
  throw new ResponseError({
    operation: operation.id,
    method: operation.method,
    path,
    requestId: requestIdOf(reply),
    problem: "identity",
    field,
    description: `the answer (${reply.status}) is about something else: ${field} is ${shown(answered)}, but ${expected}`,
    hint: "Nothing of it was used. A cache or a proxy at the base URL may have mixed up answers.",
    outcome: operation.kind === "read" ? "rejected" : "unknown",
    attempts: reply.attempts,
  });
}

function normal(text: string): string {
  return text.trim().replace(/\s+/g, " ").toLowerCase();
}

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

/** What the answer must repeat, by its field; fields with an undefined value must hold the id of something new. */
export function factsOf(answer: object, asked: Record<string, string | undefined>, place = ""): Fact[] {
  return Object.entries(asked).map(([field, value]) => ({
    field: `${place}${field}`,
    answered: String((answer as Record<string, unknown>)[field]),
    asked: value,
  }));
}
