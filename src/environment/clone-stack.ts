import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { COMMAND } from "../command.js";
import { firstNames } from "../first-names.js";
import { recover } from "../recovery/recover.js";
import { LocalBackend } from "../stack/local-backend.js";
import { findLocks, lockText } from "../stack/lock.js";
import { projectFor, projectName } from "../stack/project.js";
import { CliFailed, NoCli, Pulumi, saysNoStack } from "../stack/pulumi.js";
import { ensureStack, failureText, keepSalt, reportTo, runStack } from "../stack/run.js";
import { exportState, lifecycleOf, type StackState, UnreadableState } from "../stack/state.js";
import { environmentFor } from "./account.js";
import type { CloneStack, Plan } from "./clone.js";
import { compareEnvironments } from "./compare.js";
import type { WorkspaceEntry } from "./config.js";
import {
  BUILT_IN_PROJECT,
  type NewWorkspace,
  newWorkspaceIn,
  newWorkspaceOf,
  PROJECT_FILE,
  prepareProject,
  settingsFile,
} from "./deploy.js";
import { readDocument } from "./document.js";
import { documentOf, type Environment, keyOf } from "./environment.js";
import { textOf, writeDocument, writeReferences } from "./files.js";
import { kinds } from "./kinds.js";
import { type Check, listed, managedKey } from "./readiness.js";
import { declaredBy } from "./stack-environment.js";

export interface CloneStackOptions {
  readonly name: string;
  readonly to: WorkspaceEntry;
  readonly cwd: string;
  readonly newWorkspace?: string;
  readonly dryRun: boolean;
  /** Whether the person agreed to everything beforehand. */
  readonly agreed: boolean;
  readonly note: (line: string) => void;
  readonly warn: (line: string) => void;
  readonly confirm: (question: string) => Promise<boolean>;
}

/** The stack that a clone runs: the user's own program where there is one, else the built-in one. */
export class StackOfClone implements CloneStack {
  readonly name: string;
  private readonly project;
  /** Of a dry run with the built-in program, which changes no file of the user's. */
  private scratch: string | undefined;
  private readonly former = new Map<string, string | undefined>();
  /** The first folder that was made for the built-in program, and what its settings were where it was there. */
  private madeFolder: string | undefined;
  private formerSettings: string | undefined;
  private wanted: Environment | undefined;
  /** The workspace that an earlier run of this stack has made. */
  private madeWorkspace: NewWorkspace | undefined;
  private salt: string | undefined;
  private unmakeStack: (() => Promise<void>) | undefined;

  constructor(private readonly options: CloneStackOptions) {
    this.name = options.name;
    this.project = projectFor(options.cwd, options.name);
  }

  get adoptAdvice(): string {
    const { alias } = this.options.to;
    return this.project.kind === "own"
      ? `let the program in ${this.project.folder} declare them, then \`${COMMAND} adopt ${alias} --stack ${this.name}\` brings them under this stack`
      : `\`${COMMAND} export ${alias} --program DIR\` writes a program that declares them, and \`adopt\` there brings them under a stack of its own`;
  }

  get projectName(): string {
    const { kind, folder } = this.project;
    return (kind === "own" ? projectName(folder) : undefined) ?? BUILT_IN_PROJECT;
  }

  fileChecks(wanted: Environment, mayDelete: boolean): Check[] {
    const { environment: file } = this.options.to;
    if (file === undefined || !existsSync(file)) return [];
    const shown = path.relative("", file);
    const there = readDocument(file);
    const keys = new Set(wanted.items.map(({ kind, path: key }) => keyOf(kind, key)));
    const lost = there.items.filter(({ kind, path: key }) => kind.form.key.length > 0 && !keys.has(keyOf(kind, key)));
    const others = otherValues(there, wanted);
    if (lost.length > 0 && !mayDelete) {
      const more = others === undefined ? "" : `, and these values: ${others}`;
      const sentence = `${shown} has ${listed(lost)}, and ${wanted.name} has not: \`clone\` writes that file anew. To deploy the file as it is: \`${COMMAND} clone ${shown} ${this.options.to.alias} --stack ${this.name}\`. With --delete it loses ${lost.length === 1 ? "that" : "those"}${more}`;
      return [{ class: "blocked", sentence }];
    }
    if (isDeepStrictEqual(documentOf(there), documentOf(wanted))) return [];
    const losses = [
      ...(lost.length > 0 ? [listed(lost)] : []),
      ...(others === undefined ? [] : [`values of ${others}`]),
    ];
    if (losses.length > 0)
      this.options.warn(
        `${shown} is written anew${mayDelete ? "" : " if this run deploys something"}, and loses what ${wanted.name} does not say: ${losses.join("; ")}`,
      );
    return [
      {
        class: "verified",
        sentence: `${shown} will say what ${wanted.name} says${mayDelete ? "" : ", if this run deploys something; else it stays as it is"}`,
      },
    ];
  }

