import { spawn } from "node:child_process";
import { once } from "node:events";
import { killTree } from "../../tools/engine/process-tree.js";
import { canMeasureProcesses, descendantsOf, factsOf, isProviderProcess, peakMemoryOf } from "./processes.js";

export interface CommandCost {
  readonly seconds: number;
  /** User and system time of the command and of all that it started and waited for (the kernel's count for waited-for children). */
  readonly cpuSeconds?: number;
  /** Most memory that the dynamic provider's process held, in bytes; sampled while it lives. */
  readonly providerPeakBytes?: number;
  /** CPU time of the dynamic provider's process; sampled, so up to a quarter of a second short. */
  readonly providerCpuSeconds?: number;
}

const SAMPLE_MS = 250;
const running = new Set<number>();
process.once("exit", () => {
  for (const pid of running) killTree(pid);
});

/** Runs a command to its end and says what it cost; throws with its output when it fails. */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: { cwd: string; env: Record<string, string> },
): Promise<CommandCost> {
  const before = factsOf("self")?.childrenCpuMs;
  const startedAt = performance.now();
  const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const pid = child.pid ?? -1;
  running.add(pid);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const provider = watchProvider(pid);
  const [code] = (await once(child, "close")) as [number | null];
  const seconds = (performance.now() - startedAt) / 1000;
  running.delete(pid);
  const after = factsOf("self")?.childrenCpuMs;
  const { peakBytes, cpuMs } = provider.stop();
  if (code !== 0) throw new Error(`${program} ${args.join(" ")}\nended with ${code}:\n${output.slice(-4000)}`);
  return {
    seconds,
    cpuSeconds: before === undefined || after === undefined ? undefined : (after - before) / 1000,
    providerPeakBytes: peakBytes,
    providerCpuSeconds: cpuMs === undefined ? undefined : cpuMs / 1000,
  };
}

function watchProvider(root: number): { stop(): { peakBytes?: number; cpuMs?: number } } {
  const seen: { pid?: number; peakBytes?: number; cpuMs?: number } = {};
  const sample = () => {
    seen.pid ??= descendantsOf(root).find(({ pid }) => isProviderProcess(pid))?.pid;
    if (seen.pid === undefined) return;
    seen.peakBytes = peakMemoryOf(seen.pid) ?? seen.peakBytes;
    seen.cpuMs = factsOf(seen.pid)?.cpuMs ?? seen.cpuMs;
  };
  const timer = canMeasureProcesses ? setInterval(sample, SAMPLE_MS) : undefined;
  return {
    stop: () => {
      clearInterval(timer);
      return seen;
    },
  };
}
