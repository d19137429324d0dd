import { isDeepStrictEqual } from "node:util";
import { redact } from "../api/redact.js";
import { HIDDEN } from "./hidden.js";
import type { Lifecycle, Property, Values } from "./lifecycle.js";
import { isUnknown } from "./unknown.js";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Without the keys that hold undefined or null, at any depth: the API treats absent and null alike in its answers. Ids are the same
 * in capitals.
 */
export function compact(value: unknown): unknown {
  if (typeof value === "string" && UUID.test(value)) return value.toLowerCase();
  if (Array.isArray(value)) return value.map(compact);
  // JSON has one zero only.
  if (value === 0) return 0;
  if (value === null || typeof value !== "object") return value ?? undefined;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, compact(inner)] as const)
      .filter(([, inner]) => inner !== undefined),
  );
}

/** Items in a stable order, for lists in which order means nothing. */
export function asSet(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.map(compact).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** Text without white space at its ends, which the server may strip. */
export function asText(value: unknown): unknown {
  return typeof value === "string" ? value.trim() : value;
}

export function same(
  property: { readonly normalise?: Property["normalise"]; readonly change?: unknown } | undefined,
  a: unknown,
  b: unknown,
): boolean {
  const normalise = (value: unknown) => compact(property?.normalise ? property.normalise(value) : value);
  return isDeepStrictEqual(normalise(a), normalise(b));
}

export interface Differences {
  /** Declared now with another value than exists as far as state knows. */
  readonly changed: string[];
  /** Declared before and no longer. */
  readonly withdrawn: string[];
}

/**
 * Compares declared inputs with what state holds: what was never declared is never compared, and declaring what exists is no
 * change. `former` are the inputs of the run before, where they are known.
 */
export function differences(lifecycle: Lifecycle, olds: Values, news: Values, former: Values = {}): Differences {
  const undeclared = undeclaredIn(olds);
  const ignored = new Set((news[HIDDEN.ignore] as string[] | undefined) ?? []);
  const changed: string[] = [];
  const withdrawn: string[] = [];
  for (const [name, property] of Object.entries(lifecycle.properties)) {
    if (ignored.has(name) || ignored.has("*")) continue;
    const after = news[name] ?? undefined;
    if (after === undefined) {
      const isInState = (olds[name] ?? undefined) !== undefined;
      if (isInState && (!undeclared.has(name) || (former[name] ?? undefined) !== undefined)) withdrawn.push(name);
    } else if (isUnknown(after) || !same(property, olds[name] ?? property.default, after)) {
      changed.push(name);
    }
  }
  return { changed, withdrawn };
}

/** The names of the outputs in state that exist so and are not declared. */
export function undeclaredIn(state: Values): ReadonlySet<string> {
  return new Set((state[HIDDEN.undeclared] as string[] | undefined) ?? []);
}

/**
 * `after` laid over `live`: of objects that stood before, what did not change stays as it is live, at any depth; anything else is
 * taken whole.
 */
export function merged(before: unknown, after: unknown, live: unknown): unknown {
  if (!isPlain(before) || !isPlain(after) || !isPlain(live)) return after;
  const result: Values = {};
  for (const name of new Set([...Object.keys(after), ...Object.keys(live)])) {
    const wasDeclared = Object.hasOwn(before, name);
    const isDeclared = Object.hasOwn(after, name);
    if (!isDeclared && wasDeclared) continue;
    const isUntouched = !isDeclared || (wasDeclared && same(undefined, before[name], after[name]));
    const value = isUntouched
      ? (live[name] ?? undefined)
      : merged(before[name], after[name], Object.hasOwn(live, name) ? live[name] : undefined);
    if (value !== undefined) result[name] = value;
  }
  return result;
}

function isPlain(value: unknown): value is Values {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** The declared properties that what exists does not hold, each as a sentence; empty when all are as asked. */
export function mismatches({ properties }: Pick<Lifecycle, "properties">, wanted: Values, live: Values): string[] {
  return Object.entries(properties)
    .filter(([name, property]) => isRemote(property) && wanted[name] !== undefined)
    .filter(([name, property]) => !same(property, wanted[name], live[name]))
    .map(([name, { normalise = (value: unknown) => value }]) => {
      const [declared, exists] = [wanted[name], live[name]];
      const isStructure = isPlain(declared) && isPlain(exists);
      return `${name}: ${isStructure ? bothValues(wanted, name, normalise(declared), normalise(exists)) : bothValues(wanted, name, declared, exists)}`;
    });
}

/** Both values of a property for a message: of two objects, what differs. `values` say which properties hold a secret: those are not shown. */
export function bothValues(values: Values, name: string, declared: unknown, exists: unknown): string {
  if (isSecret(values, name)) return "what is declared is not what exists (both are secret)";
  const [left, right] = differing(declared, exists).map((value) => show(value)) as [string, string];
  const looksAlike = left.normalize("NFKC") === right.normalize("NFKC");
  const [a, b] = looksAlike ? [escaped(left), escaped(right)] : [left, right];
  return `declared ${a}, exists as ${b}${looksAlike ? " (another Unicode form of the same text)" : ""}`;
}

/** Of two objects, the parts that differ, at any depth; anything else whole. */
function differing(a: unknown, b: unknown): [unknown, unknown] {
  if (!isPlain(a) || !isPlain(b)) return [a, b];
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter(
    (name) => !same(undefined, a[name], b[name]),
  );
  const parts = names.map((name) => [name, differing(a[name], b[name])] as const);
  const side = (index: 0 | 1) => Object.fromEntries(parts.map(([name, pair]) => [name, pair[index]]));
  return [side(0), side(1)];
}

/** Whether the program gave the property, or a part of it, as a secret. */
export function isSecret(values: Values, name: string): boolean {
  return ((values[HIDDEN.secrets] as string[] | undefined) ?? []).includes(name);
}

/** With the code of each character that is not plain ASCII, so that texts that look the same can be distinguished. */
function escaped(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A value as a message shows it; cut only where nobody has to declare it. */
export function show(value: unknown, limit = Number.POSITIVE_INFINITY): string {
  if (value === undefined || value === null) return "nothing";
  const text = redact(JSON.stringify(value));
  return text.length > limit ? `${text.slice(0, limit)}… (${text.length} characters)` : text;
}

/** Whether the API holds the property, so that it can be compared with what exists. */
export function isRemote(property: Property): boolean {
  return property.change === "replace" || property.change === "update";
}
