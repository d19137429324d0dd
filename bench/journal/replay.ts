import { type Deployment, type Entry, Kind, mustBeKnown, type Operation, type Resource } from "./entries.js";

/** A resource's place in the deployment to come; empty once the resource is gone. */
interface Slot {
  resource?: Resource;
}

/** Makes the deployment that an update's journal stands for. Entries are added in the order of their sequence ids. */
export class Replay {
  private base: Slot[] = [];
  private rest: Deployment;
  /** What is made or kept, by operation, in the order in which it was: dependencies come first. */
  private readonly made = new Map<number, Slot>();
  private readonly open = new Map<number, Operation | undefined>();
  /** Creates that an earlier update left open: only a person can tell what became of them. */
  private creating: readonly Operation[] = [];
  private refreshed = false;

  constructor(base: Deployment) {
    this.rest = base;
    this.startFrom(base);
  }

  add(entry: Entry): void {
    mustBeKnown(entry);
    const { state, removeOld, removeNew } = entry;
    if (entry.kind === Kind.Begin) this.open.set(entry.operationID, entry.operation);
    else this.open.delete(entry.operationID);
    switch (entry.kind) {
      case Kind.Success:
        if (state) this.made.set(entry.operationID, { resource: state });
        this.each(removeOld, removeNew, () => undefined);
        this.each(entry.deleteOld, entry.deleteNew, (resource) => ({ ...resource, delete: true }));
        this.each(entry.pendingReplacementOld, entry.pendingReplacementNew, (resource) => ({
          ...resource,
          pendingReplacement: true,
        }));
        this.refreshed ||= entry.isRefresh === true;
        break;
      case Kind.RefreshSuccess:
        this.each(removeOld, removeNew, () => state);
        this.refreshed = true;
        break;
      case Kind.Outputs:
        if (state) this.each(removeOld, removeNew, () => state);
        break;
      case Kind.Write:
        if (!entry.newSnapshot) throw new Error("a journal's entry without the deployment to start from");
        this.startFrom(entry.newSnapshot);
        break;
      case Kind.SecretsManager:
        this.rest = { ...this.rest, secrets_providers: entry.secretsProvider };
        break;
      case Kind.RebuiltBaseState:
        this.startFrom(this.deployment());
        this.made.clear();
        this.open.clear();
        break;
    }
  }

  /** What is there after the entries so far. */
  deployment(now = new Date()): Deployment {
    const resources = [...this.made.values(), ...this.base].flatMap(({ resource }) => resource ?? []);
    const operations = [...this.open.values()].flatMap((operation) => operation ?? []);
    return {
      ...this.rest,
      // Without a version there is no sum to check.
      manifest: { time: now.toISOString(), magic: "", version: "" },
      resources: this.refreshed ? withoutDangling(resources) : resources,
      pending_operations: [...operations, ...this.creating],
    };
  }

  private startFrom(deployment: Deployment): void {
    const { resources = [], pending_operations = [], ...rest } = deployment;
    this.rest = rest;
    this.base = resources.map((resource) => ({ resource }));
    this.creating = pending_operations.filter(({ type }) => type === "creating");
  }

  private each(
    old: number | null | undefined,
    made: number | null | undefined,
    change: (resource: Resource) => Resource | undefined,
  ): void {
    for (const [place, slot] of [
      [old, this.base[old ?? -1]],
      [made, this.made.get(made ?? -1)],
    ] as const) {
      if (place === undefined || place === null) continue;
      if (!slot) throw new Error(`a journal's entry speaks of resource ${place}, which is not there`);
      if (slot.resource) slot.resource = change(slot.resource);
    }
  }
}

/** A refresh finds out that things are gone which others still refer to. */
function withoutDangling(resources: readonly Resource[]): Resource[] {
  const all = new Set(resources.map(({ urn }) => urn));
  const before = new Set<string>();
  return resources.map((resource) => {
    const { parent, dependencies, propertyDependencies, deletedWith, ...kept } = resource;
    const there = (urns: readonly string[]) => urns.filter((urn) => before.has(urn));
    const properties = Object.entries(propertyDependencies ?? {})
      .map(([name, urns]) => [name, there(urns)] as const)
      .filter(([, urns]) => urns.length > 0);
    const repaired: Resource = {
      ...kept,
      ...(parent !== undefined && all.has(parent) ? { parent } : {}),
      ...(dependencies ? { dependencies: there(dependencies) } : {}),
      ...(properties.length > 0 ? { propertyDependencies: Object.fromEntries(properties) } : {}),
      ...(deletedWith !== undefined && before.has(deletedWith) ? { deletedWith } : {}),
    } as Resource;
    before.add(resource.urn);
    return repaired;
  });
}
