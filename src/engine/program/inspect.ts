import * as pulumi from "@pulumi/pulumi";
import { UNKNOWN } from "../unknown.js";

/** What every output of the SDK has and its declarations leave out. */
interface Inside<T> {
  readonly isKnown: Promise<boolean>;
  readonly isSecret: Promise<boolean>;
  promise(): Promise<T>;
  resources(): Set<pulumi.Resource>;
  allResources?(): Promise<Set<pulumi.Resource>>;
}

/** The value alone, without the resources that it came from; undefined while it is not known. */
export async function knownValue<T>(output: pulumi.Output<T>): Promise<T | undefined> {
  const inside = output as unknown as Inside<T>;
  return (await inside.isKnown) ? await inside.promise() : undefined;
}

/** The resources behind a value, also through `apply` and `interpolate`. */
export async function resourcesBehind(output: pulumi.Output<unknown>): Promise<pulumi.Resource[]> {
  const inside = output as unknown as Inside<unknown>;
  return [...(inside.allResources ? await inside.allResources() : inside.resources())];
}

/** Whether any part of the value is a secret. */
export function isSecret(output: pulumi.Output<unknown>): Promise<boolean> {
  return (output as unknown as Inside<unknown>).isSecret;
}

/** The arguments with the engine's text for "not known yet" in place of every output and promise. */
export function withUnknowns(value: unknown): unknown {
  if (value === null || typeof value !== "object") return value;
  if (pulumi.Output.isInstance(value) || typeof (value as { then?: unknown }).then === "function") return UNKNOWN;
  if (Array.isArray(value)) return value.map(withUnknowns);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withUnknowns(inner)]));
}
