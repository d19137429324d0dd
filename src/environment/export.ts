import { existsSync } from "node:fs";
import * as path from "node:path";
import { didYouMean } from "../engine/nearest.js";
import { parseDocument } from "./document.js";
import { documentOf, type Environment, type Item, itemsWithin, withWithin } from "./environment.js";
import { type Kind, kindNamed, kinds, roots } from "./kinds.js";
import { jsonText, yamlText } from "./print.js";
import { SourceText, TextError } from "./source-text.js";

/** The schema of a document, from a project that has the package installed. */
const SCHEMA = "node_modules/pulumi-amigo/schemas/environment.schema.json";

export interface Choice {
  /** Sections of a document, such as `services`; all without it. */
  readonly only?: readonly string[];
  /** Services whose names fit, with `*` for any text and `?` for any character. */
  readonly service?: string;
}

/** The part of an environment that was chosen with what it needs, and a sentence for each kind that was added. */
export function partOf(environment: Environment, { only, service }: Choice): { part: Environment; added: string[] } {
  if (only === undefined && service === undefined) return { part: environment, added: [] };
  if (only?.length === 0) throw new Error(`--only names no section of a document: ${sections().join(", ")}`);
  const chosen = (only ?? [kindNamed("Service").section]).map(rootOf);
  const names = withWithin(chosen);
  const fits = service === undefined ? () => true : patternTest(service);
  const services = environment.items.filter(({ kind }) => kind.name === "Service").map(({ path }) => path[0] ?? "");
  if (service !== undefined && !environment.incomplete.has("Service") && !services.some(fits)) {
    throw new Error(
      `--service ${service} fits no service of ${environment.name}${didYouMean(service, services)}. * stands for any text, ? for one character`,
    );
  }
  let items = environment.items.filter((item) => names.has(item.kind.name));
  if (service !== undefined) items = items.filter((item) => fitsService(environment, item, fits));
  const needed = environment.items.filter((item) => !items.includes(item) && isNeeded(items, item));
  const added = [...new Set(needed.map(({ kind }) => kind))].map((kind) => {
    const which = needed.filter((item) => item.kind === kind).map(({ path }) => path.join(" / "));
    return `${kind.section}: ${which.join(", ")} added, since something chosen names them`;
  });
  const all = environment.items.filter((item) => items.includes(item) || needed.some((one) => isWithin(item, one)));
  // Of a pattern that fits nothing of a kind, an empty section would say that there shall be none.
  const shown = withWithin(all.map(({ kind }) => kind));
  const managed = new Set(
    [...environment.managed].filter((name) => shown.has(name) || (service === undefined && names.has(name))),
  );
  const incomplete = new Set([...environment.incomplete].filter((name) => names.has(name)));
  return { part: { ...environment, items: all, managed, incomplete }, added };
}

/** The text of a document; of a new file of this name, if it is to be one. */
export function documentText(environment: Environment, format: "yaml" | "json", file?: string): string {
  const value = documentOf(environment);
  return format === "json" ? jsonText(value) : yamlText(value, `yaml-language-server: $schema=${schemaFrom(file)}`);
}

/** Its path as editors take it: from the folder of the file. */
function schemaFrom(file: string | undefined): string {
  if (file === undefined) return `./${SCHEMA}`;
  const folder = path.dirname(path.resolve(file));
  const found = path
    .relative(folder, path.join(rootOfPackage(folder), SCHEMA))
    .split(path.sep)
    .join("/");
  return found.startsWith(".") ? found : `./${found}`;
}

/** The folder or the nearest above that has the package, else the working folder. */
function rootOfPackage(folder: string): string {
  for (let at = folder; ; at = path.dirname(at)) {
    if (existsSync(path.join(at, SCHEMA))) return at;
    if (at === path.dirname(at)) return path.resolve();
  }
}

/** What the workspace has and no document may declare, such as a name that ends in white space; each as a sentence. */
export function problemsOf(environment: Environment): string[] {
  try {
    parseDocument(SourceText.parse("document", jsonText(documentOf(environment))));
    return [];
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    return error.problems.map(
      (problem) =>
        `not valid as it is: ${problem.replace(/^document:\d+:\d+: /, "")}: change it in the workspace, or in the document`,
    );
  }
}

function sections(): string[] {
  return roots.map((kind) => kind.section);
}

function rootOf(section: string): Kind {
  const found = roots.find((kind) => kind.section === section);
  if (found) return found;
  const known = sections();
  throw new Error(`--only: "${section}" is no section of a document: ${known.join(", ")}${didYouMean(section, known)}`);
}

function patternTest(pattern: string): (name: string) => boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*/g, ".*")
    .replace(/\?/g, ".");
  const test = new RegExp(`^${source}$`, "su");
  return (name) => test.test(name);
}

/** Of services those that fit with what stands in them; of what is bound to a service that which is bound to one of those. */
function fitsService({ items }: Environment, item: Item, fits: (name: string) => boolean): boolean {
  const root = item.kind.above ?? item.kind;
  if (root.name === "Service") return fits(item.path[0] ?? "");
  const linked = kinds.filter(({ form }) =>
    Object.values(form.references ?? {}).some((one) => "kind" in one && one.kind === "Service"),
  );
  if (!linked.some((kind) => (kind.above ?? kind) === root)) return true;
  return linked.some((kind) =>
    itemsWithin(items, kind, { ...item, path: item.path }).some((one) => servicesOf(one).some(fits)),
  );
}

/** The services that an item names. */
function servicesOf({ kind, fields }: Item): string[] {
  return Object.values(kind.form.references ?? {}).flatMap((reference) =>
    "kind" in reference && reference.kind === "Service" && fields[reference.as] !== undefined
      ? [String(fields[reference.as])]
      : [],
  );
}

function isNeeded(chosen: readonly Item[], { kind, path }: Item): boolean {
  return chosen.some((item) =>
    Object.values(item.kind.form.references ?? {}).some(
      (reference) => "kind" in reference && reference.kind === kind.name && item.fields[reference.as] === path.at(-1),
    ),
  );
}

function isWithin(item: Item, above: Item): boolean {
  return (
    item === above || (item.kind.above === above.kind && above.path.every((step, index) => item.path[index] === step))
  );
}
