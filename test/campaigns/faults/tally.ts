import { ROWS, type Row } from "./classes.js";
import type { Kind } from "./program.js";

/** What must not happen. */
export const FAILURES = [
  "duplicates",
  "orphans",
  "lost updates",
  "wrong state",
  "false gone",
  "taken over",
  "undetected takeovers",
  "early retries",
  "deadline overruns",
  "secret hits",
] as const;
export type Failure = (typeof FAILURES)[number];

export interface RowTally {
  operations: number;
  /** Of refreshes, while a fault of this class struck lists or answers of the same stack. */
  reads: number;
  failures: Record<Failure, number>;
  /** Given up after the bounded number of runs. */
  notConverged: number;
  /** Operations that took a second run. */
  rerun: number;
  /** Milliseconds in calls until the operation had converged. */
  times: number[];
  variants: Record<string, number>;
}

/** The figures of one subject under one seed. */
export class Tally {
  readonly rows: Record<Row, RowTally> = Object.fromEntries(ROWS.map((row) => [row, emptyRow()])) as Record<
    Row,
    RowTally
  >;
  readonly kinds: Partial<Record<Kind, number>> = {};
  /** One line for each thing that must not have happened. */
  readonly details: string[] = [];
  /** Requests of all runs but refreshes, by seed and round. */
  readonly requests: Record<string, number> = {};
  seconds = 0;
  rounds = 0;
  runs = 0;
  recoveries = 0;
  /** Resources that the user took out of state, because an error said so and the thing was gone. */
  byHand = 0;
  /** Resources that were made although somebody else's stood where they were to be, and that did not touch it. */
  beside = 0;

  count(row: Row, failure: Failure, detail: string): void {
    this.rows[row].failures[failure] += 1;
    this.details.push(`${row}, ${failure}: ${detail}`);
  }

  /** The same figures over several seeds. */
  static sum(tallies: readonly Tally[]): Tally {
    const total = new Tally();
    for (const tally of tallies) {
      for (const row of ROWS) addRow(total.rows[row], tally.rows[row]);
      for (const [kind, count] of Object.entries(tally.kinds)) {
        total.kinds[kind as Kind] = (total.kinds[kind as Kind] ?? 0) + count;
      }
      total.details.push(...tally.details);
      Object.assign(total.requests, tally.requests);
      for (const name of ["seconds", "rounds", "runs", "recoveries", "byHand", "beside"] as const)
        total[name] += tally[name];
    }
    return total;
  }

  get all(): RowTally {
    const all = emptyRow();
    for (const row of ROWS) addRow(all, this.rows[row]);
    return all;
  }
}

function emptyRow(): RowTally {
  const failures = Object.fromEntries(FAILURES.map((failure) => [failure, 0])) as Record<Failure, number>;
  return { operations: 0, reads: 0, failures, notConverged: 0, rerun: 0, times: [], variants: {} };
}

function addRow(to: RowTally, from: RowTally): void {
  for (const name of ["operations", "reads", "notConverged", "rerun"] as const) to[name] += from[name];
  for (const failure of FAILURES) to.failures[failure] += from.failures[failure];
  for (const [name, count] of Object.entries(from.variants)) to.variants[name] = (to.variants[name] ?? 0) + count;
  for (const time of from.times) to.times.push(time);
}

/** The value below which this share of the values lies; 0 where there are none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

/** How many times the requests of the reference, over the rounds that both have run. */
export function requestRatio(tally: Tally, reference: Tally): number {
  const rounds = Object.keys(reference.requests).filter((round) => round in tally.requests);
  const sum = (requests: Record<string, number>) => rounds.reduce((total, round) => total + (requests[round] ?? 0), 0);
  return sum(tally.requests) / Math.max(1, sum(reference.requests));
}
