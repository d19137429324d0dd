import type { AmigoEntry } from "./stack";
import { UNKNOWN } from "./values";

export interface Finding {
  property: string;
  /** The value; undefined reads as "not set". */
  found: unknown;
  allowed: string;
  /** What to do, as a sentence. */
  action: string;
}

/** The one form of all messages: resource, property, what was found, what is allowed, what to do. */
export function findingOn({ label }: Pick<AmigoEntry, "label">, { property, found, allowed, action }: Finding): string {
  return `${label}: ${property} is ${show(found)}; allowed: ${allowed}. ${action}`;
}

function show(value: unknown): string {
  if (value === undefined) return "not set";
  return value === UNKNOWN ? "not known yet" : JSON.stringify(value);
}
