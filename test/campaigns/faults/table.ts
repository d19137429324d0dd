import { ROWS, type Row } from "./classes.js";
import { FAILURES, type Failure, percentile, type RowTally, requestRatio, type Tally } from "./tally.js";

export interface Results {
  readonly command: string;
  readonly seeds: readonly number[];
  readonly rate: number;
  readonly timeScale: number;
  /** What each subject did, over all seeds. */
  readonly subjects: readonly SubjectResult[];
}

export interface SubjectResult {
  readonly name: string;
  readonly tally: Tally;
  /** The same operations with throttling alone, and with no faults at all. */
  readonly throttled?: Tally;
  readonly reference?: Tally;
  /** Operations through the real engine. */
  readonly cli?: Tally;
}

/** Requests under throttling for each that the same operations cost without faults, at most. */
export const MOST_AMPLIFICATION = 1.2;

const HEADINGS: Record<Failure, string> = {
  duplicates: "duplicates",
  orphans: "orphans",
  "lost updates": "lost updates",
  "wrong state": "wrong state",
  "false gone": "false gone",
  "taken over": "taken over",
  "undetected takeovers": "undetected takeovers",
  "early retries": "early retries",
  "deadline overruns": "overruns",
  "secret hits": "secret hits",
};

/** The pass figures that a subject misses, each as a sentence. */
export function misses({ name, tally, throttled, reference, cli }: SubjectResult): string[] {
  const parts: [string, Tally | undefined][] = [
    ["", tally],
    [" with throttling alone", throttled],
    [" through the engine", cli],
  ];
  const all = parts.flatMap(([where, part]): [string, Tally][] => (part ? [[where, part]] : []));
  const counted = all.flatMap(([where, { all: sums }]) => [
    ...FAILURES.filter((failure) => sums.failures[failure] > 0).map(
      (failure) => `${name}${where}: ${sums.failures[failure]} ${HEADINGS[failure]}, at most 0 pass`,
    ),
    ...(sums.notConverged > 0 ? [`${name}${where}: ${sums.notConverged} operations did not converge`] : []),
  ]);
  const ratio = throttled && reference ? requestRatio(throttled, reference) : 1;
  const wasteful = ratio > MOST_AMPLIFICATION;
  return [
    ...counted,
    ...(wasteful
      ? [`${name}: ${ratio.toFixed(2)} times the requests under throttling, at most ${MOST_AMPLIFICATION} pass`]
      : []),
  ];
}

/** The upper end of the 95 % confidence interval after `count` trials without one failure (rule of three). */
export function upperBound(count: number): string {
  return count === 0 ? "none tried" : `${((3 / count) * 100).toPrecision(2)} %`;
}

export function format(results: Results, as: "text" | "json" | "markdown"): string {
  if (as === "json") return JSON.stringify(plain(results), undefined, 2);
  const blocks = results.subjects.flatMap((subject) => [
    title(subject, as),
    grid(rowsOf(subject.tally), as),
    ...(subject.cli ? [title(subject, as, " through the real engine"), grid(rowsOf(subject.cli, []), as)] : []),
  ]);
  return [heading(results), ...blocks, ...results.subjects.map(sentences)].join("\n\n");
}

function heading({ command, seeds, rate, timeScale }: Results): string {
  return `Seeds ${seeds.join(" and ")}, a fault for ${rate * 100} % of the calls, times at ${timeScale} of the real ones: \`${command}\`.`;
}

function title({ name }: SubjectResult, as: "text" | "markdown", more = ""): string {
  const text =
    name === "ours" ? `This provider${more}` : `A plain dynamic provider, as the documentation teaches it${more}`;
  return as === "markdown" ? `**${text}**` : text;
}

/** Rows in which nothing was run are left out. */
function rowsOf(tally: Tally, wanted: readonly Row[] = ROWS): string[][] {
  const head = [
    "class",
    "operations",
    "reads",
    ...FAILURES.map((failure) => HEADINGS[failure]),
    "not converged",
    "run again",
    "p50 s",
    "p99 s",
  ];
  const rows = wanted.filter((row) => tally.rows[row].operations + tally.rows[row].reads > 0);
  return [head, ...rows.map((row) => cells(row, tally.rows[row])), cells("all", tally.all)];
}

function cells(name: Row | "all", row: RowTally): string[] {
  const seconds = (share: number) => (percentile(row.times, share) / 1000).toFixed(2);
  const counts = [
    row.operations,
    row.reads,
    ...FAILURES.map((failure) => row.failures[failure]),
    row.notConverged,
    row.rerun,
  ];
  return [name, ...counts.map(String), seconds(0.5), seconds(0.99)];
}

function sentences({ name, tally, throttled, reference }: SubjectResult): string {
  const { all } = tally;
  const failed = FAILURES.filter((failure) => all.failures[failure] > 0);
  const clean = FAILURES.filter((failure) => all.failures[failure] === 0);
  const struck = all.operations - tally.rows.none.operations;
  const zero =
    clean.length === 0
      ? ""
      : ` Not seen: ${clean.map((failure) => HEADINGS[failure]).join(", ")}. ` +
        `With none in ${all.operations} operations the true share is below ${upperBound(all.operations)} with 95 % confidence (rule of three), ` +
        `and below ${upperBound(struck)} of the ${struck} operations that a fault struck or that wrote to one service at once; false gone and wrong state are of ${all.reads} reads, so below ${upperBound(all.reads)}.`;
  const seen =
    failed.length === 0 ? "" : ` Seen: ${failed.map((one) => `${all.failures[one]} ${HEADINGS[one]}`).join(", ")}.`;
  const requests = reference
    ? ` Requests for each that the same operations cost without faults: ${requestRatio(tally, reference).toFixed(2)} with all faults` +
      (throttled ? `, ${requestRatio(throttled, reference).toFixed(2)} with throttling alone.` : ".")
    : "";
  const runs = ` ${tally.rounds} rounds took ${tally.runs} runs and ${tally.recoveries} recoveries; ${tally.byHand} resources were taken out of state by hand, as their errors said; ${tally.beside} were made beside somebody else's thing of the same name, which was left alone.`;
  return `${name}:${seen}${zero}${requests}${runs}`;
}

function grid(rows: readonly string[][], as: "text" | "markdown"): string {
  const [head = [], ...body] = rows;
  if (as === "markdown") {
    const rule = head.map((_, column) => (column === 0 ? "---" : "---:"));
    return [head, rule, ...body].map((row) => `| ${row.join(" | ")} |`).join("\n");
  }
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ");
  return rows.map(line).join("\n");
}

function plain(results: Results): unknown {
  const tally = (one: Tally | undefined) => {
    if (!one) return undefined;
    const rows = Object.fromEntries(
      ROWS.map((row) => {
        const { times, ...counts } = one.rows[row];
        return [row, { ...counts, p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99) }];
      }),
    );
    const requests = Object.values(one.requests).reduce((sum, count) => sum + count, 0);
    return {
      rows,
      kinds: one.kinds,
      requests,
      details: one.details,
      seconds: one.seconds,
      rounds: one.rounds,
      runs: one.runs,
    };
  };
  const subjects = results.subjects.map((subject) => ({
    name: subject.name,
    misses: misses(subject),
    tally: tally(subject.tally),
    throttled: tally(subject.throttled),
    reference: tally(subject.reference),
    cli: tally(subject.cli),
  }));
  return { ...results, subjects };
}
