import { existsSync } from "node:fs";
import { firstNames } from "../first-names.js";
import { nameOf } from "../stack/state.js";
import { contextOf, findWorkspace, withAdvice } from "./account.js";
import { compareEnvironments } from "./compare.js";
import type { WorkspaceEntry } from "./config.js";
import { type Environment, itemsWithin } from "./environment.js";
import { type Kind, kinds } from "./kinds.js";
import { environmentOf, type Inventory, readWorkspace } from "./live.js";
import { keysIn } from "./names.js";
import { type Check, checkLines, isBlocked, managedKey, readinessOf } from "./readiness.js";
import { References } from "./references.js";

/** How a clone writes: a stack of Pulumi, with the document and the references that its program reads. */
export interface CloneStack {
  readonly name: string;
  /** How what exists and is nobody's comes under a stack, as a part of a sentence. */
  readonly adoptAdvice: string;
  /** The Pulumi project that it runs. */
  readonly projectName: string;
  /** What becomes of the document that the target has already. */
  fileChecks(wanted: Environment, mayDelete: boolean): Check[];
  /** The ids of what the stack manages, by `kind id`; empty where there is no such stack yet. */
  managed(): Promise<ReadonlySet<string>>;
  /** Keeps the document and the references where the stack's program reads them. */
  write(environment: Environment): Promise<void>;
  /** What a run would do. */
  plan(): Promise<Plan>;
  /** Runs the stack, or the part of it that these URNs name. */
  run(targets?: readonly string[]): Promise<void>;
  /** Puts files back as they were, where nothing was run; files that were not there may stay, and so may what was written into others. */
  undo(keepsNew: boolean, keepsWritten: boolean): Promise<void>;
}

export interface Plan {
  readonly steps: readonly { readonly op: string; readonly urn: string; readonly kind?: string }[];
  /** What this plan cannot show, as sentences. */
  readonly open?: readonly string[];
}

export interface CloneOptions {
  readonly source: Environment;
  /** Whether the source is a document: that of the target itself is brought into it, too. */
  readonly isDocument: boolean;
  readonly to: WorkspaceEntry;
  readonly stack: CloneStack;
  /** The slug of a workspace that is made first. */
  readonly newWorkspace?: string;
  readonly dryRun: boolean;
  /** Whether what the source no longer has may be deleted. */
  readonly mayDelete: boolean;
  readonly note: (line: string) => void;
  readonly warn: (line: string) => void;
  readonly confirm: (question: string) => Promise<boolean>;
}

export interface CloneReport {
  readonly checks: readonly Check[];
  readonly state: "blocked" | "dry run" | "nothing to do" | "done" | "differs";
  /** How many steps of each sort the plan had. */
  readonly planned: Readonly<Record<string, number>>;
  /** How many of each kind the source has, and how many the target has of these, read back after the run. */
  readonly counts: readonly { readonly section: string; readonly wanted: number; readonly there: number }[];
}

/** Brings all that the source has into another workspace. Run again, it goes on where it stopped, and then writes nothing. */
export async function clone(options: CloneOptions): Promise<CloneReport> {
  const { to, warn } = options;
  const context = contextOf(to, warn);
  try {
    return await cloneInto(options, {
      find: () => findWorkspace(context, to),
      read: (id) => readWorkspace(context, id),
    });
  } catch (error) {
    throw withAdvice(error, { context, alias: to.alias });
  } finally {
    await context.close();
  }
}

/** The workspace that is cloned to, as the API shows it. */
interface There {
  find(): Promise<string | undefined>;
  read(workspaceId: string): Promise<Inventory>;
}

