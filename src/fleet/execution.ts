import { availableParallelism } from "node:os";
import { type ChildEnd, type ChildSettings, runChild } from "./child.js";
import type { Task } from "./messages.js";
import type { FleetRun } from "./runs.js";
import type { FleetStack } from "./stacks.js";

/** Hears what happens, as it happens. */
export interface Listener {
  onStart(stack: string): void;
  onProgress(stack: string, text: string): void;
  onEnd(stack: string): void;
}

export interface ExecutionOptions {
  readonly run: FleetRun;
  /** The folder of the fleet. */
  readonly folder: string;
  /** The CLI. */
  readonly bin: string;
  readonly child: ChildSettings;
  readonly listener: Listener;
  /** Whether runs read what exists first. @default false */
  readonly refresh?: boolean;
  /** Starts nothing more, and lets finish what is under way. */
  readonly signal: AbortSignal;
}

/** Runs tasks of stacks side by side, each in a process of its own, and keeps what became of them. */
export class Execution {
  constructor(private readonly options: ExecutionOptions) {}

  /** Runs one task of each stack; after a failure nothing more is started where `stopAtFailure` is set. */
  async runAll(
    stacks: readonly FleetStack[],
    command: Task["command"],
    { concurrency, stopAtFailure = false }: { concurrency?: number; stopAtFailure?: boolean } = {},
  ): Promise<void> {
    const { run, listener } = this.options;
    let failed = false;
    await this.each(stacks, concurrency, async (stack) => {
      if (stopAtFailure && failed) return;
      const { name } = stack;
      const log = run.logOf(name);
      const start = Date.now();
      run.setStack({ name, state: "running", startedAt: new Date(start).toISOString(), log });
      listener.onStart(name);
      const end = await this.child(stack, command);
      run.setStack({ name, log, seconds: (Date.now() - start) / 1000, ...end });
      if (end.state !== "done") failed = true;
      listener.onEnd(name);
    });
  }

  /** Does something for each stack, so many at once; nothing more once it is asked to stop. */
  async each(
    stacks: readonly FleetStack[],
    concurrency: number | undefined,
    work: (stack: FleetStack) => Promise<void>,
  ) {
    const { default: pLimit } = await import("p-limit");
    const limit = pLimit(concurrency ?? availableParallelism());
    await Promise.all(
      stacks.map((stack) => limit(async () => (this.options.signal.aborted ? undefined : work(stack)))),
    );
  }

  child(stack: FleetStack, command: Task["command"]): Promise<ChildEnd> {
    const { run, folder, bin, child, listener, refresh, signal } = this.options;
    const onProgress = (text: string) => listener.onProgress(stack.name, text);
    const task = { command, stack, folder, bin, refresh };
    return runChild(task, { ...child, log: run.logOf(stack.name), onProgress, signal });
  }
}
