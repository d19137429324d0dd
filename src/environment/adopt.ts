import { COMMAND } from "../command.js";
import { isUnknown } from "../engine/unknown.js";
import { importExisting } from "../stack/import-file.js";
import { LocalBackend } from "../stack/local-backend.js";
import { findLocks, lockText } from "../stack/lock.js";
import { type DeclaredResource, type PreviewStep, previewSteps } from "../stack/preview.js";
import { isBuiltIn, stackFlags } from "../stack/project.js";
import { CliFailed, Pulumi, saysNoStack } from "../stack/pulumi.js";
import { changesIn, ensureStack, failureText, isEnginesOwn, runStack } from "../stack/run.js";
import {
  exportState,
  lifecycleOf,
  nameOf,
  pendingText,
  providerUrn,
  type StackState,
  type StateResource,
} from "../stack/state.js";
import { type Account, withAdvice } from "./account.js";
import { endFormerCreates, formerOwners, stillHeldText } from "./adopt-from.js";
import { type Place, type PlaceOptions, placeOf } from "./adopt-place.js";
import {
  type Adoptable,
  type AdoptPlan,
  type DeclaredOnly,
  planAdoption,
  type Thing,
  undeclaredIn,
} from "./adopt-plan.js";
import { documentIn } from "./deploy.js";
import type { Environment } from "./environment.js";
import { kinds } from "./kinds.js";
import { readWorkspace } from "./live.js";

export interface AdoptOptions extends PlaceOptions {
  readonly stack: string;
  /** The stack that owned what is adopted, and has given it up. */
  readonly fromStack?: string;
  /** Changes nothing and says what would be done. */
  readonly dryRun: boolean;
  /** Called with each step of the work, in plain words. */
  readonly note: (line: string) => void;
  /** Asked before anything is changed. */
  readonly confirm: (question: string) => Promise<boolean>;
}

export interface AdoptReport {
  readonly stack: string;
  readonly workspaceId: string;
  readonly dryRun: boolean;
  /** What this command brought into the stack; with `dryRun`, what it would bring. */
  readonly adopted: readonly (DeclaredOnly & { readonly id: string })[];
  /** How many resources of the program the stack held before. */
  readonly there: number;
  /** Declared, and does not exist: the next `up` makes it. */
  readonly missing: readonly DeclaredOnly[];
  /** Of a document: what it has and what exists, and the program does not declare. It stays where it is. */
  readonly undeclared: readonly Thing[];
  /** Adopted as it exists, which is not as declared: the next `up` changes it. */
  readonly differing: readonly (DeclaredOnly & { readonly id: string; readonly fields: readonly string[] })[];
  /** What the preview after it shows: empty is the proof. Without a preview (`dryRun`) what is expected. */
  readonly changes: readonly { readonly op: string; readonly urn: string; readonly name: string }[];
}

/**
 * Brings what exists under a stack whose program declares it. Sends nothing but reads to the API. Makes the stack of a built-in
 * program where it is not there; unless something is brought in, that is taken back.
 */
export async function adopt(options: AdoptOptions): Promise<AdoptReport> {
  const { stack, cwd, note, dryRun } = options;
  const place = placeOf(options);
  const pulumi = await Pulumi.find(stack, cwd, place.environment);
  const document = place.document ?? (isBuiltIn(pulumi) ? documentIn(pulumi.cwd) : undefined);
  let unmake: (() => Promise<void>) | undefined;
  const state = await readableState(pulumi).catch(async (error: unknown) => {
    const isMissing = error instanceof CliFailed && saysNoStack(error.message);
    if (!isMissing || !isBuiltIn(pulumi)) throw error;
    note(dryRun ? `Stack ${stack} is not there yet: this would make it.` : `Making stack ${stack} ...`);
    unmake = await ensureStack(pulumi);
    return { resources: [], pending: [] };
  });
  const begun = { isWriting: false };
  try {
    return await adoptInto(pulumi, { ...place, document, state, begun }, options);
  } finally {
    if (!begun.isWriting) await unmake?.();
  }
}

interface Adoption extends Place {
  readonly state: StackState;
  readonly begun: { isWriting: boolean };
}

