import type { Values } from "../values.js";
import { KeyedLock } from "./locks.js";

/** A resource of the program, as its check and its diff have shown it in this run. */
export interface Declared {
  readonly kind: string;
  readonly inputs: Values;
  /** The inputs of the run before; undefined for a resource that is new in the program. */
  readonly former: Values | undefined;
  /** Under which state holds it; undefined for a resource that is new in the program. */
  id?: string;
  /** What state holds of it, once its diff has run. */
  state?: Values;
  /** Whether this run replaces what the id names. */
  replaced: boolean;
  /** The names of its parts that the program declares as resources of their own. */
  readonly elsewhere?: readonly string[];
  /** The id that its `import` option names. */
  readonly imports?: string;
  /** Its owner mark in full, which ends with its name in the program. */
  readonly mark?: string;
}

/**
 * What this process knows of the run. The engine starts one provider process per provider resource and run, so this is
 * what the run has shown and done through one account.
 */
export class Run {
  /** Operations that must go one after another. */
  readonly locks = new KeyedLock();
  /** `pulumi/<organization>/<project>/<stack>`, once a check has shown it. */
  stack: string | undefined;
  /** Whether the engine ever had two operations under way at once, which with `--parallel 1` it never has. */
  wasParallel = false;
  private underWay = 0;
  private readonly declarations: Declared[] = [];
  private readonly byInputs = new Map<string, Declared>();
  private readonly heldIds = new Set<string>();
  private readonly addedParts = new Set<string>();
  private readonly madeIds = new Set<string>();
  private readonly otherwise = new Map<string, readonly string[]>();
  private readonly removals = new Map<string, Removal>();
  private readonly writes = new Map<string, unknown>();
  private readonly asked = new Map<string, Promise<unknown>>();
  private readonly said = new Set<string>();

  /**
   * Called with what each check answers. True when the engine checks a replacement: that comes without former inputs, after
   * the diff of the same inputs of the same resource.
   */
  checked(
    kind: string,
    inputs: Values,
    former: Values | undefined,
    more: Pick<Declared, "imports" | "elsewhere" | "mark"> = {},
  ): boolean {
    const key = fingerprint(kind, inputs);
    const known = this.byInputs.get(key);
    const isAnother = known?.mark !== undefined && more.mark !== undefined && known.mark !== more.mark;
    if (former === undefined && known?.id !== undefined && !isAnother) {
      known.replaced = true;
      return true;
    }
    const declared: Declared = { kind, inputs, former, replaced: false, ...more };
    this.byInputs.set(key, declared);
    this.declarations.push(declared);
    return false;
  }

  /**
   * Called with what each diff answers. Inputs that were not checked are no resource of the program: a refresh and the
   * engine's own questions about dependents come without a check.
   */
  compared(kind: string, id: string, state: Values, news: Values, replaced: boolean): void {
    const declared = this.declarationOf(kind, news);
    if (declared) Object.assign(declared, { id, state, replaced });
  }

  /** The resource of the program that has exactly these inputs. */
  declarationOf(kind: string, inputs: Values): Declared | undefined {
    return this.byInputs.get(fingerprint(kind, inputs));
  }

  /** All resources of this kind whose check has run by now. */
  declared(kind: string): readonly Declared[] {
    return this.declarations.filter((one) => one.kind === kind);
  }

  /** A resource of the program has this id since it was created or updated in this run. */
  hold(kind: string, id: string): void {
    this.heldIds.add(`${kind} ${id}`);
    this.removals.delete(`${kind} ${id}`);
  }

  /**
   * Whether a resource of the program stays with this id, whichever run gave it that. When the engine deletes another entry
   * with the same id (renamed without an alias, or left by a replacement), the thing itself must stay.
   */
  isHeld(kind: string, id: string): boolean {
    return this.heldIds.has(`${kind} ${id}`) || this.manages(kind, id, ({ replaced }) => !replaced);
  }

  /** Another resource declares this too, within itself, and did not in the run before. */
  addPart(kind: string, id: string): void {
    this.addedParts.add(`${kind} ${id}`);
  }

  isAddedPart(kind: string, id: string): boolean {
    return this.addedParts.has(`${kind} ${id}`);
  }

  /** Whether a resource of the program has this id in state, also one that this run replaces. */
  manages(kind: string, id: string, such: (declared: Declared) => boolean = () => true): boolean {
    return this.declarations.some((one) => one.kind === kind && one.id === id && such(one));
  }

  /** Whether the program imports what has this id. */
  isImported(kind: string, id: string): boolean {
    return this.declarations.some((one) => one.kind === kind && one.imports === id);
  }

  /** A thing that did not exist before this run: nobody else can have changed it by accident. */
  made(kind: string, id: string): void {
    this.madeIds.add(`${kind} ${id}`);
  }

  wasMade(kind: string, id: unknown): boolean {
    return this.madeIds.has(`${kind} ${String(id)}`);
  }

  removed(kind: string, id: string, state: Values, what: string): void {
    this.removals.set(`${kind} ${id}`, { kind, state, what });
    this.madeIds.delete(`${kind} ${id}`);
  }

  /** What messages call the thing that this run removed; undefined when it did not. */
  wasRemoved(kind: string, id: string): string | undefined {
    return this.removals.get(`${kind} ${id}`)?.what;
  }

  /** What this run removed that had such a state. */
  removedWith(kind: string, such: (state: Values) => boolean): Removal | undefined {
    return [...this.removals.values()].find((removal) => removal.kind === kind && such(removal.state));
  }

  /** What this run wrote to a thing, since a read may not show it yet. */
  wrote(kind: string, id: string, what: unknown): void {
    this.writes.set(`${kind} ${id}`, what);
  }

  written<T>(kind: string, id: string): T | undefined {
    return this.writes.get(`${kind} ${id}`) as T | undefined;
  }

  /** A read has shown that these properties, which no program declares, differ from what state held. */
  foundOtherwise(kind: string, id: string, names: readonly string[]): void {
    this.otherwise.set(`${kind} ${id}`, names);
  }

  otherwiseIn(kind: string, id: string): readonly string[] {
    return this.otherwise.get(`${kind} ${id}`) ?? [];
  }

  /** The answer to a question that is asked once in a run; a failure is asked again. */
  once<T>(question: string, ask: () => Promise<T>): Promise<T> {
    let answer = this.asked.get(question);
    if (!answer) {
      answer = ask();
      this.asked.set(question, answer);
      answer.catch(() => this.asked.delete(question));
    }
    return answer as Promise<T>;
  }

  /** Carries out what the engine asks for. */
  async operation<T>(work: () => Promise<T>): Promise<T> {
    this.underWay += 1;
    this.wasParallel ||= this.underWay > 1;
    try {
      return await work();
    } finally {
      this.underWay -= 1;
    }
  }

  /** True the first time that this run says such a thing. */
  saysFirst(topic: string): boolean {
    if (this.said.has(topic)) return false;
    this.said.add(topic);
    return true;
  }
}

export interface Removal {
  readonly kind: string;
  readonly state: Values;
  /** What messages call it. */
  readonly what: string;
}

/** The same for the same inputs, whatever the order of their keys; what the classes add does not count. */
function fingerprint(kind: string, inputs: Values): string {
  const own = Object.entries(inputs).filter(([name]) => !name.startsWith("__"));
  return `${kind} ${JSON.stringify(sorted(Object.fromEntries(own)))}`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined && inner !== null);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]));
}
