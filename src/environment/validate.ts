import { existsSync, readdirSync } from "node:fs";
import * as path from "node:path";
import { COMMAND } from "../command.js";
import { didYouMean } from "../engine/nearest.js";
import { firstNames } from "../first-names.js";
import { channelMisfit } from "../resources/channels.js";
import { AmigoConfig } from "./config.js";
import { missingAlias, unreadProblems } from "./declarations.js";
import { readDocument, UnfitDocument } from "./document.js";
import { describe, type Environment, type Item, keyOf } from "./environment.js";
import { fieldsOf, kindNamed, kinds, roots } from "./kinds.js";
import type { Inventory } from "./live.js";
import { aliasesIn } from "./readiness.js";
import { References } from "./references.js";
import { readSource, referencesOf, type Source } from "./source.js";
import { byPlace, type SourceText, TextError } from "./source-text.js";

export interface Validation {
  readonly document: string;
  readonly valid: boolean;
  /** The references file with which it was checked. */
  readonly references?: string;
  /** What is wrong, each as `file:line:column: sentence`. */
  readonly problems: readonly string[];
  /** What is not wrong, and has to be settled before the document can be deployed. */
  readonly openEnds: readonly string[];
  /** What is worth knowing, and what nobody can check. */
  readonly notes: readonly string[];
}

export interface ValidateOptions {
  readonly document: string;
  readonly references?: string;
  /** A workspace that the ids and names are looked up in. */
  readonly online?: string;
  readonly config?: string;
  readonly cwd: string;
  readonly warn: (message: string) => void;
}

type Document = Environment & { source: SourceText };

/** Checks a document by itself, with its references, and against a workspace. Writes nothing. */
export async function validate(options: ValidateOptions): Promise<Validation> {
  const { document: file, cwd } = options;
  const given = options.references === undefined ? undefined : path.resolve(cwd, options.references);
  const absent = [path.resolve(cwd, file), ...(given ? [given] : [])].find((one) => !existsSync(one));
  if (absent !== undefined) throw new Error(`there is no file ${absent}${aliasText(options) || similar(absent)}`);
  try {
    // As a person would write it, where the command runs.
    const document = { ...readDocument(path.relative("", path.resolve(cwd, file))), name: file };
    const misfits = channelProblems(document);
    if (misfits.length > 0) throw new TextError(misfits);
    const own = documentReferences(options, given);
    const online = options.online === undefined ? undefined : await readOnline(options.online, options);
    const { references, referencesFile } = online ? referencesThere(online, own) : own;
    const openEnds = [
      ...undeployable(document),
      ...(referencesFile === undefined ? [] : unmapped(document, references, referencesFile)),
    ];
    const notes =
      referencesFile === undefined ? ["no references file was read: whether each alias has an id was not checked"] : [];
    const found = online ? onlineChecks(document, online, references) : { openEnds: [], notes: [] };
    return {
      document: file,
      valid: true,
      ...(referencesFile === undefined ? {} : { references: path.relative("", referencesFile) }),
      problems: [],
      openEnds: byPlace([...openEnds, ...found.openEnds]),
      notes: [...notes, ...found.notes],
    };
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    const openEnds = error instanceof UnfitDocument ? unmappedIn(error.readable, options, given) : [];
    return { document: file, valid: false, problems: error.problems, openEnds, notes: [] };
  }
}

/** Where an alias was given in place of a document. */
function aliasText({ document, cwd, config }: ValidateOptions): string {
  const entry = AmigoConfig.read(config, cwd).workspaces.get(document);
  if (!entry) return "";
  const alias = `: ${document} is an alias of amigo.yaml, `;
  if (!entry.environment) return `${alias}which names no document for it`;
  const folder = cwd === "." ? "" : ` -C ${cwd}`;
  const command = `${COMMAND} validate ${path.relative(cwd, entry.environment)}${folder}`;
  return `${alias}and its document is checked with \`${command}\``;
}

/** A document beside it whose name is near. */
function similar(absent: string): string {
  const folder = path.dirname(absent);
  if (!existsSync(folder)) return "";
  const documents = readdirSync(folder).filter((name) => /\.(ya?ml|json)$/i.test(name));
  return didYouMean(path.basename(absent), documents);
}

type Known = Pick<Source, "references" | "referencesFile">;

/** The references that are given, or that `amigo.yaml` names for the workspace whose document it is. */
function documentReferences({ document, cwd, config }: ValidateOptions, given: string | undefined): Known {
  const file = path.resolve(cwd, document);
  return referencesOf({ kind: "document", file, entries: AmigoConfig.read(config, cwd).workspacesOf(file) }, given);
}

/** Those of the workspace that is asked. The document's own do for an id, where they are of that workspace. */
function referencesThere({ references, referencesFile, inventory }: Source, own: Known): Known {
  if (referencesFile !== undefined) return { references, referencesFile };
  return own.references.workspace === inventory?.workspaceId ? own : { references: References.none() };
}

/** Use cases that the API would not bind to their service. */
function channelProblems({ items, source }: Document): string[] {
  return items.flatMap((item) => {
    const [channel = ""] = item.path;
    const service = items.find(({ kind, path: [name] }) => kind.name === "Service" && name === item.fields.service);
    if (item.kind.name !== "ServiceBinding" || !service) return [];
    const misfit = channelMisfit(service.fields.channelType as string | undefined, channel);
    return misfit === undefined ? [] : [placed(source, item, "", misfit)];
  });
}

