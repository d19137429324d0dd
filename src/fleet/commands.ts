import { statSync } from "node:fs";
import * as path from "node:path";
import { budgetFor } from "../api/budget/around.js";
import { DEFAULT_MAX_CONCURRENCY } from "../api/limiter.js";
import { COMMAND } from "../command.js";
import { CHILD_SETTINGS, type ChildSettings } from "./child.js";
import { Execution, type Listener } from "./execution.js";
import { type Fleet, selectFrom } from "./file.js";
import { lockFleet } from "./folder-lock.js";
import { gateReasons } from "./gate.js";
import { refuseLocked } from "./locks.js";
import { driftIn } from "./messages.js";
import { readyEngine, refuseBadDocuments, refuseMissingKeys } from "./ready.js";
import { changedSince, type FleetCommand, type FleetReport, newReport, ownProcess } from "./report.js";
import { FleetRun } from "./runs.js";
import type { Wave } from "./waves.js";

export interface FleetOptions {
  /** Narrows the fleet. */
  readonly select?: string;
  /** How processes are kept; tests shorten it. */
  readonly child?: Partial<ChildSettings>;
  /** Finds the CLI, and throws where it does not work. */
  readonly engine?: typeof readyEngine;
  readonly signal: AbortSignal;
  readonly warn: (line: string) => void;
  /** Called once, before the first stack starts. */
  readonly listen: (run: FleetRun) => FleetListener;
}

export interface FleetListener extends Listener {
  /** Something about a wave, as a sentence. */
  onWave(text: string): void;
  /** Nothing more happens. */
  close(): void;
}

export interface UpOptions extends FleetOptions {
  /** A run to go on with, or `last`. */
  readonly resume?: string;
  /** Whether each run reads what exists first, and so puts back what somebody changed. @default false */
  readonly refresh?: boolean;
  /** Asked once, before anything is started. */
  readonly confirm: (question: string) => Promise<boolean>;
  /** Throws where a stack is locked. */
  readonly refuse?: typeof refuseLocked;
}

/** What a preview cannot know. */
const PREVIEW_NOTE =
  "A preview compares with the state of each stack. What somebody changed by hand shows in `fleet drift`; what an earlier wave will change shows nowhere yet.";

/** What to do before a run can go on. */
function driftNotes(reasons: readonly string[]): string[] {
  const { own, foreign } = driftIn(reasons);
  return [
    ...(own
      ? [
          "Drift: something was changed or is gone. A new run with --refresh puts back what the document declares, and accepts what it leaves out. To keep a change, write it into the document, then start a new run.",
        ]
      : []),
    ...(foreign
      ? [
          `Drift: what exists and is not declared stops each run. Declare it and bring it under its stack with \`${COMMAND} adopt ALIAS --stack NAME -C .pulumi-amigo/NAME\`, or delete it. Ask first who made it: another stack may manage it.`,
        ]
      : []),
  ];
}

/** Previews or checks all stacks, without regard to waves; one that fails keeps no other from its turn. */
export async function lookAt(whole: Fleet, command: "preview" | "drift", options: FleetOptions): Promise<FleetReport> {
  const { select, signal, engine = readyEngine } = options;
  const fleet = selectFrom(whole, select);
  refuseMissingKeys(fleet.stacks);
  const bin = await engine(fleet.stacks, fleet.folder);
  const run = begin(fleet, command, select);
  await withBudget(fleet, options, async (child) => {
    await listened(options.listen(run), async (listener) => {
      const execution = new Execution({ run, folder: fleet.folder, bin, child, listener, signal });
      await execution.runAll(fleet.stacks, command === "drift" ? "check" : "preview");
    });
  });
  const { stacks } = run.report;
  if (command === "preview" && stacks.some(({ state }) => state === "done")) run.set({ notes: [PREVIEW_NOTE] });
  if (signal.aborted) return run.finish("interrupted");
  return run.finish(stacks.every(({ state }) => state === "done") ? "done" : "failed");
}

/** Runs the waves, each after the gate of the one before has passed. */
export async function fleetUp(whole: Fleet, options: UpOptions): Promise<FleetReport> {
  const { warn, confirm, refresh, engine = readyEngine, refuse = refuseLocked } = options;
  const lost = new AbortController();
  const signal = AbortSignal.any([options.signal, lost.signal]);
  const unlock = await lockFleet(whole.folder, (error) => {
    warn(`the lock of ${whole.folder} was lost, so nothing more is started: ${error.message}`);
    lost.abort();
  });
  try {
    const former = options.resume === undefined ? undefined : resumed(whole, options.resume, options.select);
    const select = former ? former.report.select : options.select;
    const fleet = selectFrom(whole, select);
    if (former) {
      refuseChanged(former, fleet);
      for (const line of editedSince(former, fleet)) warn(line);
    }
    const isDone = (name: string) => former?.stack(name).state === "done";
    const left = fleet.stacks.filter(({ name }) => !isDone(name));
    if (refresh && left.length === 0) {
      throw new Error(
        `all stacks of run ${former?.report.run} are done and are not run again, so --refresh would do nothing. Nothing was started. Start a new run without --resume`,
      );
    }
    refuseMissingKeys(left);
    await refuseBadDocuments(left, fleet.folder, warn);
    const bin = await engine(left, fleet.folder);
    await refuse(bin, left, fleet.folder, warn);
    if (!(await confirm(question(fleet, left.length)))) throw new Error("stopped; nothing was started");
    const run =
      former?.set({ state: "running", endedAt: undefined, notes: [], process: ownProcess() }) ??
      begin(fleet, "up", select);
    return await withBudget(fleet, options, (child) =>
      listened(options.listen(run), async (listener) => {
        const execution = new Execution({ run, folder: fleet.folder, bin, child, listener, refresh, signal });
        const context = { fleet, run, execution, listener, env: child.env, signal };
        for (const wave of fleet.waves) {
          const state = await runWave(wave, context);
          if (state !== "passed") return run.finish(signal.aborted ? "interrupted" : state);
        }
        return run.finish("done");
      }),
    );
  } finally {
    // A lock that was lost is not this run's to give back.
    if (!lost.signal.aborted) await unlock();
  }
}

