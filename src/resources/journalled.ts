import { AmigoError } from "../api/errors.js";
import { HIDDEN } from "../engine/hidden.js";
import type { Lifecycle, Values } from "../engine/lifecycle.js";
import { nameIn, stackOf } from "../engine/owner.js";
import type { ProviderContext } from "../engine/provider/context.js";
import type { Intent } from "../engine/provider/journal.js";

/** What the journal holds of a create, and the ids of what had its key before. */
export function intentOf(
  { kind, recovery }: Required<Pick<Lifecycle, "kind" | "recovery">>,
  news: Values,
  before: readonly string[] = [],
): Intent {
  const owner = news[HIDDEN.owner] as string | undefined;
  const workspaceId = news.workspaceId as string | undefined;
  return { kind, workspaceId, key: recovery.keyOf(news).map(String), before, owner };
}

/** Sends a create between two lines of the journal, so that a process that is killed meanwhile leaves evidence. */
export async function journalled<T extends { id: string }>(
  { journal }: ProviderContext,
  intent: Intent,
  create: () => Promise<T>,
): Promise<T> {
  const entry = journal?.ask(intent);
  if (!journal || entry === undefined) return create();
  try {
    const made = await create();
    journal.settle(entry, "made", made.id);
    return made;
  } catch (error) {
    const refusal = AmigoError.isInstance(error) ? error : (error as Error).cause;
    if (AmigoError.isInstance(refusal) && refusal.outcome !== "unknown") journal.settle(entry, "closed");
    throw error;
  }
}

/** The name of another resource of the same stack that made this thing, where this machine's journal knows of it. */
export function otherMaker({ journal }: ProviderContext, { kind, owner }: Intent, id: string): string | undefined {
  const made = journal?.entries().findLast((entry) => entry.kind === kind && entry.id === id && entry.state === "made");
  if (made?.owner === undefined || made.owner === owner || stackOf(made.owner) !== stackOf(owner)) return undefined;
  return nameIn(made.owner);
}

/** The id that `recover` has found to be this create's own. */
export function claimedId({ journal }: ProviderContext, intent: Intent): string | undefined {
  return journal?.claimOf(intent)?.id;
}

/** Whether `recover` has found this id to be this create's own; it is taken over with that. */
export function takeClaimed({ journal }: ProviderContext, intent: Intent, id: string): boolean {
  const claim = journal?.claimOf(intent);
  if (!journal || claim?.id !== id) return false;
  journal.settle(claim.entry, "made", id);
  return true;
}