async function adoptInto(
  pulumi: Pulumi,
  { open, document, state, begun }: Adoption,
  options: AdoptOptions,
): Promise<AdoptReport> {
  const { stack, dryRun, note, warn } = options;
  note(`Asking the program of stack ${stack} what it declares ...`);
  const steps = await previewSteps(pulumi);
  const created = steps.flatMap(({ op, newState }) =>
    op === "create" && newState && lifecycleOf(newState.type) ? [newState] : [],
  );
  const held = heldBy(state, steps);
  const there = held.length;
  if (created.length === 0 && there === 0) {
    throw new Error(
      `the program of stack ${stack} in ${pulumi.cwd} declares nothing of this provider, so there is nothing to adopt for`,
    );
  }
  const account = await open(pulumi);
  try {
    const { workspaceId } = account;
    const plan = await planFor(account, { stack, created, held, document, fromStack: options.fromStack }, state);
    const facts = { stack, workspaceId, dryRun, there };
    if (options.fromStack !== undefined && plan.adoptable.length > 0) {
      const owners = await formerOwners(pulumi, options.fromStack, plan.adoptable);
      for (const { stack: former } of owners.filter(({ isKnown }) => !isKnown)) {
        warn(`there is no stack ${former} in this backend, and nothing here carries its mark: is the name right?`);
      }
      const holding = owners.filter(({ held }) => held.length > 0);
      if (holding.length > 0) throw new Error(holding.map(stillHeldText).join("\n"));
    }
    if (!dryRun && plan.adoptable.length > 0) {
      const count = plan.adoptable.length;
      const what = `Bring ${count === 1 ? "this resource" : `these ${count} resources`} under stack ${stack}, as found? Nothing is written to the API.`;
      for (const { kind, name, id } of plan.adoptable) note(`${kind} "${name}": ${id}`);
      if (!(await options.confirm(what))) throw new Error("stopped; nothing was changed");
      begun.isWriting = true;
      await carryOut(
        pulumi,
        plan,
        steps.flatMap(({ newState }) => newState ?? []),
        options,
      );
      endFormerCreates(account, plan.adoptable);
      if (plan.adoptable.some(({ owner }) => owner !== undefined)) {
        note(
          `The services keep the tag of their former stack until their next update: if its program still declares them, take them out before its next run.`,
        );
      }
    }
    const isDone = plan.adoptable.length === 0;
    const changes = isDone
      ? shortened(changesIn({ steps }))
      : dryRun
        ? expected(plan)
        : await proof(pulumi, plan, options);
    return {
      ...facts,
      adopted: plan.adoptable.map(({ entry: _entry, fields: _fields, owner: _owner, ...one }) => one),
      missing: plan.missing,
      undeclared: plan.undeclared,
      differing: plan.adoptable
        .filter(({ fields }) => fields.length > 0)
        .map(({ entry: _entry, owner: _owner, ...one }) => one),
      changes,
    };
  } catch (error) {
    throw withAdvice(error, account);
  } finally {
    await account.context.close();
  }
}

/** The state of a stack that no run holds and none has left half done. */
async function readableState(pulumi: Pulumi): Promise<StackState> {
  const { stack } = pulumi;
  const advice = `run \`${COMMAND} recover ${stackFlags(pulumi)}\` first. Nothing was changed`;
  const state = await exportState(pulumi, "--show-secrets");
  if (state.pending.length > 0) {
    throw new Error(`an interrupted run has left ${pendingText(state.pending)} in stack ${stack}: ${advice}`);
  }
  const backend = await LocalBackend.find(pulumi);
  const [lock] = backend ? findLocks(backend) : [];
  if (lock) throw new Error(`stack ${stack} is locked by ${lockText(lock)}: wait for it, or if it is dead, ${advice}`);
  return state;
}

/** The resources of the program that the stack holds; a preview does not show those that stay as they are. */
function heldBy({ resources }: StackState, steps: readonly PreviewStep[]): StateResource[] {
  const going = new Set(steps.filter(({ op }) => op === "delete").map(({ urn }) => urn));
  return resources.filter((one) => lifecycleOf(one.type) && !one.delete && !going.has(one.urn));
}

interface Wanted {
  readonly stack: string;
  /** What the program declares and the stack does not hold. */
  readonly created: readonly DeclaredResource[];
  /** What it declares and the stack holds. */
  readonly held: readonly StateResource[];
  readonly document?: Environment;
  readonly fromStack?: string;
}

async function planFor(
  { context, workspaceId }: Account,
  { stack, created, held, document, fromStack }: Wanted,
  { resources }: StackState,
): Promise<AdoptPlan & Pick<AdoptReport, "undeclared">> {
  refuseOtherWorkspace(workspaceId, stack, created.length > 0 ? created : held);
  if (created.length === 0 && !document)
    return { adoptable: [], missing: [], unresolved: new Set(), refused: [], undeclared: [] };
  const inventory = await readWorkspace(context, workspaceId);
  const hidden = kinds.filter(
    ({ name, lifecycle }) =>
      inventory.incomplete.has(name) &&
      (document?.managed.has(name) || created.some(({ type }) => lifecycleOf(type) === lifecycle)),
  );
  if (hidden.length > 0) {
    throw new Error(
      `the key may not read ${hidden.map(({ section }) => section).join(", ")} of workspace ${workspaceId} (403), so nobody can say which of them exist. Nothing was changed. Use a key that may read them`,
    );
  }
  const plan = planAdoption(created, inventory, resources, { fromStack, document });
  if (plan.refused.length > 0) {
    throw new Error([...plan.refused, "Nothing was changed"].join(".\n"));
  }
  const undeclared = document ? undeclaredIn(document, inventory, plan, held) : [];
  return { ...plan, undeclared };
}