interface WaveContext {
  readonly fleet: Fleet;
  readonly run: FleetRun;
  readonly execution: Execution;
  readonly listener: FleetListener;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** Runs what is left of a wave, then its gate. */
async function runWave(wave: Wave, context: WaveContext): Promise<"passed" | "failed" | "stopped"> {
  const { run, execution, listener, signal } = context;
  const { name, stacks, concurrency } = wave;
  if (run.wave(name)?.state === "passed") return "passed";
  const isDone = (stack: { name: string }) => run.stack(stack.name).state === "done";
  run.setWave(name, { state: "running" });
  const left = stacks.filter((stack) => !isDone(stack));
  if (left.length > 0) {
    listener.onWave(`wave ${name}: running ${left.length} of ${stacks.length} stacks`);
    await execution.runAll(left, "up", { concurrency, stopAtFailure: true });
  }
  if (!stacks.every(isDone)) {
    run.setWave(name, { state: "failed" });
    listener.onWave(`wave ${name}: ${signal.aborted ? "was interrupted" : "failed"}; nothing more was started`);
    return "failed";
  }
  listener.onWave(`wave ${name}: its stacks are done, its gate is being checked`);
  const reasons = await gateReasons(wave, context);
  const state = reasons.length === 0 ? "passed" : "stopped";
  run.setWave(name, { state, reasons });
  run.set({ notes: driftNotes(reasons) });
  // The report has the gate that did not pass, with its reasons.
  if (state === "passed") listener.onWave(`wave ${name}: its gate passed`);
  return state;
}

function begin(fleet: Fleet, command: FleetCommand, select: string | undefined): FleetRun {
  return FleetRun.begin(fleet.folder, (run) => newReport(fleet, { run, command, select }), command);
}

function resumed({ file }: Fleet, resume: string, select: string | undefined): FleetRun {
  const run = FleetRun.find(file, resume);
  const { run: id, select: former } = run.report;
  if (select !== undefined && select !== former) {
    const what = former === undefined ? "all stacks" : `--select ${former}`;
    throw new Error(`run ${id} was of ${what}, and goes on with that: leave --select out, or start a new run`);
  }
  return run;
}

function refuseChanged(run: FleetRun, fleet: Fleet): void {
  const { run: id, state } = run.report;
  const isAllDone = run.report.waves.every((wave) => wave.state === "passed");
  if (state === "done" && isAllDone) throw new Error(`run ${id} is done: there is nothing to go on with`);
  const changed = changedSince(run.report, fleet);
  if (changed.length === 0) return;
  throw new Error(
    `run ${id} cannot go on, since ${fleet.file} says something else now: ${changed.join("; ")}. Nothing was started. Start a new run without --resume`,
  );
}

/** Documents of stacks that are done: what was written into them since is not deployed by this run. */
function editedSince(former: FleetRun, { stacks }: Fleet): string[] {
  const { run, startedAt } = former.report;
  const began = Date.parse(startedAt);
  return stacks.flatMap(({ name, environment: file }) => {
    if (file === undefined || former.stack(name).state !== "done" || statSync(file).mtimeMs <= began) return [];
    return `${path.relative("", file)} was changed since run ${run} began, and stack ${name} is done there and not run again: start a new run to deploy it`;
  });
}

function question({ waves }: Fleet, stacks: number): string {
  const names = waves.map(({ name }) => name).join(", ");
  return `Shall I run ${stacks} ${stacks === 1 ? "stack" : "stacks"} in ${waves.length === 1 ? "the wave" : "the waves"} ${names}?`;
}

async function listened<Result>(
  listener: FleetListener,
  use: (listener: FleetListener) => Promise<Result>,
): Promise<Result> {
  try {
    return await use(listener);
  } finally {
    listener.close();
  }
}

/** All processes of the fleet keep to one budget of requests. */
async function withBudget<Result>(
  { budget = {} }: Fleet,
  { child, warn }: FleetOptions,
  use: (child: ChildSettings) => Promise<Result>,
): Promise<Result> {
  const { maxConcurrency = DEFAULT_MAX_CONCURRENCY, requestsPerSecond } = budget;
  const shared = await budgetFor({ maxConcurrency, requestsPerSecond }, "the fleet", warn);
  const settings = { ...CHILD_SETTINGS, ...child };
  try {
    return await use({ ...settings, env: { ...settings.env, AMIGO_SHARED_BUDGET: shared.address } });
  } finally {
    await shared.close();
  }
}