async function cloneInto(options: CloneOptions, there: There): Promise<CloneReport> {
  const { source, to, stack, dryRun, note, warn, confirm } = options;
  const workspaceId = await there.find();
  refuseImpossible(options, workspaceId);
  const inventory = workspaceId === undefined ? undefined : await there.read(workspaceId);
  const environment = inventory && environmentOf(to.alias, inventory, References.none());
  const references = referencesOf(to, workspaceId);
  const managed = await stack.managed();
  const target = {
    name: to.alias,
    inventory,
    environment,
    references,
    managed,
    referencesFile: fileOf(to),
    adoptAdvice: stack.adoptAdvice,
    self: { project: stack.projectName, stack: stack.name },
    ownerAdvice: (owner: string, project: string) =>
      project === stack.projectName
        ? `use \`--stack ${owner}\``
        : `run \`clone\` in the folder of project ${project}, with \`--stack ${owner}\` (this one is of project ${stack.projectName})`,
  };
  const checks = [...readinessOf(source, target), ...workspaceChecks(options, workspaceId, managed)];
  if (isBlocked(checks)) {
    const file = to.references;
    if (file !== undefined && !existsSync(file)) {
      const sentence = `${file} is not there yet: make it, with \`version: 1\` as its first line and ids as in \`agents: { ALIAS: { id: ID } }\``;
      checks.push({ class: "blocked", sentence });
    }
    return { checks, state: "blocked", planned: {}, counts: [] };
  }

  const wanted = wantedOf(source, environment, references, workspaceId);
  checks.push(...stack.fileChecks(wanted, options.mayDelete));
  if (isBlocked(checks)) return { checks, state: "blocked", planned: {}, counts: [] };
  let isKept = false;
  let isWhole = false;
  try {
    await stack.write(wanted);
    const plan = await stack.plan();
    checks.push(...(plan.open ?? []).map((sentence) => ({ class: "to be learnt" as const, sentence })));
    const planned = countBy(plan);
    const deletions = plan.steps.filter(({ op, kind }) => kind !== undefined && op === "delete");
    if (deletions.length > 0 && !options.mayDelete) {
      return { checks: [...checks, ...deletions.map(refusedDeletion)], state: "blocked", planned, counts: [] };
    }
    for (const [op, done] of [
      ["delete", "deletes"],
      ["replace", "replaces"],
    ]) {
      const gone = plan.steps.filter((step) => step.kind !== undefined && step.op === op).map(titleOfStep);
      if (gone.length > 0) warn(`this run ${dryRun ? `would ${op}` : done} ${firstNames(gone, 10)}`);
    }
    if (dryRun) return { checks, state: "dry run", planned, counts: [] };
    const changes = plan.steps.filter(({ op }) => op !== "same");
    // Here, where they help to answer: after the run they are known.
    if (changes.length > 0) for (const line of checkLines(checks)) note(line);
    const question = `Shall I run stack ${stack.name} on ${to.alias} (${changesText(planned)})?`;
    if (changes.length > 0 && !(await confirm(question))) throw new Error("stopped; nothing was written to the API");
    // Where nothing is deployed, what the target's file says beside that is not lost.
    isKept = changes.length > 0;
    if (changes.length > 0) await runInTurn(stack, plan, note);
    // The references file names the workspace as soon as there is one.
    const made = workspaceId === undefined ? await there.find() : undefined;
    if (made !== undefined) {
      await stack.write({ ...wanted, workspaceId: made, references: references.copy(made) });
    }
    isWhole = true;
    const result = await readBack(options, { there, wanted, references });
    if (result.state === "differs" && changes.length === 0) {
      note("the run changed nothing: does the program build the document, with `new amigo.Environment(...)`?");
    }
    return { checks, planned, ...result, state: result.state ?? (changes.length > 0 ? "done" : "nothing to do") };
  } finally {
    if (!isKept) await stack.undo(isWhole, isWhole && options.mayDelete);
  }
}

/** What the API may refuse comes first, so that a refusal finds nothing else written. */
async function runInTurn(stack: CloneStack, plan: Plan, note: (line: string) => void): Promise<void> {
  const first = refusable(plan);
  if (first.length > 0) {
    note("first what the API may refuse, then the rest");
    await stack.run(first);
  }
  await stack.run();
}

/** What the target has after the run, as the API shows it. */
async function readBack(
  { to }: CloneOptions,
  { there, wanted, references }: { there: There; wanted: Environment; references: References },
): Promise<{ state?: "differs"; counts: CloneReport["counts"] }> {
  const id = await there.find();
  if (id === undefined) {
    throw new Error(`the run ended, and ${to.alias} still shows no workspace: run the same command again`);
  }
  const after = environmentOf(to.alias, await there.read(id), references.copy(id));
  const { differences } = compareEnvironments({ ...wanted, workspaceId: id }, onlyWanted(wanted, after));
  return { counts: countsOf(wanted, after), ...(differences.length > 0 ? { state: "differs" } : {}) };
}

function refuseImpossible(options: CloneOptions, workspaceId: string | undefined): void {
  const { source, isDocument, to, newWorkspace } = options;
  if (!isDocument && workspaceId !== undefined && source.workspaceId === workspaceId) {
    throw new Error(
      `${source.name} and ${to.alias} are the same workspace (${workspaceId}): there is nothing to clone`,
    );
  }
  if (newWorkspace === undefined) {
    if (workspaceId !== undefined) return;
    throw new Error(
      `workspace "${to.alias}": this account sees no workspace with the slug "${to.slug}". Is it misspelt, archived, or of another account? To make it, add --new-workspace ${to.slug}`,
    );
  }
  if (to.id !== undefined || to.slug !== newWorkspace) {
    const found = to.id === undefined ? `the slug "${to.slug}"` : `the id ${to.id}`;
    throw new Error(
      `--new-workspace ${newWorkspace}: amigo.yaml gives "${to.alias}" ${found}. A workspace that is yet to be made is named there by \`slug: ${newWorkspace}\``,
    );
  }
}

