import { asSet, same } from "../engine/compare.js";
import type { Property, Values } from "../engine/lifecycle.js";
import { pathText } from "../engine/problems.js";
import { MASK, masked } from "./masks.js";
import { keysAt } from "./text-problems.js";

/** One value that is not the same on both sides; a side that is undefined has none. */
export interface ValueDifference {
  readonly path: string;
  readonly a?: unknown;
  readonly b?: unknown;
  /** Of a list whose order means nothing: what is in B only. */
  readonly added?: readonly unknown[];
  /** What is in A only. */
  readonly removed?: readonly unknown[];
}

type Schema = Pick<Property, "normalise" | "default" | "change"> & Partial<Pick<Property, "schema">>;

/**
 * What differs between two values of a property, each part at its path. A missing value is the default; values that mean the
 * same do not differ. The parts come in the order of a document. Credentials are masked by the names of their fields.
 */
export function valueDifferences(
  path: readonly PropertyKey[],
  schema: Schema,
  a: unknown,
  b: unknown,
  isSecret = false,
): ValueDifference[] {
  const [left, right] = [a ?? schema.default ?? undefined, b ?? schema.default ?? undefined];
  if (same(schema, left, right)) return [];
  if (isSecret) return [{ path: pathText(path), a: left && MASK, b: right && MASK }];
  if (schema.normalise === asSet) return [listDifference(path, left, right)];
  const isStructure = isPlain(left) && isPlain(right);
  const normal = (value: unknown) => (isStructure && schema.normalise ? schema.normalise(value) : value);
  return partDifferences({ path, schema: schema.schema, inner: [] }, normal(left), normal(right));
}

/** Where a part of a property stands. */
interface Place {
  /** The path of the property. */
  readonly path: readonly PropertyKey[];
  readonly schema: Property["schema"] | undefined;
  /** The path within it. */
  readonly inner: readonly string[];
}

function partDifferences({ path: start, schema, inner }: Place, a: unknown, b: unknown): ValueDifference[] {
  if (same(undefined, a, b)) return [];
  const path = [...start, ...inner];
  const names = inOrder(
    keysAt(schema, inner),
    [a, b].flatMap((side) => (isPlain(side) ? Object.keys(side) : [])),
  );
  const canSplit = names.length > 0 && [a, b].every((side) => side === undefined || isPlain(side));
  if (!canSplit) return [{ path: pathText(path), a: masked(a, path), b: masked(b, path) }];
  const part = (side: unknown, name: string) =>
    isPlain(side) && Object.hasOwn(side, name) ? (side[name] ?? undefined) : undefined;
  return names.flatMap((name) =>
    partDifferences({ path: start, schema, inner: [...inner, name] }, part(a, name), part(b, name)),
  );
}

/** Each name once: those that are known first and as they stand there, the others by their text. */
function inOrder(known: readonly string[], names: readonly string[]): string[] {
  const all = new Set(names);
  return [...known.filter((name) => all.has(name)), ...[...all].filter((name) => !known.includes(name)).sort()];
}

function listDifference(path: readonly PropertyKey[], a: unknown, b: unknown): ValueDifference {
  const [left, right] = [asSet(a ?? []), asSet(b ?? [])] as [unknown[], unknown[]];
  const lacks = (list: unknown[]) => {
    const texts = new Set(list.map((item) => JSON.stringify(item)));
    return (item: unknown) => !texts.has(JSON.stringify(item));
  };
  const shown = (list: unknown[]) => masked(list, path) as unknown[];
  return {
    path: pathText(path),
    a: shown(left),
    b: shown(right),
    added: shown(right.filter(lacks(left))),
    removed: shown(left.filter(lacks(right))),
  };
}

function isPlain(value: unknown): value is Values {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
