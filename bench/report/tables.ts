import { byMethod, total } from "../fixture/statistics.js";
import { STEP_TITLES, STEPS, type Step } from "../fleet.js";
import { marks } from "../marks.js";
import { terraformSeconds } from "../peers.js";
import { type Cell, cellsOf, median, minimum, type Results } from "../results.js";

/** A table as text, whatever it is written in. */
export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function tables(results: Results): Table[] {
  return [
    ...sizesOf(results).map((size) => timesAt(results, size)),
    growth(results),
    costs(results),
    alone(results),
    marksTable(results),
  ].filter(({ rows }) => rows.length > 0);
}

export function sizesOf({ cells }: Results): number[] {
  return [...new Set(cells.map(({ size }) => size))].sort((a, b) => a - b);
}

export function subjectsOf({ cells }: Results): string[] {
  return [...new Set(cells.map(({ subject }) => subject))];
}

function timesAt(results: Results, size: number): Table {
  const subjects = subjectsOf(results);
  const scaled = !subjects.includes("terraform");
  return {
    title: `${size} services: seconds, minimum (median), and requests`,
    head: ["step", ...subjects, ...(scaled ? ["terraform, scaled"] : [])],
    rows: STEPS.filter((step) => subjects.some((subject) => cellsOf(results, subject, size, step).length > 0)).map(
      (step) => [
        STEP_TITLES[step],
        ...subjects.map((subject) => time(cellsOf(results, subject, size, step))),
        ...(scaled ? [scaledTime(results, size, step)] : []),
      ],
    ),
  };
}

function time(cells: readonly Cell[]): string {
  const [first] = cells;
  if (!first) return "";
  const seconds = cells.map((cell) => cell.seconds);
  const spread = seconds.length > 1 ? ` (${median(seconds).toFixed(1)})` : "";
  return `${minimum(seconds).toFixed(1)}${spread}, ${total(first.operations)}`;
}

function scaledTime(results: Results, size: number, step: Step): string {
  return terraformSeconds(results, size, step)?.seconds.toFixed(1) ?? "";
}

/** The exponent x of "seconds grow as N to the x" from one size to the next; a start that takes seconds makes it small at first. */
function growth(results: Results): Table {
  const subjects = subjectsOf(results);
  const sizes = sizesOf(results);
  const between = sizes.slice(1).map((size, index) => [sizes[index] ?? size, size] as const);
  const fastest = (subject: string, size: number, step: Step) =>
    minimum(cellsOf(results, subject, size, step).map(({ seconds }) => seconds));
  const exponent = (subject: string, step: Step, [from, to]: readonly [number, number]) => {
    const found = Math.log(fastest(subject, to, step) / fastest(subject, from, step)) / Math.log(to / from);
    return Number.isFinite(found) ? found.toFixed(2) : "";
  };
  return {
    title: "How time grows with N: the exponent",
    head: ["step", ...subjects.flatMap((subject) => between.map(([from, to]) => `${subject}, ${from} to ${to}`))],
    rows: STEPS.map((step) => [
      STEP_TITLES[step],
      ...subjects.flatMap((subject) => between.map((pair) => exponent(subject, step, pair))),
    ]).filter((row) => row.slice(1).some((cell) => cell !== "")),
  };
}

/** The fastest run of each, at the largest size. */
function costs(results: Results): Table {
  const size = sizesOf(results).at(-1) ?? 0;
  const fastest = (subject: string, step: Step) =>
    cellsOf(results, subject, size, step).sort((a, b) => a.seconds - b.seconds)[0];
  const cells = subjectsOf(results).flatMap((subject) =>
    STEPS.map((step) => fastest(subject, step)).filter((cell) => cell !== undefined),
  );
  return {
    title: `${size} services: what it costs, in the fastest run`,
    head: [
      "subject",
      "step",
      "CPU s",
      "requests",
      "at once",
      "KB received",
      "state B/resource",
      "provider MB",
      "provider CPU s",
    ],
    rows: cells.map((cell) => [
      cell.subject,
      cell.step,
      cell.cpuSeconds?.toFixed(1) ?? "",
      methods(cell),
      String(cell.peakConcurrency),
      (cell.bytes / 1000).toFixed(0),
      cell.stateBytesPerResource?.toLocaleString("en-US") ?? "",
      cell.providerPeakBytes === undefined ? "" : (cell.providerPeakBytes / 1e6).toFixed(0),
      cell.providerCpuSeconds?.toFixed(1) ?? "",
    ]),
  };
}

function methods({ operations }: Cell): string {
  return Object.entries(byMethod(operations))
    .map(([method, count]) => `${count} ${method}`)
    .join(", ");
}

function alone({ client, process }: Results): Table {
  const ms = (value: number) => `${value.toFixed(2)} ms`;
  return {
    title: "Alone",
    head: ["what", "CPU time, memory"],
    rows: [
      ...(client
        ? [
            ["one request through the client", ms(client.client)],
            ["one request through the connection pool alone", ms(client.pool)],
          ]
        : []),
      ...(process
        ? [
            ["start of the provider's process", ms(process.startCpuMs)],
            ...Object.entries(process.cpuMsPerResource).map(([step, cost]) => [`each resource: ${step}`, ms(cost)]),
            ["most memory of the SDK's host alone", `${process.hostMegabytes.toFixed(0)} MB`],
            [`most memory, ${process.resources} resources`, `${process.peakMegabytes.toFixed(0)} MB`],
            ["held of it at the end", `${process.heldMegabytes?.toFixed(1)} MB`],
          ]
        : []),
    ],
  };
}

function marksTable(results: Results): Table {
  return {
    title: "Marks",
    head: ["mark", "found", "met"],
    rows: marks(results)
      .filter(({ found }) => found !== undefined)
      .map(({ promise, found = "", met }) => [promise, found, met ? "yes" : "NO"]),
  };
}
