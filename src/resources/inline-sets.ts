import * as pulumi from "@pulumi/pulumi";
import { knownValue } from "../engine/program/inspect.js";

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
