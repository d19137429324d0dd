import { mkdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import * as path from "node:path";
import { messageOf } from "../engine/provider/failure.js";
import { journalFolder } from "../engine/provider/journal.js";
import { intentOf } from "../resources/journalled.js";
import { Accounts } from "../stack/accounts.js";
import { type ImportEntry, importExisting } from "../stack/import-file.js";
import { LocalBackend } from "../stack/local-backend.js";
import { findLocks, holderRuns, type Lock, lockText } from "../stack/lock.js";
import { Pulumi } from "../stack/pulumi.js";
import {
  exportState,
  lifecycleOf,
  nameOf,
  type PendingOperation,
  type StackState,
  titleOf,
  typeOf,
} from "../stack/state.js";
import { forgottenCreates, type OpenCreate, pendingCreates } from "./creates.js";
import { disturbedUrns } from "./disturbed.js";
import { judge, shownOf } from "./verdict.js";

export interface RecoverOptions {
  /** Default: the stack that is selected in the project. */
  readonly stack?: string;
  /** Folder of the Pulumi project. */
  readonly cwd: string;
  /** Changes nothing and says what would be done. */
  readonly dryRun: boolean;
  /** Called with each thing as it is found or done, in plain words. */
  readonly tell: (line: string) => void;
  /** Asked before anything is changed. */
  readonly confirm: (question: string) => Promise<boolean>;
  /** Whether the person has agreed to everything beforehand. */
  readonly agreed?: boolean;
}

/**
 * What was found of one create, and what follows.
 * - `adopted`: brought into the stack.
 * - `handed over`: noted in the journal; the next `up` takes it over where it would have made a second one.
 * - `there`: in the stack already.
 * - `nothing`: nothing was made that a second create would double.
 * - `open`: left alone; somebody has to look.
 */
export interface SettledCreate {
  readonly kind: string;
  readonly name: string;
  readonly urn?: string;
  readonly outcome: "adopted" | "handed over" | "there" | "nothing" | "open";
  readonly id?: string;
  readonly why?: string;
}

export interface RecoverReport {
  readonly stack: string;
  /** The folder of its Pulumi project. */
  readonly cwd: string;
  readonly dryRun: boolean;
  /** Whether the state holds no resource at all. */
  readonly isEmpty: boolean;
  /** The lock of a dead run, which was cancelled. */
  readonly lock?: Lock;
  readonly creates: readonly SettledCreate[];
  /** Pending operations that are not creates of this package. */
  readonly others: readonly { readonly urn: string; readonly operation: string; readonly advice: string }[];
  /** The URNs of bindings that an interrupted move may have taken down or elsewhere; read again unless it is a dry run. */
  readonly disturbed: readonly string[];
  /** The copy of the pending operations as they were found. */
  readonly copy?: string;
  /** Whether no create stays open. */
  readonly settled: boolean;
}

interface Judged {
  readonly create: OpenCreate;
  readonly result: SettledCreate;
  readonly adoption?: ImportEntry;
}

/** Settles the creates that an interrupted run left open. Can be interrupted itself, and run again, at any point. */
export async function recover(options: RecoverOptions): Promise<RecoverReport> {
  const { tell, dryRun } = options;
  const pulumi = await Pulumi.find(options.stack, options.cwd);
  const backend = await LocalBackend.find(pulumi);
  const lock = backend && deadLock(backend, tell);
  if (backend && backend.broken().length > 0) await mend(backend, options);

  const state = await exportState(pulumi, "--show-secrets");
  const accounts = new Accounts(pulumi, state.resources, tell);
  try {
    const others = await otherOperations(state, accounts);
    for (const { urn, operation, advice } of others) {
      tell(`${titleOf({ urn, type: typeOf(urn) })}: interrupted while ${operation}. ${advice}`);
    }
    const judged = await judgeAll(pulumi, state, accounts, tell);
    const settled =
      judged.every(({ result }) => result.outcome !== "open") &&
      others.every(({ operation }) => operation !== "creating");
    const creates = judged.filter(isWorthTelling).map(({ result }) => result);
    const disturbed = disturbedUrns(state);
    if (disturbed.length > 0)
      tell(
        `These ${dryRun ? "would be" : "are"} read again into the state: ${disturbed.map(nameOf).join(", ")}. The next \`up\` or \`destroy\` goes on from there.`,
      );
    const isEmpty = state.resources.length === 0;
    const report = { stack: pulumi.stack, cwd: pulumi.cwd, isEmpty, dryRun, lock, others, creates, disturbed, settled };
    return dryRun ? report : { ...report, copy: await settleAll(pulumi, state, { lock, judged, disturbed }, options) };
  } finally {
    await accounts.close();
  }
}

/** Asks once, and changes nothing before; returns the copy of the pending operations, where there were any. */
async function settleAll(
  pulumi: Pulumi,
  state: StackState,
  { lock, judged, disturbed }: { lock: Lock | undefined; judged: readonly Judged[]; disturbed: readonly string[] },
  { tell, confirm, agreed = false }: RecoverOptions,
): Promise<string | undefined> {
  const work = judged.filter((one) => isWorthTelling(one) && one.result.outcome !== "open");
  const urns = [
    ...work.flatMap(({ create }) => (create.pending ? [create.pending.urn] : [])),
    ...state.pending.filter(isEnginesOwn).map(({ resource }) => resource.urn),
  ];
  const steps = [
    ...(lock ? ["cancel that lock"] : []),
    ...(work.length > 0 ? [`settle ${work.length === 1 ? "this create" : `these ${work.length} creates`}`] : []),
    ...(work.length === 0 && urns.length > 0 ? ["clear what the engine itself left pending"] : []),
    ...(disturbed.length > 0 ? [`read ${disturbed.length === 1 ? "this" : "these"} again`] : []),
  ];
  if (steps.length > 0 && !(await confirm(`Shall I ${steps.join(" and ")}?`))) {
    throw new Error("stopped; no create was settled");
  }
  if (steps.length === 0 && !agreed) return undefined;

  if (lock) {
    await pulumi.run("cancel", "--yes");
    tell("The lock was cancelled.");
  }
  const clears = work.length + urns.length > 0 && state.pending.length > 0;
  const copy = clears ? await keepCopy(pulumi) : undefined;
  await carryOut(pulumi, work);
  await clear(pulumi, state, urns);
  await readAgain(pulumi, disturbed);
  for (const { create, result } of judged.filter((one) => !isWorthTelling(one))) note(create, result);
  return copy;
}

async function mend(backend: LocalBackend, { dryRun, tell, confirm }: RecoverOptions): Promise<void> {
  const what = `The kill cut short ${backend.broken().join(", ")}, without which the engine cannot read the stack`;
  if (dryRun)
    throw new Error(`${what}. Without --dry-run it is removed: it describes the file beside it and holds no state`);
  tell(`${what}. It describes the file beside it and holds no state.`);
  if (!(await confirm("Remove it?"))) throw new Error("stopped; nothing was changed");
  backend.mend();
}

/** A lock whose engine is gone, or may be; throws where one runs. */
function deadLock(backend: LocalBackend, tell: (line: string) => void): Lock | undefined {
  const locks = findLocks(backend).map((lock) => ({ lock, runs: holderRuns(lock) }));
  const living = locks.find(({ runs }) => runs);
  if (living) {
    throw new Error(
      `the stack is locked by ${lockText(living.lock)}, and that process runs: wait for it or stop it first. Nothing was changed`,
    );
  }
  for (const { lock, runs } of locks) {
    tell(
      runs === false
        ? `The stack is locked by ${lockText(lock)}; that process is gone.`
        : `The stack is locked by ${lockText(lock)}. ${
            lock.hostname === hostname()
              ? `No such engine runs here, but another machine or container that is also called "${lock.hostname}" may run it`
              : "That is another machine"
          }: make sure yourself that it has ended.`,
    );
  }
  return locks[0]?.lock;
}

async function otherOperations(state: StackState, accounts: Accounts): Promise<RecoverReport["others"]> {
  const others = state.pending
    .filter((operation) => operation.type !== "creating" || !lifecycleOf(operation.resource.type))
    .filter((operation) => !isEnginesOwn(operation));
  return Promise.all(
    others.map(async (operation) => ({
      urn: operation.resource.urn,
      operation: operation.type,
      advice: await adviceFor(operation, state, accounts),
    })),
  );
}

/** A component, a provider or the stack: nothing outside the state belongs to it. */
function isEnginesOwn({ type, resource }: PendingOperation): boolean {
  return type === "creating" && (resource.custom !== true || resource.type.startsWith("pulumi:"));
}

async function adviceFor(operation: PendingOperation, state: StackState, accounts: Accounts): Promise<string> {
  const { type, resource } = operation;
  if (type === "creating") {
    return "It is not this package's: look whether it exists, and settle it with an interactive `pulumi refresh`.";
  }
  const lifecycle = lifecycleOf(resource.type);
  if (!lifecycle || (type !== "deleting" && type !== "updating")) return "`pulumi refresh` finds out how far it came.";
  // The engine writes no id beside an update.
  const id = resource.id || state.resources.find(({ urn, delete: gone }) => urn === resource.urn && !gone)?.id;
  if (!id) return "Its state has no id: `pulumi refresh` finds out how far it came.";
  try {
    return await shownOf(operation, id, lifecycle, await accounts.of(resource.provider));
  } catch (error) {
    // Whoever frees a stack while the API is down can look later.
    return `How far it came could not be read (${messageOf(error)}). The same command again finishes it.`;
  }
}

async function judgeAll(
  pulumi: Pulumi,
  state: StackState,
  accounts: Accounts,
  tell: (line: string) => void,
): Promise<Judged[]> {
  const pending = await pendingCreates(state, accounts);
  const forgotten = await forgottenCreates(stackOf(pulumi, state), state, accounts, pending);
  const judged: Judged[] = [];
  for (const create of [...pending, ...forgotten]) {
    const one = await judgeOne(state, create);
    if (isWorthTelling(one)) {
      const { kind, name, outcome, id, why } = one.result;
      tell(`${kind} ${name}: ${sentences[outcome](id ?? "", why ?? "")}`);
    }
    judged.push(one);
  }
  return judged;
}

const sentences: Record<SettledCreate["outcome"], (id: string, why: string) => string> = {
  adopted: (id) => `the interrupted create made ${id}, which goes into the stack.`,
  "handed over": (id) => `the interrupted create made ${id}; the next \`up\` takes it over instead of making another.`,
  there: (id) => `${id} is in the stack already.`,
  nothing: (_id, why) => `${why}; the next \`up\` makes it.`,
  open: (_id, why) => `stays open: ${why}.`,
};

async function judgeOne(state: StackState, create: OpenCreate): Promise<Judged> {
  const { lifecycle, name, pending } = create;
  const facts = { kind: lifecycle.kind, name, urn: pending?.urn };
  const verdict = await judge(create);
  if (verdict.is !== "made") return { create, result: { ...facts, outcome: verdict.is, why: verdict.why } };
  const { existing } = verdict;
  const { id } = existing;
  const inStack = state.resources.some(
    (resource) => lifecycleOf(resource.type) === lifecycle && resource.id === id && !resource.delete,
  );
  if (inStack) return { create, result: { ...facts, outcome: "there", id } };
  if (pending && canImport(state, create)) {
    return {
      create,
      result: { ...facts, outcome: "adopted", id },
      adoption: { resource: pending, lifecycle, inputs: create.inputs, existing },
    };
  }
  if (lifecycle.recovery) return { create, result: { ...facts, outcome: "handed over", id } };
  return {
    create,
    result: { ...facts, outcome: "nothing", why: `${id} exists as declared, and the create takes it over` },
  };
}

/** The engine imports nothing under a URN that the state holds, such as that of a resource which is being replaced. */
function canImport({ resources }: StackState, { pending, standing }: OpenCreate): boolean {
  const parentThere = pending?.parent === undefined || resources.some(({ urn }) => urn === pending.parent);
  return standing === undefined && parentThere;
}

/** What the journal alone knows and what is gone since, or was never made, interests nobody. */
function isWorthTelling({ create, result }: Judged): boolean {
  return create.pending !== undefined || result.outcome === "open" || result.outcome === "handed over";
}

/** An interruption leaves nothing half done: what is adopted is found in the stack by the next `recover`. */
async function carryOut(pulumi: Pulumi, work: readonly Judged[]): Promise<void> {
  await importExisting(
    pulumi,
    work.flatMap(({ adoption }) => (adoption ? [adoption] : [])),
  );
  for (const { create, result } of work) note(create, result);
}

function note({ context, entry, lifecycle, inputs }: OpenCreate, { outcome, id }: SettledCreate): void {
  const { journal } = context;
  const { kind, recovery } = lifecycle;
  if (!journal || !recovery) return;
  if (outcome === "handed over")
    journal.settle(entry?.entry ?? journal.ask(intentOf({ kind, recovery }, inputs)), "claimed", id);
  else if (entry) journal.settle(entry.entry, outcome === "nothing" ? "closed" : "made", id);
}

/**
 * Clears the entries of what is settled and no others. The engine drops a pending create that is said to be an import as soon as it
 * writes the state; a refresh of the stack resource alone makes it write, and asks no provider.
 */
async function clear(pulumi: Pulumi, { resources }: StackState, settled: readonly string[]): Promise<void> {
  const stack = resources.find(({ type }) => type === "pulumi:pulumi:Stack");
  const target = stack ? ["--target", stack.urn] : [];
  // Each pass clears one entry of a URN; several runs in turn may have left several.
  for (let urns = [...settled]; urns.length > 0; ) {
    const once = [...new Set(urns)];
    const pairs = once.flatMap((urn) => ["--import-pending-creates", urn, "--import-pending-creates", "settled"]);
    await pulumi.run("refresh", "--skip-preview", "--yes", "--skip-pending-creates", ...target, ...pairs);
    for (const urn of once) urns = urns.toSpliced(urns.indexOf(urn), 1);
  }
}

/** Brings what exists now into state, so that the next `up` sees what is missing. */
async function readAgain(pulumi: Pulumi, urns: readonly string[]): Promise<void> {
  if (urns.length === 0) return;
  const targets = urns.flatMap((urn) => ["--target", urn]);
  await pulumi.run("refresh", "--skip-preview", "--yes", "--skip-pending-creates", ...targets);
}

/** Exported anew, with secrets encrypted. */
async function keepCopy(pulumi: Pulumi): Promise<string> {
  const { pending } = await exportState(pulumi);
  const folder = path.join(journalFolder(), "recovered");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const time = new Date().toISOString().replace(/[:.]/g, "-");
  const file = path.join(folder, `${pulumi.stack.replaceAll("/", "_")}-${time}.json`);
  writeFileSync(file, JSON.stringify({ stack: pulumi.stack, pending_operations: pending }, undefined, 2), {
    mode: 0o600,
  });
  return file;
}

function stackOf({ stack }: Pulumi, { resources, pending }: StackState): { project: string; name: string } {
  const [, name = stack, project = ""] =
    /^urn:pulumi:(.+?)::(.+?)::/.exec(resources[0]?.urn ?? pending[0]?.resource.urn ?? "") ?? [];
  return { project, name };
}
