import type { ProviderContext } from "./provider/context.js";
import type { Existing, Values } from "./values.js";

/** How the resources of one kind stand in an environment document, and how those that exist are found. */
export interface DocumentForm {
  /** Sections stand in a document in this order. */
  readonly place: number;
  /** The key of the document, or of the entry that they belong to, under which they stand. */
  readonly section: string;
  /**
   * - `object`: there is one, with its properties.
   * - `map`: entries by their key.
   * - `list`: entries that hold their keys.
   * - `value`: there is one, and the section is its only property.
   */
  readonly shape: "object" | "map" | "list" | "value";
  /** The kind in whose entries the section stands, and the property that holds its id. @default the document itself */
  readonly within?: {
    readonly kind: string;
    readonly property: string;
    /** Whether it is a part of the entry, which takes it along when it goes. */
    readonly deletedWith?: boolean;
  };
  /** Whether the `protect` of an environment guards it. */
  readonly guarded?: boolean;
  /** The properties that identify one among the others; in a map there is one. */
  readonly key: readonly string[];
  /** What a document shows, in order: properties, and the sections of kinds within. */
  readonly fields: readonly string[];
  /** Properties that hold an id, which a document never shows. */
  readonly references?: Readonly<Record<string, Reference>>;
  /** Properties that hold a number of a version, each with the property of the entry above it whose versions these are. */
  readonly versions?: Readonly<Record<string, string>>;
  /** The shortest form of a property that means the same. */
  readonly brief?: Readonly<Record<string, (value: unknown) => unknown>>;
  /** Whether something that exists is the platform's own, or there without anybody's doing. */
  readonly isBuiltIn?: (live: Values) => boolean;
  /** Those that the resource above holds itself, in place of `list`. */
  readonly inside?: (above: Existing) => Existing[];
  /** All that exist in a workspace. `above` are those of the kind that they stand in. */
  readonly list?: (context: ProviderContext, workspaceId: string, above: readonly Existing[]) => Promise<Existing[]>;
}

export type Reference =
  /** Something that is no resource: the document has an alias for it. */
  | {
      readonly as: string;
      readonly aliases: string;
      /** The output that shows its name. */
      readonly nameFrom?: string;
      /** What it must be for a create, and nothing but a create shows: `approved`. */
      readonly mustBe?: string;
    }
  /** Another entry of the document, by its key. */
  | { readonly as: string; readonly kind: string };
