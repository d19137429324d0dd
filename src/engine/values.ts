/** Values of one resource by camelCase property name, as the engine carries them. */
export type Values = Record<string, unknown>;

/** What exists remotely, and the id under which the engine keeps it. */
export interface Existing {
  readonly id: string;
  /** Where the API holds the owner mark of the thing, with that as `__owner`. */
  readonly live: Values;
}