function workspaceChecks(
  { source, newWorkspace, to }: CloneOptions,
  workspaceId: string | undefined,
  managed: ReadonlySet<string>,
): Check[] {
  if (newWorkspace === undefined) return [];
  if (workspaceId !== undefined) {
    if (managed.has(managedKey("Workspace", workspaceId))) return [];
    return [
      {
        class: "blocked",
        sentence: `workspace ${newWorkspace} exists (${workspaceId}) and is not in this stack. Clone to it without --new-workspace`,
      },
    ];
  }
  const hasSection = source.items.some(({ kind }) => kind.form.shape === "object");
  return hasSection
    ? [
        {
          class: "to be learnt",
          sentence: `whether the slug ${newWorkspace} is free: an archived workspace keeps its slug, and shows nowhere`,
        },
      ]
    : [
        {
          class: "blocked",
          sentence: `${source.name} says nothing of the workspace itself: a new one for ${to.alias} needs its name and environment`,
        },
      ];
}

function referencesOf(to: WorkspaceEntry, workspaceId: string | undefined): References {
  const references = to.references ? References.read(to.references, { optional: true }) : References.none();
  if (references.workspace !== undefined && workspaceId !== undefined && references.workspace !== workspaceId) {
    throw new Error(
      `${to.references} holds the references of workspace ${references.workspace}, and ${to.alias} is ${workspaceId}`,
    );
  }
  return references.copy(workspaceId);
}

function fileOf(to: WorkspaceEntry): string {
  return to.references ?? `a references file, which \`references\` of ${to.alias} in amigo.yaml names`;
}

/** The source's entries; of the workspace itself what is there already, since a clone makes one and changes none. */
function wantedOf(
  source: Environment,
  there: Environment | undefined,
  references: References,
  workspaceId: string | undefined,
): Environment {
  const isWorkspace = ({ kind }: { kind: Kind }) => kind.form.shape === "object";
  const items = there
    ? [...there.items.filter(isWorkspace), ...source.items.filter((item) => !isWorkspace(item))]
    : source.items;
  return { ...source, items, references, workspaceId };
}

/** Without what the source does not speak of, which is left alone. */
function onlyWanted(wanted: Environment, there: Environment): Environment {
  const isWanted = (kind: Kind, path: readonly string[]) =>
    wanted.items.some((item) => item.kind === kind && item.path.every((step, index) => path[index] === step));
  const items = there.items.filter(
    ({ kind, path }) => isWanted(kind, path) || (kind.above !== undefined && isWanted(kind.above, path)),
  );
  return { ...there, items, managed: wanted.managed };
}

/** The URNs of what only a create shows to be possible, with all that is no resource of ours and with the workspace. */
function refusable({ steps }: Plan): string[] {
  const mayBeRefused = ({ form }: Kind) =>
    Object.values(form.references ?? {}).some((reference) => "mustBe" in reference && reference.mustBe !== undefined);
  const isFirst = (name: string | undefined) => {
    const kind = kinds.find((one) => one.name === name);
    return kind === undefined || kind.form.shape === "object" || mayBeRefused(kind);
  };
  const first = steps.filter(({ op, kind }) => op === "create" && isFirst(kind));
  const creates = steps.filter(({ op }) => op === "create");
  const some = first.some(({ kind }) => kind !== undefined);
  return some && first.length < creates.length ? first.map(({ urn }) => urn) : [];
}

/** Such as `VersionSet "Front desk / release"`, by the keys in a document. */
function titleOfStep({ urn, kind }: Plan["steps"][number]): string {
  return `${kind} "${keysIn(nameOf(urn)).join(" / ")}"`;
}

function refusedDeletion(step: Plan["steps"][number]): Check {
  return {
    class: "blocked",
    sentence: `${titleOfStep(step)} is in the stack and not in the source any more: the run would delete it. Allow that with --delete`,
  };
}

function countBy({ steps }: Plan): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { op, kind } of steps) if (kind !== undefined) counts[op] = (counts[op] ?? 0) + 1;
  return counts;
}

function changesText(planned: Readonly<Record<string, number>>): string {
  const parts = Object.entries(planned).filter(([op]) => op !== "same");
  return parts.length === 0 ? "no change of a resource" : parts.map(([op, count]) => `${op} ${count}`).join(", ");
}

/** @internal */
export function countsOf(wanted: Environment, there: Environment): CloneReport["counts"] {
  return kinds
    .filter(({ name, form }) => wanted.managed.has(name) && form.shape !== "object")
    .map((kind) => {
      const of = entriesOf(wanted, kind);
      const found = new Set(entriesOf(there, kind));
      return { section: kind.section, wanted: of.length, there: of.filter((entry) => found.has(entry)).length };
    });
}

/** One text for each entry of a section; in one that is a list of values each value is an entry. */
function entriesOf({ items }: Environment, kind: Kind): string[] {
  return itemsWithin(items, kind).flatMap(({ path, fields }) => {
    const [value] = Object.values(fields);
    const values = kind.form.shape === "value" && Array.isArray(value) ? value : undefined;
    return values ? values.map((one) => JSON.stringify([...path, one])) : [JSON.stringify(path)];
  });
}
