import { fork } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import * as path from "node:path";
import { endByForce } from "../stack/processes.js";
import { type Answer, type Message, STOP, type Task } from "./messages.js";

/** How stacks' processes are kept. */
export interface ChildSettings {
  /** The module that runs in each. */
  readonly worker: string;
  /** A process that says nothing for so long is ended; so is one whose engine gives no sign of life. */
  readonly silenceMs: number;
  /** How long the engine of a process that was lost has, to let finish what is under way. */
  readonly graceMs: number;
  readonly env: NodeJS.ProcessEnv;
}

export const CHILD_SETTINGS: ChildSettings = {
  worker: path.join(__dirname, "worker.js"),
  silenceMs: 60_000,
  graceMs: 30_000,
  env: process.env,
};

export interface ChildOptions extends ChildSettings {
  /** The file to which the process writes. */
  readonly log: string;
  readonly onProgress: (text: string) => void;
  /** Asks the process to let finish what is under way. */
  readonly signal: AbortSignal;
}

/** How a stack's process ended: with its answer, or lost. */
export type ChildEnd = Answer | { readonly state: "lost"; readonly error: string };

/** Does a task in a process of its own. Answers in any case, and leaves no process behind. */
export async function runChild(task: Task, options: ChildOptions): Promise<ChildEnd> {
  const { worker, env, log, signal, silenceMs, graceMs, onProgress } = options;
  const output = openSync(log, "a", 0o600);
  // In a group of its own: a terminal's Ctrl-C is passed on in words, once.
  const child = fork(worker, [], { detached: true, env, execArgv: [], stdio: ["ignore", output, output, "ipc"] });
  closeSync(output);
  let answer: Answer | undefined;
  let engine: number | undefined;
  let ending: Promise<void> | undefined;
  let why: string | undefined;
  let quiet: string | undefined;
  const end = (reason: string | undefined) => {
    why ??= reason;
    ending ??= endByForce(
      [child.pid, engine].filter((pid) => pid !== undefined),
      engine,
      graceMs,
    );
  };
  const watch = new Watch(silenceMs, () => {
    const time = `for ${Math.round(silenceMs / 1000)} s`;
    const reason = quiet
      ? `its engine gave no sign of life ${time} and was ended (${quiet})`
      : `its process said nothing ${time} and was ended`;
    end(answer ? undefined : reason);
  });
  child.on("message", (message: Message) => {
    quiet = message.kind === "quiet" ? message.what : undefined;
    if (quiet === undefined) watch.heard();
    if (message.kind === "engine") engine = message.pid;
    if (message.kind === "progress") onProgress(message.text);
    // What it says while it is being ended is not how its run ended.
    if (message.kind === "answer" && why === undefined) answer = message.answer;
  });
  // What cannot be sent any more is seen as the end of the process.
  const send = (message: Task | typeof STOP) => child.connected && child.send(message, () => {});
  const stop = () => send(STOP);
  signal.addEventListener("abort", stop);
  send(task);
  if (signal.aborted) stop();
  const exit = await new Promise<string>((resolve) => {
    // Unlike at "exit", all that it said has arrived.
    child.once("close", (code, by) => resolve(`its process ended ${by ? `by ${by}` : `with ${code}`}`));
    child.once("error", (error) => resolve(`its process could not be started: ${error.message}`));
  });
  watch.end();
  signal.removeEventListener("abort", stop);
  if (answer === undefined) end(undefined);
  await ending;
  return answer ?? { state: "lost", error: `${why ?? exit}, before it said how its run ended` };
}

/** Counts its own ticks and not the time, of which much may pass at once while the machine sleeps. */
class Watch {
  private static readonly TICKS = 6;
  private silent = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(silenceMs: number, onSilence: () => void) {
    this.timer = setInterval(() => {
      this.silent += 1;
      if (this.silent >= Watch.TICKS) {
        this.end();
        onSilence();
      }
    }, silenceMs / Watch.TICKS);
  }

  heard(): void {
    this.silent = 0;
  }

  end(): void {
    clearInterval(this.timer);
  }
}
