/**
 * What this process has done so far. The engine starts one provider process per provider and run, so this is what the
 * run has done through one account.
 */
export class RunMemory {
  private readonly madeIds = new Set<string>();
  private readonly heldIds = new Set<string>();
  private readonly removedIds = new Map<string, string>();
  private readonly leftIds = new Set<string>();
  private readonly importIds = new Set<string>();

  /** A thing that did not exist before this run: nobody else can have changed it by accident. */
  made(kind: string, id: string): void {
    this.madeIds.add(`${kind} ${id}`);
  }

  wasMade(kind: string, id: string): boolean {
    return this.madeIds.has(`${kind} ${id}`);
  }

  /**
   * A resource of the program holds this id since it was created or adopted in this run. When the engine then deletes
   * an older resource with the same id (one renamed without an alias), the thing itself must stay.
   */
  hold(kind: string, id: string): void {
    this.heldIds.add(`${kind} ${id}`);
    this.removedIds.delete(`${kind} ${id}`);
  }

  isHeld(kind: string, id: string): boolean {
    return this.heldIds.has(`${kind} ${id}`);
  }

  /** To be called by a deletion that finds somebody else's work and keeps it: it does not count as removed then. */
  left(kind: string, id: string): void {
    this.leftIds.add(`${kind} ${id}`);
  }

  removed(kind: string, id: string, what = ""): void {
    if (this.leftIds.has(`${kind} ${id}`)) return;
    this.removedIds.set(`${kind} ${id}`, what);
    this.madeIds.delete(`${kind} ${id}`);
  }

  /** What was said of the thing when this run removed it; undefined when it did not. */
  wasRemoved(kind: string, id: string): string | undefined {
    return this.removedIds.get(`${kind} ${id}`);
  }

  /** An import that was checked against an existing resource: a second check without one is its replacement. */
  importOfExisting(kind: string, id: string): void {
    this.importIds.add(`${kind} ${id}`);
  }

  isImportOfExisting(kind: string, id: string): boolean {
    return this.importIds.has(`${kind} ${id}`);
  }
}
