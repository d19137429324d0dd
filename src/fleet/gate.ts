import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import * as path from "node:path";
import { endByForce } from "../stack/processes.js";
import type { Execution } from "./execution.js";
import type { Fleet } from "./file.js";
import type { FleetRun } from "./runs.js";
import type { Wave } from "./waves.js";

export interface GateOptions {
  readonly fleet: Fleet;
  readonly run: FleetRun;
  readonly execution: Execution;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** Whether the next wave may run: what keeps it, each as a sentence. Only what was read and passed counts as passed. */
export async function gateReasons(wave: Wave, options: GateOptions): Promise<string[]> {
  const reasons = await checkReasons(wave, options);
  if (reasons.length > 0 || options.fleet.gate === undefined) return reasons;
  const failure = await commandFailure(wave, options.fleet.gate, options);
  return failure === undefined ? [] : [failure];
}

/** The built-in checks: the lines and the drift of each stack. */
async function checkReasons({ stacks, concurrency }: Wave, { execution, signal }: GateOptions): Promise<string[]> {
  const passed = new Set<string>();
  const reasons: string[] = [];
  await execution.each(stacks, concurrency, async (stack) => {
    const end = await execution.child(stack, "check");
    if (end.state !== "done") reasons.push(`${stack.name}: the check gave no result: ${end.error ?? end.state}`);
    else if (end.differences === undefined) reasons.push(`${stack.name}: the check gave no result`);
    else if (end.differences.length === 0) passed.add(stack.name);
    else reasons.push(...end.differences.map((difference) => `${stack.name}: ${difference}`));
  });
  if (reasons.length === 0 && (signal.aborted || passed.size < stacks.length))
    reasons.push("it was stopped before all was checked");
  return reasons.sort();
}

/** In the words of a shell's exit codes. */
function exitText(code: number | null, by: NodeJS.Signals | null): string {
  if (code === 127) return "was not found, or calls something that was not (exit code 127)";
  if (code === 126) return "may not be executed: chmod +x (exit code 126)";
  return `ended ${by ? `by ${by}` : `with ${code}`}`;
}

/** Why the fleet's own command did not pass. */
async function commandFailure(
  { name, stacks }: Wave,
  { command, timeoutMs }: NonNullable<Fleet["gate"]>,
  { fleet, run, env, signal }: GateOptions,
): Promise<string | undefined> {
  const log = path.join(run.folder, `gate-${name}.log`);
  const output = openSync(log, "a", 0o600);
  const child = spawn(command, {
    shell: true,
    cwd: fleet.folder,
    detached: true,
    stdio: ["ignore", output, output],
    env: {
      ...env,
      FLEET_FILE: fleet.file,
      FLEET_RUN: run.report.run,
      FLEET_WAVE: name,
      FLEET_STACKS: stacks.map((stack) => stack.name).join(","),
    },
  });
  closeSync(output);
  let why: string | undefined;
  let ending: Promise<void> | undefined;
  const end = (reason: string) => {
    why ??= reason;
    if (child.pid !== undefined) ending ??= endByForce([child.pid], undefined, 0);
  };
  const timer = setTimeout(() => end(`gave no result within ${timeoutMs / 1000} s and was ended`), timeoutMs);
  const interrupt = () => end("was ended, since the run was stopped");
  signal.addEventListener("abort", interrupt);
  const exit = await new Promise<string | undefined>((resolve) => {
    child.once("exit", (code, by) => resolve(code === 0 ? undefined : exitText(code, by)));
    child.once("error", (error) => resolve(`could not be started: ${error.message}`));
  });
  clearTimeout(timer);
  signal.removeEventListener("abort", interrupt);
  await ending;
  const failure = why ?? exit;
  return failure === undefined ? undefined : `the command ${command} ${failure} (log: ${log})`;
}