function placed(source: SourceText, item: Item, field: string, sentence: string): string {
  return source.problem([...(item.where ?? []), ...(field ? [field] : [])], `${describe(item)}: ${sentence}`);
}

/** What a run of the document would take for none, or could not name. */
function undeployable(document: Document): string[] {
  const { items, managed, source } = document;
  return [
    ...unreadProblems(document),
    ...items.flatMap((item) =>
      fieldsOf(item.kind).flatMap(({ name, reference }) => {
        if (!reference || "aliases" in reference || item.fields[name] === undefined) return [];
        if (!managed.has(item.kind.name) || managed.has(reference.kind)) return [];
        const { section } = kindNamed(reference.kind);
        const sentence = `the ${name} ${item.fields[name]} stands in no section of this document: add it to ${section}, or leave \`${name}\` out`;
        return [placed(source, item, name, sentence)];
      }),
    ),
  ];
}

/** Of what can be read of a document with mistakes; nothing where its references cannot be read either. */
function unmappedIn(document: Document, options: ValidateOptions, given: string | undefined): string[] {
  try {
    const { references, referencesFile } = documentReferences(options, given);
    return referencesFile === undefined ? [] : byPlace(unmapped(document, references, referencesFile));
  } catch (error) {
    if (error instanceof TextError) return [];
    throw error;
  }
}

/** Aliases without an id, each where it stands first. */
function unmapped(document: Document, references: References, file: string): string[] {
  return aliasesIn(document).flatMap(({ table, word, alias, items: [first, ...more] }) => {
    if (!first || references.get(table, alias)) return [];
    const others = more.length === 1 ? "1 other entry" : `${more.length} other entries`;
    const also = more.length > 0 ? ` (also in ${others})` : "";
    return [placed(document.source, first, word, `the ${word} ${missingAlias(references, table, alias, file, also)}`)];
  });
}

async function readOnline(text: string, { config, references, cwd, warn }: ValidateOptions): Promise<Source> {
  const source = await readSource(text, { config, references, cwd, warn });
  if (source.kind === "workspace") return source;
  throw new Error(`--online ${text} is a ${source.kind}: name a workspace, by its alias in amigo.yaml or its id`);
}

function onlineChecks(document: Document, { text, environment, inventory }: Source, references: References) {
  const unread = kinds.filter(({ name }) => environment.incomplete.has(name));
  const { openEnds, unseen } = idChecks(document, references, text, inventory);
  const there = new Set(environment.items.map(({ kind, path }) => keyOf(kind, path)));
  const own = document.items.filter(({ kind }) => roots.includes(kind) && kind.form.key.length > 0);
  const taken = own.filter(({ kind, path }) => there.has(keyOf(kind, path)));
  return {
    openEnds: [
      ...openEnds,
      ...unread.map(
        ({ section }) => `${section} of ${text} could not be read (403): whether names are free is not known`,
      ),
    ],
    notes: [
      ...(unseen.length > 0
        ? [`nothing in ${text} shows the ids of ${unseen.join(", ")}: this API cannot say whether they exist`]
        : []),
      `${own.length - taken.length} of ${own.length} names are free in ${text}${taken.length > 0 ? `; there already: ${listed(taken)}` : ""}`,
      "what no read shows: whether a setup is approved, whether a version number exists, whether the key may write",
    ],
  };
}

/** Ids that the workspace shows under another name than the references do, and those that it does not show. */
function idChecks(document: Document, references: References, workspace: string, inventory: Inventory | undefined) {
  const openEnds: string[] = [];
  const unseen: string[] = [];
  for (const { table, word, alias, items } of aliasesIn(document)) {
    const entry = references.get(table, alias);
    if (!entry) continue;
    const names = namesOf(inventory, table, entry.id);
    if (names === undefined) unseen.push(`${word} ${alias}`);
    else if (entry.name !== undefined && names.length > 0 && !names.includes(entry.name)) {
      const [first] = items as [Item];
      openEnds.push(
        placed(
          document.source,
          first,
          word,
          `${workspace} shows the id of ${word} ${alias} (${entry.id}) with the name "${names.join('", "')}", and the references call it "${entry.name}": is it the right id?`,
        ),
      );
    }
  }
  return { openEnds, unseen };
}

/** The names under which what exists shows an id; undefined where nothing shows it. */
function namesOf(inventory: Inventory | undefined, table: string, id: string): string[] | undefined {
  let isShown = false;
  const names = new Set<string>();
  for (const { kind, live } of inventory?.found ?? []) {
    for (const { property, reference } of fieldsOf(kind)) {
      if (!reference || !("aliases" in reference) || reference.aliases !== table) continue;
      if (String(live[property]).toLowerCase() !== id) continue;
      isShown = true;
      const name = reference.nameFrom && live[reference.nameFrom];
      if (typeof name === "string") names.add(name);
    }
  }
  return isShown ? [...names] : undefined;
}

function listed(items: readonly Item[]): string {
  return firstNames(items.map(describe));
}
