import { canonicalId } from "../api/index.js";
import { mismatches } from "../engine/compare.js";
import { HIDDEN, type ImportRequest } from "../engine/hidden.js";
import { withCanonicalIds } from "../engine/ids.js";
import type { Values } from "../engine/lifecycle.js";
import { foreignMark, stackOf, stackParts } from "../engine/owner.js";
import { withFullMark } from "../engine/provider/outputs.js";
import { containsUnknown, isUnknown } from "../engine/unknown.js";
import { sameText } from "../resources/fields.js";
import type { ImportEntry } from "../stack/import-file.js";
import type { DeclaredResource } from "../stack/preview.js";
import { inClear, lifecycleOf, nameOf, type StateResource, secret, typeOf } from "../stack/state.js";
import { titleOf } from "./compare.js";
import { foreignIn, StackFacts } from "./drift-findings.js";
import type { Environment } from "./environment.js";
import { type Kind, kindNamed, kinds } from "./kinds.js";
import { type Found, type Inventory, pathsOf } from "./live.js";
import { normalKey } from "./scene.js";
import { declaredBy } from "./stack-environment.js";

/** A resource of the program that is not in the stack. */
export interface DeclaredOnly {
  readonly kind: string;
  readonly name: string;
  readonly urn: string;
}

export interface Adoptable extends DeclaredOnly {
  readonly id: string;
  readonly entry: ImportEntry;
  /** Where what exists is not as declared, each as `property: declared ..., exists as ...`. */
  readonly fields: readonly string[];
  /** The owner mark that it carries, where that is another one's. */
  readonly owner: unknown;
}

export interface AdoptPlan {
  readonly adoptable: readonly Adoptable[];
  /** Declared, and does not exist. */
  readonly missing: readonly DeclaredOnly[];
  /** The kinds of which some name a thing that does not exist, so that nobody can say which of those that exist they are. */
  readonly unresolved: ReadonlySet<string>;
  /** Declared, exists, and must not be adopted, each as a sentence. */
  readonly refused: readonly string[];
}

export interface AdoptionFacts {
  /** The stack that has given up what it owned. */
  readonly fromStack?: string;
  /** What the program is made of, where that is a document. */
  readonly document?: Environment;
}

/** Something that exists. */
export interface Thing {
  readonly kind: string;
  readonly name: string;
  readonly id: string;
}

/** What a document has and what exists, and is neither in the stack nor to be adopted: the program does not declare it. */
export function undeclaredIn(
  document: Environment,
  { found }: Inventory,
  { adoptable, unresolved }: AdoptPlan,
  held: readonly StateResource[],
): Thing[] {
  const declared = new StackFacts([
    ...declaredBy(held),
    ...adoptable.map(({ kind, id, entry: { resource, inputs } }) => ({
      kind: kindNamed(kind),
      id,
      live: inputs,
      resource,
    })),
  ]);
  const wanted = new Set(document.items.map(({ kind, path }) => `${kind.name} ${normalKey(path)}`));
  const paths = pathsOf(found);
  return foreignIn(found, declared).flatMap((one) => {
    const { kind, id } = one;
    const path = paths.get(one);
    const isWanted = path !== undefined && wanted.has(`${kind.name} ${normalKey(path)}`);
    return isWanted && !unresolved.has(kind.name) ? [{ kind: kind.name, name: titleOf({ kind, path }), id }] : [];
  });
}

/**
 * Finds for each resource that the program declares and the stack does not hold whether it exists, under its name or under the one
 * that the document's entry had before. Reads nothing.
 */
export function planAdoption(
  declared: readonly DeclaredResource[],
  inventory: Inventory,
  state: readonly StateResource[],
  { fromStack, document }: AdoptionFacts = {},
): AdoptPlan {
  const plan = {
    adoptable: [] as Adoptable[],
    missing: [] as DeclaredOnly[],
    unresolved: new Set<string>(),
    refused: [] as string[],
  };
  const ids = new Map(state.flatMap(({ urn, id, delete: gone }) => (id && !gone ? [[urn, id] as const] : [])));
  for (const resource of declared) {
    const kind = kinds.find(({ lifecycle }) => lifecycle === lifecycleOf(resource.type));
    if (!kind) continue;
    const facts = { kind: kind.name, name: nameOf(resource.urn), urn: resource.urn };
    const inputs = resolved(kind, resource, ids);
    const former = inputs && kind.above === undefined ? formerKey(kind, inputs, document) : undefined;
    const found =
      inputs && (matching(kind, inputs, inventory) ?? (former && matching(kind, { ...inputs, ...former }, inventory)));
    if (!inputs || !found) {
      plan.missing.push(facts);
      if (!inputs) plan.unresolved.add(kind.name);
      continue;
    }
    const { id, live } = found;
    const owner = foreignMark(inputs, live);
    const refusal = refusalOf(kind, found, state) ?? ownerRefusal(inputs, owner, fromStack);
    if (refusal !== undefined) {
      plan.refused.push(`${kind.name} "${facts.name}": ${id} ${refusal}`);
      continue;
    }
    ids.set(resource.urn, id);
    // What a preview does not show, unknown or secret, is compared by the one after the adoption.
    const masked = (inputs[HIDDEN.secrets] as string[] | undefined) ?? [];
    const known = Object.fromEntries(
      Object.entries(inputs).map(([name, value]) => [
        name,
        containsUnknown(value) || masked.includes(name) ? live[name] : value,
      ]),
    );
    const fields = mismatches(kind.lifecycle, known, live);
    const entry = {
      resource: { ...resource, inputs: { ...resource.inputs, ...secrets(masked) } },
      lifecycle: kind.lifecycle,
      // Its tag stays until the next update, which must know whose it was.
      inputs: { ...known, [HIDDEN.takenFrom]: owner },
      existing: { id, live },
    };
    plan.adoptable.push({ ...facts, id, entry, fields, owner });
  }
  return plan;
}

