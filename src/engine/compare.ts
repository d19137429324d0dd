import { isDeepStrictEqual } from "node:util";
import { redact } from "../api/redact.js";
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

export function same(property: Property | undefined, a: unknown, b: unknown): boolean {
  const normalise = (value: unknown) => compact(property?.normalise ? property.normalise(value) : value);
  return isDeepStrictEqual(normalise(a), normalise(b));
}

export interface Differences {
  /** Declared now with another value than before, or for the first time. */
  readonly changed: string[];
  /** Declared before and no longer. */
  readonly withdrawn: string[];
}

/** Compares declared inputs only: what was never declared is never compared. */
export function differences(lifecycle: Lifecycle, olds: Values, news: Values): Differences {
  const changed: string[] = [];
  const withdrawn: string[] = [];
  for (const [name, property] of Object.entries(lifecycle.properties)) {
    const before = olds[name] ?? undefined;
    const after = news[name] ?? undefined;
    if (after === undefined) {
      if (before !== undefined) withdrawn.push(name);
    } else if (before === undefined || isUnknown(after) || !same(property, before, after)) {
      changed.push(name);
    }
  }
  return { changed, withdrawn };
}

/** The declared properties that what exists does not hold, each as a sentence; empty when all are as asked. */
export function mismatches(lifecycle: Lifecycle, wanted: Values, live: Values): string[] {
  return Object.entries(lifecycle.properties)
    .filter(([name, property]) => isRemote(property) && wanted[name] !== undefined)
    .filter(([name, property]) => !same(property, wanted[name], live[name]))
    .map(([name]) => `${name}: declared ${show(wanted[name])}, exists as ${show(live[name])}`);
}

/** A value short enough for a message. */
export function show(value: unknown, limit = 120): string {
  if (value === undefined || value === null) return "nothing";
  const text = redact(JSON.stringify(value));
  return text.length > limit ? `${text.slice(0, limit)}… (${text.length} characters)` : text;
}

/** Whether the API holds the property, so that it can be compared with what exists. */
export function isRemote(property: Property): boolean {
  return property.change === "replace" || property.change === "update";
}
