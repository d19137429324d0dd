import { Deletions, dependsOn } from "./deletions.js";
import { Gate } from "./gate.js";
import type { RunOptions } from "./program.js";
import { type Declaration, type Program, type Ref, urnOf, type Values } from "./program.js";
import { classOptions, type Diff } from "./provider.js";
import type { Entry } from "./state.js";
import { goalOf, StepFailed, type Steps } from "./steps.js";
import { refsIn, resolve, restoreIgnored, UNKNOWN } from "./values.js";

/** A later registration that a failure kept from beginning. */
class Cancelled extends Error {}

type Chain = () => Promise<Entry>;

/** A program's registrations against state: checks and diffs go one by one, writes in parallel, deletions come last. */
export class Deployment {
  readonly #generator = new Gate(1);
  readonly #executor: Gate;
  readonly #registered = new Map<string, Promise<Entry | undefined>>();
  /** URNs that the program declares. */
  readonly #seen = new Set<string>();
  /** What this run deletes before its replacement is made. */
  readonly #deletedFirst = new Map<string, Entry>();
  /** In a preview: URNs whose id is not known. */
  readonly #unknown = new Set<string>();
  #failed = false;

  constructor(
    readonly steps: Steps,
    readonly program: Program,
    readonly options: RunOptions,
  ) {
    this.#executor = new Gate(steps.mode.parallel);
  }

