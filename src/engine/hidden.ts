/**
 * Inputs that the classes pass to the provider process beside the user's own. The engine treats names that start with
 * two underscores as internal, so they appear in no diff.
 */
export const HIDDEN = {
  /** The constant text from which the SDK makes the provider. */
  provider: "__provider",
  /** The owner mark of a service, as of its creation. */
  owner: "__owner",
  /** `{ id, ignore }` of the `import` resource option. */
  adopt: "__import",
  /** `{ property: reason }`, found in the program by the constructors. */
  conflicts: "__conflicts",
} as const;

/** What the `import` resource option becomes. */
export interface ImportRequest {
  readonly id: string;
  readonly ignore: readonly string[];
}

/** Set on resources that `get` looks up: they hold everything that exists, since nothing of them is declared. */
export const LOOKED_UP = "__get";
