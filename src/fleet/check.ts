import { COMMAND } from "../command.js";
import { type DriftReport, driftOf } from "../environment/drift.js";
import { Accounts } from "../stack/accounts.js";
import type { Pulumi } from "../stack/pulumi.js";
import type { StackState } from "../stack/state.js";
import { readLines } from "./lines.js";
import { type Answer, DRIFT, FOREIGN } from "./messages.js";

/** Reads what exists of a stack whose state has its secrets in clear: its drift, and its lines. Writes nothing. */
export async function checkStack(
  pulumi: Pulumi,
  { resources, pending }: StackState,
  warn: (line: string) => void,
): Promise<Answer> {
  const accounts = new Accounts(pulumi, resources, warn);
  try {
    const drift = await driftOf(pulumi, { resources, pending }, accounts);
    const lines = await readLines(resources, accounts);
    return { state: "done", lines: lines.read, differences: [...driftSentences(drift), ...lines.problems] };
  } finally {
    await accounts.close();
  }
}

/** The most things of a stack that are named one by one. */
const MOST_NAMED = 5;

function driftSentences({ complete, findings, notes }: DriftReport): string[] {
  // What another stack manages is that stack's own.
  const own = findings.filter(({ owner }) => owner === undefined);
  const sentences = own.map(({ class: what, kind, name, fields = [] }) => {
    const paths = fields.map(({ path }) => path).join(", ");
    return `${DRIFT}${kind} "${name}" ${WORDS[what]}${paths ? ` (${paths})` : ""}`;
  });
  const more = sentences.length - MOST_NAMED;
  return [
    ...sentences.slice(0, MOST_NAMED),
    ...(more > 0 ? [`${DRIFT}${more} more; \`${COMMAND} drift\` shows them`] : []),
    ...(complete ? [] : [`not all could be read: ${notes.join("; ")}`]),
  ];
}

const WORDS = {
  changed: "was changed",
  missing: "is gone",
  foreign: FOREIGN,
};
