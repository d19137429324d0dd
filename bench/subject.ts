import { readFileSync } from "node:fs";
import type { ProcessResult } from "../lab/cli/process.js";
import type { Fleet, Step } from "./fleet.js";

/** One way to make the fleet. */
export interface Subject {
  /** Undefined where the subject has no such step. */
  run(step: Step): Promise<Cost | undefined>;
  /** Bytes of the state file; undefined where there is none. */
  stateBytes(): number | undefined;
  remove(): void;
}

export interface Cost {
  readonly seconds: number;
  /** User and system time of the command and of all that it waited for; Linux only. */
  readonly cpuSeconds?: number;
}

export interface Setting {
  /** Of the emulated API. */
  readonly url: string;
  readonly apiKey: string;
  readonly fleet: Fleet;
  readonly parallel: number;
}

export type Prepare = (setting: Setting) => Promise<Subject>;

export async function costOf(command: Promise<Pick<ProcessResult, "ms">>): Promise<Cost> {
  const before = childrenCpuSeconds();
  const { ms } = await command;
  return { seconds: ms / 1000, cpuSeconds: before === undefined ? undefined : (childrenCpuSeconds() ?? 0) - before };
}

/** Of the children of this process that have ended, and of theirs. */
function childrenCpuSeconds(): number | undefined {
  if (process.platform !== "linux") return undefined;
  const text = readFileSync("/proc/self/stat", "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const ticksPerSecond = 100;
  return (Number(fields[13]) + Number(fields[14])) / ticksPerSecond;
}
