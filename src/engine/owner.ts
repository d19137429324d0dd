import * as pulumi from "@pulumi/pulumi";
import { knownValue } from "./inspect.js";

/**
 * `pulumi/<org>/<project>/<stack>/<type path>/<name>`: who owns a service, in words that a person finds again in the Pulumi
 * console. The type path is the URN's, so that two components may hold resources of one name.
 */
export async function ownerMark(type: string, name: string, parent: pulumi.Resource | undefined): Promise<string> {
  // The value alone: an output would make the resource depend on its parent, whose children include the resource.
  const urn = (await knownValue(pulumi.createUrn(name, type, parent))) ?? `::${pulumi.getProject()}::${type}::${name}`;
  const [, project, typePath, ...rest] = urn.split("::");
  return `pulumi/${pulumi.getOrganization()}/${project}/${pulumi.getStack()}/${typePath}/${rest.join("::")}`;
}

/** The mark as state holds it, twice in each service: without its type, and without the organization of local backends. */
export function shortMark(mark: string, type: string): string {
  if (!mark.includes(`${type}/`)) return mark;
  return mark.replace(/^pulumi\/(organization(?=\/))?/, "").replace(type, "*");
}

/** The mark as the API and the journal hold it. */
export function fullMark(mark: unknown, type: string): string | undefined {
  if (typeof mark !== "string" || !mark.includes("*") || mark.includes(`${type}/`)) return mark as string | undefined;
  return `pulumi/${mark.startsWith("/") ? "organization" : ""}${mark.replace("*", type)}`;
}