/** In state, too, these inputs are secret. */
function secrets(names: readonly string[]): Values {
  return Object.fromEntries(names.map((name) => [name, secret(undefined)]));
}

/** The inputs with the ids of what was found already; undefined where something that does not exist is named. */
function resolved(
  { form, lifecycle }: Kind,
  { inputs = {}, propertyDependencies = {} }: DeclaredResource,
  ids: ReadonlyMap<string, string>,
): Values | undefined {
  const values = withFullMark(lifecycle, withCanonicalIds(lifecycle, inClear(inputs) as Values));
  for (const [name, value] of Object.entries(values)) {
    if (!isUnknown(value) || !lifecycle.properties[name]?.isId) continue;
    const reference = form.references?.[name];
    const named = reference && "kind" in reference ? reference.kind : undefined;
    const wanted = name === "workspaceId" ? "Workspace" : name === form.within?.property ? form.within.kind : named;
    const from = (propertyDependencies[name] ?? []).filter((urn) => lifecycleOf(typeOf(urn))?.kind === wanted);
    const id = from.length === 1 ? ids.get(String(from[0])) : undefined;
    if (id === undefined) return undefined;
    values[name] = canonicalId(id);
  }
  return values;
}

/** The key that the document's entry had before. */
function formerKey({ form, ...kind }: Kind, inputs: Values, document: Environment | undefined): Values | undefined {
  const item = document?.items.find(
    (one) => one.kind.name === kind.name && form.key.every((name, at) => sameText(inputs[name], one.path[at])),
  );
  const { former } = item ?? {};
  return former && Object.fromEntries(form.key.map((name, at) => [name, former[at]]));
}

/** What exists under the key of a declaration; the platform's own things are nobody's to adopt. */
function matching(kind: Kind, inputs: Values, { found }: Inventory): Found | undefined {
  const request = inputs[HIDDEN.adopt] as ImportRequest | undefined;
  const names = identityOf(kind);
  const fitting = found.filter(
    (one) =>
      one.kind === kind &&
      !(kind.above === undefined && kind.form.isBuiltIn?.(one.live)) &&
      (request ? one.id === request.id : names.every((name) => sameText(one.live[name], inputs[name]))),
  );
  if (fitting.length > 1) {
    throw new Error(
      `${kind.lifecycle.describe(inputs)} exists ${fitting.length} times (${fitting.map(({ id }) => id).join(", ")}): ` +
        "say which one is meant with the resource option `import`, or rename the others. Nothing was changed",
    );
  }
  return fitting[0];
}

/** The properties that say which one is meant: its key, what it stands in, and where there is no key what a create must fix. */
function identityOf({ form, lifecycle }: Kind): string[] {
  const names = [...form.key, ...(form.within ? [form.within.property] : [])];
  if (lifecycle.inWorkspace) return [...names, "workspaceId"];
  const fixed = Object.entries(lifecycle.properties).filter(
    ([, { change, schema }]) => change === "replace" && !schema.safeParse(undefined).success,
  );
  return [...names, ...fixed.map(([name]) => name)];
}

function refusalOf({ name }: Kind, { id }: Found, state: readonly StateResource[]): string | undefined {
  const holder = state.find(
    (one) => one.id === id && !one.delete && !one.inputs?.__get && lifecycleOf(one.type)?.kind === name,
  );
  return (
    holder &&
    `is in the stack already, as "${nameOf(holder.urn)}". Where it was renamed, use the resource option \`aliases\``
  );
}

/** Whether a mark is that of the stack, which is named alone or with its project, or with both before it. */
export function isOf(owner: unknown, stack: string | undefined): boolean {
  const whole = stackOf(owner)?.replace(/^pulumi\//, "");
  return stack !== undefined && whole !== undefined && (whole === stack || whole.endsWith(`/${stack}`));
}

function ownerRefusal(inputs: Values, owner: unknown, fromStack: string | undefined): string | undefined {
  const stack = stackOf(owner);
  if (owner === undefined || stack === stackOf(inputs[HIDDEN.owner]) || inputs.adopt === true) return;
  const { project, stack: name } = stackParts(owner) ?? {};
  if (isOf(owner, fromStack)) return;
  if (name === undefined)
    return `belongs to ${String(owner)}, as its tag pulumi-owner says. If it may be taken over, say so with \`adopt: true\` in the program`;
  return `belongs to stack ${name} (project ${project}), as its tag pulumi-owner says. If that stack has given it up (\`pulumi state delete\` there leaves the thing as it is), say so with --from-stack ${name}`;
}
