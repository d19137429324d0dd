import * as path from "node:path";
import { type Account, openAccount, openContext, withAdvice } from "./account.js";
import { AmigoConfig, type WorkspaceEntry } from "./config.js";
import { readDocument } from "./document.js";
import type { Environment } from "./environment.js";
import { environmentOf, type Inventory, readWorkspace } from "./live.js";
import { References } from "./references.js";
import { stackEnvironment } from "./stack-environment.js";

export interface SourceOptions {
  /** `amigo.yaml`, where it is not in the folder or above. */
  readonly config?: string;
  /** Instead of the file that `amigo.yaml` names. */
  readonly references?: string;
  /** The folder that paths and Pulumi projects are looked for in. */
  readonly cwd: string;
  readonly warn: (message: string) => void;
  /** Whether the secrets of a stack are read in clear, by what never prints them. @default false */
  readonly showSecrets?: boolean;
}

/** What a text names where a command takes a source; nothing of it is read yet. */
export type SourceName = StackName | DocumentName | WorkspaceName;

interface StackName {
  readonly kind: "stack";
  readonly stack: string;
}

export interface DocumentName {
  readonly kind: "document";
  readonly file: string;
  /** The workspaces of `amigo.yaml` whose document it is. */
  readonly entries: readonly WorkspaceEntry[];
}

type WorkspaceName = { readonly kind: "workspace" } & (
  | { readonly entry: WorkspaceEntry }
  | { readonly entry?: undefined; readonly id: string }
);

/** Tells an alias of `amigo.yaml`, `stack:NAME`, a workspace's id and the path of a document apart. */
export function sourceNamed(text: string, { config: file, cwd }: Pick<SourceOptions, "config" | "cwd">): SourceName {
  if (text.startsWith("stack:")) {
    const stack = text.slice("stack:".length);
    if (stack === "") throw new Error("stack: names no stack: write its name after the colon, such as stack:dev");
    return { kind: "stack", stack };
  }
  if (isId(text)) return { kind: "workspace", id: text.toLowerCase() };
  const config = AmigoConfig.read(file, cwd);
  if (config.workspaces.has(text) || !isDocumentPath(text)) return { kind: "workspace", entry: config.workspace(text) };
  const document = path.resolve(cwd, text);
  return { kind: "document", file: document, entries: config.workspacesOf(document) };
}

/** Something that a command reads an environment from: a workspace, a stack or a document. */
export interface Source {
  readonly text: string;
  readonly kind: SourceName["kind"];
  /** The references file that belongs to it. */
  readonly referencesFile?: string;
  readonly references: References;
  readonly environment: Environment;
  /** What exists, where it is a workspace. */
  readonly inventory?: Inventory;
}

/** Reads an alias of `amigo.yaml`, `stack:NAME`, a workspace's id, or the path of a document. */
export async function readSource(text: string, options: SourceOptions): Promise<Source> {
  const { cwd, warn, showSecrets } = options;
  const named = sourceNamed(text, options);
  const given = options.references === undefined ? undefined : path.resolve(cwd, options.references);
  if (named.kind === "stack") {
    let references = References.none();
    const environment = await stackEnvironment(named.stack, {
      cwd,
      warn,
      showSecrets,
      references: (id, slug) => {
        references = given
          ? References.read(given)
          : workspaceReferences(AmigoConfig.read(options.config, cwd), id, slug);
        return references.copy();
      },
    });
    return { text, kind: "stack", referencesFile: given, references, environment };
  }
  if (named.kind === "document") {
    const { references, referencesFile } = referencesOf(named, given);
    const environment = { ...readDocument(named.file, references), name: text };
    return { text, kind: "document", referencesFile, references, environment };
  }
  const { entry } = named;
  const referencesFile = given ?? entry?.references;
  const references = referencesFile ? References.read(referencesFile, { optional: true }) : References.none();
  const account = await accountOf(named, warn);
  try {
    refuseOtherWorkspace(references, referencesFile, account);
    const inventory = await readWorkspace(account.context, account.workspaceId);
    const environment = environmentOf(text, inventory, references.copy(account.workspaceId));
    return { text, kind: "workspace", referencesFile, references, environment, inventory };
  } catch (error) {
    throw withAdvice(error, account);
  } finally {
    await account.context.close();
  }
}

/** The references of a workspace that is known by its id or slug, where `amigo.yaml` names one file for it. */
export function workspaceReferences(config: AmigoConfig, id: string, slug: string | undefined): References {
  const files = [...config.workspaces.values()].flatMap((entry) => {
    if (!entry.references) return [];
    const ofWorkspace = References.read(entry.references, { optional: true });
    const own = entry.id ?? ofWorkspace.workspace;
    return (own === undefined ? entry.slug === slug && slug !== undefined : own === id) ? [entry.references] : [];
  });
  const [file, another] = [...new Set(files)];
  return file === undefined || another !== undefined ? References.none() : References.read(file, { optional: true });
}

/** The account of a workspace: what `amigo.yaml` says, else what the environment variables do. */
export async function accountOf(named: WorkspaceName, warn: (message: string) => void): Promise<Account> {
  if (named.entry) return openAccount(named.entry, warn);
  return { context: openContext({ environment: process.env }, warn), workspaceId: named.id };
}

/** The references of a document: in the file that is given, else in that of its workspace, where `amigo.yaml` names it for one alone. */
export function referencesOf(
  { entries }: DocumentName,
  given: string | undefined,
): { readonly references: References; readonly referencesFile?: string } {
  if (given !== undefined) return { references: References.read(given), referencesFile: given };
  const [entry, another] = entries;
  if (!entry || another) return { references: References.none() };
  const { id, references: referencesFile } = entry;
  const references = referencesFile ? References.read(referencesFile, { optional: true }) : References.none();
  if (id !== undefined) refuseOtherWorkspace(references, referencesFile, { workspaceId: id });
  return { references: references.copy(references.workspace ?? id), referencesFile };
}

/** The references of one workspace must not be read with the ids of another. */
export function refuseOtherWorkspace(
  references: References,
  file: string | undefined,
  { workspaceId }: Pick<Account, "workspaceId">,
): void {
  if (references.workspace === undefined || references.workspace === workspaceId) return;
  throw new Error(
    `${file} holds the references of workspace ${references.workspace}, and this is workspace ${workspaceId}: each workspace needs a file of its own`,
  );
}

function isDocumentPath(text: string): boolean {
  return /\.(ya?ml|json)$/i.test(text) || /[\\/]/.test(text);
}

/** Whether a text is the id of a workspace. */
function isId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
