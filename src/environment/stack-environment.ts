import type { Values } from "../engine/lifecycle.js";
import { Pulumi } from "../stack/pulumi.js";
import { exportState, inClear, lifecycleOf, type StateResource } from "../stack/state.js";
import type { Environment } from "./environment.js";
import { kinds } from "./kinds.js";
import { environmentOf, type Found } from "./live.js";
import type { References } from "./references.js";

export interface StackOptions {
  readonly cwd: string;
  readonly warn: (message: string) => void;
  /** Aliases that they lack are added. */
  readonly references: References;
}

/** What the state of a stack declares, as an environment. */
export async function stackEnvironment(stack: string, { cwd, references }: StackOptions): Promise<Environment> {
  const pulumi = await Pulumi.find(stack, cwd);
  const { resources } = await exportState(pulumi);
  const own = declaredBy(resources);
  const found = [...own, ...insideOf(own)];
  const workspaces = [...new Set(found.map(workspaceOf))];
  if (found.length === 0) {
    throw new Error(
      `the state of stack ${stack} holds no resource of this provider: run \`pulumi up\` first, or name another stack`,
    );
  }
  if (workspaces.length > 1) {
    throw new Error(
      `stack ${stack} holds resources of ${workspaces.length} workspaces (${workspaces.join(", ")}): a document describes one`,
    );
  }
  const managed = new Set(found.map(({ kind }) => kind.name));
  const [workspaceId = ""] = workspaces;
  const environment = environmentOf(`stack:${stack}`, { workspaceId, found, incomplete: new Set() }, references);
  return { ...environment, managed: withSections(managed) };
}

/** The resources of this provider that the stack manages, each with what its program declares. */
export function declaredBy(resources: readonly StateResource[]): (Found & { resource: StateResource })[] {
  return resources.flatMap((resource) => {
    const lifecycle = resource.delete ? undefined : lifecycleOf(resource.type);
    const kind = kinds.find((one) => one.lifecycle === lifecycle);
    if (!kind || resource.id === undefined || resource.inputs?.__get) return [];
    const inputs = inClear(resource.inputs ?? {}) as Values;
    return [{ kind, id: resource.id, live: withoutBuiltIn(inputs), resource }];
  });
}

/** What a resource declares inside of it, and no resource of its own does. */
function insideOf(found: readonly Found[]): Found[] {
  const own = new Set(found.map(({ kind, id }) => `${kind.name} ${id}`));
  return found.flatMap((above) =>
    above.kind.within.flatMap((kind) =>
      (kind.form.inside?.(above) ?? [])
        .filter(({ id }) => !own.has(`${kind.name} ${id}`))
        .map((existing) => ({ ...existing, kind })),
    ),
  );
}

function withoutBuiltIn(inputs: Values): Values {
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => !name.startsWith("__")));
}

function workspaceOf({ kind, id, live }: Found): string {
  return String(kind.name === "Workspace" ? id : live.workspaceId);
}

/** A kind in whose entries others stand says something of those, too. */
function withSections(managed: ReadonlySet<string>): Set<string> {
  return new Set(
    kinds.filter(({ name, above }) => managed.has(name) || (above && managed.has(above.name))).map(({ name }) => name),
  );
}
