import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { isDeepStrictEqual } from "node:util";
import type { Values } from "../engine/lifecycle.js";
import { projectFile } from "./project.js";
import { CliFailed, cliWords, noStackText, type Pulumi, saysNoStack } from "./pulumi.js";
import { lifecycleOf, nameOf, typeOf } from "./state.js";

/** One thing that the engine does, or in a preview would do, to a resource. */
export interface RunStep {
  /** `create`, `update`, `delete`, `same`, `create-replacement`, `delete-replaced`, `replace`, `import`, `refresh`, ... */
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  /** The resource's name in the program. */
  readonly name: string;
  /** `started`, then `done` or `failed`. */
  readonly status: "started" | "done" | "failed";
  /** Empty where it has none yet. */
  readonly id: string;
  /** The inputs that an update or a replacement changes. */
  readonly changed?: readonly string[];
  /** Whether it is a component, which no provider has. @default false */
  readonly component?: boolean;
}

export interface RunDiagnostic {
  readonly severity: "info" | "info#err" | "warning" | "error";
  readonly message: string;
  readonly urn?: string;
}

/** How a run ended. */
export interface StackRun {
  readonly command: RunCommand;
  readonly succeeded: boolean;
  /** Whether it was asked to stop. */
  readonly interrupted: boolean;
  /** How many resources by operation, `same` among them; of a preview, how many there would be. Of those that {@link resourcesIn} has. */
  readonly changes: Readonly<Record<string, number>>;
  /** What ended, in that order. */
  readonly steps: readonly RunStep[];
  readonly diagnostics: readonly RunDiagnostic[];
}

export type RunCommand = "preview" | "up" | "refresh" | "destroy";

export interface RunOptions {
  /** More arguments of the CLI, such as `--target URN`. */
  readonly args?: readonly string[];
  /** Makes the stack if it is not there. @default false */
  readonly create?: boolean;
  /** Called with the engine's process id once it runs. It leads a process group. */
  readonly onStart?: (pid: number) => void;
  /** Called with each step as it starts and as it ends. */
  readonly onStep?: (step: RunStep) => void;
  /** Called with each message of the engine, the program and the provider. */
  readonly onDiagnostic?: (diagnostic: RunDiagnostic) => void;
  /** Called once, when the run is asked to stop. */
  readonly onInterrupt?: () => void;
  /** Stops the run as Ctrl-C does. */
  readonly signal?: AbortSignal;
}

interface StateOfStep {
  readonly custom?: boolean;
  readonly id?: string;
  readonly inputs?: Values;
}

interface Metadata {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly old?: StateOfStep | null;
  readonly new?: StateOfStep | null;
}

interface EngineEvent {
  readonly resourcePreEvent?: { readonly metadata: Metadata };
  readonly resOutputsEvent?: { readonly metadata: Metadata };
  readonly resOpFailedEvent?: { readonly metadata: Metadata };
  readonly diagnosticEvent?: { readonly severity: string; readonly message: string; readonly urn?: string };
}

/**
 * Runs one command on a stack, without a question and without the preview that precedes an `up`. Ctrl-C reaches the engine once: it
 * lets finish what is under way and writes its state, and this waits for it. Failures are in the answer and not thrown.
 */
export async function runStack(pulumi: Pulumi, command: RunCommand, options: RunOptions = {}): Promise<StackRun> {
  if (options.create) await ensureStack(pulumi);
  const answers = command === "preview" ? [] : ["--yes", "--skip-preview"];
  const flags = ["--stack", pulumi.stack, "--json", "--non-interactive", "--color=never"];
  const child = spawn(pulumi.bin, [command, ...answers, ...flags, ...(options.args ?? [])], {
    cwd: pulumi.cwd,
    // A preview, too, shows its events as they come.
    env: { ...pulumi.environment(), PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true" },
    stdio: ["ignore", "pipe", "pipe"],
    // In a group of its own: a terminal's Ctrl-C would reach it a second time, which kills it at once.
    detached: true,
  });
  if (child.pid !== undefined) options.onStart?.(child.pid);
  const stop = () => {
    child.kill("SIGINT");
    options.onInterrupt?.();
  };
  const { interruption, release } = interruptible(stop, options.signal);
  const report = new Report(options);
  let noise = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    noise += chunk;
  });
  const lines = createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY });
  lines.on("line", (line) => {
    const event = parse(line);
    if (event) report.add(event);
    else noise += `${line}\n`;
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject).once("close", resolve);
    });
    const hasError = report.diagnostics.some(({ severity }) => severity === "error");
    if (code !== 0 && !hasError) {
      const said = cliWords(noise) || `pulumi ${command} ended with ${code ?? "a signal"}`;
      report.tell({ severity: "error", message: saysNoStack(said) ? noStackText(pulumi) : said });
    }
    const { steps, diagnostics, changes } = report;
    return { command, succeeded: code === 0, interrupted: interruption.came, changes, steps, diagnostics };
  } finally {
    release();
  }
}

