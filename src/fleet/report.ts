import { hostname } from "node:os";
import type { ResourceChange } from "./changes.js";
import type { Fleet } from "./file.js";
import type { FleetStack } from "./stacks.js";

/**
 * - `waiting`: it was not started. `running`: it was, and its end is not known.
 * - `lost`: its process ended before it said how the run ended.
 */
export type StackState = "waiting" | "running" | "done" | "failed" | "interrupted" | "lost";

export interface StackEntry {
  readonly name: string;
  readonly wave: string;
  /** What it deploys and where to, in words that do not change while it stays the same. */
  readonly target: string;
  readonly state: StackState;
  /** How many resources by operation, components and what is the engine's own left out; of a preview, how many there would be. */
  readonly changes?: Readonly<Record<string, number>>;
  /** Of a preview the first of what would change, of a run that failed the first of what it did; and how many more the log names. */
  readonly resources?: readonly ResourceChange[];
  readonly moreResources?: number;
  /** Of drift: what differs, or could not be read. */
  readonly differences?: readonly string[];
  readonly error?: string;
  readonly warnings?: readonly string[];
  /** Of one that runs. */
  readonly startedAt?: string;
  readonly seconds?: number;
  /** The file with what its process wrote. */
  readonly log?: string;
}

/** A stack that was started, and that is known to run now. */
export interface StackUnderWay {
  readonly stack: string;
  readonly since?: string;
  /** Who has its lock, else the process of the fleet. */
  readonly by: string;
}

export interface WaveEntry {
  readonly name: string;
  /** `failed`: a stack of it did not succeed. `stopped`: its gate did not pass. */
  readonly state: "waiting" | "running" | "passed" | "failed" | "stopped";
  /** Why the gate did not pass, each as a sentence. */
  readonly reasons: readonly string[];
}

export type FleetCommand = "preview" | "up" | "drift";

/** What became of a fleet. */
export interface FleetReport {
  readonly version: 1;
  readonly run: string;
  readonly command: FleetCommand;
  readonly file: string;
  /** The selector that it was narrowed by. */
  readonly select?: string;
  readonly state: "running" | "done" | "failed" | "stopped" | "interrupted";
  readonly startedAt: string;
  readonly endedAt?: string;
  /** The process that runs it; gone at its end. */
  readonly process?: { readonly pid: number; readonly host: string };
  /** Of `up`, in their order; the others know no waves. */
  readonly waves: readonly WaveEntry[];
  readonly stacks: readonly StackEntry[];
  /** What else is to be known, each as a sentence. */
  readonly notes: readonly string[];
}

/** A report of what has not begun. */
export function newReport(
  fleet: Fleet,
  { run, command, select }: Pick<FleetReport, "run" | "command" | "select">,
): FleetReport {
  return {
    version: 1,
    run,
    command,
    file: fleet.file,
    ...(select === undefined ? {} : { select }),
    state: "running",
    startedAt: new Date().toISOString(),
    process: ownProcess(),
    waves: command === "up" ? fleet.waves.map(({ name }) => ({ name, state: "waiting", reasons: [] })) : [],
    stacks: fleet.waves.flatMap((wave) =>
      wave.stacks.map((stack) => ({
        name: stack.name,
        wave: wave.name,
        target: targetOf(stack),
        state: "waiting" as const,
      })),
    ),
    notes: [],
  };
}

export function ownProcess(): Required<FleetReport>["process"] {
  return { pid: process.pid, host: hostname() };
}

function targetOf({ environment, project, workspace }: FleetStack): string {
  const to = workspace === undefined ? "" : ` to workspace ${workspace.alias}`;
  return environment === undefined ? `project ${project}${to}` : `${environment}${to}`;
}

/** What keeps a run from going on with this fleet, each as a sentence; documents may have changed, that is what mends a run. */
export function changedSince({ stacks, waves }: FleetReport, fleet: Fleet): string[] {
  const now = newReport(fleet, { run: "", command: "up" });
  const before = new Map(stacks.map((stack) => [stack.name, stack]));
  const after = new Map(now.stacks.map((stack) => [stack.name, stack]));
  const sentences: string[] = [];
  for (const { name, wave, target } of now.stacks) {
    const former = before.get(name);
    if (!former) sentences.push(`stack ${name} is new`);
    else if (former.wave !== wave) sentences.push(`stack ${name} was in wave ${former.wave} and is in ${wave} now`);
    else if (former.target !== target) sentences.push(`stack ${name} was ${former.target} and is ${target} now`);
  }
  for (const { name } of stacks) if (!after.has(name)) sentences.push(`stack ${name} is gone`);
  const order = (entries: readonly WaveEntry[]) => entries.map(({ name }) => name).join(", ");
  if (sentences.length === 0 && order(waves) !== order(now.waves)) {
    sentences.push(`the waves were ${order(waves)} and are ${order(now.waves)} now`);
  }
  return sentences;
}
