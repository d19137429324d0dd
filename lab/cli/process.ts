import { type ChildProcess, spawn } from "node:child_process";
import { killTree } from "./process-tree.js";

export interface ProcessResult {
  /** What was run, as one would type it. */
  command: string;
  /** Exit code; -1 when a signal ended it. */
  code: number;
  stdout: string;
  stderr: string;
  /** Both streams, in the order in which they arrived. */
  output: string;
  ms: number;
}

/** A process that runs, together with everything that it has started. */
export interface RunningProcess {
  child: ChildProcess;
  /** Ends when the process has ended, with whatever code. */
  done: Promise<ProcessResult>;
  /** Sends the signal to the process alone: a Ctrl-C that only the CLI sees. */
  signal(signal: NodeJS.Signals): void;
  /** Kills the process and all that it has started, at once. */
  kill(): void;
  /** Waits until the output contains this; throws when the process ends first. */
  printed(text: string | RegExp): Promise<void>;
}

export interface ProcessOptions {
  cwd: string;
  env: Record<string, string>;
  /** Killed with all that it has started after this long. @default 110000 */
  timeoutMs?: number;
}

const running = new Set<RunningProcess>();
process.once("exit", () => {
  for (const one of running) one.kill();
});

export function start(program: string, args: string[], options: ProcessOptions): RunningProcess {
  const startedAt = Date.now();
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const command = [program.split("/").pop(), ...args].join(" ");
  const text = { stdout: "", stderr: "", output: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (chunk: string) => {
      text[stream] += chunk;
      text.output += chunk;
    });
  }
  const timer = setTimeout(() => {
    text.output += `\n[killed by the test after ${Date.now() - startedAt} ms]\n`;
    self.kill();
  }, options.timeoutMs ?? 110_000);

  const done = new Promise<ProcessResult>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ command, code: code ?? -1, ...text, ms: Date.now() - startedAt }));
  }).finally(() => {
    clearTimeout(timer);
    running.delete(self);
  });

  const self: RunningProcess = {
    child,
    done,
    signal: (signal) => void child.kill(signal),
    kill: () => {
      if (child.pid !== undefined) killTree(child.pid);
    },
    printed: async (wanted) => {
      const found = () => (typeof wanted === "string" ? text.output.includes(wanted) : wanted.test(text.output));
      while (!found()) {
        const ended = await Promise.race([done.then(() => true), sleep(25).then(() => false)]);
        if (ended && !found()) throw new Error(`${command} ended without printing ${wanted}:\n${text.output}`);
      }
    },
  };
  running.add(self);
  return self;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
