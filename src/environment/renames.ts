import type { Item } from "./environment.js";
import { fieldsOf } from "./kinds.js";
import type { Pair, Scene } from "./scene.js";

/** Groups of more pairs than these say nothing: all of them are alike. */
const MOST_PAIRS = 2500;

/** Entries that stand on one side only and equal exactly one that stands on the other side only, in all but one part of their keys. */
export function findRenames(scene: Scene, pairs: readonly Pair[]): Map<Item, Item> {
  const groups = new Map<string, { a: Item[]; b: Item[] }>();
  for (const [a, b] of pairs) {
    const item = a && b ? undefined : (a ?? b);
    if (!item || item.kind.form.key.length === 0) continue;
    const look = looksOf(item);
    const group = groups.get(look) ?? { a: [], b: [] };
    groups.set(look, group);
    group[a ? "a" : "b"].push(item);
  }
  const found = new Map<Item, Item>();
  for (const { a, b } of groups.values()) {
    if (a.length * b.length > MOST_PAIRS) continue;
    const equals = (from: Item, others: readonly Item[]) =>
      others.filter((other) => isRename(scene, a.includes(from) ? from : other, a.includes(from) ? other : from));
    for (const item of a) {
      const [other, ...more] = equals(item, b);
      if (!other || more.length > 0 || equals(other, a).length > 1) continue;
      found.set(item, other);
      found.set(other, item);
    }
  }
  return found;
}

function isRename(scene: Scene, a: Item, b: Item): boolean {
  const parts = a.path.filter((text, index) => text !== b.path[index]);
  return parts.length === 1 && scene.differencesOf(a, b, keyFields(a)).length === 0;
}

/** What two entries must have in common to be worth a comparison. */
function looksOf({ kind, fields }: Item): string {
  const keys = keyFields({ kind });
  const simple = fieldsOf(kind).filter(
    ({ name, reference, schema }) => !keys.has(name) && !reference && !schema.normalise,
  );
  return JSON.stringify(simple.map(({ name, schema }) => fields[name] ?? schema.default));
}

function keyFields({ kind }: Pick<Item, "kind">): ReadonlySet<string> {
  return new Set(fieldsOf(kind).flatMap(({ name, property }) => (kind.form.key.includes(property) ? [name] : [])));
}
