import { byMethod, total } from "../fixture/statistics.js";
import { STEP_TITLES, STEPS, type Step } from "../fleet.js";
import { marks } from "../marks.js";
import { isScaled, terraformSeconds } from "../peers.js";
import { type Cell, cellsOf, median, minimum, type ProcessCost, type Results } from "../results.js";

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
    starts(results),
    alone(results),
    provider(results),
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
  const scaled = isScaled(results);
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
    head: ["step", "subject", ...between.map(([from, to]) => `${from} to ${to}`)],
    rows: STEPS.flatMap((step) =>
      subjects.map((subject) => [STEP_TITLES[step], subject, ...between.map((pair) => exponent(subject, step, pair))]),
    ).filter((row) => row.slice(2).some((cell) => cell !== "")),
  };
}

/** The fastest run of each, at the largest size that most subjects were run at. */
function costs(results: Results): Table {
  const subjectsAt = (size: number) =>
    new Set(results.cells.filter((cell) => cell.size === size).map(({ subject }) => subject)).size;
  const sizes = sizesOf(results);
  const most = Math.max(...sizes.map(subjectsAt));
  const size = sizes.filter((one) => subjectsAt(one) === most).at(-1) ?? 0;
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

function starts({ starts }: Results): Table {
  const seconds = (values: readonly number[]) => `${minimum(values).toFixed(2)} (${median(values).toFixed(2)})`;
  return {
    title: "Preview of one changed clinic: seconds, minimum (median)",
    head: ["subject", "to the first difference", "to the end"],
    rows: starts.map((start) => [start.subject, seconds(start.firstDifferenceSeconds), seconds(start.seconds)]),
  };
}

function alone({ client }: Results): Table {
  const ms = (value: number) => `${value.toFixed(2)} ms`;
  return {
    title: "One request",
    head: ["through", "CPU time"],
    rows: client
      ? [
          ["the client", ms(client.client)],
          ["the connection pool alone", ms(client.pool)],
        ]
      : [],
  };
}

/** CPU of all threads, with the main thread's in brackets. */
function provider({ processes }: Results): Table {
  const bySize = [...processes].sort((a, b) => a.resources - b.resources);
  const row = (title: string, value: (cost: ProcessCost) => string) => [title, ...bySize.map(value)];
  const steps = Object.keys(bySize[0]?.cpuMsPerResource ?? {});
  return {
    title: "The provider's process alone: CPU time (of it the main thread), memory",
    head: ["resources", ...bySize.map(({ resources }) => resources.toLocaleString("en-US"))],
    rows:
      bySize.length === 0
        ? []
        : [
            row("start", ({ startCpuMs }) => `${startCpuMs.toFixed(0)} ms`),
            ...steps.map((step) =>
              row(`each resource: ${step}`, ({ cpuMsPerResource, mainThreadMsPerResource }) => {
                const [all, main] = [cpuMsPerResource[step] ?? Number.NaN, mainThreadMsPerResource[step] ?? Number.NaN];
                return `${all.toFixed(2)} ms (${main.toFixed(2)})`;
              }),
            ),
            row("most memory of the SDK's host alone", ({ hostMegabytes }) => `${hostMegabytes.toFixed(0)} MB`),
            row("most memory", ({ peakMegabytes }) => `${peakMegabytes.toFixed(0)} MB`),
            row("held at the end", ({ heldMegabytes }) => `${heldMegabytes?.toFixed(1)} MB`),
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
