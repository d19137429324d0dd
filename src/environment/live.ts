import { PermissionError } from "../api/errors.js";
import { canonicalId } from "../api/index.js";
import { compact, isSecret, same } from "../engine/compare.js";
import { HIDDEN } from "../engine/hidden.js";
import type { Existing, Values } from "../engine/lifecycle.js";
import type { ProviderContext } from "../engine/provider/context.js";
import { compareTexts, describe, type Environment, type Item } from "./environment.js";
import { type Field, fieldsOf, type Kind, kinds } from "./kinds.js";
import type { References } from "./references.js";

/** A thing that exists, with its id. */
export interface Found extends Existing {
  readonly kind: Kind;
}

/** All that exists in a workspace, or is declared by a stack. */
export interface Inventory {
  readonly workspaceId: string;
  readonly found: readonly Found[];
  /** The names of the kinds that the key may not read. */
  readonly incomplete: ReadonlySet<string>;
}

/** Reads a whole workspace, or some kinds of it: each list once, and what has none one by one. */
export async function readWorkspace(
  context: ProviderContext,
  workspaceId: string,
  wanted: readonly Kind[] = kinds,
): Promise<Inventory> {
  const incomplete = new Set<string>();
  const read = new Map<Kind, Promise<Existing[]>>();
  for (const kind of wanted) {
    const above = kind.above ? (read.get(kind.above) as Promise<Existing[]>) : Promise.resolve([]);
    const list = above.then(async (parents) => {
      if (kind.above && incomplete.has(kind.above.name)) {
        incomplete.add(kind.name);
        return [];
      }
      try {
        return await listOf(kind, context, workspaceId, parents);
      } catch (error) {
        // Of a workspace that cannot be read nothing can be said.
        if (!PermissionError.isInstance(error) || kind.form.shape === "object") throw error;
        incomplete.add(kind.name);
        return [];
      }
    });
    list.catch(() => {});
    read.set(kind, list);
  }
  const found: Found[] = [];
  for (const [kind, list] of read) {
    for (const existing of await list) {
      found.push({ ...existing, kind });
    }
  }
  return { workspaceId, found, incomplete };
}

/** All of a kind in a workspace. `above` are those of the kind that they stand in. */
export async function listOf(
  { form: { inside, list } }: Kind,
  context: ProviderContext,
  workspaceId: string,
  above: readonly Existing[],
): Promise<Existing[]> {
  return inside ? above.flatMap(inside) : ((await list?.(context, workspaceId, above)) ?? []);
}

/**
 * What exists as an environment, in the document's terms. Aliases that the references lack are proposed; they are added to
 * `references`. Throws where two things could not be distinguished.
 */
export function environmentOf(name: string, inventory: Inventory, references: References): Environment {
  const { incomplete, workspaceId } = inventory;
  const found = inventory.found.filter(({ kind, live }) => !kind.form.isBuiltIn?.(live));
  const paths = pathsOf(found);
  refuseDoubles(found, paths);
  const notes: string[] = [];
  const ordered = found
    .filter((one) => paths.has(one))
    .map((one) => [one, paths.get(one) as string[]] as const)
    .sort(([a, left], [b, right]) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || compareTexts(left, right));
  const items = ordered.flatMap(([one, path]): Item[] => {
    const fields: Values = {};
    const secret: string[] = [];
    for (const field of fieldsOf(one.kind)) {
      if (one.kind.form.shape === "map" && one.kind.form.key.includes(field.property)) continue;
      const value = shownValue(one, field, { found, paths, references });
      if (value === LOST) {
        notes.push(
          `${describe({ kind: one.kind, path })}: ${field.name} is something that a document cannot show, and is left out`,
        );
        return [];
      }
      if (value !== undefined) fields[field.name] = value;
      if (value !== undefined && isSecret(one.live, field.property)) secret.push(field.name);
    }
    const owner = one.live[HIDDEN.owner];
    const marks = {
      ...(owner === undefined ? {} : { owner: String(owner) }),
      ...(secret.length > 0 ? { secret } : {}),
    };
    return [{ kind: one.kind, path, fields, id: one.id, ...marks }];
  });
  const managed = new Set(kinds.filter((kind) => !incomplete.has(kind.name)).map((kind) => kind.name));
  return { name, items, managed, incomplete, references, workspaceId, notes };
}

