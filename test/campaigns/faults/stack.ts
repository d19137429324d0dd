import {
  type Action,
  type Declared,
  isReference,
  type Kind,
  type Program,
  referencesOf,
  type Values,
} from "./program.js";
import { type Diff, type Observed, type Session, Unfinished } from "./subject.js";

/** A resource as the engine keeps it in state. */
export interface Managed {
  readonly name: string;
  readonly kind: Kind;
  readonly id: string;
  readonly inputs: Values;
  readonly outputs: Values;
  /** The author's arguments, with ids in the place of references, that the state was brought to. */
  readonly reached: Values;
  readonly dependsOn: readonly string[];
  /** The last write did not end well, or a read found something else: the next run has to write. */
  readonly dirty: boolean;
}

/** One call of the provider that changes something. */
export interface Step {
  readonly action: Action;
  readonly name: string;
  readonly kind: Kind;
  /** Undefined for a create. */
  readonly id?: string;
  readonly inputs: Values;
}

/** How a stack reaches its provider: bounds what runs at once, and lets faults strike. */
export interface Drive {
  readonly session: Session;
  hidden(name: string, kind: Kind): Values;
  quietly<T>(work: (session: Session) => Promise<T>): Promise<T>;
  step<T>(step: Step, work: (session: Session) => Promise<T>): Promise<T>;
  /** Something failed before a step was begun. */
  failed(name: string, error: unknown): void;
}

/** As much of the engine as it takes: state, order by dependencies, replacement, deletion last. It goes on after errors. */
export class Stack {
  readonly state = new Map<string, Managed>();
  /** Replaced, and still to be deleted. */
  condemned: Managed[] = [];

  constructor(
    readonly name: string,
    readonly index: number,
  ) {}

  async up(program: Program, drive: Drive): Promise<void> {
    const reached = new Map<string, Promise<boolean>>();
    const reach = (name: string): Promise<boolean> => {
      const declared = program.get(name);
      if (!declared) return Promise.resolve(false);
      const known = reached.get(name);
      if (known) return known;
      const work = Promise.all(referencesOf(declared).map(reach)).then((ready) =>
        ready.every(Boolean) ? this.reach(declared, drive) : false,
      );
      reached.set(name, work);
      return work;
    };
    await Promise.all([...program.keys()].map(reach));
    await this.sweep(program, drive);
  }

  /** Whether the state holds the resource as it is declared, as far as the provider has said. */
  holds(declared: Declared): boolean {
    const managed = this.state.get(declared.name);
    return managed !== undefined && !managed.dirty && sameJson(managed.reached, this.resolve(declared));
  }

  /** The declared arguments with ids for references; undefined while one of them has none. */
  resolve({ args }: Declared): Values | undefined {
    const entries = Object.entries(args).filter(([, value]) => value !== undefined);
    const resolved = entries.map(([key, value]) => [key, isReference(value) ? this.state.get(value.ref)?.id : value]);
    return resolved.some(([, value]) => value === undefined) ? undefined : Object.fromEntries(resolved);
  }

  /** Reads everything, and keeps what was read; `found` is told what each read said. */
  async refresh(drive: Drive, found: (managed: Managed, result: Observed | undefined | Error) => void): Promise<void> {
    const all = [...this.state.values()];
    await Promise.all(
      all.map(async (managed) => {
        const { name, kind, id, outputs, inputs } = managed;
        const result = await drive.quietly((session) => session.read(kind, id, outputs)).catch((error: Error) => error);
        found(managed, result);
        if (result === undefined || result instanceof Error) return;
        const drifted = result.inputs !== undefined && !sameJson(result.inputs, inputs);
        const dirty = managed.dirty || drifted;
        this.state.set(name, { ...managed, outputs: result.outputs, inputs: result.inputs ?? inputs, dirty });
      }),
    );
  }

