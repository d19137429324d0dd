/** One thing that `doctor` looked at. */
export interface Check {
  readonly name: string;
  readonly state: "ok" | "warning" | "problem";
  readonly found: string;
  /** What to do, where it is not ok. */
  readonly next?: string;
}

/** A check with what made it fail. */
export interface Caused extends Check {
  /** @default what it found */
  readonly cause?: string;
}

/** Says each cause once, where it comes first; what else fails for that reason only points there. */
export function saidOnce(checks: readonly Caused[]): Check[] {
  const first = new Map<string, string>();
  return checks.map(({ cause, ...check }) => {
    if (check.state === "ok") return check;
    const why = cause ?? check.found;
    const said = first.get(why);
    if (said === undefined) {
      first.set(why, check.name);
      return check;
    }
    return { name: check.name, state: check.state, found: `fails for the same reason as "${said}"` };
  });
}
