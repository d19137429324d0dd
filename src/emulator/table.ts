/** How far back a table can be read. Lags and stale lists beyond this show the oldest state that is still known. */
export const historyMs = 60_000;

interface Version<Value> {
  at: number;
  value: Value | undefined;
}

/** A map of records that also remembers the recent past, so that reads can lag behind writes. Values are frozen. */
export class Table<Value extends object> {
  readonly #rows = new Map<string, Version<Value>[]>();
  readonly #keyOf: (value: Value) => string;
  readonly #changed: () => void;
  #lastSweep = Date.now();

  constructor(keyOf: (value: Value) => string, changed: () => void) {
    this.#keyOf = keyOf;
    this.#changed = changed;
  }

  /** The record under a key, now or as of `at` (epoch milliseconds). */
  get(key: string, at?: number): Readonly<Value> | undefined {
    return versionAt(this.#rows.get(key), at);
  }

  /** The oldest known state of a record that exists now. */
  oldest(key: string): Readonly<Value> | undefined {
    return this.#rows.get(key)?.find((version) => version.value !== undefined)?.value;
  }

  /** All records in the order of their first appearance, now or as of `at`. */
  list(at?: number): Readonly<Value>[] {
    const found: Readonly<Value>[] = [];
    for (const versions of this.#rows.values()) {
      const value = versionAt(versions, at);
      if (value !== undefined) found.push(value);
    }
    return found;
  }

  /** The first record of which the test holds. */
  find(test: (value: Readonly<Value>) => boolean): Readonly<Value> | undefined {
    for (const versions of this.#rows.values()) {
      const value = versions.at(-1)?.value;
      if (value !== undefined && test(value)) return value;
    }
    return undefined;
  }

  /** The last states of the records that were removed at `moment` or later. */
  removedSince(moment: number): Readonly<Value>[] {
    return [...this.#rows.values()].flatMap((versions) => {
      const last = versions.at(-1);
      const before = versions.at(-2)?.value;
      return last?.value === undefined && last !== undefined && last.at >= moment && before ? [before] : [];
    });
  }

  /** Adds or replaces a record. */
  put(value: Value): Readonly<Value> {
    const frozen = deepFreeze(structuredClone(value));
    this.#append(this.#keyOf(frozen), frozen);
    return frozen;
  }

  /** Changes some fields of a record; throws where there is none. */
  update(key: string, changes: Partial<Value>): Readonly<Value> {
    const current = this.get(key);
    if (current === undefined) throw new Error(`no record ${key}`);
    return this.put({ ...current, ...changes });
  }

  /** Removes a record; false where there was none. */
  delete(key: string): boolean {
    if (this.get(key) === undefined) return false;
    this.#append(key, undefined);
    this.#sweep();
    return true;
  }

  /** Replaces everything, the past included: what is loaded has been there for ever. */
  load(values: Value[]): void {
    this.#rows.clear();
    for (const value of values) this.#rows.set(this.#keyOf(value), [{ at: 0, value: deepFreeze(value) }]);
  }

  #append(key: string, value: Value | undefined): void {
    const now = Date.now();
    const versions = [...(this.#rows.get(key) ?? []), { at: now, value }];
    const firstKept = versions.findLastIndex((version) => version.at <= now - historyMs);
    this.#rows.set(key, versions.slice(Math.max(firstKept, 0)));
    this.#changed();
  }

  #sweep(): void {
    const horizon = Date.now() - historyMs;
    if (this.#lastSweep > horizon) return;
    this.#lastSweep = Date.now();
    for (const [key, versions] of this.#rows) {
      const last = versions.at(-1);
      if (last !== undefined && last.value === undefined && last.at <= horizon) this.#rows.delete(key);
    }
  }
}

function versionAt<Value>(versions: Version<Value>[] | undefined, at: number | undefined): Value | undefined {
  if (versions === undefined) return undefined;
  if (at === undefined) return versions.at(-1)?.value;
  return versions.findLast((version) => version.at <= at)?.value;
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}
