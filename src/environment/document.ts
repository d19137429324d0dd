import { show } from "../engine/compare.js";
import type { Values } from "../engine/lifecycle.js";
import { didYouMean } from "../engine/nearest.js";
import { pathText } from "../engine/problems.js";
import { sameText } from "../resources/fields.js";
import { describe, type Environment, type Item, keyOf } from "./environment.js";
import { FORMER_NAME, fieldsOf, type Kind, kindOfSection, kinds, roots } from "./kinds.js";
import { References } from "./references.js";
import { documentSchema } from "./schema.js";
import { SourceText, TextError } from "./source-text.js";
import { fitting, misfits, wrongStart } from "./text-problems.js";

/** Reads a document; throws a TextError with all that is wrong with it. */
export function readDocument(file: string, references = References.none()): Environment & { source: SourceText } {
  return parseDocument(SourceText.read(file), references);
}

export function parseDocument(
  source: SourceText,
  references = References.none(),
): Environment & { source: SourceText } {
  const wrong = wrongStart(source, "environment document");
  if (wrong.length > 0) throw new TextError(wrong);
  const found = misfits(source, documentSchema);
  const value = fitting(source, found) as Values;
  const items = roots.flatMap((kind) => itemsOf(kind, value[kind.form.section], [], [kind.form.section], source.value));
  const incomplete = new Set(
    ((value.incomplete ?? []) as string[]).flatMap((section) => {
      const kind = kindOfSection(section);
      return kind ? [kind, ...kind.within].map(({ name }) => name) : [];
    }),
  );
  const managed = new Set(
    kinds
      .filter(({ above, form, name }) => !incomplete.has(name) && value[(above ?? { form }).form.section] !== undefined)
      .map(({ name }) => name),
  );
  const environment = {
    name: source.file,
    items,
    managed,
    incomplete,
    references,
    source,
    workspaceId: references.workspace,
  };
  const problems = found.map(({ problem }) => problem);
  problems.push(
    ...semanticProblems(
      environment,
      found.map(({ path }) => path),
    ),
  );
  if (problems.length > 0) throw new UnfitDocument(problems, environment);
  return environment;
}

/** A document with mistakes; what can be read of it may be judged all the same. */
export class UnfitDocument extends TextError {
  constructor(
    problems: readonly string[],
    readonly readable: Environment & { source: SourceText },
  ) {
    super(problems);
  }
}

type Place = readonly (string | number)[];

/** `written` is the whole value, also with what does not fit: an entry is named as it is written. */
function itemsOf(
  kind: Kind,
  section: unknown,
  above: readonly string[],
  where: (string | number)[],
  written: unknown,
): Item[] {
  if (section === undefined || section === null) return [];
  const { shape } = kind.form;
  if (shape === "map") {
    return Object.entries(section as Record<string, Values>).flatMap(([key, entry]) =>
      entryItems(kind, entry ?? {}, [...above, key], [...where, key], written),
    );
  }
  if (shape === "list") {
    return (section as Values[]).flatMap((entry, index) =>
      entryItems(kind, entry ?? {}, [...above, ...keyIn(kind, [...where, index], written)], [...where, index], written),
    );
  }
  const [only] = fieldsOf(kind);
  const entry = shape === "value" && only ? { [only.name]: section } : (section as Values);
  return entryItems(kind, entry, above, where, written);
}

function keyIn({ form }: Kind, where: Place, written: unknown): string[] {
  const entry = where.reduce<unknown>((value, step) => (value as Values | undefined)?.[step], written);
  return form.key.map((name) => {
    const value = (entry as Values | null | undefined)?.[name] ?? pathText(where);
    return typeof value === "string" ? value : show(value);
  });
}

function entryItems(
  kind: Kind,
  entry: Values,
  path: readonly string[],
  where: (string | number)[],
  written: unknown,
): Item[] {
  const names = fieldsOf(kind).map(({ name }) => name);
  const fields = Object.fromEntries(
    names.filter((name) => (entry[name] ?? undefined) !== undefined).map((name) => [name, entry[name]]),
  );
  const inner = kind.within.flatMap((one) =>
    itemsOf(one, entry[one.form.section], path, [...where, one.form.section], written),
  );
  const items = [{ kind, path, fields, where }, ...inner];
  const formerName = entry[FORMER_NAME];
  if (typeof formerName !== "string") return items;
  // What stands in it had another path, too.
  return items.map((item) => ({ ...item, former: item.path.with(path.length - 1, formerName) }));
}

