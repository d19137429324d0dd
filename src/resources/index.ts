import type { Lifecycle } from "../engine/lifecycle.js";
import { providerName } from "../engine/tokens.js";
import type { Agreeing, ResourceClass } from "./agreement.js";
import * as all from "./all.js";

type Classes = typeof all;

/** The name of a resource's provider in `pulumi-amigo/providers`, such as `serviceBinding`. */
export type ProviderName = Uncapitalize<keyof Classes>;

/** Does not compile where the table, the arguments and the outputs of a resource disagree. */
const classes = all satisfies { readonly [Name in keyof Classes]: Agreeing<Classes[Name]> };

/**
 * The lifecycles of all resources, by the name of their provider.
 * @internal
 */
export const lifecycles = Object.fromEntries(
  Object.values<ResourceClass>(classes).map(({ __lifecycle }) => [providerName(__lifecycle.kind), __lifecycle]),
) as Readonly<Record<ProviderName, Lifecycle>>;
