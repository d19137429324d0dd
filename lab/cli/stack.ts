import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import type { Engine } from "./engine.js";
import { cleanEnvironment, testEngine } from "./environment.js";
import { type RunEvents, readEvents } from "./events.js";
import { keyService, SECRETS_PROVIDER } from "./key-service.js";
import { HOSTS } from "./launcher.js";
import { type ProcessResult, type RunningProcess, start } from "./process.js";
import { makeProject } from "./project.js";

export interface TestStackOptions {
  /** Lower case letters, digits and hyphens: the project's name. */
  name: string;
  /** The program's text. */
  program: string;
  /** @default "javascript" */
  language?: "javascript" | "typescript";
  /** Checks the types of a TypeScript program, which takes over a second longer. @default false */
  typeCheck?: boolean;
  /** @default "dev" */
  stack?: string;
  /** Laid over a clean environment in every command. */
  env?: Record<string, string>;
  /** Stack configuration, in clear. */
  config?: Record<string, string>;
  /** Packages to write into the project's `node_modules`: file name to text, by package name. */
  packages?: Record<string, Record<string, string>>;
  /**
   * Starts processes for the program and the provider in each run, as users' runs do: for tests of what they print, of
   * their end, and of `--parallel 1`. @default false
   */
  ownProcess?: boolean;
}

export interface RunOptions {
  /** `"fails"` when the command must end with an error; `"any"` leaves it to the test. @default "succeeds" */
  outcome?: "succeeds" | "fails" | "any";
  /** Previews first, as `pulumi up` does by default. @default false */
  preview?: boolean;
  /** More arguments of the CLI. */
  args?: string[];
  env?: Record<string, string>;
  timeoutMs?: number;
}

export type RunResult = ProcessResult & RunEvents;

/** What a resource looks like in an exported state. */
export interface StateResource {
  urn: string;
  type: string;
  id?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  protect?: boolean;
  parent?: string;
  provider?: string;
  dependencies?: string[];
  propertyDependencies?: Record<string, string[] | null>;
  deletedWith?: string;
  delete?: boolean;
  pendingReplacement?: boolean;
  initErrors?: string[];
}

export interface ExportedState {
  version: number;
  deployment: {
    resources?: StateResource[];
    pending_operations?: { type: string; resource: StateResource }[];
  };
}

/** A project, a local backend and a stack of its own, run by the real CLI. */
export class TestStack {
  /** Laid over a clean environment in every command; may be changed between them. */
  readonly env: Record<string, string>;
  private runs = 0;

  private constructor(
    private readonly engine: Engine,
    readonly folder: string,
    readonly name: string,
    private readonly options: TestStackOptions,
  ) {
    this.env = {
      PULUMI_BACKEND_URL: this.ownBackend,
      PULUMI_DEBUG_COMMANDS: "true",
      PULUMI_NODEJS_TRANSPILE_ONLY: String(!options.typeCheck),
      ...options.env,
    };
  }

  static async create(options: TestStackOptions): Promise<TestStack> {
    const { name, language = "javascript", packages = {} } = options;
    const folder = makeProject({ name, language, packages });
    mkdirSync(path.join(folder, "backend"));
    const stack = new TestStack(await testEngine(), folder, options.stack ?? "dev", options);
    stack.program(options.program);
    await stack.init();
    return stack;
  }

  /** Another stack of the same project and backend, with the same program. */
  async sibling(name: string, options: Pick<TestStackOptions, "env" | "config"> = {}): Promise<TestStack> {
    const env = { ...this.options.env, ...options.env };
    const stack = new TestStack(this.engine, this.folder, name, { ...this.options, ...options, env });
    await stack.init();
    return stack;
  }

  /** Replaces the program's text. */
  program(source: string): void {
    writeFileSync(path.join(this.folder, this.options.language === "typescript" ? "index.ts" : "index.js"), source);
  }

  up(options: RunOptions = {}): Promise<RunResult> {
    return this.operate("up", ["--yes", ...(options.preview ? [] : ["--skip-preview"])], options);
  }

  preview(options: RunOptions = {}): Promise<RunResult> {
    return this.operate("preview", ["--diff"], options);
  }

  refresh(options: RunOptions = {}): Promise<RunResult> {
    return this.operate("refresh", ["--yes", ...(options.preview ? [] : ["--skip-preview"])], options);
  }

  destroy(options: RunOptions = {}): Promise<RunResult> {
    return this.operate("destroy", ["--yes", ...(options.preview ? [] : ["--skip-preview"])], options);
  }

  /** `pulumi import --file`: the content of the file is given, nothing is generated or protected. */
  async importFile(content: { resources: object[]; nameTable?: object }, options: RunOptions = {}): Promise<RunResult> {
    const file = path.join(this.folder, `import-${++this.runs}.json`);
    writeFileSync(file, JSON.stringify(content, undefined, 2));
    const flags = ["--file", file, "--yes", "--generate-code=false", "--protect=false", "--skip-preview"];
    return this.operate("import", flags, options);
  }

  cancel(options: RunOptions = {}): Promise<ProcessResult> {
    return this.command(["cancel", "--yes"], options);
  }

  async config(key: string, value: string, { secret = false, path: isPath = false } = {}): Promise<void> {
    const flags = [...(secret ? ["--secret"] : ["--plaintext"]), ...(isPath ? ["--path"] : [])];
    await this.command(["config", "set", ...flags, key, "--", value]);
  }

