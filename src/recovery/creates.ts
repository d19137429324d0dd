import { HIDDEN } from "../engine/hidden.js";
import type { Lifecycle, Values } from "../engine/lifecycle.js";
import { fullMark, nameIn } from "../engine/owner.js";
import type { ProviderContext } from "../engine/provider/context.js";
import type { Entry, Intent } from "../engine/provider/journal.js";
import { withFullMark } from "../engine/provider/outputs.js";
import { typeToken } from "../engine/tokens.js";
import { intentOf } from "../resources/journalled.js";
import type { Accounts } from "../stack/accounts.js";
import { inClear, lifecycleOf, nameOf, type StackState, type StateResource } from "../stack/state.js";

/** A create of which nobody knows how it ended. */
export interface OpenCreate {
  readonly lifecycle: Lifecycle;
  /** The resource's name in the program. */
  readonly name: string;
  readonly context: ProviderContext;
  /** As declared; of a create that only the journal knows, the natural key alone. */
  readonly inputs: Values;
  /** The engine's pending operation; undefined where the provider died and the engine took that for a failure. */
  readonly pending?: StateResource;
  /** What the stack holds under the same URN: the one that is being replaced, or what a later run made. */
  readonly standing?: StateResource;
  /** What the journal holds of it. */
  readonly entry?: Entry;
}

/** The creates that the engine remembers as pending, each with its account and its line in the journal. */
export async function pendingCreates(state: StackState, accounts: Pick<Accounts, "of">): Promise<OpenCreate[]> {
  const creates: OpenCreate[] = [];
  for (const { type, resource } of state.pending) {
    const lifecycle = lifecycleOf(resource.type);
    if (type !== "creating" || !lifecycle) continue;
    const context = await accounts.of(resource.provider);
    const inputs = withFullMark(lifecycle, inClear(resource.inputs ?? {}) as Values);
    const { kind, recovery } = lifecycle;
    const wanted = recovery && intentOf({ kind, recovery }, inputs);
    creates.push({
      lifecycle,
      name: nameOf(resource.urn),
      context,
      inputs,
      pending: resource,
      standing: state.resources.find(({ urn, delete: gone }) => urn === resource.urn && !gone),
      entry: wanted && standing(context.journal?.entries().filter((entry) => isSame(entry, wanted)) ?? []),
    });
  }
  return creates;
}

/**
 * The creates that only the journal remembers: where the provider process died and the engine did not, the engine counts the
 * create as failed and keeps nothing of it. Found by the owner mark, which names the stack.
 */
export async function forgottenCreates(
  stack: { project: string; name: string },
  state: StackState,
  accounts: Pick<Accounts, "all">,
  pending: readonly OpenCreate[],
): Promise<OpenCreate[]> {
  const creates: OpenCreate[] = [];
  const known = new Set(pending.flatMap(({ entry }) => (entry ? [entry.entry] : [])));
  for (const context of await accounts.all()) {
    for (const entry of byIntent(context.journal?.entries() ?? []).map(standing)) {
      if (!entry) continue;
      const [, , project, name] = entry.owner?.split("/") ?? [];
      const lifecycle = lifecycleOf(typeToken(entry.kind));
      if (!lifecycle?.recovery || project !== stack.project || name !== stack.name || known.has(entry.entry)) continue;
      if (entry.state === "closed" || entry.state === "claimed" || holds(state, entry)) continue;
      known.add(entry.entry);
      const { workspaceId, key, owner } = entry;
      const inputs = { ...lifecycle.recovery.inputsOf(key), workspaceId, [HIDDEN.owner]: owner };
      creates.push({ lifecycle, name: nameIn(owner ?? ""), context, inputs, entry });
    }
  }
  return creates;
}

function isSame(entry: Entry, intent: Intent): boolean {
  return (
    entry.kind === intent.kind &&
    entry.workspaceId === intent.workspaceId &&
    JSON.stringify(entry.key) === JSON.stringify(intent.key) &&
    (entry.owner === undefined || intent.owner === undefined || entry.owner === intent.owner)
  );
}

function byIntent(entries: readonly Entry[]): Entry[][] {
  const grouped = new Map<string, Entry[]>();
  for (const entry of entries) {
    const intent = JSON.stringify([entry.kind, entry.workspaceId, entry.key, entry.owner]);
    grouped.set(intent, [...(grouped.get(intent) ?? []), entry]);
  }
  return [...grouped.values()];
}

/**
 * Of one intent's entries, oldest first, the one that counts: the last that was settled with an id, or the first that was asked since. A later
 * one that was refused or never answered says nothing of what the first may have made: it may be why it was refused.
 */
function standing(entries: readonly Entry[]): Entry | undefined {
  let found: Entry | undefined;
  for (const entry of entries) {
    if (entry.state === "closed" || (entry.state === "asked" && found?.state === "asked")) continue;
    found = entry;
  }
  return found ?? entries.at(-1);
}

function holds({ resources }: StackState, entry: Entry): boolean {
  return resources.some(({ type, id, inputs }) => {
    if (type !== typeToken(entry.kind)) return false;
    return entry.id === undefined ? fullMark(inputs?.[HIDDEN.owner], type) === entry.owner : id === entry.id;
  });
}
