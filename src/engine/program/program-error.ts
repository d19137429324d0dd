import * as pulumi from "@pulumi/pulumi";
import { closest } from "fastest-levenshtein";
import { show } from "../compare.js";

const programErrors = new WeakSet<object>();

/** An error that ends the program with its message alone: without a stack trace, whose paths say nothing to the reader. */
export function programError(message: string, cause?: unknown): Error {
  // The SDK prints the stack of a promise that nobody waited for.
  const error = Object.assign(new pulumi.RunError(message), { cause: withoutTraces(cause), stack: message });
  if (!process.listeners("rejectionHandled").includes(warnOfOthers)) process.on("rejectionHandled", warnOfOthers);
  programErrors.add(error);
  return error;
}

/** The SDK prints causes too. With some of its own frames in a stack trace, Node.js 20 prints for ever. */
function withoutTraces(cause: unknown): unknown {
  for (let error = cause; error instanceof Error; error = error.cause) error.stack = String(error);
  return cause;
}

/**
 * A promise that failed before the program or the SDK waited for it. Node warns of each, where nobody listens; of our errors
 * the SDK has said all by then.
 */
function warnOfOthers(promise: Promise<unknown>): void {
  promise.catch((reason) => {
    if (programErrors.has(Object(reason)) || process.listenerCount("rejectionHandled") > 1) return;
    process.emitWarning("Promise rejection was handled asynchronously", "PromiseRejectionHandledWarning");
  });
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
