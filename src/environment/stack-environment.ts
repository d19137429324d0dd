import { canonicalId } from "../api/index.js";
import { isSecret } from "../engine/compare.js";
import { HIDDEN } from "../engine/hidden.js";
import type { Values } from "../engine/lifecycle.js";
import { Pulumi } from "../stack/pulumi.js";
import { exportState, inClear, lifecycleOf, type StateResource } from "../stack/state.js";
import type { Environment } from "./environment.js";
import { type Kind, kinds } from "./kinds.js";
import { environmentOf, type Found } from "./live.js";
import type { References } from "./references.js";

export interface StackOptions {
  readonly cwd: string;
  readonly warn: (message: string) => void;
  /** The references of the stack's workspace; aliases that they lack are added. The slug is known where the stack holds the workspace. */
  readonly references: (workspaceId: string, slug: string | undefined) => References;
  /** Whether values that the program gave as secrets are read in clear, to be compared; else they are missing. @default false */
  readonly showSecrets?: boolean;
}

/** What the state of a stack declares, as an environment. */
export async function stackEnvironment(
  stack: string,
  { cwd, references, showSecrets }: StackOptions,
): Promise<Environment> {
  const { own, workspaceId } = await readStack(stack, { cwd, showSecrets });
  const found = [...own, ...insideOf(own)];
  const managed = new Set(found.map(({ kind }) => kind.name));
  const slug = own.find(({ kind }) => kind.name === "Workspace")?.live.slug;
  const known = references(workspaceId, typeof slug === "string" ? slug : undefined);
  const environment = environmentOf(`stack:${stack}`, { workspaceId, found, incomplete: new Set() }, known);
  return { ...environment, managed: withSections(managed) };
}

/** What a stack that is named as a source holds of this provider, in the one workspace that it is of. */
export async function readStack(stack: string, { cwd, showSecrets }: Pick<StackOptions, "cwd" | "showSecrets">) {
  const pulumi = await Pulumi.find(stack, cwd);
  const { resources } = await exportState(pulumi, ...(showSecrets ? ["--show-secrets"] : []));
  return { resources, ...inOneWorkspace(stack, resources) };
}

/** What a stack holds of this provider; throws unless it is of one workspace. */
export function inOneWorkspace(stack: string, resources: readonly StateResource[]) {
  const own = declaredBy(resources);
  const workspaces = [...new Set(own.map((one) => canonicalId(workspaceOf(one))))];
  if (own.length === 0) {
    throw new Error(
      `the state of stack ${stack} holds no resource of this provider: run \`pulumi up\` first, or name another stack`,
    );
  }
  if (workspaces.length > 1) {
    throw new Error(
      `stack ${stack} holds resources of ${workspaces.length} workspaces (${workspaces.join(", ")}), and a source is one workspace: name it by its alias in amigo.yaml or by its id`,
    );
  }
  const [workspaceId = ""] = workspaces;
  return { own, workspaceId };
}

/** The resources of this provider that the stack manages, each with what its program declares. */
export function declaredBy(resources: readonly StateResource[]): (Found & { resource: StateResource })[] {
  return resources.flatMap((resource) => {
    const lifecycle = resource.delete ? undefined : lifecycleOf(resource.type);
    const kind = kinds.find((one) => one.lifecycle === lifecycle);
    if (!kind || resource.id === undefined || resource.inputs?.__get) return [];
    const inputs = inClear(resource.inputs ?? {}) as Values;
    return [{ kind, id: resource.id, live: { ...shownNames(kind, resource), ...withoutBuiltIn(inputs) }, resource }];
  });
}

/** What a resource declares inside of it, and no resource of its own does. */
function insideOf(found: readonly Found[]): Found[] {
  const own = new Set(found.map(({ kind, id }) => `${kind.name} ${id}`));
  return found.flatMap((above) =>
    above.kind.within.flatMap((kind) =>
      (kind.form.inside?.(above) ?? [])
        .filter(({ id }) => !own.has(`${kind.name} ${id}`))
        .map(({ id, live }) => ({ kind, id, live: { ...live, ...secretAs(above.live, kind) } })),
    ),
  );
}

/** A secret section is secret in all its parts. */
function secretAs(above: Values, { form, lifecycle }: Kind): Values {
  return isSecret(above, form.section) ? { [HIDDEN.secrets]: Object.keys(lifecycle.properties) } : {};
}

/** The names that the API showed for ids, which only outputs hold. */
function shownNames({ form }: Kind, { outputs = {} }: StateResource): Values {
  const names = Object.values(form.references ?? {}).flatMap((one) => ("nameFrom" in one ? (one.nameFrom ?? []) : []));
  return Object.fromEntries(names.map((name) => [name, outputs[name]]));
}

/** The program's own values, and which of them are secret. */
function withoutBuiltIn(inputs: Values): Values {
  return Object.fromEntries(
    Object.entries(inputs).filter(([name]) => !name.startsWith("__") || name === HIDDEN.secrets),
  );
}

/** The workspace that a resource lives in; of a workspace itself. */
export function workspaceOf({ kind, id, live }: Found): string {
  return String(kind.name === "Workspace" ? id : live.workspaceId);
}

/** A kind in whose entries others stand says something of those, too. */
function withSections(managed: ReadonlySet<string>): Set<string> {
  return new Set(
    kinds.filter(({ name, above }) => managed.has(name) || (above && managed.has(above.name))).map(({ name }) => name),
  );
}
