import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { cleanEnvironment } from "../../lab/cli/environment.js";
import { commandFile, repositoryRoot } from "../../lab/root.js";

export interface CliProcess {
  url: string;
  pid: number | undefined;
  lines: string[];
  kill(signal: NodeJS.Signals): void;
  /** Resolves with the exit code, null after a signal. */
  ended: Promise<number | null>;
}

/** Runs `pulumi-amigo` as it is compiled; killed at the end of the test. */
function runCli(args: string[]): {
  child: ChildProcess;
  lines: string[];
  errors: string[];
  ended: Promise<number | null>;
} {
  const child = spawn(process.execPath, [commandFile, ...args], { cwd: repositoryRoot, env: cleanEnvironment() });
  const ended = once(child, "close").then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const lines: string[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  createInterface({ input: child.stderr }).on("line", (line) => errors.push(line));
  return { child, lines, errors, ended };
}

/** Starts `pulumi-amigo emulator` on a free port and waits until it has said where it is. */
export async function startCli(args: string[]): Promise<CliProcess> {
  const { child, lines, errors, ended } = runCli(["emulator", "--port", "0", ...args]);
  for (;;) {
    const url = lines.map((line) => /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0]).find((found) => found !== undefined);
    if (url !== undefined) return { url, pid: child.pid, lines, kill: (signal) => void child.kill(signal), ended };
    if (child.exitCode !== null) throw new Error(`the emulator did not start: ${errors.join("\n")}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