/** Something that a document has no word for. */
const LOST = Symbol("lost");

interface Scene {
  readonly found: readonly Found[];
  readonly paths: ReadonlyMap<Found, string[]>;
  readonly references: References;
}

/** The keys of each, after those of what it stands in; without those that stand in something that is left out. */
export function pathsOf<One extends Found>(found: readonly One[]): Map<One, string[]> {
  const paths = new Map<One, string[]>();
  const byId = new Map<string, string[]>();
  for (const one of found) {
    const { form, name, above } = one.kind;
    const under = above && form.within ? byId.get(idKey(above.name, one.live[form.within.property])) : [];
    if (under === undefined) continue;
    const path = [...under, ...form.key.map((property) => String(one.live[property]))];
    paths.set(one, path);
    byId.set(idKey(name, one.id), path);
  }
  return paths;
}

function idKey(kind: string, id: unknown): string {
  return `${kind} ${canonicalId(String(id))}`;
}

function refuseDoubles(found: readonly Found[], paths: ReadonlyMap<Found, string[]>): void {
  const seen = new Map<string, Found>();
  for (const one of found) {
    const path = paths.get(one);
    if (path === undefined || one.kind.form.key.length === 0) continue;
    const key = JSON.stringify([one.kind.name, ...path.map((text) => text.normalize("NFC").trim())]);
    const first = seen.get(key);
    if (first !== undefined && first.id !== one.id) {
      throw new Error(
        `${describe({ kind: one.kind, path })} exists twice, as ${first.id} and ${one.id}: a document could not distinguish them. Rename or delete one of them first`,
      );
    }
    seen.set(key, one);
  }
}

function shownValue(one: Found, { property, schema, reference }: Field, scene: Scene): unknown {
  const live = one.live[property] ?? undefined;
  if (live === undefined) return undefined;
  if (reference) {
    if ("aliases" in reference) {
      const name = reference.nameFrom && one.live[reference.nameFrom];
      return scene.references.propose(reference.aliases, String(live), typeof name === "string" ? name : undefined);
    }
    const target = scene.found.find((other) => other.kind.name === reference.kind && other.id === live);
    const path = target && scene.paths.get(target);
    return path?.at(-1) ?? LOST;
  }
  const version = one.kind.form.versions?.[property];
  if (version !== undefined) return documentNumber(one, version, Number(live), scene);
  if (same(schema, live, schema.default)) return undefined;
  const tidy = typeof live === "object" ? compact(live) : live;
  const sorted = Array.isArray(tidy) && schema.normalise ? unique(schema.normalise(tidy) as unknown[]) : tidy;
  return one.kind.form.brief?.[property]?.(sorted) ?? sorted;
}

/** The number that the document has for this workspace's number of a version of what the entry above names. */
function documentNumber(one: Found, property: string, number: number, { found, references }: Scene): number {
  const { above, form } = one.kind;
  const parent = found.find((other) => other.kind === above && other.id === one.live[form.within?.property ?? ""]);
  const reference = parent?.kind.form.references?.[property];
  if (!parent || !reference || !("aliases" in reference)) return number;
  const alias = references.aliasOf(reference.aliases, String(parent.live[property]));
  return references.proposeNumber(reference.aliases, alias, number);
}

function unique(values: unknown[]): unknown[] {
  const texts = values.map((value) => JSON.stringify(value));
  return values.filter((_value, index) => texts.indexOf(texts[index] as string) === index);
}
