import type { z } from "zod";
import type { ProviderContext } from "./context.js";

/** Values of one resource by camelCase property name, as the engine carries them. */
export type Values = Record<string, unknown>;

/** Something wrong with an input: the path of the property and a sentence that says what was found and what is allowed. */
export interface Problem {
  readonly property: string;
  readonly reason: string;
}

/**
 * How one input property behaves.
 * - `replace`: create-only; a change (or an unknown value) replaces the resource.
 * - `update`: a change is written in place.
 * - `action`: only the provider knows it; a change is stored and calls the update, which may act on it.
 * - `local`: only the provider knows it; a change is stored and never causes a request.
 */
export interface Property {
  readonly change: "replace" | "update" | "action" | "local";
  /**
   * What happens when the last run declared the property and this one does not: the contract's default that is
   * written, `unmanaged` (left as it is), or `refuse` (it cannot be cleared). Without it: `unmanaged`.
   */
  readonly withdrawn?: { readonly default: unknown } | "unmanaged" | "refuse";
  /** An updatable id whose unknown value replaces: what it names is being replaced itself, and this must go first. */
  readonly unknownReplaces?: boolean;
  /** Brings values that mean the same to the same form; two values are equal when their normal forms are. */
  readonly normalise?: (value: unknown) => unknown;
}

/** What exists remotely, and the id under which the engine keeps it. */
export interface Existing {
  readonly id: string;
  readonly live: Values;
}

/** An update as the adapter has worked it out: what is wanted, and which declared properties differ. */
export interface Change {
  readonly id: string;
  readonly olds: Values;
  readonly news: Values;
  /** The inputs to reach: the declared ones, and the contract's default for every withdrawn one. */
  readonly wanted: Values;
  /** Names of the properties of `wanted` that are to be written. */
  readonly changed: readonly string[];
}

/** A resource as data and a few functions; `adapter.ts` makes a Pulumi dynamic provider of it. */
export interface Lifecycle {
  /** The resource's name in the package, such as `ServiceBinding`. */
  readonly kind: string;
  /** The shape of the inputs; strict, so that a misspelt property is found. */
  readonly inputs: z.ZodType;
  readonly properties: Readonly<Record<string, Property>>;
  /** Properties that the API computes; stored as outputs of the same name. */
  readonly computed: readonly string[];
  /** Whether the API holds the owner mark, so that state must say which one is ours. */
  readonly marked?: boolean;
  /** Whether `workspaceId` is an input that the provider's settings may fill in. */
  readonly inWorkspace: boolean;
  /** How messages name a resource with these inputs, such as `Service "Scheduling"`. */
  describe(values: Values): string;
  /** Rules that look at more than one property, or at the former inputs. Values may be unknown. */
  rules?(news: Values, olds: Values | undefined): Problem[];
  /** Told of each checked input before any operation, for resources that must know what the program wants of others. */
  intend?(context: ProviderContext, news: Values, olds: Values | undefined): void;
  /** Whether a replacement deletes first, given the properties that force it. */
  deleteFirst(replaces: readonly string[], olds: Values, news: Values): boolean;
  create(context: ProviderContext, news: Values): Promise<Existing>;
  /** What exists under this id, or undefined when it is certainly gone. `state` may hold nothing but what `get` was given. */
  read(context: ProviderContext, id: string, state: Values): Promise<Existing | undefined>;
  update(context: ProviderContext, change: Change): Promise<Values>;
  remove(context: ProviderContext, id: string, state: Values): Promise<void>;
}
