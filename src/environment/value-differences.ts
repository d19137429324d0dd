import { asSet, same } from "../engine/compare.js";
import type { Property, Values } from "../engine/lifecycle.js";
import { pathText } from "../engine/problems.js";
import { MASK, masked } from "./masks.js";

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

type Schema = Pick<Property, "normalise" | "default" | "change">;

/**
 * What differs between two values of a property, each part at its path. A missing value is the default; values that mean the
 * same do not differ. Credentials are masked by the names of their fields.
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
  return partDifferences(path, normal(left), normal(right));
}

function partDifferences(path: readonly PropertyKey[], a: unknown, b: unknown): ValueDifference[] {
  if (same(undefined, a, b)) return [];
  const names = [...new Set([a, b].flatMap((side) => (isPlain(side) ? Object.keys(side) : [])))];
  const canSplit = names.length > 0 && [a, b].every((side) => side === undefined || isPlain(side));
  if (!canSplit) return [{ path: pathText(path), a: masked(a, path), b: masked(b, path) }];
  const part = (side: unknown, name: string) =>
    isPlain(side) && Object.hasOwn(side, name) ? (side[name] ?? undefined) : undefined;
  return names.flatMap((name) => partDifferences([...path, name], part(a, name), part(b, name)));
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
