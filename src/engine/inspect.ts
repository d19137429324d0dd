import type * as pulumi from "@pulumi/pulumi";

/** What every output of the SDK has and its declarations leave out. */
interface Inside<T> {
  readonly isKnown: Promise<boolean>;
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
