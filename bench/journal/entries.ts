/** What a journal holds and what it is replayed into, as the CLI writes them (`apitype.JournalEntry`, `apitype.DeploymentV3`). */

export interface Resource {
  readonly urn: string;
  readonly type: string;
  readonly delete?: boolean;
  readonly pendingReplacement?: boolean;
  readonly parent?: string;
  readonly dependencies?: readonly string[];
  readonly propertyDependencies?: Readonly<Record<string, readonly string[]>>;
  readonly deletedWith?: string;
  readonly [other: string]: unknown;
}

export interface Operation {
  readonly type: string;
  readonly resource: Resource;
}

export interface Deployment {
  readonly manifest: { readonly time: string; readonly magic: string; readonly version: string };
  readonly secrets_providers?: unknown;
  readonly resources?: readonly Resource[];
  readonly pending_operations?: readonly Operation[];
  readonly [other: string]: unknown;
}

/** By the number that stands for each kind; the two that follow, extensions and snippets, are refused. */
export enum Kind {
  Begin = 0,
  Success = 1,
  Failure = 2,
  RefreshSuccess = 3,
  Outputs = 4,
  Write = 5,
  SecretsManager = 6,
  RebuiltBaseState = 7,
}

/** `...Old` is a place in the deployment that the update began with, `...New` the operation that made a resource since. */
export interface Entry {
  readonly version: number;
  readonly kind: Kind;
  readonly sequenceID: number;
  readonly operationID: number;
  readonly removeOld?: number | null;
  readonly removeNew?: number | null;
  readonly deleteOld?: number | null;
  readonly deleteNew?: number | null;
  readonly pendingReplacementOld?: number | null;
  readonly pendingReplacementNew?: number | null;
  readonly state?: Resource;
  readonly operation?: Operation;
  readonly isRefresh?: boolean;
  readonly secretsProvider?: unknown;
  readonly newSnapshot?: Deployment;
  readonly requiresByteString?: boolean;
}

/** What would need a newer schema of the deployment, or URNs rewritten throughout: more than the replay does. */
const BEYOND = [
  "aliases",
  "refreshBeforeUpdate",
  "viewOf",
  "resourceHooks",
  "taint",
  "replaceWith",
  "extensionRef",
  "snippetID",
];

/** Throws where the replay would not give what the service gives. */
export function mustBeKnown(entry: Entry): void {
  if (entry.version !== 1) throw new Error(`version ${entry.version} of a journal's entry is not known`);
  if (Kind[entry.kind] === undefined) throw new Error(`kind ${entry.kind} of a journal's entry is not known`);
  if (entry.requiresByteString) throw new Error("strings that are not UTF-8 cannot be replayed");
  const resources = [entry.state, entry.operation?.resource, ...(entry.newSnapshot?.resources ?? [])];
  for (const resource of resources) {
    const found = BEYOND.find((name) => resource !== undefined && isSet(resource[name]));
    if (found) throw new Error(`${resource?.urn} has ${found}, which cannot be replayed`);
  }
}

function isSet(value: unknown): boolean {
  return typeof value === "object" && value !== null ? Object.keys(value).length > 0 : Boolean(value);
}
