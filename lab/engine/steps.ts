import { type Declaration, type StackName, urnOf, type Values } from "./program.js";
import { classOptions, type Diff, type Failure, hiddenInputs, type ProviderProcess, partialOf } from "./provider.js";
import type { Entry, PendingOperation, StackState } from "./state.js";
import { dependenciesOf } from "./values.js";

/** A step that a run took, for figures and for people. */
export interface Step {
  readonly type: "same" | "create" | "update" | "replace" | "delete" | "read";
  readonly urn: string;
  readonly id: string;
  readonly ok: boolean;
}

/** The process was killed: nothing more happens and nothing more is written. */
export class Killed extends Error {}

/** An error of a run, under the name of its resource. */
export class StepFailed extends Error {
  constructor(urn: string, reason: unknown) {
    super(`${urn.split("::").at(-1)}: ${reason instanceof Error ? reason.message : String(reason)}`);
  }
}

/** Single steps: each calls the provider process and writes what came of it into state. */
export class Steps {
  readonly done: Step[] = [];
  readonly errors: string[] = [];
  readonly #killed: Promise<never>;
  #dead = false;

  constructor(
    readonly stack: StackName,
    readonly state: StackState,
    readonly processOf: (provider?: string) => ProviderProcess,
    readonly mode: { readonly dryRun: boolean; readonly parallel: number },
    killed: Promise<void> = new Promise(() => undefined),
  ) {
    this.#killed = killed.then(() => {
      this.#dead = true;
      throw new Killed("the process was killed");
    });
    this.#killed.catch(() => undefined);
  }

  fail(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (!this.errors.includes(message)) this.errors.push(message);
  }

  async check(declaration: Declaration, olds: Values, news: Values): Promise<Values> {
    const { kind, options } = declaration;
    const { inputs, failures } = await this.call(this.processOf(options.provider).check(kind, olds, news));
    if (failures.length > 0) throw new StepFailed(this.#urn(declaration), failures.map(sentence).join("\n"));
    return inputs;
  }

  async diff(entry: Entry, news: Values, provider = entry.provider): Promise<Diff> {
    return this.call(this.processOf(provider).diff(entry.kind, entry.id, entry.outputs, news));
  }

  same(entry: Entry, declaration: Declaration, inputs: Values): Entry {
    this.done.push({ type: "same", urn: this.#urn(declaration), id: entry.id, ok: true });
    return this.state.replace(entry, this.#entry(declaration, entry.id, inputs, entry.outputs));
  }

  /** A resource of the program outside the targets: the engine reports it as the same, and asks the provider nothing. */
  untouched(entry: Entry): Entry {
    this.done.push({ type: "same", urn: entry.urn, id: entry.id, ok: true });
    return entry;
  }

  /** `replaced`: the entry that this one comes after, deleted already or to be deleted at the end. */
  async create(declaration: Declaration, inputs: Values, replaced?: Entry): Promise<Entry> {
    const type = replaced ? "replace" : "create";
    const process = this.processOf(declaration.options.provider);
    return this.#write(
      "creating",
      declaration,
      inputs,
      type,
      "",
      async () => {
        if (this.mode.dryRun) return { id: "", outputs: inputs };
        return process.create(declaration.kind, inputs);
      },
      (entry) => {
        if (replaced?.pendingReplacement) this.state.remove(replaced);
        else if (replaced) this.state.replace(replaced, { ...replaced, pendingDelete: true });
        this.state.add(entry);
      },
    );
  }

  async update(entry: Entry, declaration: Declaration, inputs: Values): Promise<Entry> {
    const process = this.processOf(declaration.options.provider);
    return this.#write(
      "updating",
      declaration,
      inputs,
      "update",
      entry.id,
      async () => {
        if (this.mode.dryRun) return { id: entry.id, outputs: { ...entry.outputs, ...inputs } };
        return { id: entry.id, outputs: await process.update(entry.kind, entry.id, entry.outputs, inputs) };
      },
      (next) => this.state.replace(entry, next),
    );
  }

  /** `forReplacement`: its successor is made in the same run, and the entry stays until then. */
  async delete(entry: Entry, forReplacement = false, skipCall = false): Promise<Entry | undefined> {
    const operation = this.#begin("deleting", entry.urn, entry.inputs);
    try {
      if (!this.mode.dryRun && !skipCall) {
        await this.call(this.processOf(entry.provider).delete(entry.kind, entry.id, entry.outputs));
      }
    } catch (error) {
      if (error instanceof Killed) throw error;
      this.state.end(operation);
      this.done.push({ type: "delete", urn: entry.urn, id: entry.id, ok: false });
      throw new StepFailed(entry.urn, error);
    }
    this.state.end(operation);
    this.done.push({ type: "delete", urn: entry.urn, id: entry.id, ok: true });
    if (forReplacement) return this.state.replace(entry, { ...entry, pendingDelete: true, pendingReplacement: true });
    this.state.remove(entry);
    return undefined;
  }

  /** Undefined when the thing is gone. */
  async read(entry: Entry): Promise<Entry | undefined> {
    const process = this.processOf(entry.provider);
    const found = await this.call(process.read(entry.kind, entry.id, entry.outputs)).catch((error: unknown) => {
      if (error instanceof Killed) throw error;
      this.done.push({ type: "read", urn: entry.urn, id: entry.id, ok: false });
      throw new StepFailed(entry.urn, error);
    });
    this.done.push({ type: "read", urn: entry.urn, id: entry.id, ok: true });
    if (!found) {
      this.state.remove(entry);
      return undefined;
    }
    const next = this.state.replace(entry, { ...entry, ...found, initErrors: [] });
    // For the display of what a refresh found.
    await this.call(process.diff(entry.kind, next.id, next.outputs, entry.inputs));
    return next;
  }

  /** A call of the provider, given up when the process is killed. */
  async call<T>(work: Promise<T>): Promise<T> {
    const result = await Promise.race([work, this.#killed]);
    if (this.#dead) return this.#killed;
    return result;
  }

  async #write(
    operationType: PendingOperation["type"],
    declaration: Declaration,
    inputs: Values,
    type: Step["type"],
    id: string,
    work: () => Promise<{ id: string; outputs: Values }>,
    store: (entry: Entry) => void,
  ): Promise<Entry> {
    const urn = this.#urn(declaration);
    const operation = this.#begin(operationType, urn, inputs);
    try {
      const made = await this.call(work());
      const entry = this.#entry(declaration, made.id, inputs, made.outputs);
      store(entry);
      this.done.push({ type, urn, id: made.id, ok: true });
      return entry;
    } catch (error) {
      if (error instanceof Killed) throw error;
      const partial = partialOf(error);
      if (partial) {
        store({ ...this.#entry(declaration, partial.id, inputs, partial.properties), initErrors: partial.reasons });
      }
      this.done.push({ type, urn, id: partial?.id ?? id, ok: false });
      throw new StepFailed(urn, error);
    } finally {
      if (!this.#dead) this.state.end(operation);
    }
  }

  #begin(type: PendingOperation["type"], urn: string, inputs: Values): PendingOperation {
    const operation = { type, urn, inputs };
    this.state.begin(operation);
    return operation;
  }

  #urn({ kind, name }: Declaration): string {
    return urnOf(this.stack, kind, name);
  }

  #entry(declaration: Declaration, id: string, inputs: Values, outputs: Values): Entry {
    const { kind, name, options } = declaration;
    const { deletedWith, provider } = options;
    return {
      urn: this.#urn(declaration),
      kind,
      name,
      id,
      inputs,
      outputs,
      dependencies: dependenciesOf(this.stack, declaration.inputs),
      protect: classOptions(declaration).protect,
      deletedWith: deletedWith && urnOf(this.stack, deletedWith.kind, deletedWith.name),
      provider,
      initErrors: [],
      pendingDelete: false,
      pendingReplacement: false,
    };
  }
}

function sentence({ property, reason }: Failure): string {
  return `${property}: ${reason}`;
}

/** The program's own inputs with what the classes add. */
export function goalOf(declaration: Declaration, inputs: Values, stack: StackName): Values {
  return { ...inputs, ...hiddenInputs(declaration, stack) };
}
