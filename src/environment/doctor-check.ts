/** One thing that was that `doctor` looked at. */
export interface Check {
  readonly name: string;
  readonly state: "ok" | "warning" | "problem";
  readonly found: string;
  /** What to do, where it is not ok. */
  readonly next?: string;
}
