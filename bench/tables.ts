import { STEPS, type Step } from "./fleet.js";
import type { Cost } from "./subject.js";

/** One step of one subject in one round. */
export interface Cell extends Cost {
  readonly subject: string;
  readonly size: number;
  readonly round: number;
  readonly step: Step;
  readonly requests: number;
  /** Bytes of state after the step, for each resource of the fleet. */
  readonly stateBytes?: number;
}

/** The tables of all sizes, in Markdown. */
export function tables(cells: readonly Cell[]): string {
  const subjects = [...new Set(cells.map(({ subject }) => subject))];
  return [...new Set(cells.map(({ size }) => size))].map((size) => tableOf(size, subjects, cells)).join("\n\n");
}

function tableOf(size: number, subjects: readonly string[], cells: readonly Cell[]): string {
  const steps = (Object.keys(STEPS) as Step[]).filter((step) =>
    cells.some((cell) => cell.size === size && cell.step === step),
  );
  const rows = steps.map((step) => {
    const of = (subject: string) =>
      cells.filter((cell) => cell.subject === subject && cell.size === size && cell.step === step);
    return [STEPS[step], ...subjects.map((subject) => entry(of(subject), of("ours")))];
  });
  const bytes = subjects.map(
    (subject) => cells.find((cell) => cell.subject === subject && cell.size === size)?.stateBytes?.toString() ?? "",
  );
  const lines = [["step", ...subjects], ["---", ...subjects.map(() => "---")], ...rows, ["state, bytes", ...bytes]];
  return [`### ${size} services`, "", ...lines.map((cellsOfLine) => `| ${cellsOfLine.join(" | ")} |`)].join("\n");
}

/** Seconds of the fastest round, the CPU's, the median of ours divided by it round by round, and the requests. */
function entry(cells: readonly Cell[], ours: readonly Cell[]): string {
  const [fastest] = [...cells].sort((a, b) => a.seconds - b.seconds);
  if (!fastest) return "";
  const ratios = cells.flatMap(({ round, seconds, subject }) => {
    const our = ours.find((cell) => cell.round === round);
    return our && subject !== "ours" ? [our.seconds / seconds] : [];
  });
  const ratio = ratios.sort((a, b) => a - b)[Math.floor(ratios.length / 2)];
  return [
    `${fastest.seconds.toFixed(1)} s`,
    ...(fastest.cpuSeconds === undefined ? [] : [`${fastest.cpuSeconds.toFixed(1)} CPU`]),
    ...(ratio === undefined ? [] : [`ours ${ratio.toFixed(2)}`]),
    `${fastest.requests} requests`,
  ].join(", ");
}
