import type { Lifecycle } from "../engine/lifecycle.js";
import { providerName } from "../engine/tokens.js";
import * as all from "./all.js";

type Classes = typeof all;

/** The name of a resource's provider in `pulumi-amigo/providers`, such as `serviceBinding`. */
export type ProviderName = Uncapitalize<keyof Classes>;

const classes: Readonly<Record<keyof Classes, { readonly __lifecycle: Lifecycle }>> = all;

/**
 * The lifecycles of all resources, by the name of their provider.
 * @internal
 */
export const lifecycles = Object.fromEntries(
  Object.values(classes).map(({ __lifecycle }) => [providerName(__lifecycle.kind), __lifecycle]),
) as Readonly<Record<ProviderName, Lifecycle>>;