  async run(): Promise<void> {
    for (const declaration of this.program) {
      const registration = this.#register(declaration);
      registration.catch(() => undefined);
      this.#registered.set(this.#urn(declaration), registration);
    }
    const results = await Promise.allSettled(this.#registered.values());
    const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
    const causes = failures.filter((reason) => !(reason instanceof Cancelled));
    for (const reason of causes) if (reason instanceof StepFailed) this.steps.fail(reason);
    if (failures.length > 0) throw causes.find((reason) => !(reason instanceof StepFailed)) ?? causes[0] ?? failures[0];

    const gone = this.steps.state.entries.filter(
      (entry) => (entry.pendingDelete || !this.#seen.has(entry.urn)) && this.#isTarget(entry.urn),
    );
    const deletions = new Deletions(this.steps, this.options);
    deletions.refuseProtected(gone);
    await deletions.run(gone);
  }

  async #register(declaration: Declaration): Promise<Entry | undefined> {
    try {
      for (const ref of refsIn([declaration.inputs, declaration.options.deletedWith])) {
        await this.#registered.get(urnOf(this.steps.stack, ref.kind, ref.name))?.catch(() => {
          throw new Cancelled();
        });
      }
      const chain = await this.#generator.run(() => {
        if (this.#failed) throw new Cancelled();
        return this.#generate(declaration);
      });
      if (!chain) return undefined;
      return await this.#executor.run(() => {
        if (this.#failed) throw new Cancelled();
        return chain();
      });
    } catch (error) {
      this.#failed = true;
      throw error;
    }
  }

  /** What is to be done for one resource; undefined for one outside the targets that does not exist. */
  async #generate(declaration: Declaration): Promise<Chain | undefined> {
    const { steps } = this;
    const { options } = declaration;
    const urn = this.#urn(declaration);
    this.#seen.add(urn);
    const old = this.#oldOf(declaration, urn);
    if (!this.#isTarget(urn)) return old && (async () => steps.untouched(old));

    const goal = goalOf(declaration, await this.#resolved(declaration), steps.stack);
    const deleted = this.#deletedFirst.get(urn);
    const forced = this.options.replace?.includes(urn) ?? false;
    const before = old ?? deleted;
    const wanted = before ? restoreIgnored(goal, before.inputs, options.ignoreChanges) : goal;
    const inputs = await steps.check(declaration, old && !forced ? old.inputs : {}, wanted);
    if (!old) {
      this.#unknown.add(urn);
      return () => steps.create(declaration, inputs, this.#deletedFirst.get(urn));
    }

    const diff: Diff = forced
      ? { changes: true, replaces: ["id"], deleteBeforeReplace: false }
      : await steps.diff(old, inputs, options.provider);
    if (!diff.changes && old.initErrors.length === 0) return async () => steps.same(old, declaration, inputs);
    if (diff.replaces.length === 0) return () => steps.update(old, declaration, inputs);
    return this.#replace(declaration, old, diff, forced ? inputs : await steps.check(declaration, {}, goal));
  }

  async #replace(declaration: Declaration, old: Entry, diff: Diff, inputs: Values): Promise<Chain> {
    const { steps } = this;
    const urn = this.#urn(declaration);
    if (old.protect) throw new StepFailed(urn, "cannot be replaced: it is protected");
    this.#unknown.add(urn);
    if (!diff.deleteBeforeReplace && !classOptions(declaration).deleteBeforeReplace) {
      return () => steps.create(declaration, inputs, old);
    }
    const dependents = await this.#replacedWith(old);
    const found = dependents.find((entry) => entry.protect);
    if (found) throw new StepFailed(found.urn, `cannot be replaced with ${urn}: it is protected`);
    for (const entry of dependents) this.#deletedFirst.set(entry.urn, entry);
    this.#deletedFirst.set(urn, old);
    return async () => {
      for (const entry of dependents) {
        const gone = await steps.delete(entry, true);
        if (gone) this.#deletedFirst.set(entry.urn, gone);
      }
      const gone = await steps.delete(old, true);
      return steps.create(declaration, inputs, gone);
    };
  }

  /** The dependents that must go before this one, the outermost first: those whose diff calls an unknown a replacement. */
  async #replacedWith(root: Entry): Promise<Entry[]> {
    const going: Entry[] = [root];
    for (const entry of this.#inOrder()) {
      if (going.includes(entry) || entry.pendingDelete || !going.some((other) => dependsOn(entry, other))) continue;
      const urns = new Set(going.map(({ urn }) => urn));
      const inputs = { ...entry.inputs };
      for (const [name, from] of Object.entries(entry.dependencies)) {
        if (from.some((urn) => urns.has(urn))) inputs[name] = UNKNOWN;
      }
      if ((await this.steps.diff(entry, inputs)).replaces.length > 0) going.push(entry);
    }
    return going.slice(1).toReversed();
  }

  /** State's entries, each after what it depends on. */
  #inOrder(): Entry[] {
    const ordered: Entry[] = [];
    const visit = (entry: Entry): void => {
      if (ordered.includes(entry)) return;
      for (const other of this.steps.state.entries) if (other !== entry && dependsOn(entry, other)) visit(other);
      ordered.push(entry);
    };
    this.steps.state.entries.forEach(visit);
    return ordered;
  }

  #oldOf({ kind, options }: Declaration, urn: string): Entry | undefined {
    if (this.#deletedFirst.has(urn)) return undefined;
    const aliases = (options.aliases ?? []).map((name) => urnOf(this.steps.stack, kind, name));
    for (const alias of aliases) this.#seen.add(alias);
    return [urn, ...aliases].map((candidate) => this.steps.state.find(candidate)).find(Boolean);
  }

  async #resolved(declaration: Declaration): Promise<Values> {
    const known = new Map<string, unknown>();
    for (const ref of refsIn(declaration.inputs)) known.set(key(ref), await this.#output(declaration, ref));
    return resolve(declaration.inputs, (ref) => known.get(key(ref))) as Values;
  }

  async #output(declaration: Declaration, ref: Ref): Promise<unknown> {
    const urn = urnOf(this.steps.stack, ref.kind, ref.name);
    const entry = await this.#registered.get(urn);
    if (!entry) {
      throw new StepFailed(this.#urn(declaration), `depends on ${ref.name}, which is outside the targets and not made`);
    }
    if (ref.output === "id") return this.steps.mode.dryRun && this.#unknown.has(urn) ? UNKNOWN : entry.id;
    return entry.outputs[ref.output] ?? (this.steps.mode.dryRun ? UNKNOWN : undefined);
  }

  #isTarget(urn: string): boolean {
    return this.options.targets?.includes(urn) ?? true;
  }

  #urn({ kind, name }: Declaration): string {
    return urnOf(this.steps.stack, kind, name);
  }
}

function key({ name, kind, output }: Ref): string {
  return `${kind} ${name} ${output}`;
}
