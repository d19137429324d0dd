import { compareTexts, type Environment, type Item } from "./environment.js";
import { fieldsOf, type Kind, kinds, roots } from "./kinds.js";
import { findRenames } from "./renames.js";
import { type NotCompared, normalKey, pairUp, Scene } from "./scene.js";
import type { ValueDifference } from "./value-differences.js";

export type DifferenceState = "only in A" | "only in B" | "differs";

/** One entry of a document that is not the same on both sides; what stands in it is part of it. */
export interface Difference {
  readonly kind: string;
  readonly name: string;
  readonly state: DifferenceState;
  readonly fields: readonly ValueDifference[];
  /** The entry on the other side that equals it in all but the name. */
  readonly perhaps?: string;
}

/** A link between two entries, such as from a use case to the service that answers. */
export interface Link {
  readonly from: string;
  readonly to: string;
  readonly state: "both" | "only in A" | "only in B";
}

export interface Comparison {
  readonly a: string;
  readonly b: string;
  readonly differences: readonly Difference[];
  readonly notCompared: readonly NotCompared[];
  readonly equal: readonly { readonly kind: string; readonly name: string }[];
  readonly links: readonly Link[];
  /** What to know of the differences, each with the side that it is about. */
  readonly notes: readonly string[];
}

/** Compares by name, field by field. */
export function compareEnvironments(a: Environment, b: Environment): Comparison {
  const scene = new Scene(a, b);
  const differences: Difference[] = [];
  const equal: { kind: string; name: string }[] = [];
  const unmapped = new Map<Environment, Set<string>>([a, b].map((side) => [side, new Set()]));
  for (const kind of roots.filter((root) => scene.isCompared(root))) {
    const pairs = pairUp(scene.a.of(kind), scene.b.of(kind));
    const renames = findRenames(scene, pairs);
    for (const [left, right] of pairs) {
      const item = (left ?? right) as Item;
      const facts = { kind: kind.name, name: titleOf(item) };
      if (left && right) {
        const fields = scene.differencesOf(left, right);
        for (const [side, one] of [[a, left] as const, [b, right] as const]) {
          for (const alias of unmappedIn(side, one, fields)) unmapped.get(side)?.add(alias);
        }
        if (fields.length > 0) differences.push({ ...facts, state: "differs", fields });
        else equal.push(facts);
      } else {
        const other = renames.get(item);
        const perhaps = other && { perhaps: titleOf(other) };
        differences.push({ ...facts, state: left ? "only in A" : "only in B", fields: [], ...perhaps });
      }
    }
  }
  const notCompared = [...reasons(a, b), ...scene.unknownReferences()];
  const notes = [...unmapped].flatMap(([side, aliases]) => unmappedText(side, [...aliases]));
  return { a: a.name, b: b.name, differences, notCompared, equal, links: linksOf(scene), notes };
}

/** The aliases that differ and for which nothing has an id, such as `agent "desk"`. */
function unmappedIn({ references }: Environment, { kind, fields }: Item, found: readonly ValueDifference[]): string[] {
  return fieldsOf(kind).flatMap(({ name, reference }) => {
    const alias = fields[name];
    if (!reference || !("aliases" in reference) || typeof alias !== "string") return [];
    const differs = found.some(({ path }) => path === name);
    return differs && !references.get(reference.aliases, alias) ? [`${name} "${alias}"`] : [];
  });
}

function unmappedText({ name, references }: Environment, aliases: readonly string[]): string[] {
  if (aliases.length === 0) return [];
  const why = references.source
    ? `${references.source.file} has no id for`
    : "no references file was read: there is no id for";
  return [`${name}: ${why} ${aliases.join(", ")}, so the alias alone was compared`];
}

/** A comparison as its JSON; a side without a value has null. */
export function comparisonValue({ a, b, differences, notCompared, equal }: Comparison, all = false): object {
  const shown = differences.map(({ fields, ...one }) => ({
    ...one,
    fields: fields.map((field) => ({ ...field, a: field.a ?? null, b: field.b ?? null })),
  }));
  return { a, b, differences: shown, notCompared, ...(all ? { equal } : {}) };
}

/** How an entry is named in a list of its kind: its key, or its section where there is only one. */
export function titleOf({ kind, path }: Pick<Item, "kind" | "path">): string {
  return path.length > 0 ? path.join(" / ") : kind.form.section;
}

/** Why some kinds are not compared, where a side has them at all. What stands in a kind that is not compared goes without saying. */
function reasons(a: Environment, b: Environment): NotCompared[] {
  const why = ({ name }: Kind): string[] =>
    [a, b].flatMap((side) => {
      if (side.incomplete.has(name)) return [`${side.name} could not be read completely`];
      return side.managed.has(name) ? [] : [`${side.name} does not manage it`];
    });
  return kinds.flatMap((kind) => {
    const found = why(kind);
    const isNowhere = [a, b].every(({ managed, incomplete }) => !managed.has(kind.name) && !incomplete.has(kind.name));
    if (found.length === 0 || isNowhere || (kind.above && why(kind.above).length > 0)) return [];
    return [{ kind: kind.name, section: kind.section, reason: found.join(", and ") }];
  });
}

/** What is bound to what, on both sides. */
function linksOf(scene: Scene): Link[] {
  const linking = kinds.filter((kind) => kind.above && kind.form.shape === "value" && scene.isCompared(kind));
  const found = new Map<string, { from: string; to: string; a: boolean; b: boolean }>();
  for (const side of ["a", "b"] as const) {
    for (const kind of linking) {
      for (const from of scene[side].of(kind.above as Kind)) {
        for (const { fields } of scene[side].of(kind, from.path)) {
          const link = { from: titleOf(from), to: String(Object.values(fields)[0]) };
          const key = normalKey([link.from, link.to]);
          found.set(key, { ...link, a: false, b: false, ...found.get(key), [side]: true });
        }
      }
    }
  }
  return [...found.values()]
    .map(({ from, to, a, b }): Link => ({ from, to, state: a && b ? "both" : a ? "only in A" : "only in B" }))
    .sort((one, other) => compareTexts([one.from, one.to], [other.from, other.to]));
}
