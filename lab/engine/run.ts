import { disturbedUrns } from "../../src/recovery/disturbed.js";
import { Deletions } from "./deletions.js";
import { Deployment } from "./deployment.js";
import type { Program, RunOptions, StackName } from "./program.js";
import { ProviderProcess } from "./provider.js";
import { type Recovered, recover, viewOf } from "./recover.js";
import { refresh } from "./refresh.js";
import type { RunResult, Stack } from "./stack.js";
import type { StackState } from "./state.js";
import { Killed, Steps } from "./steps.js";

/** A stack on the stand-in. Each run is a provider process of its own. */
export class InProcessStack implements Stack {
  constructor(
    readonly name: StackName,
    readonly state: StackState,
    readonly settings: Readonly<Record<string, string>>,
    /** Where its processes keep their journal. */
    readonly home?: string,
  ) {}

  async up(program: Program, options: RunOptions = {}): Promise<RunResult> {
    if (!options.skipPreview && !options.refresh) {
      const preview = await this.preview(program, options);
      if (preview.outcome !== "succeeded") return preview;
    }
    return this.#run(options, false, async (steps) => {
      if (options.refresh) await refresh(steps, options.targets);
      await new Deployment(steps, program, options).run();
    });
  }

  /** Changes nothing: neither the state nor anything remote. */
  async preview(program: Program, options: RunOptions = {}): Promise<RunResult> {
    const result = await this.#run({ ...options, parallel: 1 }, true, (steps) =>
      new Deployment(steps, program, options).run(),
    );
    return result.outcome === "failed" ? { ...result, failedIn: "preview" } : result;
  }

  async refresh(options: RunOptions = {}): Promise<RunResult> {
    return this.#run(options, false, (steps) => refresh(steps, options.targets));
  }

  async destroy(options: RunOptions = {}): Promise<RunResult> {
    const everything = () => this.state.entries.filter(({ urn }) => options.targets?.includes(urn) ?? true);
    return this.#run(options, false, async (steps) => {
      const deletions = new Deletions(steps, options);
      // The preview of a destroy fails before anything is sent.
      if (!options.skipPreview) deletions.refuseProtected(everything());
      await deletions.run(everything());
    });
  }

  async recover(): Promise<Recovered[]> {
    const disturbed = disturbedUrns(viewOf(this.state));
    const found = this.home === undefined ? [] : await recover(this.name, this.state, this.settings, this.home);
    if (disturbed.length > 0) await this.refresh({ targets: disturbed });
    return found;
  }

  age(id: string): void {
    this.state.age(id);
  }

  async #run(options: RunOptions, dryRun: boolean, work: (steps: Steps) => Promise<void>): Promise<RunResult> {
    const state = dryRun ? this.state.copy() : this.state;
    const processes = new Map<string, ProviderProcess>();
    const processOf = (provider = "default") => {
      const found = processes.get(provider) ?? new ProviderProcess(this.settings, this.home);
      processes.set(provider, found);
      return found;
    };
    const steps = new Steps(this.name, state, processOf, { dryRun, parallel: options.parallel ?? 8 }, options.killed);
    let outcome: RunResult["outcome"] = "succeeded";
    try {
      await work(steps);
      if (!dryRun) state.pendingOperations = [];
    } catch (error) {
      outcome = error instanceof Killed ? "killed" : "failed";
      if (outcome === "failed") steps.fail(error);
    } finally {
      await Promise.all([...processes.values()].map((process) => process.close()));
    }
    const warnings = [...processes.values()].flatMap((process) => process.warnings);
    const failedIn = outcome === "failed" ? ("run" as const) : undefined;
    return { outcome, failedIn, errors: steps.errors, warnings, steps: steps.done };
  }
}
