import { readdirSync, readFileSync } from "node:fs";

/** One process as Linux shows it; times in milliseconds. */
export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  /** Its own, without its children's. */
  readonly cpuMs: number;
  /** Of its children that have ended and were waited for, with theirs. */
  readonly childrenCpuMs: number;
}

/** The kernel counts CPU time for /proc in hundredths of a second. */
const MS_PER_TICK = 10;

/** Whether CPU time and memory can be measured here; elsewhere they are left out of the results. */
export const canMeasureProcesses = process.platform === "linux";

export function factsOf(pid: number | "self"): ProcessFacts | undefined {
  return factsFrom(readProc(pid, "stat"));
}

function factsFrom(text: string | undefined): ProcessFacts | undefined {
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const number = (index: number) => Number(fields[index - 3]);
  return {
    pid: Number(text.slice(0, text.indexOf(" "))),
    parent: number(4),
    cpuMs: (number(14) + number(15)) * MS_PER_TICK,
    childrenCpuMs: (number(16) + number(17)) * MS_PER_TICK,
  };
}

/** CPU time of the process's main thread alone. */
export function mainThreadMsOf(pid: number): number | undefined {
  return factsFrom(readProc(pid, `task/${pid}/stat`))?.cpuMs;
}

/** The processes below this one, in no order. */
export function descendantsOf(root: number): ProcessFacts[] {
  const children = new Map<number, ProcessFacts[]>();
  for (const name of readdirSync("/proc")) {
    const facts = /^\d+$/.test(name) ? factsOf(Number(name)) : undefined;
    if (facts) children.set(facts.parent, [...(children.get(facts.parent) ?? []), facts]);
  }
  const found: ProcessFacts[] = [];
  for (let generation = children.get(root) ?? []; generation.length > 0; ) {
    found.push(...generation);
    generation = generation.flatMap(({ pid }) => children.get(pid) ?? []);
  }
  return found;
}

/** The most memory that the process has held so far (VmHWM), in bytes. */
export function peakMemoryOf(pid: number): number | undefined {
  const kilobytes = /^VmHWM:\s+(\d+)/m.exec(readProc(pid, "status") ?? "")?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** Whether the process is the SDK's host of dynamic providers. */
export function isProviderProcess(pid: number): boolean {
  const [program = "", script = ""] = (readProc(pid, "cmdline") ?? "").split("\0");
  return /\bnode$/.test(program) && script.includes("dynamic-provider");
}

function readProc(pid: number | "self", file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}
