import type { Step } from "./fleet.js";
import type { CommandCost } from "./measure/command.js";

/** One step of one subject, once. */
export interface Cell extends CommandCost {
  readonly subject: string;
  readonly size: number;
  readonly step: Step;
  readonly run: number;
  /** By the contract's operation id. */
  readonly operations: Readonly<Record<string, number>>;
  readonly peakConcurrency: number;
  /** Bytes of all answers' bodies. */
  readonly bytes: number;
  /** The state file's bytes after the step, divided by the resources of the fleet. */
  readonly stateBytesPerResource?: number;
}

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly node: string;
  readonly engine: string;
  /** Load averages over one minute when the run began and when it ended. */
  load: number[];
}

export interface Results {
  readonly command: string;
  readonly date: string;
  readonly machine: Machine;
  readonly latencyMs: number;
  readonly parallel: number;
  readonly cells: Cell[];
  /** One for each size of fleet. */
  processes: ProcessCost[];
  client?: ClientCost;
  starts: StartCost[];
}

/** The provider's process alone, called as the engine calls it, at a fleet of this many services. */
export interface ProcessCost {
  readonly services: number;
  readonly resources: number;
  readonly startCpuMs: number;
  readonly cpuMsPerResource: Readonly<Record<string, number>>;
  /** What of it the main thread took; the others compile and collect garbage. */
  readonly mainThreadMsPerResource: Readonly<Record<string, number>>;
  /** Most memory before the library was loaded: the SDK's host alone. */
  readonly hostMegabytes: number;
  readonly peakMegabytes: number;
  /** What is still held after such a run, once the garbage is collected. */
  readonly heldMegabytes?: number;
}

/** A preview of one clinic whose description has changed, several times. */
export interface StartCost {
  readonly subject: string;
  /** From the start of the command until the engine has told the first difference of one of our resources. */
  readonly firstDifferenceSeconds: number[];
  /** Until the command has ended. */
  readonly seconds: number[];
}

/** CPU time of one request against a server on this machine, in milliseconds. */
export interface ClientCost {
  readonly requests: number;
  readonly client: number;
  /** The connection pool alone, without the client. */
  readonly pool: number;
}

export function minimum(values: readonly number[]): number {
  return Math.min(...values);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

/** All runs of one subject, size and step. */
export function cellsOf(results: Results, subject: string, size: number, step: Step): Cell[] {
  return results.cells.filter((cell) => cell.subject === subject && cell.size === size && cell.step === step);
}

/** The fastest seconds of two subjects in the rounds in which both took part: other rounds met another machine. */
export function secondsTogether(
  results: Results,
  subjects: readonly [string, string],
  size: number,
  step: Step,
): [number, number] | undefined {
  const [first, second] = subjects.map((subject) => cellsOf(results, subject, size, step)) as [Cell[], Cell[]];
  const fastest = (cells: Cell[], others: Cell[]) =>
    minimum(cells.filter(({ run }) => others.some((other) => other.run === run)).map(({ seconds }) => seconds));
  const found: [number, number] = [fastest(first, second), fastest(second, first)];
  return found.every(Number.isFinite) ? found : undefined;
}

/** The fastest run's seconds; undefined where it was not run. */
export function secondsOf(results: Results, subject: string, size: number, step: Step): number | undefined {
  const cells = cellsOf(results, subject, size, step);
  return cells.length === 0 ? undefined : minimum(cells.map(({ seconds }) => seconds));
}
