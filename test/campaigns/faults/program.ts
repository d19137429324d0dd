/** The kinds of resources, named as their providers are. */
export const KINDS = ["workspace", "service", "versionSet", "useCase", "serviceBinding", "testCallerNumbers"] as const;
export type Kind = (typeof KINDS)[number];
export type Values = Record<string, unknown>;

/** Stands in arguments for the id of another resource. */
export interface Reference {
  readonly ref: string;
}

/** One resource of a program, as its author writes it. */
export interface Declared {
  readonly name: string;
  readonly kind: Kind;
  readonly args: Values;
}

export type Program = ReadonlyMap<string, Declared>;

export type Action = "create" | "update" | "delete";

/** One wanted change of one resource; it stays the same operation however often it has to be tried. */
export interface Operation {
  readonly id: string;
  readonly stack: number;
  readonly round: number;
  readonly name: string;
  readonly kind: Kind;
  readonly action: Action;
  /** The resource as it is to be; for a deletion as it was. */
  readonly declared: Declared;
  /** Another version set of the same service is changed in the same run. */
  readonly paired: boolean;
}

export function isReference(value: unknown): value is Reference {
  return typeof value === "object" && value !== null && typeof (value as Reference).ref === "string";
}

/** The names of the resources that the arguments refer to. */
export function referencesOf({ args }: Declared): string[] {
  return Object.values(args)
    .filter(isReference)
    .map(({ ref }) => ref);
}
