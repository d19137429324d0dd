import type { Values } from "../engine/lifecycle.js";
import { didYouMean } from "../engine/nearest.js";
import { describe, type Environment, type Item } from "./environment.js";
import { fieldsOf, kindNamed, kinds } from "./kinds.js";
import type { References } from "./references.js";
import { type SourceText, TextError } from "./source-text.js";

/** In place of a value: the id of another entry's resource. */
export class IdOf {
  constructor(readonly item: Item) {}
}

/** In place of a value: what the references file says of an alias. */
export class AliasOf {
  constructor(
    readonly table: string,
    readonly alias: string,
    readonly id: string,
  ) {}
}

/** One resource that an environment wants, by the names of its class. */
export interface Declaration {
  readonly item: Item;
  /** Without `workspaceId`. Values, and `IdOf` and `AliasOf` in place of ids. */
  readonly args: Values;
}

interface Wanted extends Environment {
  /** The text of the document, for the places of what is wrong. */
  readonly source?: SourceText;
}

/** Kinds that could not be read, of which a run would take for unwanted what the document does not have. */
export function unreadProblems({ incomplete, source }: Wanted): string[] {
  // Of a kind that is incomplete, those that stand in its entries are too.
  const unread = kinds.filter(({ name, above }) => incomplete.has(name) && !(above && incomplete.has(above.name)));
  return unread.map(({ section }) => {
    const sentence = `incomplete: ${section} could not be read: a run would delete those that its stack has. Export with a key that may read them. If the stack has none, take ${section} out of \`incomplete\``;
    return source?.problem(["incomplete"], sentence) ?? sentence;
  });
}

/**
 * All that an environment wants in its workspace, each after what it names. What is not managed is left out, and so is the workspace
 * itself. Throws a TextError for each alias that the references lack.
 */
export function declarationsOf(environment: Wanted, referencesFile = "the references file"): Declaration[] {
  const { items, managed, references } = environment;
  const wanted = items.filter(({ kind }) => kind.lifecycle.inWorkspace && managed.has(kind.name));
  const problems: string[] = [];
  const found = new Map<Item, Declaration>();
  const declare = (item: Item): void => {
    if (found.has(item)) return;
    const args = argumentsOf(item, environment, {
      alias: (field, table, alias) => {
        problems.push(placed(environment, item, field, missingAlias(references, table, alias, referencesFile)));
      },
      entry: (field, section, key) => {
        const sentence = `this document manages no ${section}, and so none of the name "${key}": add it to ${section}, or leave \`${field}\` out`;
        problems.push(placed(environment, item, field, sentence));
      },
    });
    for (const value of Object.values(args)) if (value instanceof IdOf) declare(value.item);
    found.set(item, { item, args });
  };
  wanted.forEach(declare);
  if (problems.length > 0) throw new TextError(problems);
  return [...found.values()];
}

/** Hears what a field names and nothing says. */
interface Missing {
  alias(field: string, table: string, alias: string): void;
  entry(field: string, section: string, key: string): void;
}

function argumentsOf(item: Item, environment: Wanted, missing: Missing): Values {
  const { items, managed, references } = environment;
  const { kind, path, fields } = item;
  const { form } = kind;
  const args: Values = {};
  const above = aboveOf(item, items);
  if (form.within && above) args[form.within.property] = new IdOf(above);
  for (const { name, property, reference } of fieldsOf(kind)) {
    const value = fields[name] ?? keyValue(item, property, path);
    if (value === undefined) continue;
    if (reference && "aliases" in reference) {
      const entry = references.get(reference.aliases, String(value));
      if (entry) args[property] = new AliasOf(reference.aliases, String(value), entry.id);
      else missing.alias(name, reference.aliases, String(value));
    } else if (reference) {
      const target = items.find((one) => one.kind.name === reference.kind && one.path.at(-1) === value);
      if (target && managed.has(reference.kind)) args[property] = new IdOf(target);
      else missing.entry(name, kindNamed(reference.kind).section, String(value));
    } else {
      const version = form.versions?.[property];
      args[property] = version === undefined ? value : workspaceNumber(above, version, Number(value), references);
    }
  }
  return args;
}

function keyValue({ kind: { form } }: Item, property: string, path: readonly string[]): string | undefined {
  const at = form.key.indexOf(property);
  return at < 0 ? undefined : path[path.length - form.key.length + at];
}

/** The entry that this one stands in. */
export function aboveOf({ kind, path }: Item, items: readonly Item[]): Item | undefined {
  return items.find((one) => one.kind === kind.above && one.path.every((step, index) => step === path[index]));
}

/** A version of the document as this workspace numbers it; without a mapping the number stands for itself. */
function workspaceNumber(above: Item | undefined, property: string, number: number, references: References): number {
  const reference = above?.kind.form.references?.[property];
  if (!above || !reference || !("aliases" in reference)) return number;
  return references.workspaceNumber(reference.aliases, String(above.fields[reference.as]), number) ?? number;
}

/** `also` says who else uses it. */
export function missingAlias(references: References, table: string, alias: string, file: string, also = ""): string {
  const known = references.entries(table).map(([name]) => name);
  return `"${alias}"${also} has no id: add ${table}.${/^[\w-]+$/.test(alias) ? alias : JSON.stringify(alias)}.id to ${file}${didYouMean(alias, known)}`;
}

function placed({ name, source }: Wanted, item: Item, field: string, sentence: string): string {
  const text = `${describe(item)}: ${field}: ${sentence}`;
  return source && item.where ? source.problem([...item.where, field], text) : `${name}: ${text}`;
}

/** Whether a document says that its workspace is a production workspace. */
export function isProduction({ items }: Environment): boolean {
  return items.some(({ kind, fields }) => kind === kindNamed("Workspace") && fields.environment === "production");
}
