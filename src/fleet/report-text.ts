import * as path from "node:path";
import { COMMAND } from "../command.js";
import { messageLines, safe } from "../environment/show/layout.js";
import { changeText } from "./changes.js";
import { driftIn } from "./messages.js";
import type { FleetCommand, FleetReport, StackEntry, StackUnderWay, WaveEntry } from "./report.js";

export interface TextOptions {
  /** Stacks that are known to run now. */
  readonly underWay?: readonly StackUnderWay[];
  /** Stacks whose errors stand above this text. */
  readonly printed?: ReadonlySet<string>;
  /** Whether one line says why a stack failed, and its log the rest. @default false */
  readonly brief?: boolean;
  /** At which notes are broken into lines. @default they are not */
  readonly width?: number;
}

/** A report for a terminal or a log. */
export function reportText(report: FleetReport, options: TextOptions = {}): string {
  const { underWay = [], printed = new Set(), brief, width = Number.POSITIVE_INFINITY } = options;
  const { command, waves, stacks, notes } = report;
  const lines = stacks
    .filter((stack) => isReported(stack, command))
    .flatMap((stack) =>
      stackLines(stack, command, {
        now: underWay.find((one) => one.stack === stack.name),
        isPrinted: printed.has(stack.name),
        brief,
      }),
    );
  const noteLines = notes.flatMap((note) => messageLines(`note: ${safe(note)}`, width));
  return [...lines, ...waves.flatMap(waveLines), ...noteLines, summary(report)].join("\n");
}

/** Of runs that went well the count is enough. */
function isReported({ state, differences = [], warnings = [] }: StackEntry, command: FleetCommand): boolean {
  return command === "preview" || state !== "done" || differences.length + warnings.length > 0;
}

/** That a stack has ended. Why it failed is printed at once; what else the report says of it is left to the report. */
export function endText(stack: StackEntry, command: FleetCommand, { brief = false } = {}): string {
  return stack.state === "done" && isReported(stack, command)
    ? `${stack.name}: ${stack.state}`
    : stackText(stack, command, { brief });
}

interface LineOptions {
  readonly now?: StackUnderWay;
  /** Whether its error stands above. */
  readonly isPrinted?: boolean;
  readonly brief?: boolean;
}

/** What happened to a stack; all but an error is one line. */
export function stackText(
  stack: StackEntry,
  command: FleetCommand,
  { now, isPrinted: wasPrinted = false, brief = false }: LineOptions = {},
): string {
  const { name, state, seconds, error, log, changes = {} } = stack;
  const took = seconds === undefined ? "" : ` after ${seconds.toFixed(1)} s`;
  const isPrinted = wasPrinted && error !== undefined;
  const isUndone = command === "up" && state !== "done" && Object.keys(changes).length > 0;
  const places = [
    ...(isUndone ? [`before that: ${didText(stack)}`] : []),
    ...(isPrinted ? ["see above"] : []),
    ...(log === undefined || state === "done" ? [] : [`log: ${log}`]),
  ];
  const where = places.length === 0 ? "" : ` (${places.join("; ")})`;
  const what: Record<StackEntry["state"], string> = {
    waiting: "was not started",
    running: now
      ? `runs${now.since ? ` since ${now.since}` : ""} (${safe(now.by)})`
      : "was started, and its end is not known",
    done: `${DONE[command](stack)}${took}`,
    failed: `failed${took}`,
    interrupted: `was stopped${took}`,
    lost: `was lost${took}`,
  };
  const why = error === undefined || isPrinted ? "" : `: ${brief ? shortened(error) : linesOf(error).join("\n    ")}`;
  return `${name}: ${what[state]}${where}${why}`;
}

function linesOf(error: string): string[] {
  return error.trim().split("\n").map(safe);
}

/** The first line that says more than that a command failed. */
function shortened(error: string): string {
  const [first = "", ...rest] = linesOf(error);
  const line = first.endsWith(":") ? (rest[0] ?? first) : first;
  const most = 200;
  return line.length > most ? `${line.slice(0, most)} ...` : line;
}

/** What goes on with a run. */
export function resumeCommand({ file, run }: Pick<FleetReport, "file" | "run">): string {
  return `${COMMAND} fleet up ${path.relative("", file)} --resume ${run}`;
}

