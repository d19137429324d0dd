import { backendUrl, isLocal, LocalBackend, type StackPlace } from "./local-backend.js";
import { findLocks, holderRuns, lockText } from "./lock.js";
import type { Pulumi } from "./pulumi.js";

/** Who has locked a stack. */
export interface Holder {
  readonly text: string;
  /** Whether its process surely runs no more. */
  readonly isGone: boolean;
}

/**
 * Who has locked stacks of one project, by the name of the stack; one that does not exist yet is not locked. `pulumi` runs in that
 * project. Changes nothing.
 */
export async function lockHolders(
  pulumi: Pick<Pulumi, "plain" | "attempt" | "environment">,
  places: readonly StackPlace[],
): Promise<Map<string, Holder>> {
  const url = await backendUrl(pulumi);
  if (isLocal(url)) return inFiles(url, places);
  const known = JSON.parse(await pulumi.plain("stack", "ls", "--json")) as ListedStack[];
  const existing = places.flatMap(({ stack }) => known.find(({ name }) => name.split("/").at(-1) === stack) ?? []);
  if (/^https?:/i.test(url)) {
    const busy = existing.filter(({ updateInProgress }) => updateInProgress);
    return new Map(busy.map(({ name }) => [name.split("/").at(-1) ?? name, held("an update that is in progress")]));
  }
  const holders = new Map<string, Holder>();
  for (const { name } of existing) {
    const holder = await holderByInit(pulumi, name);
    if (holder !== undefined) holders.set(name, held(holder));
  }
  return holders;
}

interface ListedStack {
  readonly name: string;
  readonly updateInProgress?: boolean;
}

function held(text: string): Holder {
  return { text, isGone: false };
}

function inFiles(url: string, places: readonly StackPlace[]): Map<string, Holder> {
  return new Map(
    places.flatMap((place): [string, Holder][] => {
      const locks = LocalBackend.candidates(url, place).flatMap(findLocks);
      const isGone = locks.every((lock) => holderRuns(lock) === false);
      return locks.length === 0 ? [] : [[place.stack, { text: locks.map(lockText).join(", "), isGone }]];
    }),
  );
}

/** Making a stack takes its lock before it sees that the stack exists: of a locked one it says who has it. */
export async function holderByInit(pulumi: Pick<Pulumi, "attempt">, stack: string): Promise<string | undefined> {
  const { stderr } = await pulumi.attempt("stack", "init", "--no-select", "--stack", stack);
  if (!/currently locked by/i.test(stderr)) return undefined;
  return /created by (.+)/.exec(stderr)?.[1]?.trim() ?? "somebody";
}
