import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import * as path from "node:path";
import { cleanEnvironment } from "../../test/engine/support/environment.js";
import type { Engine } from "../../tools/engine/engine.js";
import type { Fleet, Step } from "../fleet.js";
import { type CommandCost, runCommand } from "../measure/command.js";
import { makeProject, writeFleet } from "./project.js";
import type { Setting, Subject, SubjectKind } from "./subject.js";

export interface PulumiOptions {
  readonly name: string;
  readonly title: string;
  /** The program's file in `bench/programs`. */
  readonly program: string;
  /** @default false */
  readonly typescript?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** Parameters of the backend's URL. */
  readonly backend?: string;
  /** Added to each command that takes a stack. */
  readonly flags?: readonly string[];
}

/** A program on the real engine, with a local backend. */
export function pulumiSubject(engine: Engine, options: PulumiOptions): SubjectKind {
  return {
    name: options.name,
    title: options.title,
    prepare: async (setting) => {
      const { typescript = false } = options;
      const folder = makeProject({ ...options, typescript, library: setting.library }, setting.fleet);
      const subject = new PulumiSubject(engine, options, setting, folder);
      await subject.command(["stack", "init", "bench"]);
      return subject;
    },
  };
}

/** The engine's event for a resource whose diff is known, of a dynamic resource that would change. */
const toldDifference =
  /"resourcePreEvent":\{"metadata":\{"op":"(update|replace|create-replacement)","urn":"[^"]*dynamic/;

class PulumiSubject implements Subject {
  private readonly env: Record<string, string>;

  constructor(
    private readonly engine: Engine,
    private readonly options: PulumiOptions,
    private readonly setting: Setting,
    private readonly folder: string,
  ) {
    this.env = {
      ...cleanEnvironment(),
      ...engine.env,
      // The engine's own folder and the library's journal.
      PULUMI_HOME: path.join(folder, "home"),
      PULUMI_BACKEND_URL: `file://${path.join(folder, "backend")}${options.backend ?? ""}`,
      PULUMI_CONFIG_PASSPHRASE: "bench",
      // Else a preview has no event log.
      PULUMI_DEBUG_COMMANDS: "true",
      AMIGO_BASE_URL: setting.fixture.url,
      AMIGO_API_KEY: "amigo-bench-key",
      ...options.env,
    };
  }

  run(step: Step): Promise<CommandCost> {
    const parallel = ["--parallel", String(this.setting.parallel)];
    const doing = ["--yes", "--skip-preview", ...parallel];
    switch (step) {
      case "create":
      case "up":
        return this.command(["up", ...doing]);
      case "preview":
        return this.command(["preview", ...parallel, "--expect-no-changes"]);
      case "change":
        writeFleet(this.folder, changed(this.setting.fleet));
        return this.command(["up", ...doing]);
      case "refresh":
      case "destroy":
        return this.command([step, ...doing]);
    }
  }

  async firstDifference(): Promise<{ firstDifferenceSeconds: number; seconds: number }> {
    writeFleet(this.folder, changed(this.setting.fleet));
    const log = path.join(this.folder, "events.json");
    rmSync(log, { force: true });
    const startedAt = performance.now();
    let firstDifferenceSeconds: number | undefined;
    const look = () => {
      if (firstDifferenceSeconds === undefined && existsSync(log) && toldDifference.test(readFileSync(log, "utf8")))
        firstDifferenceSeconds = (performance.now() - startedAt) / 1000;
    };
    const watch = setInterval(look, 5);
    try {
      const { seconds } = await this.command(["preview", "--event-log", log]);
      look();
      if (firstDifferenceSeconds === undefined) throw new Error(`${this.options.name}: the preview told no difference`);
      return { firstDifferenceSeconds, seconds };
    } finally {
      clearInterval(watch);
    }
  }

  stateBytes(): number {
    const stacks = path.join(this.folder, "backend", ".pulumi", "stacks", "bench");
    // Whatever it is compressed with; backups and attributes aside.
    const [file = ""] = readdirSync(stacks).filter(
      (name) => /^bench\.json(\.\w+)?$/.test(name) && !/\.(bak|attrs)$/.test(name),
    );
    return statSync(path.join(stacks, file)).size;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  command(args: string[]): Promise<CommandCost> {
    const { flags = [] } = this.options;
    const here = args[0] === "stack" ? [] : ["--stack", "bench", ...flags];
    const all = [...args, "--non-interactive", "--color=never", ...here];
    return runCommand(this.engine.bin, all, { cwd: this.folder, env: this.env });
  }
}

function changed(fleet: Fleet): Fleet {
  const clinics = fleet.clinics.map((clinic) => ({ ...clinic, description: `${clinic.description}, by phone` }));
  return { ...fleet, clinics };
}
