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
  return `pulumi/${organization()}/${project}/${pulumi.getStack()}/${typePath}/${rest.join("::")}`;
}

/** The organization of local backends, too, where users' unit tests name none. */
function organization(): string {
  try {
    return pulumi.getOrganization();
  } catch {
    return "organization";
  }
}
