/**
 * Inputs that the classes pass to the provider process beside the user's own. The engine treats names that start with
 * two underscores as internal, so they appear in no diff.
 */
export const HIDDEN = {
  /** The constant text from which the SDK makes the provider. */
  provider: "__provider",
  /** The owner mark of a resource, as of its creation. */
  owner: "__owner",
  /** `{ id, ignore }` of the `import` resource option. */
  adopt: "__import",
  /** `{ property: reason }`, found in the program by the constructors. */
  conflicts: "__conflicts",
  /** The names of parts of this resource that the program declares as resources of their own. */
  elsewhere: "__elsewhere",
  /** The paths of the resource option `replaceOnChanges`. */
  replaceOnChanges: "__replaceOnChanges",
  /** The names of the properties in the resource option `ignoreChanges`. */
  ignore: "__ignore",
  /** The names of the inputs that hold a secret. */
  secrets: "__secrets",
  /** An output: the names of the other outputs that exist so and are not declared. */
  undeclared: "__undeclared",
  /** An output: the owner mark of somebody else that the service still carries, taken over when the program said so. */
  takenFrom: "__takenFrom",
  /** An output: what a write that failed half-way has left of other resources otherwise than their state says. */
  disturbed: "__disturbed",
} as const;

/** What the classes pass and the inputs in state keep. */
export const KEPT = [HIDDEN.replaceOnChanges, HIDDEN.ignore, HIDDEN.secrets] as const;

/** What the `import` resource option becomes. */
export interface ImportRequest {
  readonly id: string;
  readonly ignore: readonly string[];
}

/** Set on resources that `get` looks up: they hold everything that exists, since nothing of them is declared. */
export const LOOKED_UP = "__get";

/** The user's own values that are there. */
export function withoutHidden(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).filter(
      ([name, value]) => (name === "__proto__" || !name.startsWith("__")) && (value ?? undefined) !== undefined,
    ),
  );
}
