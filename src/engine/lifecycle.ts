import { z } from "zod";
import type { DocumentForm } from "./document-form.js";
import type { ProviderContext } from "./provider/context.js";
import type { Existing, Values } from "./values.js";

export type { Existing, Values };

/** Something wrong with an input: the path of the property and a sentence that says what was found and what is allowed. */
export interface Problem {
  readonly property: string;
  readonly reason: string;
}

/** All that there is to say of one input property. */
export interface Property {
  /** What may be declared; `.optional()` where the property may be left out. */
  readonly schema: z.ZodType;
  /**
   * - `replace`: create-only; a change (or an unknown value) replaces the resource.
   * - `update`: a change is written in place.
   * - `action`: only the provider knows it; a change is stored and calls the update, which may act on it.
   * - `local`: only the provider knows it; a change is stored and never causes a request.
   */
  readonly change: "replace" | "update" | "action" | "local";
  /** What an undeclared property is: the contract's default, which the program sees. @default nothing */
  readonly default?: unknown;
  /**
   * What happens when the last run declared the property and this one does not. `reset`: the default is written. `unmanaged`:
   * it is left as it is. `refuse`: it cannot be cleared. @default "reset"
   */
  readonly withdrawn?: "reset" | "unmanaged" | "refuse";
  /** Whether it is an id of the API, in which the case of letters means nothing. @default false */
  readonly isId?: boolean;
  /** Whether state leaves out what exists and is not declared, since it is somebody else's. @default false */
  readonly declaredOnly?: boolean;
  /** An updatable id whose unknown value replaces: what it names is being replaced itself, and this must go first. */
  readonly unknownReplaces?: boolean;
  /** Brings values that mean the same to the same form; two values are equal when their normal forms are. */
  readonly normalise?: (value: unknown) => unknown;
}

export type Properties = Readonly<Record<string, Property>>;

/** The strict schema of all inputs: a misspelt property is a problem. */
export function inputsSchema<P extends Properties>(properties: P) {
  const shape = Object.fromEntries(Object.entries(properties).map(([name, { schema }]) => [name, schema]));
  return z.strictObject(shape as { [Name in keyof P]: P[Name]["schema"] });
}

/** An update as the adapter has worked it out. */
export interface Change {
  readonly id: string;
  /** What state holds. */
  readonly olds: Values;
  /** The declared inputs. */
  readonly news: Values;
  /**
   * What is to be written over what is live now: the properties that this update changes. What it does not change is left as
   * it is live, and warned about where that is not what is declared.
   */
  over(live: Values): Values;
}

/** How a create is found again whose answer was lost: the journal holds its key from before it is sent. */
export interface Recovery {
  /** The key: what tells the thing from others of its workspace, such as a slug. */
  keyOf(inputs: Values): readonly unknown[];
  /** The inputs that a key holds. */
  inputsOf(key: readonly string[]): Values;
  /** What messages call the key. @default "name" */
  readonly called?: string;
  /** What exists under the key, each with its `createdAt`. Only for a kind without `idFrom`. */
  find?(context: ProviderContext, inputs: Values): Promise<Existing[]>;
  /** What the first request of a create asks for. @default the inputs */
  firstSent?(inputs: Values): Values;
}

/** A resource as data and a few functions; `adapter.ts` makes a Pulumi dynamic provider of it. */
export interface Lifecycle {
  /** The resource's name in the package, such as `ServiceBinding`. */
  readonly kind: string;
  readonly properties: Properties;
  /** Properties that the API computes; stored as outputs of the same name. */
  readonly computed: readonly string[];
  /** Whether the API holds the owner mark, so that state must say which one is ours. */
  readonly marked?: boolean;
  /** Whether the inputs keep the owner mark: in the API, or in the journal. */
  readonly owned?: boolean;
  /** Whether `workspaceId` is an input that the provider's settings may fill in. */
  readonly inWorkspace: boolean;
  /** How it stands in an environment document; without one it has no place there. */
  readonly document?: DocumentForm;
  /** How messages name a resource with these inputs, such as `Service "Scheduling"`. */
  describe(values: Values): string;
  /** The id, where it follows from the inputs: then a create that was interrupted is found by it. */
  idFrom?(inputs: Values): string;
  /** How `pulumi-amigo recover` finds a create that went through the journal. */
  readonly recovery?: Recovery;
  /** Rules that look at more than one property, or at the former inputs. Values may be unknown. */
  rules?(news: Values, olds: Values | undefined): Problem[];
  /** Whether a write can also change other resources of the kind, so that an interruption leaves those otherwise than state says. */
  readonly movesOthers?: boolean;
  /** Whether a replacement deletes first, given the properties that force it. */
  deleteFirst(replaces: readonly string[], olds: Values, news: Values): boolean;
  /** What such a replacement does to people, as a sentence: the preview warns of it. */
  readonly meanwhile?: string;
  /** Whether a step is missing between what state holds and what is declared, such as provisioning. */
  unfinished?(state: Values, news: Values): boolean;
  /** The owner mark of the service that carries the thing, for a kind that can carry none itself. */
  serviceMark?(context: ProviderContext, live: Values): Promise<string | undefined>;
  /** Things of other kinds that a resource with this id and these inputs declares too. */
  parts?(id: string, inputs: Values): [kind: string, id: string][];
  create(context: ProviderContext, news: Values): Promise<Existing>;
  /** What exists under this id, or undefined when it is certainly gone. `state` may hold nothing but what `get` was given. */
  read(context: ProviderContext, id: string, state: Values): Promise<Existing | undefined>;
  /** Writes what `change.over` names, finishes what is unfinished, and returns what exists then. */
  update(context: ProviderContext, change: Change): Promise<Values>;
  /** `"left"` when the thing was kept, since it is somebody else's by now. */
  remove(context: ProviderContext, id: string, state: Values): Promise<unknown>;
}