/**
 * Makes the stack if it is not there; the stack that is selected in the project stays so. Of a stack that was made, returns what
 * takes it away again and leaves the project as it was.
 */
export async function ensureStack(pulumi: Pulumi): Promise<(() => Promise<void>) | undefined> {
  const config = configFile(pulumi);
  const former = existsSync(config) ? readFileSync(config) : undefined;
  try {
    await pulumi.run("stack", "init", "--no-select");
  } catch (error) {
    if (error instanceof CliFailed && /already exists/i.test(error.message)) return undefined;
    throw error;
  }
  return async () => {
    const selected = await selectedStack(pulumi);
    await pulumi.run("stack", "rm", "--yes", "--preserve-config");
    if (former === undefined) rmSync(config, { force: true });
    else writeFileSync(config, former);
    // The CLI unselects whichever stack is selected when it removes another one.
    if (selected !== undefined) await pulumi.plain("stack", "select", selected);
  };
}

/** Where the settings of a stack are not there, as in a fresh checkout, the CLI would take any passphrase. */
export function keepSalt(pulumi: Pulumi, { salt }: { readonly salt?: string }): void {
  const config = configFile(pulumi);
  if (salt !== undefined && !existsSync(config)) writeFileSync(config, `encryptionsalt: ${salt}\n`);
}

/** The settings of the stack, to which the CLI adds as it makes one. */
function configFile({ cwd, stack }: Pulumi): string {
  const folder = path.dirname(projectFile(cwd) ?? path.join(cwd, "Pulumi.yaml"));
  return path.join(folder, `Pulumi.${stack.split("/").at(-1)}.yaml`);
}

/** With its organization, where the CLI needs that to find it; undefined where none is selected. */
async function selectedStack(pulumi: Pulumi): Promise<string | undefined> {
  const stacks = JSON.parse(await pulumi.plain("stack", "ls", "--json")) as { name: string; current: boolean }[];
  return stacks.find(({ current }) => current)?.name;
}

/** Says what becomes of the resources of this package as it ends, and what the run warns of. */
export function reportTo(
  note: (line: string) => void,
  warn: (line: string) => void,
): Pick<RunOptions, "onStep" | "onDiagnostic" | "onInterrupt"> {
  return {
    onInterrupt: () => note("interrupted: what is under way is finished first, then the run ends"),
    onStep: ({ op, name, type, status }) => {
      const kind = lifecycleOf(type)?.kind;
      if (status !== "started" && op !== "same" && kind) note(`${status} ${op} ${kind} ${name}`);
    },
    onDiagnostic: ({ severity, message }) => {
      if (severity === "warning") warn(message.trim());
      if (severity === "info#err") for (const text of warningsIn(message)) warn(text);
    },
  };
}

/** A provider process has nothing but its standard error to warn on. */
function warningsIn(written: string): string[] {
  return written.split("\n").flatMap((line) => /^warning: (.+)$/.exec(line.trim())?.[1] ?? []);
}

/** What made a run fail, as one text. */
export function failureText({ command, interrupted, diagnostics }: StackRun): string {
  const errors = diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ message, urn = "" }) => `${lifecycleOf(typeOf(urn)) ? `${nameOf(urn)}: ` : ""}${cliWords(message)}`);
  const what = interrupted ? `pulumi ${command} was interrupted` : `pulumi ${command} failed`;
  return [`${what}:`, ...new Set(errors)].join("\n");
}

