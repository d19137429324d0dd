import { setTimeout as sleep } from "node:timers/promises";
import { redact } from "../api/redact.js";
import { COMMAND } from "../command.js";
import { messageOf } from "../engine/provider/failure.js";
import { keepWorkspace } from "../environment/deploy.js";
import { readDocument } from "../environment/document.js";
import { missingLife } from "../stack/processes.js";
import { stackFlags } from "../stack/project.js";
import type { Pulumi } from "../stack/pulumi.js";
import { ensureStack, failureText, foundNoStack, keepSalt, reportTo, runStack, type StackRun } from "../stack/run.js";
import { exportState, pendingText, type StackState } from "../stack/state.js";
import { changesOf, changeText, perhapsRenames } from "./changes.js";
import { checkStack } from "./check.js";
import { type Answer, BEAT_MS, type Message, type STOP, type Task } from "./messages.js";
import { accountOf, prepare, pulumiFor } from "./program.js";
import { documentProblems } from "./ready.js";
import { formerElsewhere, inTheWay, misfitOf, stateOf, withoutProgramAdvice } from "./standing.js";

/** Before an engine is started once more. */
const PAUSE_MS = 1_000;

/** The most resources of a stack that a report names. */
const MOST_NAMED = 10;

/** The process of one stack: does one task and ends. Standard output is the stack's log. */
class Worker {
  private readonly stop = new AbortController();
  private readonly warnings = new Set<string>();

  start(): void {
    // Without its parent nobody hears how the run ends.
    process.once("disconnect", () => this.stop.abort());
    // The parent passes Ctrl-C on in words.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => this.stop.abort());
    void this.beat();
    process.on("message", (message: Task | typeof STOP) => {
      if ("kind" in message) this.stop.abort();
      else void this.work(message);
    });
  }

  private async beat(): Promise<void> {
    for (;;) {
      await sleep(BEAT_MS);
      const what = await missingLife(process.pid, BEAT_MS);
      this.send(what === undefined ? { kind: "beat" } : { kind: "quiet", what });
      if (what !== undefined) this.log(what);
    }
  }

  private async work(task: Task): Promise<void> {
    let answer: Answer;
    try {
      Object.assign(process.env, accountOf(task.stack));
      answer = await this.answer(task);
    } catch (error) {
      answer = { state: "failed", error: messageOf(error) };
    }
    if (answer.error !== undefined) answer = { ...answer, error: redact(answer.error) };
    if (this.warnings.size > 0) answer = { ...answer, warnings: [...this.warnings] };
    this.log(`${task.command}: ${answer.state}${answer.error === undefined ? "" : `\n${answer.error}`}`);
    this.send({ kind: "answer", answer }, () => process.exit());
  }

  private async answer({ command, stack, folder, bin, refresh = false }: Task): Promise<Answer> {
    const warn = (line: string) => {
      this.log(`warning: ${line}`);
      this.warnings.add(redact(line));
    };
    const problems = command === "preview" ? await documentProblems(stack, folder, warn) : [];
    if (problems.length > 0) return { state: "failed", error: problems.join("\n") };
    const workspaceId = await prepare(stack, folder, warn);
    const pulumi = pulumiFor(bin, stack, folder);
    if (this.stop.signal.aborted) return { state: "interrupted", error: "it was stopped before its run began" };
    const state = command === "check" ? await exportState(pulumi, "--show-secrets") : await stateOf(pulumi);
    const misfit = workspaceId === undefined ? undefined : misfitOf(pulumi, state, workspaceId);
    if (misfit !== undefined) return { state: "failed", error: `${misfit}. Nothing was run` };
    if (workspaceId !== undefined) {
      keepWorkspace(pulumi.cwd, state.resources);
      keepSalt(pulumi, state);
    }
    if (command === "check") return checkStack(pulumi, state, warn);
    const standing = { stack, folder, resources: state.resources, warn };
    const pending = pendingAdvice(pulumi, state);
    if (pending !== undefined && command === "preview") warn(pending);
    if (command === "up") {
      const stops = [...(pending ? [pending] : []), ...(await formerElsewhere(standing))];
      if (stops.length > 0) return { state: "failed", error: [...stops, "Its run was not started"].join("\n") };
    }
    const args = refresh ? ["--refresh"] : [];
    const { run, unmake } = await this.run(pulumi, { command, args }, warn);
    // A preview leaves nothing behind.
    if (command === "preview") await unmake?.();
    if (command === "preview" && run.succeeded) {
      // What a run would make may be there already.
      if (run.changes.create) for (const line of await inTheWay(standing)) warn(line);
      if (stack.environment !== undefined)
        for (const line of perhapsRenames(run, readDocument(stack.environment).items)) warn(line);
    }
    if (run.succeeded && command === "preview")
      for (const change of changesOf(run)) this.log(`would ${changeText(change)}`);
    const resources = run.succeeded === (command === "preview") ? named(run) : {};
    if (run.succeeded) return { state: "done", changes: run.changes, ...resources };
    const error = await withoutProgramAdvice(run, { stack, folder, pulumi, warn });
    return { state: run.interrupted ? "interrupted" : "failed", changes: run.changes, ...resources, error };
  }

  /** Makes the stack where it is not there. Starts an engine once more that ended before it began anything. */
  private async run(
    pulumi: Pulumi,
    { command, args }: { command: "preview" | "up"; args: readonly string[] },
    warn: (line: string) => void,
  ): Promise<{ run: StackRun; unmake: (() => Promise<void>) | undefined }> {
    let began = false;
    // A preview does nothing; all that it found is logged at its end.
    const tell = (line: string) => {
      if (command === "preview") this.send({ kind: "progress", text: line.replace(/^done /, "would ") });
      else this.progress(line);
    };
    const once = () => {
      const { onStep, onDiagnostic } = reportTo(tell, warn);
      return runStack(pulumi, command, {
        args,
        onDiagnostic,
        onStep: (step) => {
          began = true;
          onStep?.(step);
        },
        onStart: (pid: number) => this.send({ kind: "engine", pid }),
        signal: this.stop.signal,
      });
    };
    let run = await once();
    // Most stacks exist, and a look at each would cost all of them time.
    const unmake = foundNoStack(run) ? await ensureStack(pulumi) : undefined;
    if (unmake) run = await once();
    if (!run.succeeded && !run.interrupted && !began) {
      this.log(`${failureText(run)}\nNothing had begun: it is started once more`);
      await sleep(PAUSE_MS);
      run = await once();
    }
    return { run, unmake };
  }

  private progress(text: string): void {
    this.log(text);
    this.send({ kind: "progress", text });
  }

  private log(text: string): void {
    process.stdout.write(`${new Date().toISOString()} ${redact(text)}\n`);
  }

  /** Nobody is there to hear it once the parent has ended. */
  private send(message: Message, sent: () => void = () => {}): void {
    if (process.connected) process.send?.(message, () => sent());
    else sent();
  }
}

/** What a report names; the log has all of it. */
function named(run: StackRun): Pick<Answer, "resources" | "moreResources"> {
  const all = changesOf(run);
  const more = all.length - MOST_NAMED;
  return { resources: all.slice(0, MOST_NAMED), ...(more > 0 ? { moreResources: more } : {}) };
}

/** The engine would go on, and forget what an interrupted run has left. */
function pendingAdvice(pulumi: Pulumi, { pending }: StackState): string | undefined {
  if (pending.length === 0) return undefined;
  return `an interrupted run left ${pendingText(pending)} in stack ${pulumi.stack}: run \`${COMMAND} recover ${stackFlags(pulumi)}\` first`;
}

if (require.main === module) new Worker().start();