  private async reach(declared: Declared, drive: Drive): Promise<boolean> {
    const { name, kind } = declared;
    const old = this.state.get(name);
    const wanted = this.resolve(declared);
    if (!wanted) return false;
    if (old && !old.dirty && sameJson(old.reached, wanted)) return true;
    try {
      const news = { ...wanted, ...drive.hidden(name, kind) };
      const inputs = await drive.quietly((session) => session.check(kind, old?.inputs ?? {}, news));
      const target = { name, kind, reached: wanted, dependsOn: referencesOf(declared), inputs };
      if (!old) return await this.create(target, drive);
      const diff = await drive.quietly((session) => session.diff(kind, old.id, old.outputs, inputs));
      return await this.change(old, target, diff, drive);
    } catch (error) {
      drive.failed(name, error);
      return false;
    }
  }

  private async change(old: Managed, target: Target, diff: Diff, drive: Drive): Promise<boolean> {
    const { name, kind, inputs } = target;
    if (diff.replaces.length > 0 && diff.deleteBeforeReplace) {
      for (const hanging of [...this.state.values()].filter(({ dependsOn }) => dependsOn.includes(name))) {
        if (!(await this.delete(hanging, drive))) return false;
      }
      return (await this.delete(old, drive)) && this.create(target, drive);
    }
    if (diff.replaces.length > 0) {
      const made = await this.create(target, drive);
      if (made || this.state.get(name)?.id !== old.id) this.condemned.push(old);
      return made;
    }
    if (!diff.changes && !old.dirty) {
      this.state.set(name, { ...old, ...target });
      return true;
    }
    const step = { action: "update" as const, name, kind, id: old.id, inputs };
    return this.keeping(target, old, () =>
      drive.step(step, async (session) => ({
        id: old.id,
        outputs: await session.update(kind, old.id, old.outputs, inputs),
      })),
    );
  }

  private create(target: Target, drive: Drive): Promise<boolean> {
    const { name, kind, inputs } = target;
    const step = { action: "create" as const, name, kind, inputs };
    return this.keeping(target, undefined, () => drive.step(step, (session) => session.create(kind, inputs)));
  }

  /** Keeps in state what the call has brought about, also where it failed half-way. */
  private async keeping(target: Target, old: Managed | undefined, call: () => Promise<Observed>): Promise<boolean> {
    try {
      const { id, outputs } = await call();
      this.state.set(target.name, { ...target, id, outputs, dirty: false });
      return true;
    } catch (error) {
      if (error instanceof Unfinished) {
        this.state.set(target.name, { ...target, id: error.id, outputs: error.outputs, dirty: true });
      } else if (old) this.state.set(target.name, { ...old, dirty: true });
      return false;
    }
  }

  private async delete(managed: Managed, drive: Drive): Promise<boolean> {
    const { name, kind, id, outputs } = managed;
    const step = { action: "delete" as const, name, kind, id, inputs: outputs };
    try {
      await drive.step(step, (session) => session.delete(kind, id, outputs));
    } catch {
      return false;
    }
    if (this.state.get(name)?.id === id) this.state.delete(name);
    this.condemned = this.condemned.filter((one) => one !== managed);
    return true;
  }

  /** Deletes what the program does not declare, what hangs on something before that. */
  private async sweep(program: Program, drive: Drive): Promise<void> {
    const unwanted = [...this.state.values()].filter(({ name }) => !program.has(name));
    let left = [...this.condemned, ...unwanted];
    while (left.length > 0) {
      const standing = [...this.state.values(), ...this.condemned];
      const free = left.filter((one) => !standing.some((other) => other !== one && hangsOn(other, one)));
      if (free.length === 0) return;
      const gone = await Promise.all(free.map((one) => this.delete(one, drive)));
      left = left.filter((one) => !free.includes(one));
      if (gone.includes(false)) left = left.filter((one) => !free.some((kept) => hangsOn(kept, one)));
    }
  }
}

type Target = Omit<Managed, "id" | "outputs" | "dirty">;

/** Which argument names a thing of which kind; ids alone do not tell, since a binding has its use case's. */
const HANGS_BY: Partial<Record<Kind, string>> = {
  workspace: "workspaceId",
  service: "serviceId",
  useCase: "useCaseId",
};

function hangsOn(one: Managed, on: Managed): boolean {
  const by = HANGS_BY[on.kind];
  return by !== undefined && one.reached[by] === on.id;
}

export function sameJson(left: unknown, right: unknown): boolean {
  return JSON.stringify(sorted(left)) === JSON.stringify(sorted(right));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined && inner !== null);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]));
}
