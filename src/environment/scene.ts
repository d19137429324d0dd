import { COMMAND } from "../command.js";
import { pathText } from "../engine/problems.js";
import { compareTexts, type Environment, type Item } from "./environment.js";
import { type Field, fieldsOf, type Kind, partsOf } from "./kinds.js";
import { MASK, masked } from "./masks.js";
import { meaningOf } from "./reference-meaning.js";
import { type ValueDifference, valueDifferences } from "./value-differences.js";

/** What nobody can compare, and why. */
export interface NotCompared {
  readonly kind: string;
  /** The section of a document, such as `useCases.service`. */
  readonly section: string;
  readonly reason: string;
}

/** An entry on both sides, or on one. */
export type Pair = readonly [a: Item | undefined, b: Item | undefined];

/** By key, in the order of a document. Two Unicode forms of one text are one key. */
export function pairUp(a: readonly Item[], b: readonly Item[]): Pair[] {
  const pairs = new Map<string, [Item | undefined, Item | undefined]>();
  for (const item of a) pairs.set(normalKey(item.path), [item, undefined]);
  for (const item of b) {
    const key = normalKey(item.path);
    pairs.set(key, [pairs.get(key)?.[0], item]);
  }
  const pathOf = ([left, right]: Pair) => (left ?? right)?.path ?? [];
  return [...pairs.values()].sort((one, other) => compareTexts(pathOf(one), pathOf(other)));
}

export function normalKey(path: readonly string[]): string {
  return JSON.stringify(path.map((text) => text.normalize("NFC").trim()));
}

/** The entries of one side, by kind and by what they stand in. */
export class Side {
  private readonly groups = new Map<string, Item[]>();

  constructor(readonly environment: Environment) {
    for (const item of environment.items) {
      if (isBuiltIn(item.kind, item.path, item.fields)) continue;
      const above = item.kind.above ? item.path.slice(0, item.path.length - item.kind.form.key.length) : [];
      const key = groupKey(item.kind, above);
      const group = this.groups.get(key);
      if (group) group.push(item);
      else this.groups.set(key, [item]);
    }
  }

  of(kind: Kind, above: readonly string[] = []): readonly Item[] {
    return this.groups.get(groupKey(kind, above)) ?? [];
  }
}

function groupKey(kind: Kind, above: readonly string[]): string {
  return `${kind.name} ${normalKey(above)}`;
}

/** Both sides, and what is compared of them. */
export class Scene {
  readonly a: Side;
  readonly b: Side;
  private readonly unknown = new Map<string, NotCompared>();

  constructor(a: Environment, b: Environment) {
    this.a = new Side(a);
    this.b = new Side(b);
  }

  isCompared({ name }: Kind): boolean {
    return [this.a, this.b].every(
      ({ environment: { managed, incomplete } }) => managed.has(name) && !incomplete.has(name),
    );
  }

  /** What differs in two entries and in what stands in them, in the order of a document. `ignored` are fields that are not looked at. */
  differencesOf(a: Item, b: Item, ignored: ReadonlySet<string> = new Set()): ValueDifference[] {
    return partsOf(a.kind).flatMap((part) => {
      if ("section" in part) return this.isCompared(part) ? this.innerDifferences(part, a, b) : [];
      return ignored.has(part.name) ? [] : this.fieldDifferences(part, [part.name], a, b);
    });
  }

  unknownReferences(): NotCompared[] {
    return [...this.unknown.values()];
  }

  private innerDifferences(kind: Kind, a: Item, b: Item): ValueDifference[] {
    return pairUp(this.a.of(kind, a.path), this.b.of(kind, b.path)).flatMap(([left, right]) => {
      const item = (left ?? right) as Item;
      const keys = item.path.slice(item.path.length - kind.form.key.length);
      const path = [kind.form.section, ...keys];
      const empty = { ...item, fields: {} };
      if ((!left || !right) && kind.form.shape !== "value" && !isBuiltIn(kind, item.path, {})) {
        return [{ path: pathText(path), a: whole(left), b: whole(right) }];
      }
      const fields = fieldsOf(kind);
      return fields.flatMap((field) =>
        this.fieldDifferences(
          field,
          kind.form.shape === "value" ? path : [...path, field.name],
          left ?? empty,
          right ?? empty,
        ),
      );
    });
  }

  private fieldDifferences(field: Field, path: readonly string[], a: Item, b: Item): ValueDifference[] {
    const [left, right] = [a.fields[field.name] ?? undefined, b.fields[field.name] ?? undefined];
    const isSecret = [a, b].some(({ secret }) => secret?.includes(field.name));
    const { reference, schema } = field;
    if (!reference || left === undefined || right === undefined) {
      return valueDifferences(path, reference ? { change: "update" } : schema, left, right, isSecret);
    }
    if (!("aliases" in reference)) {
      if (normalKey([String(left)]) === normalKey([String(right)])) return [];
      return valueDifferences(path, { change: "update" }, left, right, isSecret);
    }
    const use = (alias: unknown, { environment }: Side) => ({ alias: String(alias), environment });
    const meaning = meaningOf(reference.aliases, use(left, this.a), use(right, this.b));
    if (meaning === "unknown") this.noteUnknown(a.kind, field);
    if (meaning !== "different") return [];
    return valueDifferences(path, { change: "update" }, left, right, isSecret);
  }

  private noteUnknown({ name: kind, section }: Kind, { name }: Field): void {
    this.unknown.set(`${kind} ${name}`, {
      kind,
      section: `${section}.${name}`,
      reason: `the API shows no name for some of these ids, and the references files have no alias for them: run \`${COMMAND} export\` for both, and give the same thing the same alias`,
    });
  }
}

/** All that an entry holds, where the other side has none. */
function whole(item: Item | undefined): unknown {
  if (!item) return undefined;
  const shown = Object.entries(item.fields).map(([name, value]) => [
    name,
    item.secret?.includes(name) ? MASK : masked(value, [name]),
  ]);
  return Object.fromEntries(shown);
}

/** Whether it is the platform's own, or there without anybody's doing. */
function isBuiltIn(kind: Kind, path: readonly string[], fields: Item["fields"]): boolean {
  const keys = kind.form.key.map((property, index) => [property, path[path.length - kind.form.key.length + index]]);
  return kind.form.isBuiltIn?.({ ...fields, ...Object.fromEntries(keys) }) ?? false;
}
