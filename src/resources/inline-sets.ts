import * as pulumi from "@pulumi/pulumi";
import { knownValue } from "../engine/program/inspect.js";

const asResources = new WeakMap<pulumi.Resource, string[]>();

/** Notes a version set that is a resource of its own. */
export function rememberOwnSet(serviceId: pulumi.Input<string>, name: pulumi.Input<string>): void {
  if (!pulumi.Output.isInstance(serviceId) || typeof name !== "string") return;
  for (const service of (serviceId as unknown as { resources(): Set<pulumi.Resource> }).resources()) {
    asResources.set(service, [...(asResources.get(service) ?? []), name]);
  }
}

/**
 * The names of the sets of a service that are resources of their own, once the program's constructors have run: a set that moves
 * out of `versionSets` into a resource must not be removed on the way.
 */
export function ownSets(): { readonly names: Promise<string[] | undefined>; of(service: pulumi.Resource): void } {
  let of!: (service: pulumi.Resource) => void;
  const service = new Promise<pulumi.Resource>((resolve) => {
    of = resolve;
  });
  const names = service.then(async (known) => {
    await new Promise((resolve) => setImmediate(resolve));
    return asResources.get(known);
  });
  return { names, of };
}

const inline = new WeakMap<pulumi.Resource, pulumi.Input<Record<string, unknown>>>();

/** Keeps what a service declares inline, so that a version set declared as a resource too is found in the first preview. */
export function rememberInlineSets(
  service: pulumi.Resource,
  sets: pulumi.Input<Record<string, unknown>> | undefined,
): void {
  if (sets !== undefined) inline.set(service, sets);
}

export async function declaresInline(service: pulumi.Resource, name: string): Promise<boolean> {
  const sets = inline.get(service);
  const known = sets === undefined ? undefined : await knownValue(pulumi.output(sets));
  return known !== undefined && Object.hasOwn(known, name);
}
