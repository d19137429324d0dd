import { ResponseError } from "./errors.js";
import type { Reply } from "./exchange.js";
import { requestIdOf } from "./failure-body.js";
import { isUuid } from "./ids.js";
import type { Operation } from "./operations.js";

/** A fact that the answer must repeat: the id that was asked for, or what a create was given to be found by. */
export interface Fact {
  /** In the answer, as in `items[3].workspace_id`. */
  field: string;
  answered: string;
  /** Undefined for the id of something new, which must only be one. */
  asked: string | undefined;
}

/**
 * Throws a ResponseError where an answer is about another thing than the request: its id would go
 * into state, and the next change would strike somebody else's work. The form of a text does not
 * count, since the thing exists all the same: case, white space, Unicode normalisation and HTML
 * entities.
 */
export async function checkIdentity(
  operation: Operation,
  path: string,
  reply: Reply,
  facts: readonly Fact[],
): Promise<void> {
  const differing = facts.filter(({ answered, asked }) =>
    asked === undefined ? !isUuid(answered) : answered !== asked,
  );
  if (differing.length === 0) return;
  const normal = await normaliser();
  const wrong = differing.find(({ answered, asked }) => asked === undefined || normal(answered) !== normal(asked));
  if (wrong === undefined) return;
  const { field, answered, asked } = wrong;
  const expected = asked === undefined ? "an id must be a UUID" : `the request was about ${shown(asked)}`;
  const made = facts.find((fact) => fact.asked === undefined && fact !== wrong);
  const id = made === undefined ? "" : `; the answer's ${made.field} is ${shown(made.answered)}`;
  throw new ResponseError({
    operation: operation.id,
    method: operation.method,
    path,
    requestId: requestIdOf(reply),
    problem: "identity",
    field,
    description: `the answer (${reply.status}) is about something else: ${field} is ${shown(answered)}, but ${expected}${id}`,
    outcome: operation.kind === "read" ? "rejected" : "unknown",
    attempts: reply.attempts,
  });
}

/** Loaded only where two texts differ, since its tables take some milliseconds. */
async function normaliser(): Promise<(text: string) => string> {
  const { decodeHTML } = await import("entities/decode");
  return (text) => {
    // Twice, since an entity may have been written as one again.
    const plain = decodeHTML(decodeHTML(text)).normalize("NFKC");
    // Both ways, since ß has no capital of its own.
    return plain.toUpperCase().toLowerCase().normalize("NFKC").trim().replace(/\s+/g, " ");
  };
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
