import { FAULT_CLASSES } from "./faults.js";
import type { StoryResult } from "./story.js";

/** What must not happen, in the words of the page on reliability, and the rules that find it. */
export const HARMS: Readonly<Record<string, readonly string[]>> = {
  "made twice": ["nothingExistsTwice", "noCreateIsSentTwice"],
  "made and known to nobody": ["nothingIsOrphaned"],
  "acknowledged and not done": [
    "whatChangedIsWritten",
    "whatIsNewIsAsDeclared",
    "whatIsWithdrawnGoes",
    "whatIsDeletedIsGone",
  ],
  "read otherwise than it is": ["outputsAreTrue"],
  "read as gone": ["nothingIsForgotten"],
  "taken over in silence": ["nothingIsTakenOverInSilence", "whatIsForeignIsNotWritten", "aLineMovesOnlyAsDeclared"],
  "a line cut": ["aDeclaredLineStaysUp", "aForeignLineIsNotTouched", "anotherStacksLineStaysUp"],
  "retried too early": ["noRetryComesEarly"],
  "open after its deadline": ["noCallOverrunsItsDeadline"],
  "a secret in clear": ["secretsDoNotShow"],
  "no way back": ["aRunGoesThrough", "aSecondUpChangesNothing"],
};

/** Sums over stories. */
export class Figures {
  readonly #counts: Record<string, number> = { stories: 0, runs: 0, requests: 0 };
  readonly #struck: Record<string, number> = {};
  readonly #harms: Record<string, number> = {};

  add({ runs, requests, steps, struck, recoveries, unsettled, violations }: StoryResult): void {
    addTo(this.#counts, { stories: 1, runs, requests, ...steps, recoveries, unsettled: unsettled.length });
    for (const name of struck) addTo(this.#struck, { [name]: 1 });
    for (const rule of new Set(violations.map((violation) => violation.rule))) {
      const harm = Object.entries(HARMS).find(([, rules]) => rules.includes(rule))?.[0] ?? "another rule";
      addTo(this.#harms, { [harm]: 1 });
    }
  }

  get stories(): number {
    return this.#counts.stories ?? 0;
  }

  get sums(): string {
    return Object.entries(this.#counts)
      .map(([name, value]) => `${value} ${name}`)
      .join(", ");
  }

  text(isFaulty: boolean): string {
    if (!isFaulty) return this.sums;
    const { create = 0, update = 0, replace = 0, delete: gone = 0 } = this.#counts;
    const table = (head: string, counts: Record<string, number>, names: readonly string[]) =>
      [`| ${head} |`, "| --- | ---: |", ...names.map((name) => `| ${name} | ${counts[name] ?? 0} |`)].join("\n");
    const struck = Object.values(this.#struck).reduce((sum, count) => sum + count, 0);
    const share = ((100 * struck) / (this.#counts.requests ?? 1)).toPrecision(2);
    return [
      `${this.sums}; ${create + update + replace + gone} operations; ${share} % of the requests struck`,
      table("fault | requests struck", this.#struck, Object.keys(FAULT_CLASSES)),
      table("harm | stories", this.#harms, [...Object.keys(HARMS), "another rule"]),
    ].join("\n\n");
  }
}

function addTo(total: Record<string, number>, more: Record<string, number>): void {
  for (const [name, value] of Object.entries(more)) total[name] = (total[name] ?? 0) + value;
}
