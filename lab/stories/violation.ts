import type { Observation } from "./observation.js";

/** A rule that a run broke. */
export interface Violation {
  readonly rule: string;
  readonly detail: string;
}

/** What must hold after a run; each rule has a name and gives a sentence for each place where it is broken. */
export type Rule = (seen: Observation) => readonly string[];

export function broken(rules: Readonly<Record<string, Rule>>, seen: Observation): Violation[] {
  return Object.entries(rules).flatMap(([rule, holds]) => holds(seen).map((detail) => ({ rule, detail })));
}
