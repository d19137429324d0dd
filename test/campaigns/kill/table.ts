import { type Boundary, boundaryText, type Outcome } from "./boundary.js";

export interface Row {
  readonly phase: Boundary["phase"];
  readonly victim: Boundary["victim"];
  readonly when: Boundary["when"];
  readonly boundaries: number;
  /** Boundaries after which `recover` had creates to settle. */
  readonly withOpenCreates: number;
  readonly adopted: number;
  readonly handedOver: number;
  readonly failures: number;
  readonly medianSeconds: number;
}

export function rowsOf(outcomes: readonly Outcome[]): Row[] {
  const rows: Row[] = [];
  for (const phase of ["deploy", "destroy"] as const) {
    for (const victim of ["cli", "provider"] as const) {
      for (const when of ["before", "after"] as const) {
        const here = outcomes.filter(
          ({ boundary }) => boundary.phase === phase && boundary.victim === victim && boundary.when === when,
        );
        if (here.length > 0) rows.push({ phase, victim, when, ...figures(here) });
      }
    }
  }
  return rows;
}

function figures(outcomes: readonly Outcome[]) {
  const count = (word: string) =>
    outcomes.flatMap(({ recovered }) => recovered).filter((text) => text.endsWith(` ${word}`)).length;
  return {
    boundaries: outcomes.length,
    withOpenCreates: outcomes.filter(({ recovered }) => recovered.length > 0).length,
    adopted: count("adopted"),
    handedOver: count("handed over"),
    failures: outcomes.filter(({ failures }) => failures.length > 0).length,
    medianSeconds: Math.round((outcomes.map(({ ms }) => ms).sort((a, b) => a - b)[outcomes.length >> 1] ?? 0) / 1000),
  };
}

const HEADINGS = [
  "phase",
  "killed",
  "request",
  "boundaries",
  "with open creates",
  "adopted",
  "handed over",
  "failures",
  "median s",
];

export function formatOutcomes(outcomes: readonly Outcome[], format: "text" | "json" | "markdown"): string {
  const rows = rowsOf(outcomes);
  if (format === "json") return JSON.stringify({ rows, outcomes }, undefined, 2);
  const cells = [HEADINGS, ...rows.map(cellsOf), totalOf(rows)];
  if (format === "markdown") {
    const [head = [], ...body] = cells;
    return [head, head.map((_, index) => (index < 3 ? "---" : "---:")), ...body]
      .map((row) => `| ${row.join(" | ")} |`)
      .join("\n");
  }
  const widths = HEADINGS.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const table = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return [...table, ...failureLines(outcomes)].join("\n");
}

export function failureLines(outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap(({ boundary, struck, failures }) =>
    failures.map((failure) => `${boundaryText(boundary)} (${struck ?? "not reached"}): ${failure}`),
  );
}

function cellsOf(row: Row): string[] {
  return [
    row.phase,
    row.victim === "cli" ? "CLI and all below it" : "provider process",
    row.when === "before" ? "before" : "after its commit",
    ...[row.boundaries, row.withOpenCreates, row.adopted, row.handedOver, row.failures, row.medianSeconds].map(String),
  ];
}

function totalOf(rows: readonly Row[]): string[] {
  const sum = (pick: (row: Row) => number) => String(rows.reduce((total, row) => total + pick(row), 0));
  return [
    "all",
    "",
    "",
    sum((row) => row.boundaries),
    sum((row) => row.withOpenCreates),
    sum((row) => row.adopted),
    sum((row) => row.handedOver),
    sum((row) => row.failures),
    "",
  ];
}