/**
 * What the schema cannot see: rules between properties, two entries with one key, and keys that name nothing. Of an entry with
 * something that does not fit, keys alone are judged: the rest may follow from that.
 */
function semanticProblems(environment: Environment & { source: SourceText }, unfit: readonly Place[]): string[] {
  const { source } = environment;
  const isWhole = ({ where = [] }: Item) => !unfit.some((path) => where.every((step, index) => path[index] === step));
  const items = environment.items.filter(isWhole);
  const dangling = environment.items.flatMap((item) =>
    danglingKeys(environment, item).map(([field, sentence]) => placed(source, item, sentence, field)),
  );
  const others = items.flatMap((item) => [
    ...(item.kind.lifecycle.rules?.(item.fields, undefined) ?? []).map(({ property, reason }) =>
      placed(source, item, `${property}: ${reason}`, property.replace(/[.[].*$/, "")),
    ),
    ...[...doubles(items, item), ...sharedLines(items, item)].map((sentence) => placed(source, item, sentence)),
    ...formerNames(items, item).map((sentence) => placed(source, item, `${FORMER_NAME}: ${sentence}`, FORMER_NAME)),
  ]);
  return [...dangling, ...others];
}

function placed(source: SourceText, item: Item, sentence: string, ...more: string[]): string {
  return source.problem([...(item.where ?? []), ...more], `${describe(item)}: ${sentence}`);
}

function doubles(items: readonly Item[], item: Item): string[] {
  const first = items.find(
    (one) => one.kind === item.kind && one.path.length === item.path.length && sameAll(one.path, item.path),
  );
  if (first === item || first === undefined) return [];
  const isSame = first.path.every((text, index) => text === item.path[index]);
  return [isSame ? "stands here a second time" : `has the same name as ${describe(first)}, in another Unicode form`];
}

function sameAll(a: readonly string[], b: readonly string[]): boolean {
  return a.every((text, index) => sameText(text, b[index]));
}

/** A name that another entry has, had or has kept cannot be the one that this entry had. */
function formerNames(items: readonly Item[], item: Item): string[] {
  const { kind, former } = item;
  if (former === undefined || kind.above !== undefined) return [];
  const others = items.filter((one) => one.kind === kind && one.path.length === former.length);
  if (others.some(({ path }) => sameAll(path, former)))
    return [`${describe({ kind, path: former })} stands in this document, so it is not renamed`];
  const first = others.find((one) => one.former !== undefined && sameAll(one.former, former));
  return first === item || first === undefined ? [] : [`${describe(first)} had this name, too`];
}

/** Fields that name another entry of the document, which is not there. */
function danglingKeys({ items, managed }: Environment, item: Item): [field: string, sentence: string][] {
  return fieldsOf(item.kind).flatMap(({ name, reference }) => {
    const wanted = item.fields[name];
    if (!reference || "aliases" in reference || wanted === undefined || !managed.has(reference.kind)) return [];
    const keys = items.filter(({ kind }) => kind.name === reference.kind).map(({ path }) => path.join(" / "));
    if (keys.includes(String(wanted))) return [];
    return [[name, `there is no ${name} ${show(wanted)} in this document${didYouMean(String(wanted), keys)}`]];
  });
}

/** A service answers for one use case of each channel. */
function sharedLines(items: readonly Item[], item: Item): string[] {
  if (item.kind.name !== "ServiceBinding") return [];
  const [channel] = item.path;
  const first = items.find(
    (one) => one.kind === item.kind && one.path[0] === channel && one.fields.service === item.fields.service,
  );
  if (first === item || first === undefined) return [];
  return [
    `service ${show(item.fields.service)} answers for ${describe({ kind: item.kind, path: first.path })} already: a service has one use case of each channel`,
  ];
}

/** The items by their keys. */
export function byKey(items: readonly Item[]): Map<string, Item> {
  return new Map(items.map((item) => [keyOf(item.kind, item.path), item]));
}
