import type { Lifecycle } from "../engine/lifecycle.js";
import { providerName } from "../engine/tokens.js";
import type { Agreeing, ResourceClass } from "./agreement.js";
import * as all from "./all.js";

type Classes = typeof all;

/** The name of a resource's provider in `pulumi-amigo/providers`, such as `serviceBinding`. */
export type ProviderName = Uncapitalize<keyof Classes>;

/** Does not compile where the table, the arguments and the outputs of a resource disagree. */
const agreeing = all satisfies { readonly [Name in keyof Classes]: Agreeing<Classes[Name]> };

const resourceClasses = Object.values<ResourceClass>(agreeing);

/**
 * The lifecycles of all resources, by the name of their provider.
 * @internal
 */
export const lifecycles = Object.fromEntries(
  resourceClasses.map(({ __lifecycle }) => [providerName(__lifecycle.kind), __lifecycle]),
) as Readonly<Record<ProviderName, Lifecycle>>;

/**
 * The class of each, by the same name.
 * @internal
 */
export const classes = Object.fromEntries(
  resourceClasses.map((made) => [providerName(made.__lifecycle.kind), made]),
) as unknown as Readonly<Record<ProviderName, Classes[keyof Classes]>>;
