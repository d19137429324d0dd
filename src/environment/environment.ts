import type { Values } from "../engine/lifecycle.js";
import { type Kind, kinds, roots } from "./kinds.js";
import type { References } from "./references.js";

/** One entry of an environment: a service, a version set, a use case, its binding, ... */
export interface Item {
  readonly kind: Kind;
  /** Its key, after the key of the entry that it stands in: `["Front desk", "release"]`. */
  readonly path: readonly string[];
  /** What is declared or exists, by the document's names; defaults are left out. */
  readonly fields: Values;
  /** The path in the document's text; undefined where it comes from elsewhere. */
  readonly where?: readonly (string | number)[];
  /** The API's id, where it exists. */
  readonly id?: string;
  /** The path that it had in a document before, under which a stack may know it. */
  readonly former?: readonly string[];
  /** The owner mark that the API shows. */
  readonly owner?: string;
  /** The fields that a program gave as secrets. */
  readonly secret?: readonly string[];
}

/** All that is wanted of a workspace, or all that exists in it. */
export interface Environment {
  /** How messages name it, such as `environments/staging.yaml`. */
  readonly name: string;
  readonly items: readonly Item[];
  /** The names of the kinds of which it says something; another kind is "not managed here". */
  readonly managed: ReadonlySet<string>;
  /** The names of the kinds that could not be read. */
  readonly incomplete: ReadonlySet<string>;
  readonly references: References;
  readonly workspaceId?: string;
  /** What could not be shown, each as a sentence. */
  readonly notes?: readonly string[];
}

/** One text for each item of an environment. */
export function keyOf(kind: Kind, path: readonly string[]): string {
  return JSON.stringify([kind.name, ...path]);
}

/** How messages name an item: `useCase "email / Riverside / Reminders"`. */
export function describe({ kind, path }: Pick<Item, "kind" | "path">): string {
  const word = kind.name.replace(/[A-Z]/g, (letter, at) => `${at ? " " : ""}${letter.toLowerCase()}`);
  return path.length > 0 ? `${word} "${path.join(" / ")}"` : word;
}

/** The items of one kind within one entry, in the document's order. */
export function itemsWithin(items: readonly Item[], kind: Kind, above?: Item): Item[] {
  const found = items.filter(
    (item) => item.kind === kind && (!above || above.path.every((step, index) => item.path[index] === step)),
  );
  return found.sort((a, b) => compareTexts(a.path, b.path));
}

/** By code units, so that the order is the same on every machine. */
export function compareTexts(a: readonly string[], b: readonly string[]): number {
  for (const [index, text] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    if (text !== other) return text < other ? -1 : 1;
  }
  return a.length - b.length;
}

/** The kinds with those that stand in them. */
export function withWithin(chosen: readonly Kind[]): Set<string> {
  return new Set(
    kinds.filter((kind) => chosen.some((one) => one === kind || one === kind.above)).map(({ name }) => name),
  );
}

/** The environment as the value that a document's text stands for; keys in a fixed order. */
export function documentOf({ items, managed, incomplete }: Environment): Values {
  const document: Values = { version: 1 };
  for (const kind of roots) {
    if (!managed.has(kind.name)) continue;
    const section = sectionOf(kind, items, managed);
    if (section !== undefined) document[kind.form.section] = section;
    else if (kind.form.shape === "map") document[kind.form.section] = {};
    else if (kind.form.shape !== "object") document[kind.form.section] = [];
  }
  const missing = kinds.filter(({ name, above }) => incomplete.has(name) && !(above && incomplete.has(above.name)));
  if (missing.length > 0) document.incomplete = missing.map(({ section }) => section);
  return document;
}

function sectionOf(kind: Kind, items: readonly Item[], managed: ReadonlySet<string>, above?: Item): unknown {
  const found = itemsWithin(items, kind, above);
  if (found.length === 0) return undefined;
  const entries = found.map((item) => [item.path.at(-1) ?? "", entryOf(item, items, managed)] as const);
  switch (kind.form.shape) {
    case "map":
      return Object.fromEntries(entries);
    case "list":
      return entries.map(([, entry]) => entry);
    case "object":
      return entries[0]?.[1];
    case "value":
      return Object.values(found[0]?.fields ?? {})[0];
  }
}

/** The entry of one item; the key of a map stands outside of it. */
function entryOf(item: Item, items: readonly Item[], managed: ReadonlySet<string>): Values {
  const { form, within } = item.kind;
  const entry: Values = {};
  for (const property of form.fields) {
    if (form.shape === "map" && form.key.includes(property)) continue;
    const kind = within.find((one) => one.form.section === property);
    const name = form.references?.[property]?.as ?? property;
    const value =
      kind === undefined
        ? item.fields[name]
        : managed.has(kind.name)
          ? sectionOf(kind, items, managed, item)
          : undefined;
    if (value !== undefined) entry[name] = value;
  }
  return entry;
}
