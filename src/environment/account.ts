import { canonicalId, matchesIn } from "../api/index.js";
import { isAboutTheKey, ProviderContext } from "../engine/provider/context.js";
import { readSettings } from "../engine/settings.js";
import type { WorkspaceEntry } from "./config.js";

/** A workspace that commands can read, with the account that may. */
export interface Account {
  readonly context: ProviderContext;
  readonly workspaceId: string;
  /** Its name in `amigo.yaml`, where it has one. */
  readonly alias?: string;
}

/** The settings of a workspace of `amigo.yaml`, as the environment variables of a process that works on it. */
export function environmentFor(entry: WorkspaceEntry): Record<string, string> {
  const key = entry.apiKeyEnv === undefined ? undefined : process.env[entry.apiKeyEnv];
  if (entry.apiKeyEnv !== undefined && !key) {
    throw new Error(
      `workspace "${entry.alias}": the environment variable ${entry.apiKeyEnv}, which its \`apiKeyEnv\` in amigo.yaml names, is not set`,
    );
  }
  return {
    ...(key ? { AMIGO_API_KEY: key } : {}),
    ...(entry.baseUrl ? { AMIGO_BASE_URL: entry.baseUrl } : {}),
  };
}

/** The account of a workspace of `amigo.yaml`. */
export function contextOf(entry: WorkspaceEntry, warn: (message: string) => void): ProviderContext {
  const environment = { ...process.env, ...environmentFor(entry) };
  return openContext({ environment, keyVariable: entry.apiKeyEnv }, warn);
}

/** Opens a workspace of `amigo.yaml`; one that is named by its slug is looked up. */
export async function openAccount(entry: WorkspaceEntry, warn: (message: string) => void): Promise<Account> {
  const context = contextOf(entry, warn);
  const { alias } = entry;
  try {
    return { context, alias, workspaceId: await knownWorkspace(context, entry) };
  } catch (error) {
    await context.close();
    throw withAdvice(error, { context, alias });
  }
}

/** The error with what is to be said of the key, where it is about the key. */
export function withAdvice(error: unknown, { context, alias }: Pick<Account, "context" | "alias">): Error {
  const message = context.messageOf(error);
  if (error instanceof Error && error.message === message) return error;
  const whose = alias !== undefined && isAboutTheKey(error) ? `workspace "${alias}": ` : "";
  return new Error(`${whose}${message}`, { cause: error });
}

/** Its id; throws where the account sees no workspace with its slug. */
export async function knownWorkspace(context: ProviderContext, entry: WorkspaceEntry): Promise<string> {
  const workspaceId = await findWorkspace(context, entry);
  if (workspaceId !== undefined) return workspaceId;
  throw new Error(
    `workspace "${entry.alias}": this account sees no workspace with the slug "${entry.slug}": is it misspelt, archived, or of another account?`,
  );
}

interface ContextSource {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The variable that a message names where the key is refused. */
  readonly keyVariable?: string;
  /** Settings that stand elsewhere, by name. */
  readonly config?: Readonly<Record<string, string>>;
}

export function openContext(
  { environment, keyVariable, config = {} }: ContextSource,
  warn: (message: string) => void,
): ProviderContext {
  const settings = readSettings({
    config: (name) => (name === "apiKeyEnv" ? (keyVariable ?? config[name]) : config[name]),
    environment,
    explicit: keyVariable !== undefined,
    keyNamedBy: "amigo.yaml",
  });
  if (settings.problems.length > 0) throw new Error(settings.problems.join("\n"));
  return new ProviderContext(settings, warn);
}

/** Its id; undefined where the account sees no workspace with its slug. */
export async function findWorkspace(
  { client }: ProviderContext,
  { id, slug }: WorkspaceEntry,
): Promise<string | undefined> {
  if (id !== undefined) return id;
  const [found] = matchesIn(await client.listWorkspaces(), (workspace) => workspace.slug === slug);
  return found && canonicalId(found.id);
}
