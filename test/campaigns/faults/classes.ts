/** The rows of the table. */
export const FAULT_CLASSES = [
  "ambiguous create",
  "lost answer",
  "throttling",
  "slow",
  "drift",
  "lists",
  "binding",
  "version sets",
  "ownership",
  "secrets",
] as const;
export type FaultClass = (typeof FAULT_CLASSES)[number];

/** "none": operations that nothing struck; they share the process with those that something did. */
export type Row = FaultClass | "none";
export const ROWS: readonly Row[] = [...FAULT_CLASSES, "none"];

/** How long things take, by the published fault model, at a scale of time. */
export interface Timing {
  readonly scale: number;
  /** The latest commit after its answer. */
  readonly commitLagMs: number;
  /** How old a list may be. */
  readonly staleMs: number;
  readonly settleSeconds: number;
  readonly timeoutSeconds: number;
}

/**
 * @param scale 1: commits up to 5 s late, lists up to 2 s old, settleSeconds at its default of 10; timeoutSeconds is 6 in place of
 * 60, so that a stalled call ends. At another scale all of these are multiplied, but a call has at least 1 s.
 */
export function timing(scale: number): Timing {
  return {
    scale,
    commitLagMs: 5_000 * scale,
    staleMs: 2_000 * scale,
    settleSeconds: 10 * scale,
    timeoutSeconds: Math.max(1, 6 * scale),
  };
}