/** Where all of it is of other workspaces, the wrong one was named, or the wrong stack. */
function refuseOtherWorkspace(workspaceId: string, stack: string, declared: readonly StateResource[]): void {
  const ids = declared.map(({ type, id, inputs }) =>
    lifecycleOf(type)?.kind === "Workspace" ? id : inputs?.workspaceId,
  );
  const known = ids.flatMap((id) => (typeof id === "string" && !isUnknown(id) ? id.toLowerCase() : []));
  if (known.length === 0 || known.length < ids.length || known.includes(workspaceId)) return;
  throw new Error(
    `the program of stack ${stack} declares nothing of workspace ${workspaceId}: its resources are of ${[...new Set(known)].join(", ")}. Nothing was changed. Name that workspace, or another stack`,
  );
}

/** Providers and components first, which exist in the state alone; then what exists; then its dependencies. */
async function carryOut(
  pulumi: Pulumi,
  { adoptable }: AdoptPlan,
  declared: readonly DeclaredResource[],
  { note }: AdoptOptions,
): Promise<void> {
  const { resources } = await exportState(pulumi);
  const known = new Set(resources.map(({ urn }) => urn));
  const around = [...surroundingsOf(adoptable, declared)].filter((urn) => !known.has(urn));
  if (around.length > 0) {
    note(`Registering ${around.map(nameOf).join(", ")} ...`);
    await targeted(pulumi, around);
  }
  note(`Bringing ${adoptable.length} resources into the state ...`);
  const { resources: now } = await exportState(pulumi);
  await importExisting(
    pulumi.inOneWrite(),
    adoptable.map(({ entry }) => ({ ...entry, resource: withKnownProvider(entry.resource, now) })),
  );
}

/** The explicit providers and the components of what is adopted. */
function surroundingsOf(adoptable: readonly Adoptable[], declared: readonly DeclaredResource[]): Set<string> {
  const byUrn = new Map(declared.map((one) => [one.urn, one]));
  const urns = new Set<string>();
  for (const { entry } of adoptable) {
    const { provider, parent } = entry.resource;
    if (provider && !isDefault(provider)) urns.add(providerUrn(provider));
    for (let at = parent; at !== undefined; at = byUrn.get(at)?.parent) {
      const type = byUrn.get(at)?.type;
      if (type !== undefined && !isEnginesOwn(type) && !lifecycleOf(type)) urns.add(at);
    }
  }
  return urns;
}

function isDefault(reference: string): boolean {
  return nameOf(providerUrn(reference)).startsWith("default");
}

/** The engine makes a default provider by itself; one that is named must be there. */
function withKnownProvider(resource: StateResource, state: readonly StateResource[]): StateResource {
  const { provider } = resource;
  if (!provider || state.some(({ urn }) => urn === providerUrn(provider))) return resource;
  return { ...resource, provider: undefined };
}

async function targeted(pulumi: Pulumi, urns: readonly string[]): Promise<void> {
  const run = await runStack(pulumi, "up", { args: urns.flatMap((urn) => ["--target", urn]) });
  if (!run.succeeded) throw new Error(failureText(run));
}

/** What a preview shows now. What was adopted and shows no change gets its dependencies, which only a run writes. */
async function proof(pulumi: Pulumi, plan: AdoptPlan, { note }: AdoptOptions): Promise<AdoptReport["changes"]> {
  note("Proving it with a preview ...");
  const preview = await runStack(pulumi, "preview");
  if (!preview.succeeded) throw new Error(failureText(preview));
  const changes = shortened(changesIn(preview));
  const changing = new Set(changes.map(({ urn }) => urn));
  const same = plan.adoptable.map(({ urn }) => urn).filter((urn) => !changing.has(urn));
  if (same.length > 0) {
    note("Writing what depends on what to the state ...");
    // Where nothing would change, a whole run is the same, and much faster for the engine.
    await targeted(pulumi.inOneWrite(), changes.length === 0 ? [] : same);
  }
  return changes;
}

function shortened(steps: readonly { readonly op: string; readonly urn: string }[]): AdoptReport["changes"] {
  return steps.map(({ op, urn }) => ({ op, urn, name: nameOf(urn) }));
}

function expected({ adoptable, missing }: AdoptPlan): AdoptReport["changes"] {
  return [
    ...missing.map(({ urn, name }) => ({ op: "create", urn, name })),
    ...adoptable.filter(({ fields }) => fields.length > 0).map(({ urn, name }) => ({ op: "update", urn, name })),
  ];
}
