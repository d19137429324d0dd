import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import * as path from "node:path";
import { COMMAND } from "../command.js";
import { replaceFile } from "../environment/files.js";
import { BUILT_IN } from "../stack/project.js";
import type { FleetCommand, FleetReport, StackEntry, WaveEntry } from "./report.js";
import { reportMarkdown } from "./report-markdown.js";

/** The folder of all runs of the fleets in a folder. */
export function runsFolder(folder: string): string {
  return path.join(folder, BUILT_IN, "fleet");
}

/** One run of a fleet, with what is known of it kept in its folder at each moment. */
export class FleetRun {
  private constructor(
    readonly folder: string,
    private current: FleetReport,
  ) {}

  /** A run that begins. */
  static begin(folder: string, report: (run: string) => FleetReport, command: FleetCommand): FleetRun {
    const runs = runsFolder(folder);
    mkdirSync(runs, { recursive: true });
    replaceFile(
      path.join(folder, BUILT_IN, "fleet", ".gitignore"),
      "# What happened here is no part of the fleet.\n*\n",
    );
    if (command !== "up") forgetOld(runs, command);
    const time = new Date()
      .toISOString()
      .replace(/[-:]|\.\d+Z/g, "")
      .replace("T", "-");
    for (let number = 1; ; number++) {
      const id = `${time}-${command}${number === 1 ? "" : `-${number}`}`;
      if (isMade(path.join(runs, id))) return new FleetRun(path.join(runs, id), report(id)).save();
    }
  }

  /** The `up` of this id, or the `last` one of this fleet file. */
  static find(file: string, run: string): FleetRun {
    const ups = FleetRun.all(file);
    const found = run === "last" ? ups.at(-1) : ups.find(({ report }) => report.run === run);
    if (found !== undefined) return found;
    const known = ups.slice(-5).map(({ report }) => report.run);
    const others =
      known.length === 0
        ? `there is none. Start a new run: \`${COMMAND} fleet up ${path.relative("", file)}\` changes only what differs`
        : `there are ${known.join(", ")}`;
    const runs = runsFolder(path.dirname(file));
    throw new Error(`found no run ${run === "last" ? "" : `${run} `}of ${file} in ${runs}: ${others}`);
  }

  /** Each `up` of a fleet file, the last one at the end. */
  static all(file: string): FleetRun[] {
    const runs = runsFolder(path.dirname(file));
    const ids = existsSync(runs) ? readdirSync(runs).filter((id) => existsSync(fileIn(path.join(runs, id)))) : [];
    return ids
      .map((id) => new FleetRun(path.join(runs, id), read(path.join(runs, id))))
      .filter(({ report }) => report.command === "up" && report.file === file)
      .sort((a, b) => (a.report.startedAt < b.report.startedAt ? -1 : 1));
  }

  get report(): FleetReport {
    return this.current;
  }

  stack(name: string): StackEntry {
    const found = this.current.stacks.find((stack) => stack.name === name);
    if (!found) throw new Error(`run ${this.current.run} has no stack ${name}`);
    return found;
  }

  wave(name: string): WaveEntry | undefined {
    return this.current.waves.find((wave) => wave.name === name);
  }

  logOf(name: string): string {
    return path.join(this.folder, `${name}.log`);
  }

  set(changes: Partial<Pick<FleetReport, "state" | "endedAt" | "notes" | "process">>): this {
    this.current = { ...this.current, ...changes };
    return this.save();
  }

  setStack({ name, ...changes }: Partial<StackEntry> & Pick<StackEntry, "name">): this {
    const { wave, target } = this.stack(name);
    const entry = { name, wave, target, state: "waiting" as const, ...changes };
    return this.replace({ stacks: this.current.stacks.map((stack) => (stack.name === name ? entry : stack)) });
  }

  setWave(name: string, changes: Pick<WaveEntry, "state"> & Partial<WaveEntry>): this {
    const waves = this.current.waves.map((wave) => (wave.name === name ? { ...wave, reasons: [], ...changes } : wave));
    return this.replace({ waves });
  }

  /** Writes the last report: `report.json` and `report.md`. */
  finish(state: FleetReport["state"]): FleetReport {
    this.set({ state, endedAt: new Date().toISOString(), process: undefined });
    replaceFile(path.join(this.folder, "report.json"), text(this.current));
    replaceFile(path.join(this.folder, "report.md"), `${reportMarkdown(this.current)}\n`);
    return this.current;
  }

  private replace(changes: Partial<FleetReport>): this {
    this.current = { ...this.current, ...changes };
    return this.save();
  }

  private save(): this {
    replaceFile(fileIn(this.folder), text(this.current));
    return this;
  }
}

/** The most reports of a command that is run again and again, such as each hour. */
const MOST_KEPT = 50;

function forgetOld(runs: string, command: FleetCommand): void {
  const ids = readdirSync(runs).filter((id) => new RegExp(`^[\\d-]+-${command}(-\\d+)?$`).test(id));
  for (const id of ids.sort().slice(0, -(MOST_KEPT - 1))) rmSync(path.join(runs, id), { recursive: true, force: true });
}

/** Makes a folder; false where it is there already, perhaps since a moment ago. */
function isMade(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function fileIn(folder: string): string {
  return path.join(folder, "run.json");
}

function read(folder: string): FleetReport {
  const file = fileIn(folder);
  try {
    return JSON.parse(readFileSync(file, "utf8")) as FleetReport;
  } catch (error) {
    throw new Error(`cannot read ${file}: ${(error as Error).message}. Start a new run without --resume`);
  }
}

function text(report: FleetReport): string {
  return `${JSON.stringify(report, undefined, 2)}\n`;
}
