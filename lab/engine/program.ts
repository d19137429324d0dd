/** Values of one resource by property name. */
export type Values = Record<string, unknown>;

export type Kind = "workspace" | "service" | "versionSet" | "useCase" | "serviceBinding" | "testCallerNumbers";

/** In place of a value: an output of another resource of the program. */
export class Ref {
  constructor(
    readonly name: string,
    readonly kind: Kind,
    readonly output = "id",
  ) {}
}

/** The engine's resource options, as far as they change what happens. */
export interface Options {
  readonly aliases?: readonly string[];
  readonly import?: string;
  readonly protect?: boolean;
  readonly ignoreChanges?: readonly string[];
  readonly replaceOnChanges?: readonly string[];
  readonly deleteBeforeReplace?: boolean;
  /** The name and kind of the resource whose deletion takes this one with it. */
  readonly deletedWith?: Ref;
  /** The names of the inputs that the program gives as secrets. */
  readonly secrets?: readonly string[];
  /** The name of an explicit provider. */
  readonly provider?: string;
}

/** One `new amigo.X(name, inputs, options)`. */
export interface Declaration {
  readonly name: string;
  readonly kind: Kind;
  readonly inputs: Values;
  readonly options: Options;
}

/** The resources of a program, in the order in which it makes them. */
export type Program = readonly Declaration[];

/** The stack that a program runs in; the names go into owner marks and URNs. */
export interface StackName {
  readonly project: string;
  readonly stack: string;
}

export function typeToken(kind: Kind): string {
  return `pulumi-nodejs:dynamic/amigo:${kind[0]?.toUpperCase()}${kind.slice(1)}`;
}

export function urnOf({ project, stack }: StackName, kind: Kind, name: string): string {
  return `urn:pulumi:${stack}::${project}::${typeToken(kind)}::${name}`;
}

/** What a caller may ask of a run, as flags of the command line. */
export interface RunOptions {
  /** Every URN when undefined. */
  readonly targets?: readonly string[];
  /** `--replace URN`. */
  readonly replace?: readonly string[];
  readonly refresh?: boolean;
  readonly skipPreview?: boolean;
  /** Default 8. */
  readonly parallel?: number;
  /** Up to 3.259 what a failed replacement had deleted is deleted once more by the next run. */
  readonly deletesTwice?: boolean;
  /** Resolves when the process is to be killed. */
  readonly killed?: Promise<void>;
}