  async outputs(): Promise<Record<string, unknown>> {
    return JSON.parse((await this.command(["stack", "output", "--json", "--show-secrets"])).stdout);
  }

  /** @param showSecrets decrypts secrets; without it the text is what stands in the state file. */
  async exportState(showSecrets = false): Promise<ExportedState> {
    const isCompressed = !existsSync(this.stateFile);
    if (showSecrets || isCompressed) {
      return JSON.parse((await this.command(["stack", "export", ...(showSecrets ? ["--show-secrets"] : [])])).stdout);
    }
    const { version, checkpoint } = JSON.parse(readFileSync(this.stateFile, "utf8"));
    return { version, deployment: checkpoint.latest ?? {} };
  }

  async importState(state: ExportedState): Promise<void> {
    const file = path.join(this.folder, `state-${++this.runs}.json`);
    writeFileSync(file, JSON.stringify(state));
    await this.command(["stack", "import", "--file", file]);
  }

  private write(file: string, text: string): void {
    const place = path.resolve(this.folder, file);
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(place, text);
  }

  private get ownBackend(): string {
    return `file://${path.join(this.folder, "backend")}`;
  }

  private get stateFile(): string {
    return path.join(this.folder, "backend", ".pulumi", "stacks", this.options.name, `${this.name}.json`);
  }

  /** The state of the resource with this name; throws when there is none. */
  async resource(name: string): Promise<StateResource> {
    const { resources = [] } = (await this.exportState()).deployment;
    const found = resources.find(({ urn }) => urn.endsWith(`::${name}`));
    if (!found) throw new Error(`no ${name} in the state, only ${resources.map(({ urn }) => urn).join(", ")}`);
    return found;
  }

  /** Runs any command of the CLI on this stack, to its end. */
  async command(args: string[], options: RunOptions = {}): Promise<ProcessResult> {
    return judge(await this.start(args, options).done, options.outcome);
  }

  /** Starts any command of the CLI on this stack, for tests that interrupt it. */
  start(args: string[], options: Pick<RunOptions, "env" | "timeoutMs"> = {}): RunningProcess {
    const env = this.environment(options);
    const all = [...args, "--stack", this.name, "--non-interactive", "--color=never"];
    const separator = all.indexOf("--");
    // Flags after `--` would be values.
    const ordered = separator < 0 ? all : [...all.slice(0, separator), ...all.slice(-4), ...args.slice(separator)];
    return start(this.engine.bin, ordered, { cwd: this.folder, env, timeoutMs: options.timeoutMs });
  }

  /** Deletes the project and its backend; call it only after success, so that a failure can be looked at. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** `pulumi stack init`, or what it does, in a tenth of its time; again where a test has lost the state. */
  async init(): Promise<void> {
    const hasPassphrase = this.env.PULUMI_CONFIG_PASSPHRASE !== undefined;
    if (!hasPassphrase) Object.assign(this.env, await keyService());
    if (hasPassphrase || this.env.PULUMI_BACKEND_URL !== this.ownBackend) {
      await this.command(["stack", "init", ...(hasPassphrase ? [] : ["--secrets-provider", SECRETS_PROVIDER])]);
    } else {
      this.write(path.join("backend", ".pulumi", "meta.yaml"), "version: 1\n");
      const checkpoint = { stack: `organization/${this.options.name}/${this.name}` };
      this.write(this.stateFile, JSON.stringify({ version: 3, checkpoint }));
      this.write(`Pulumi.${this.name}.yaml`, `secretsprovider: ${SECRETS_PROVIDER}\n`);
    }
    for (const [key, value] of Object.entries(this.options.config ?? {})) await this.config(key, value);
  }

  private environment({ env }: Pick<RunOptions, "env">): Record<string, string> {
    // What may be killed has a program and a provider that are killed with it.
    return { ...cleanEnvironment(), [HOSTS]: "", ...this.engine.env, ...this.env, ...env };
  }

  private async operate(command: string, flags: string[], given: RunOptions): Promise<RunResult> {
    const log = path.join(this.folder, `events-${this.name}-${++this.runs}-${command}.jsonl`);
    const args = [command, ...flags, "--event-log", log, ...(given.args ?? [])];
    const hosts = this.options.ownProcess ? "" : (cleanEnvironment()[HOSTS] ?? "");
    const ended = this.start(args, { ...given, env: { [HOSTS]: hosts, ...given.env } }).done;
    const result = { ...(await ended), ...readEvents(log, command === "preview") };
    writeFileSync(log.replace(/jsonl$/, "txt"), result.output);
    return judge(result, given.outcome);
  }
}

/** Runs the test with a stack that is deleted when it passes, and kept when it fails, with its folder on standard error. */
export async function withStack(options: TestStackOptions, test: (stack: TestStack) => Promise<void>): Promise<void> {
  const stack = await TestStack.create(options);
  try {
    await test(stack);
  } catch (error) {
    console.error(`kept for a look: ${stack.folder}`);
    throw error;
  }
  stack.remove();
}

function judge<T extends ProcessResult>(result: T, outcome: RunOptions["outcome"] = "succeeds"): T {
  const failed = result.code !== 0;
  if (outcome !== "any" && failed !== (outcome === "fails")) {
    throw new Error(`${result.command}\nended with ${result.code} after ${result.ms} ms:\n${result.output}`);
  }
  return result;
}