/** A run that goes on checks the gate again, and runs no stack that is done. */
function againText(report: FleetReport): string {
  const goOn = `\`${resumeCommand(report)}\``;
  const stopped = report.waves.find((wave) => wave.state === "stopped");
  const { own, foreign } = driftIn(stopped?.reasons ?? []);
  const anew = `${COMMAND} fleet up ${path.relative("", report.file)}`;
  if (foreign && !own)
    return `Start a new run where you have declared and adopted it: \`${anew}\`. Where you have deleted it, go on with ${goOn}.`;
  if (!own) return `Go on with ${goOn}.`;
  return `Start a new run: \`${anew} --refresh\`. Where you have put it right by hand, go on with ${goOn}.`;
}

/** The changes in words; resources that stay as they are do not count. */
export function changesText(changes: Readonly<Record<string, number>> = {}): string {
  const shown = Object.entries(changes).filter(([op, count]) => op !== "same" && count > 0);
  return shown.map(([op, count]) => `${op} ${count}`).join(", ") || "no change";
}

const DONE: Record<FleetCommand, (stack: StackEntry) => string> = {
  up: ({ changes }) => `done (${changesText(changes)})`,
  preview: ({ changes }) => `previewed (${changesText(changes)})`,
  drift: ({ differences = [] }) => (differences.length === 0 ? "no drift" : "differs from what exists"),
};

function stackLines(stack: StackEntry, command: FleetCommand, options: LineOptions): string[] {
  if (stack.state === "waiting") return [];
  return [
    stackText(stack, command, options),
    ...(command === "preview" ? resourceLines(stack).map((line) => `    ${line}`) : []),
    ...(stack.differences ?? []).map((difference) => `    ${safe(difference)}`),
    ...(stack.warnings ?? []).map((warning) => `    warning: ${safe(warning)}`),
  ];
}

/** What a run did before it failed. */
function didText({ resources = [], moreResources: more = 0, changes }: StackEntry): string {
  if (resources.length === 0) return changesText(changes);
  return `${resources.map(changeText).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** The resources of the report, and where the others stand. */
export function resourceLines({ resources = [], moreResources: more = 0, log }: StackEntry): string[] {
  return [...resources.map(changeText), ...(more > 0 ? [`and ${more} more, in ${log}`] : [])];
}

function waveLines({ name, state, reasons }: WaveEntry): string[] {
  if (state !== "stopped") return [];
  return [`wave ${name}: its gate did not pass`, ...reasons.map((reason) => `    ${safe(reason)}`)];
}

/** What became of the whole, as sentences. */
export function summary(report: FleetReport): string {
  const { command, state, stacks, waves } = report;
  const ofState = (wanted: StackEntry["state"]) => stacks.filter((stack) => stack.state === wanted);
  const done = ofState("done").length;
  const bad = stacks.length - done - ofState("waiting").length;
  const waiting = ofState("waiting").map(({ name }) => name);
  const again = command === "up" ? ` ${againText(report)}` : "";
  const count = `${done} of ${stacks.length} stacks ${done === 1 ? "is" : "are"} done`;
  const notStarted = waiting.length === 0 ? "" : ` Not started: ${waiting.join(", ")}.`;
  if (command === "drift" && state !== "interrupted") {
    const differing = stacks.filter(({ differences = [] }) => differences.length > 0).length;
    const unread = bad > 0 ? ` ${bad} could not be checked.` : "";
    const found = differing === 0 ? "no drift was seen" : `${differing} ${differing === 1 ? "differs" : "differ"}`;
    return `Checked ${done} of ${stacks.length} stacks: ${found}.${unread}`;
  }
  const stopped = waves.find((wave) => wave.state === "stopped")?.name;
  const sentences: Record<FleetReport["state"], string> = {
    running: `Running: ${count}.`,
    done: command === "preview" ? `Previewed: ${done} of ${stacks.length} stacks.` : `Done: ${count}.`,
    failed: `Failed: ${count}, ${bad} did not succeed.${notStarted}${again}`,
    stopped: `Stopped by the gate of wave ${stopped}: ${count}.${notStarted}${again}`,
    interrupted: `Interrupted: ${count}, ${bad} did not succeed.${notStarted}${again}`,
  };
  return sentences[state];
}
