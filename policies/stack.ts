import type { PolicyResource, ResourceValidation } from "@pulumi/policy";
import { UNKNOWN, valueAt } from "./values";

const TYPE = "pulumi-nodejs:dynamic/amigo:";

export type Kind = "Workspace" | "Service" | "VersionSet" | "UseCase" | "ServiceBinding" | "TestCallerNumbers";

/** The arguments of this run's resources by URN. What the engine shows at the end is outputs, and in previews not always those. */
const argumentsByUrn = new Map<string, unknown>();

/** Part of every policy that judges the stack as a whole: keeps what the program declares until then. */
export const noteArguments: ResourceValidation = (args) => {
  argumentsByUrn.set(args.urn, args.props);
  args.notApplicable("judged at the end of the run, together with the rest of the stack");
};

/** A resource of the Amigo platform. */
export class AmigoEntry {
  readonly urn: string;
  readonly label: string;
  /** Set where an id of it is known, which a preview knows of what exists only. */
  exists = false;

  constructor(
    readonly kind: Kind,
    readonly resource: PolicyResource,
  ) {
    this.urn = resource.urn;
    this.label = `${kind} "${resource.name}"`;
  }

  /** Whether the program declares it; false for what it only looks up. */
  get declared(): boolean {
    // Without a single note only the stack was asked about, and nothing tells what is looked up.
    return argumentsByUrn.size === 0 || argumentsByUrn.has(this.urn);
  }

  get protect(): boolean {
    return this.resource.opts.protect;
  }

  /** An argument; undefined where the program leaves it out. */
  argument(...path: string[]): unknown {
    if (!argumentsByUrn.has(this.urn)) return this.output(...path);
    const declared = valueAt(argumentsByUrn.get(this.urn), ...path);
    return declared === UNKNOWN ? (this.output(...path) ?? UNKNOWN) : declared;
  }

  /**
   * What the resource has: the argument, else what exists, else the contract's default, which state leaves out.
   * {@link UNKNOWN} where it exists and a preview does not show how.
   */
  value(name: string, fallback: unknown): unknown {
    const found = this.argument(name) ?? this.output(name);
    if (found !== undefined) return found;
    return this.declared && !this.existsUnseen ? fallback : UNKNOWN;
  }

  /** The preview of a create or an update shows the arguments in place of the outputs. */
  private get existsUnseen(): boolean {
    const shown = Object.keys(this.resource.props);
    const given = new Set(Object.keys((argumentsByUrn.get(this.urn) as object | undefined) ?? {}));
    if (shown.some((name) => !given.has(name))) return false;
    return this.exists || (this.argument("adopt") ?? false) !== false;
  }

  output(...path: string[]): unknown {
    return valueAt(this.resource.props, ...path);
  }
}

/** What an id in the stack stands for. */
export interface Reference {
  /** The same for the same thing; undefined where a preview cannot tell. */
  readonly key: string | undefined;
  /** The id itself, once it is known. */
  readonly id: string | undefined;
  /** The resource, where the stack has it. */
  readonly entry: AmigoEntry | undefined;
}

/** The Amigo resources of a stack, and which of them each other's ids stand for. */
export class AmigoStack {
  private readonly entries: readonly AmigoEntry[];
  private readonly byUrn: ReadonlyMap<string, PolicyResource>;
  private readonly byId = new Map<string, AmigoEntry>();

  constructor(resources: readonly PolicyResource[]) {
    this.byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
    this.entries = resources
      .filter(({ type }) => type.startsWith(TYPE))
      .map((resource) => new AmigoEntry(resource.type.slice(TYPE.length) as Kind, resource));
    for (const entry of this.entries) {
      for (const [property, kind] of REFERENCES) this.learnId(entry, property, kind);
    }
  }

  all(...kinds: Kind[]): AmigoEntry[] {
    return this.entries.filter(({ kind }) => kinds.includes(kind));
  }

  /** Those of them that the program declares in this run. */
  declared(...kinds: Kind[]): AmigoEntry[] {
    return this.all(...kinds).filter(({ declared }) => declared);
  }

  /** The ids under which others refer to this resource; its own id is not among its properties. */
  idsOf(entry: AmigoEntry): string[] {
    return [...this.byId].filter(([, found]) => found === entry).map(([key]) => key.slice(key.indexOf(" ") + 1));
  }

  workspaceOf(entry: AmigoEntry): Reference {
    return this.reference(entry, "workspaceId", "Workspace");
  }

  serviceOf(entry: AmigoEntry): Reference {
    return this.reference(entry, "serviceId", "Service");
  }

  useCaseOf(entry: AmigoEntry): Reference {
    return this.reference(entry, "useCaseId", "UseCase");
  }

  private reference(entry: AmigoEntry, property: string, kind: Kind): Reference {
    const value = entry.argument(property);
    const id = typeof value === "string" ? value.toLowerCase() : undefined;
    const found = id === undefined ? this.behind(entry.resource, property, kind) : this.byId.get(`${kind} ${id}`);
    return { id, entry: found, key: found?.urn ?? id };
  }

  private learnId(entry: AmigoEntry, property: string, kind: Kind): void {
    const id = entry.argument(property);
    const found = typeof id === "string" ? this.behind(entry.resource, property, kind) : undefined;
    if (!found) return;
    found.exists = true;
    this.byId.set(`${kind} ${String(id).toLowerCase()}`, found);
  }

  /** The one resource of that kind from which the program took the value, be it by way of another's property of that name. */
  private behind(resource: PolicyResource, property: string, kind: Kind): AmigoEntry | undefined {
    const sources = resource.propertyDependencies[property] ?? this.fromProvider(resource, property);
    const direct = sources.filter(({ type }) => type === TYPE + kind);
    if (direct.length === 1) return this.entries.find(({ urn }) => urn === direct[0]?.urn);
    const [only] = sources;
    return sources.length === 1 && only ? this.behind(only, property, kind) : undefined;
  }

  /** What leaves its workspace out has its provider's. */
  private fromProvider(resource: PolicyResource, property: string): readonly PolicyResource[] {
    const provider = resource.provider && this.byUrn.get(resource.provider.urn);
    return provider?.propertyDependencies[`amigo:${property}`] ?? [];
  }
}

const REFERENCES = [
  ["workspaceId", "Workspace"],
  ["serviceId", "Service"],
  ["useCaseId", "UseCase"],
] as const;
