import { readFileSync } from "node:fs";
import * as path from "node:path";
import { environmentName } from "../../../src/engine/settings.js";
import type { EngineStep } from "../../cli/events.js";
import { type RunResult as CliResult, type RunOptions as Flags, TestStack } from "../../cli/stack.js";
import type { Program, RunOptions, StackName } from "../../engine/program.js";
import type { RunResult, Stack } from "../../engine/stack.js";
import { LONG_AGO, StackState } from "../../engine/state.js";
import type { Step } from "../../engine/steps.js";
import { entriesOf, pendingOf } from "./entries.js";
import { programText } from "./program.js";

/** A stack on the real engine. Its project and its backend come with the first run. */
export class CliStack implements Stack {
  readonly state = new StackState();
  readonly #aged = new Set<string>();
  #made?: Promise<TestStack>;

  constructor(
    readonly name: StackName,
    readonly settings: Readonly<Record<string, string>>,
  ) {}

  async up(program: Program, options: RunOptions = {}): Promise<RunResult> {
    const stack = await this.#stack();
    stack.program(programText(program));
    const preview = !options.skipPreview && !options.refresh;
    return this.#run(preview, (flags) => stack.up(flags), options);
  }

  async refresh(options: RunOptions = {}): Promise<RunResult> {
    const stack = await this.#stack();
    const result = await this.#run(false, (flags) => stack.refresh(flags), options);
    // The engine names these steps by what they found: an update, a deletion, or nothing.
    return { ...result, steps: result.steps.map((step) => ({ ...step, type: "read" })) };
  }

  async destroy(options: RunOptions = {}): Promise<RunResult> {
    const stack = await this.#stack();
    return this.#run(!options.skipPreview, (flags) => stack.destroy(flags), options);
  }

  age(id: string): void {
    this.state.age(id);
    this.#aged.add(id);
  }

  /** Deletes the project and its backend. */
  async remove(): Promise<void> {
    (await this.#made)?.remove();
  }

  #stack(): Promise<TestStack> {
    const { project, stack } = this.name;
    const env = Object.entries(this.settings).map(([name, value]) => [environmentName(name), value]);
    this.#made ??= TestStack.create({ name: project, stack, program: "", env: Object.fromEntries(env) });
    return this.#made;
  }

  async #run(preview: boolean, work: (flags: Flags) => Promise<CliResult>, options: RunOptions): Promise<RunResult> {
    const stack = await this.#stack();
    await this.#writeAges(stack);
    const result = await work({ preview, outcome: "any", args: argumentsFor(options) });
    const exported = await stack.exportState(true);
    this.state.entries = entriesOf(exported);
    this.state.pendingOperations = pendingOf(exported);
    const { project } = this.name;
    const file = path.join(stack.folder, "backend", ".pulumi", "stacks", project, `${this.name.stack}.json`);
    this.state.file = readFileSync(file, "utf8");
    return resultOf(result, preview);
  }

  async #writeAges(stack: TestStack): Promise<void> {
    if (this.#aged.size === 0) return;
    const exported = await stack.exportState();
    for (const resource of exported.deployment.resources ?? []) {
      if (this.#aged.has(resource.id ?? "")) resource.outputs = { ...resource.outputs, createdAt: LONG_AGO };
    }
    await stack.importState(exported);
    this.#aged.clear();
  }
}

function argumentsFor({ targets = [], replace = [], refresh, parallel }: RunOptions): string[] {
  return [
    ...targets.flatMap((urn) => ["--target", urn]),
    ...replace.flatMap((urn) => ["--replace", urn]),
    ...(refresh ? ["--refresh"] : []),
    ...(parallel ? ["--parallel", String(parallel)] : []),
  ];
}

function resultOf({ code, steps, diagnostics, done, output }: CliResult, preview: boolean): RunResult {
  if (code < 0) throw new Error(`the CLI did not end by itself:\n${output}`);
  const say = ({ urn, message }: { urn?: string; message: string }) =>
    `${urn ? `${urn.split("::").at(-1)}: ` : ""}${message.trim()}`;
  const errors = diagnostics.filter(({ severity }) => severity === "error").map(say);
  const warnings = diagnostics.filter(({ severity }) => severity !== "error").map(say);
  const outcome = code === 0 ? "succeeded" : "failed";
  // The run itself begins with a step for the stack.
  const failedIn = code === 0 ? undefined : preview && steps.length === 0 ? "preview" : "run";
  const own = done.filter(({ urn }) => urn.includes("::pulumi-nodejs:dynamic/amigo:"));
  return {
    outcome,
    failedIn,
    errors: [...new Set(errors.length > 0 || code === 0 ? errors : [output])],
    warnings: [...new Set(warnings)],
    steps: own.flatMap(stepOf),
  };
}

const TYPES: Readonly<Record<string, Step["type"]>> = {
  same: "same",
  create: "create",
  update: "update",
  "create-replacement": "replace",
  delete: "delete",
  "delete-replaced": "delete",
  refresh: "read",
};

/** None for what the engine shows and does not do, such as `replace` beside the two steps that it is made of. */
function stepOf({ op, urn, id, ok }: EngineStep): Step[] {
  const type = TYPES[op];
  return type ? [{ type, urn, id, ok }] : [];
}