/** Whether the run failed since its stack is not there. */
export function foundNoStack({ succeeded, diagnostics }: StackRun): boolean {
  return !succeeded && diagnostics.some(({ severity, message }) => severity === "error" && saysNoStack(message));
}

/** The steps that change something in the API, or would; a replacement is one of them. */
export function changesIn<Step extends { readonly op: string; readonly urn: string }>({
  steps,
}: {
  readonly steps: readonly Step[];
}): Step[] {
  const apart = new Set(["same", "read", "refresh", "create-replacement", "delete-replaced"]);
  return steps.filter(({ op, urn }) => !apart.has(op) && !isEnginesOwn(typeOf(urn)));
}

/** The steps of what exists outside of the state too: the stack, its providers and components do not. */
export function resourcesIn(steps: readonly RunStep[]): RunStep[] {
  return steps.filter(({ type, component = false }) => !component && !isEnginesOwn(type));
}

/** The stack and its providers: nothing outside of the state belongs to them. */
export function isEnginesOwn(type: string): boolean {
  return type.startsWith("pulumi:");
}

class Report {
  readonly steps: RunStep[] = [];
  readonly diagnostics: RunDiagnostic[] = [];

  constructor(private readonly options: Pick<RunOptions, "onStep" | "onDiagnostic">) {}

  /** Counted here: the engine's own numbers hold its stack, providers and components. */
  get changes(): Record<string, number> {
    const done = resourcesIn(this.steps).filter(({ status }) => status === "done");
    const counts: Record<string, number> = {};
    for (const { op } of [...changesIn({ steps: done }), ...done.filter((step) => step.op === "same")]) {
      counts[op] = (counts[op] ?? 0) + 1;
    }
    return counts;
  }

  add({ resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent }: EngineEvent): void {
    if (resourcePreEvent) this.options.onStep?.(stepOf(resourcePreEvent.metadata, "started"));
    if (resOutputsEvent) this.end(stepOf(resOutputsEvent.metadata, "done"));
    if (resOpFailedEvent) this.end(stepOf(resOpFailedEvent.metadata, "failed"));
    if (diagnosticEvent && diagnosticEvent.severity !== "debug") {
      const { severity, message, urn } = diagnosticEvent;
      this.tell({ severity: severity as RunDiagnostic["severity"], message, ...(urn ? { urn } : {}) });
    }
  }

  tell(diagnostic: RunDiagnostic): void {
    this.diagnostics.push(diagnostic);
    this.options.onDiagnostic?.(diagnostic);
  }

  private end(step: RunStep): void {
    // Components end twice: when they are made, and when the program registers their outputs.
    const before = this.steps.findIndex(({ urn, op }) => urn === step.urn && op === step.op);
    if (before >= 0) this.steps.splice(before, 1);
    this.steps.push(step);
    if (before < 0) this.options.onStep?.(step);
  }
}

function stepOf({ op, urn, type, old, new: now }: Metadata, status: RunStep["status"]): RunStep {
  return {
    op,
    urn,
    type,
    name: nameOf(urn),
    status,
    id: now?.id || old?.id || "",
    ...((now ?? old)?.custom ? {} : { component: true }),
    ...(op === "update" || op === "replace" ? { changed: changedIn(old?.inputs ?? {}, now?.inputs ?? {}) } : {}),
  };
}

/** The user's own inputs that differ. */
function changedIn(before: Values, after: Values): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => !name.startsWith("__") && !isDeepStrictEqual(before[name], after[name]));
}

/** An event; undefined for a line of something else. */
function parse(line: string): EngineEvent | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as EngineEvent;
  } catch {
    return undefined;
  }
}

/** Calls `stop` for the first signal that asks this process to end, or when `signal` is aborted; once. */
function interruptible(stop: () => void, signal: AbortSignal | undefined) {
  const interruption = { came: false };
  const interrupt = () => {
    if (!interruption.came) stop();
    interruption.came = true;
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const one of signals) process.on(one, interrupt);
  process.once("exit", interrupt);
  signal?.addEventListener("abort", interrupt);
  if (signal?.aborted) interrupt();
  const release = () => {
    for (const one of signals) process.off(one, interrupt);
    process.off("exit", interrupt);
    signal?.removeEventListener("abort", interrupt);
  };
  return { interruption, release };
}
