import * as pulumi from "@pulumi/pulumi";
import { closest } from "fastest-levenshtein";
import { show } from "../compare.js";

/** An error that ends the program with its message alone: without a stack trace, whose paths say nothing to the reader. */
export function programError(message: string, cause?: unknown): Error {
  // The SDK prints the stack of a promise that nobody waited for.
  return Object.assign(new pulumi.RunError(message), { cause, stack: message });
}

/** Refuses what is no object of arguments; plain JavaScript lets everything pass. */
export function requireArguments(call: string, args: unknown, needs: string): asserts args is Record<string, unknown> {
  if (args !== null && typeof args === "object" && !Array.isArray(args)) return;
  throw programError(`${call}: the arguments must be an object${needs && ` with ${needs}`}; found ${show(args, 60)}`);
}

/** Refuses a name that is none of the known ones, where the SDK would pass it over. */
export function requireKnown(call: string, args: object, known: readonly string[]): void {
  const strange = Object.keys(args).find((name) => !known.includes(name));
  if (strange === undefined) return;
  throw programError(`${call}: "${strange}" is not one of its arguments; did you mean ${closest(strange, known)}?`);
}

/** Refuses what is no name of a resource. */
export function requireName(call: string, name: unknown): asserts name is string {
  if (typeof name === "string" && name !== "") return;
  throw programError(`${call}: the first argument must be the resource's name, a text; found ${show(name, 60)}`);
}
