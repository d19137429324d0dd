import type { Kind, Values } from "./program.js";

/** A resource as the engine's state holds it. */
export interface Entry {
  readonly urn: string;
  readonly kind: Kind;
  readonly name: string;
  readonly id: string;
  readonly inputs: Values;
  readonly outputs: Values;
  /** For each input the URNs that it comes from. */
  readonly dependencies: Readonly<Record<string, readonly string[]>>;
  readonly protect: boolean;
  readonly deletedWith?: string;
  readonly provider?: string;
  readonly initErrors: readonly string[];
  /** Replaced, and to be deleted at the end of a run that succeeds. */
  readonly pendingDelete: boolean;
  /** Deleted before its replacement, which has not been made yet. */
  readonly pendingReplacement: boolean;
}

export interface PendingOperation {
  readonly urn: string;
  readonly type: "creating" | "updating" | "deleting";
  readonly inputs: Values;
}

/** When a resource was made that nobody takes for too young to show in a list. */
export const LONG_AGO = "2026-01-01T00:00:00Z";

/** The state of a stack: entries are never changed, only put in each other's place. */
export class StackState {
  entries: readonly Entry[] = [];
  pendingOperations: readonly PendingOperation[] = [];
  /** The file that holds it, with secrets encrypted; the stand-in has none. */
  file = "";

  /** The entry that the next run goes on from; what waits for its deletion is none. */
  find(urn: string): Entry | undefined {
    return this.entries.find((entry) => entry.urn === urn && !entry.pendingDelete);
  }

  add(entry: Entry): void {
    this.entries = [...this.entries, entry];
  }

  remove(entry: Entry): void {
    this.entries = this.entries.filter((other) => !isSame(other, entry));
  }

  replace(entry: Entry, next: Entry): Entry {
    const alone = !this.entries.some((other) => !isSame(other, entry) && other.urn === entry.urn);
    this.entries = this.entries.map((other) => {
      if (isSame(other, entry)) return next;
      return alone ? renamed(other, entry.urn, next.urn) : other;
    });
    return next;
  }

  begin(operation: PendingOperation): void {
    this.pendingOperations = [...this.pendingOperations, operation];
  }

  end(operation: PendingOperation): void {
    this.pendingOperations = this.pendingOperations.filter((other) => other !== operation);
  }

  age(id: string): void {
    this.entries = this.entries.map((entry) =>
      entry.id === id ? { ...entry, outputs: { ...entry.outputs, createdAt: LONG_AGO } } : entry,
    );
  }

  copy(): StackState {
    const copy = new StackState();
    copy.entries = structuredClone(this.entries) as Entry[];
    copy.pendingOperations = structuredClone(this.pendingOperations) as PendingOperation[];
    return copy;
  }
}

/** An entry that was put in the place of this one, since what it depends on has another URN now, is the same one. */
function isSame(one: Entry, other: Entry): boolean {
  return one.urn === other.urn && one.id === other.id && one.pendingDelete === other.pendingDelete;
}

/** An entry that names another by its URN, after that one came under a new URN by an alias. */
function renamed(entry: Entry, from: string, to: string): Entry {
  if (from === to || !JSON.stringify([entry.dependencies, entry.deletedWith]).includes(from)) return entry;
  const dependencies = Object.fromEntries(
    Object.entries(entry.dependencies).map(([name, urns]) => [name, urns.map((urn) => (urn === from ? to : urn))]),
  );
  return { ...entry, dependencies, deletedWith: entry.deletedWith === from ? to : entry.deletedWith };
}
