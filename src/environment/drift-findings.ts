import { isRemote, isSecret, undeclaredIn } from "../engine/compare.js";
import { HIDDEN } from "../engine/hidden.js";
import { canonicalResourceId } from "../engine/ids.js";
import type { Values } from "../engine/lifecycle.js";
import { fullMark, stackOf } from "../engine/owner.js";
import { inClear, type StateResource } from "../stack/state.js";
import { titleOf } from "./compare.js";
import { type Kind, kinds } from "./kinds.js";
import { type Found, pathsOf } from "./live.js";
import { type ValueDifference, valueDifferences } from "./value-differences.js";

export interface DriftField {
  readonly path: string;
  readonly declared: unknown;
  readonly live: unknown;
  /** Of a list whose order means nothing: what exists and is not declared, and the other way round. */
  readonly added?: readonly unknown[];
  readonly removed?: readonly unknown[];
  /** Of an id, the name that it stands for. */
  readonly declaredName?: string;
  readonly liveName?: string;
}

export interface Finding {
  readonly class: "changed" | "missing" | "foreign";
  readonly kind: string;
  readonly name: string;
  readonly id: string;
  /** The other stack that manages it, as far as the owner tag of its service says. */
  readonly owner?: string;
  readonly fields?: readonly DriftField[];
}

/** A resource of a stack's state. */
export interface Declared extends Found {
  readonly resource: StateResource;
}

/** One text for each thing of a kind. */
export function thingKey(kind: string, id: string): string {
  return `${kind} ${canonicalResourceId(id)}`;
}

/** What the state of a stack says, for questions about what exists. */
export class StackFacts {
  private readonly keys: ReadonlySet<string>;
  /** The stacks that the owner marks in the state name: this one, under each name that it had. */
  readonly ownStacks: ReadonlySet<string>;

  constructor(readonly declared: readonly Declared[]) {
    this.keys = new Set(
      declared.flatMap(({ kind, id, live }) => [
        thingKey(kind.name, id),
        ...(kind.lifecycle.parts?.(id, live) ?? []).map(([name, partId]) => thingKey(name, partId)),
      ]),
    );
    const marks = declared.map(({ resource }) => stackOf(fullMark(resource.inputs?.[HIDDEN.owner], resource.type)));
    this.ownStacks = new Set(marks.filter((mark) => mark !== undefined));
  }

  declares(kind: string, id: string): boolean {
    return this.keys.has(thingKey(kind, id));
  }

  /** The stack that a mark names, unless it is this one. */
  otherStack(mark: unknown): string | undefined {
    const stack = stackOf(mark);
    return stack === undefined || this.ownStacks.has(stack) ? undefined : stack;
  }
}

/** What exists with another value than the state of the stack says, in the order of a document. */
export function changesOf({ kind, resource, live: inputs }: Declared, live: Values): ValueDifference[] {
  const outputs = inClear(resource.outputs ?? {}) as Values;
  const undeclared = undeclaredIn(outputs);
  const ignored = new Set((resource.inputs?.[HIDDEN.ignore] as string[] | undefined) ?? []);
  const { properties } = kind.lifecycle;
  const names = new Set([...kind.form.fields, ...Object.keys(properties)]);
  return [...names].flatMap((name) => {
    const property = properties[name];
    if (!property || !isRemote(property) || ignored.has(name) || ignored.has("*")) return [];
    // State holds what is not declared where it is not the default.
    const wanted = inputs[name] ?? (undeclared.has(name) ? outputs[name] : undefined) ?? property.default;
    if (wanted === undefined && property.declaredOnly) return [];
    const exists = property.declaredOnly ? declaredPart(wanted, live[name]) : live[name];
    return valueDifferences([name], property, wanted, exists, isSecret(inputs, name));
  });
}

/** Of a map of which others may hold entries too, the entries that are declared. */
function declaredPart(wanted: unknown, live: unknown): unknown {
  if (!wanted || typeof wanted !== "object" || !live || typeof live !== "object") return live;
  return Object.fromEntries(Object.entries(live).filter(([name]) => Object.hasOwn(wanted, name)));
}

/** What exists in a workspace and the stack does not declare; of an entry with others in it, the entry alone. */
export function foreignIn(found: readonly Found[], facts: StackFacts): Found[] {
  const foreign = (one: Found) => !facts.declares(one.kind.name, one.id);
  const foreignKeys = new Set(found.filter(foreign).map(({ kind, id }) => thingKey(kind.name, id)));
  return found.filter((one) => {
    const { above, form } = one.kind;
    if (!foreign(one) || form.isBuiltIn?.(one.live) || form.shape === "object" || isEmpty(one)) return false;
    return !above || !foreignKeys.has(thingKey(above.name, String(one.live[form.within?.property ?? ""])));
  });
}

/** A list that is there without anybody's doing. */
function isEmpty({ kind: { form }, live }: Found): boolean {
  return (
    form.shape === "value" && form.fields.every((name) => Array.isArray(live[name]) && (live[name] as []).length === 0)
  );
}

/** The other stack that manages a thing: by its own mark, or by that of the service that answers for it. */
export function otherOwnerOf(one: Found, found: readonly Found[], facts: StackFacts): string | undefined {
  const own = one.live[HIDDEN.owner];
  if (own !== undefined) return facts.otherStack(own);
  const links = [one, ...found.filter(({ kind, live }) => isWithin(kind, live, one))];
  for (const { kind, live } of links) {
    for (const [property, reference] of Object.entries(kind.form.references ?? {})) {
      if (!("kind" in reference)) continue;
      const wanted = thingKey(reference.kind, String(live[property]));
      const target = found.find(({ kind: { name }, id }) => thingKey(name, id) === wanted);
      const owner = facts.otherStack(target?.live[HIDDEN.owner]);
      if (owner !== undefined) return owner;
    }
  }
  return undefined;
}

function isWithin({ form, above }: Kind, live: Values, one: Found): boolean {
  const id = String(live[form.within?.property ?? ""]);
  return above === one.kind && thingKey(above.name, id) === thingKey(above.name, one.id);
}

/** How people name the things of a workspace: those of the stack as it declares them, and those that it does not know. */
export class Names {
  private readonly titles = new Map<string, string>();
  private readonly ofIds = new Map<string, string>();

  constructor(found: readonly Found[], declared: readonly Declared[]) {
    const all: Found[] = [...found, ...declared];
    all.sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind));
    for (const [{ kind, id }, path] of pathsOf(all)) {
      this.titles.set(thingKey(kind.name, id), titleOf({ kind, path }));
      this.ofIds.set(id.toLowerCase(), titleOf({ kind, path }));
    }
    for (const { kind, live } of all) {
      for (const [property, reference] of Object.entries(kind.form.references ?? {})) {
        const name = "nameFrom" in reference && reference.nameFrom ? live[reference.nameFrom] : undefined;
        if (typeof name === "string") this.ofIds.set(String(live[property]).toLowerCase(), name);
      }
    }
  }

  of({ kind, id, live }: Found): string {
    return this.titles.get(thingKey(kind.name, id)) ?? kind.lifecycle.describe(live);
  }

  /** A difference with the names that its ids stand for. */
  field({ path, a, b, ...lists }: ValueDifference): DriftField {
    const name = (value: unknown) => (typeof value === "string" ? this.ofIds.get(value.toLowerCase()) : undefined);
    const [declaredName, liveName] = [name(a), name(b)];
    return {
      path,
      declared: a ?? null,
      live: b ?? null,
      ...lists,
      ...(declaredName === undefined ? {} : { declaredName }),
      ...(liveName === undefined ? {} : { liveName }),
    };
  }
}
