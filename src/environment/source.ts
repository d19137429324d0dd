import * as path from "node:path";
import { type Account, openAccount, openContext } from "./account.js";
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

/** Something that a command reads an environment from: a workspace, a stack or a document. */
export interface Source {
  readonly text: string;
  readonly kind: "workspace" | "stack" | "document";
  /** What `amigo.yaml` says, where it was named by an alias. */
  readonly entry?: WorkspaceEntry;
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
  const given = options.references === undefined ? undefined : path.resolve(cwd, options.references);
  if (text.startsWith("stack:")) {
    const references = given ? References.read(given) : References.none();
    const environment = await stackEnvironment(text.slice("stack:".length), {
      cwd,
      warn,
      references: references.copy(),
      showSecrets,
    });
    return { text, kind: "stack", referencesFile: given, references, environment };
  }
  const config = AmigoConfig.read(options.config, cwd);
  if (!config.workspaces.has(text) && isDocumentPath(text)) {
    const references = given ? References.read(given) : References.none();
    const file = path.resolve(cwd, text);
    const environment = { ...readDocument(file, references), name: text };
    return { text, kind: "document", referencesFile: given, references, environment };
  }
  const entry = isId(text) ? undefined : config.workspace(text);
  const referencesFile = given ?? entry?.references;
  const references = referencesFile ? References.read(referencesFile, { optional: true }) : References.none();
  const account: Account = entry
    ? await openAccount(entry, warn)
    : { context: openContext({ environment: process.env }, warn), workspaceId: text.toLowerCase() };
  try {
    refuseOtherWorkspace(references, referencesFile, account);
    const inventory = await readWorkspace(account.context, account.workspaceId);
    const environment = environmentOf(text, inventory, references.copy(account.workspaceId));
    return { text, kind: "workspace", entry, referencesFile, references, environment, inventory };
  } catch (error) {
    throw withAdvice(error, account);
  } finally {
    await account.context.close();
  }
}

/** The references of one workspace must not be read with the ids of another. */
export function refuseOtherWorkspace(references: References, file: string | undefined, { workspaceId }: Account): void {
  if (references.workspace === undefined || references.workspace === workspaceId) return;
  throw new Error(
    `${file} holds the references of workspace ${references.workspace}, and this is workspace ${workspaceId}: each workspace needs a file of its own`,
  );
}

/** The error with what is to be said of the key, where it is about the key. */
export function withAdvice(error: unknown, { context }: Pick<Account, "context">): Error {
  const message = context.messageOf(error);
  return error instanceof Error && error.message === message ? error : new Error(message, { cause: error });
}

function isDocumentPath(text: string): boolean {
  return /\.(ya?ml|json)$/i.test(text) || /[\\/]/.test(text);
}

/** Whether a source is the id of a workspace. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