  async managed(): Promise<ReadonlySet<string>> {
    const { note } = this.options;
    note(this.project.note);
    if (this.project.exists) return this.managedFrom(this.project.folder);
    // In a fresh checkout the stack may be there although its project is not.
    const folder = mkdtempSync(path.join(tmpdir(), "pulumi-amigo-"));
    try {
      writeFileSync(path.join(folder, "Pulumi.yaml"), PROJECT_FILE);
      return await this.managedFrom(folder);
    } catch (error) {
      if (!this.options.dryRun || !(error instanceof CliFailed || error instanceof NoCli)) throw error;
      this.options.warn(`the state of stack ${this.name} cannot be read, so it counts as a new one: ${error.message}`);
      return new Set();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  private async managedFrom(folder: string): Promise<ReadonlySet<string>> {
    const pulumi = await this.pulumi(folder);
    let state = await this.state(pulumi);
    if (state === "unreadable" || (state && (await this.isInterrupted(pulumi, state)))) {
      await this.settle(folder);
      state = await this.state(pulumi);
    }
    if (state === "unreadable") throw new Error(`stack ${this.name} cannot be read: see \`${COMMAND} recover\``);
    const own = declaredBy(state?.resources ?? []);
    this.madeWorkspace = newWorkspaceIn(state?.resources ?? []);
    this.salt = state?.salt;
    return new Set(own.map(({ kind, id }) => managedKey(kind.name, id)));
  }

  async write(environment: Environment): Promise<void> {
    this.wanted = environment;
    const { to, newWorkspace } = this.options;
    const { kind, folder } = this.project;
    if (kind === "own" && (!to.environment || !to.references)) {
      throw new Error(
        `the program in ${folder} reads a document and a references file: name both in amigo.yaml, as \`environment\` and \`references\` of ${to.alias}`,
      );
    }
    if (kind === "built-in" && this.options.dryRun) this.scratch ??= mkdtempSync(path.join(tmpdir(), "pulumi-amigo-"));
    const place = (given: string | undefined, name: string) =>
      this.scratch ? path.join(this.scratch, name) : (given ?? path.join(folder, name));
    const document = place(to.environment, "environment.yaml");
    const references = place(to.references, "references.yaml");
    if (kind === "own" && this.options.dryRun) return;
    this.remember(document);
    this.remember(references);
    writeDocument(document, environment);
    writeReferences(references, environment.references);
    if (kind === "own") return;
    this.madeFolder ??= mkdirSync(folder, { recursive: true });
    this.formerSettings ??= textOf(settingsFile(folder));
    prepareProject({
      folder,
      document,
      references,
      workspaceId: environment.workspaceId,
      newWorkspace: newWorkspace === undefined ? this.madeWorkspace : newWorkspaceOf(environment, newWorkspace),
      entry: to,
    });
  }

  async plan(): Promise<Plan> {
    const { kind } = this.project;
    if (kind === "own" && this.options.dryRun) {
      return { steps: [], open: [ownProgram(this.project.folder)] };
    }
    const pulumi = await this.pulumi();
    keepSalt(pulumi, { salt: this.salt });
    this.unmakeStack = await ensureStack(pulumi);
    const run = await runStack(pulumi, "preview");
    if (!run.succeeded) throw new Error(failureText(run));
    const steps = run.steps.map(({ op, urn, type }) => ({ op, urn, kind: lifecycleOf(type)?.kind }));
    this.refuseOtherProgram(steps);
    return { steps };
  }

  async run(targets: readonly string[] = []): Promise<void> {
    const { note, warn } = this.options;
    const run = await runStack(await this.pulumi(), "up", {
      args: targets.flatMap((urn) => ["--target", urn]),
      ...reportTo(note, warn),
    });
    if (!run.succeeded) {
      throw new Error(
        `${failureText(run)}\nWhat was made is in stack ${this.name}: run the same command again to go on`,
      );
    }
  }

  async undo(keepsNew: boolean, keepsWritten: boolean): Promise<void> {
    for (const [file, text] of this.former) {
      if (text !== undefined) {
        if (!keepsWritten) writeFileSync(file, text);
      } else if (!keepsNew) rmSync(file, { force: true });
    }
    await this.unmakeStack?.();
    if (!keepsNew && this.madeFolder !== undefined) rmSync(this.madeFolder, { recursive: true, force: true });
    else if (!keepsNew && this.formerSettings !== undefined)
      writeFileSync(settingsFile(this.project.folder), this.formerSettings);
    if (this.scratch) rmSync(this.scratch, { recursive: true, force: true });
  }

  private remember(file: string): void {
    if (!this.former.has(file)) this.former.set(file, textOf(file));
  }

  private pulumi(folder = this.project.folder): Promise<Pulumi> {
    return Pulumi.find(this.name, folder, environmentFor(this.options.to));
  }

  private async settle(folder: string): Promise<void> {
    const { dryRun, agreed, note, confirm } = this.options;
    note(`stack ${this.name} was interrupted: settling what its last run left open`);
    const { settled } = await recover({ stack: this.name, cwd: folder, dryRun, agreed, tell: note, confirm });
    if (settled) return;
    throw new Error(`stack ${this.name} has creates that stay open: see \`${COMMAND} recover\`, then run this again`);
  }

  /** Undefined where there is no such stack yet. */
  private async state(pulumi: Pulumi): Promise<StackState | "unreadable" | undefined> {
    try {
      return await exportState(pulumi);
    } catch (error) {
      if (error instanceof UnreadableState) return "unreadable";
      if (error instanceof CliFailed && saysNoStack(error.message)) return undefined;
      throw error;
    }
  }

  private async isInterrupted(pulumi: Pulumi, { pending }: StackState): Promise<boolean> {
    const backend = await LocalBackend.find(pulumi);
    const locks = backend ? findLocks(backend) : [];
    for (const lock of locks) this.options.note(`stack ${this.name} is locked by ${lockText(lock)}`);
    return pending.length > 0 || locks.length > 0;
  }

  /** The user's own program must build the document. */
  private refuseOtherProgram(steps: Plan["steps"]): void {
    if (this.project.kind !== "own") return;
    const items = this.wanted?.items ?? [];
    const lacking = kinds.flatMap(({ name, form }) => {
      const wanted = items.filter((item) => item.kind.name === name);
      const declared = steps.filter((step) => step.kind === name && !step.op.includes("delete")).length;
      return form.shape === "object" || declared >= wanted.length ? [] : [{ wanted, declared }];
    });
    if (lacking.length === 0) return;
    const { folder } = this.project;
    const counts = lacking.map(
      ({ wanted, declared }) => `${listed(wanted)} (declares ${declared} of ${wanted.length})`,
    );
    throw new Error(
      `\`clone\` runs the Pulumi project in ${folder}, and its program does not declare all of the document: ${counts.join(", ")}. Build the document there with \`new amigo.Environment(...)\`, or run \`clone\` in a folder without Pulumi.yaml. Nothing was written`,
    );
  }
}

/** The entries of the target's document that get other values. */
function otherValues(there: Environment, wanted: Environment): string | undefined {
  const changed = compareEnvironments(there, wanted).differences.filter(({ fields }) => fields.length > 0);
  const names = changed.map(
    ({ kind, name, fields }) => `${kind} "${name}" (${fields.map(({ path: at }) => at).join(", ")})`,
  );
  return names.length === 0 ? undefined : firstNames(names);
}

/** What a dry run cannot know of a program that reads the document. */
function ownProgram(folder: string): string {
  return `whether the program in ${folder} builds the document: \`clone\` runs the Pulumi project of this folder, which a dry run gives no document to read. It must build the document with \`new amigo.Environment(...)\`; in a folder without Pulumi.yaml, \`clone\` runs a program of its own`;
}
