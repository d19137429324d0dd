import { ApiError, AuthenticationError, NotFoundError, PermissionError, TransportError } from "../api/errors.js";
import { proxyFor } from "../api/proxy.js";
import { redact } from "../api/redact.js";
import type { Existing } from "../engine/lifecycle.js";
import type { ProviderContext } from "../engine/provider/context.js";
import { Accounts } from "../stack/accounts.js";
import { projectSettings } from "../stack/project.js";
import type { Pulumi } from "../stack/pulumi.js";
import { exportState } from "../stack/state.js";
import { contextOf, knownWorkspace, openContext } from "./account.js";
import type { WorkspaceEntry } from "./config.js";
import type { Caused, Check } from "./doctor-check.js";
import { describe } from "./environment.js";
import { type Kind, kinds } from "./kinds.js";
import { listOf } from "./live.js";

/** Clocks that differ by more spoil the waits that a server asks for. */
const CLOCK_TOLERANCE_SECONDS = 30;

/** The key, the address, the clock, and what the key may read in a workspace of `amigo.yaml`. */
export async function workspaceChecks(entry: WorkspaceEntry): Promise<Caused[]> {
  const { alias: name, apiKeyEnv: variable } = entry;
  if (variable !== undefined && !process.env[variable]) {
    const found = `the environment variable ${variable}, which its \`apiKeyEnv\` in amigo.yaml names, is not set`;
    return [{ name: `${name}: key`, state: "problem", found, next: `set it with \`export ${variable}=...\`` }];
  }
  try {
    const context = contextOf(entry, () => {});
    return await accountChecks(name, context, () => knownWorkspace(context, entry));
  } catch (error) {
    return [problemOf(name, error)];
  }
}

/** The same of the account that the stack's configuration names; without a stack, that of the project file or the environment. */
export async function defaultAccountChecks(
  pulumi: Pulumi | undefined,
  { besideOthers, folder }: { readonly besideOthers: boolean; readonly folder: string },
): Promise<Caused[]> {
  const name = "account";
  try {
    const context = pulumi
      ? await new Accounts(pulumi, [], () => {}).of(undefined)
      : openContext({ environment: process.env, config: projectSettings(folder) }, () => {});
    if (pulumi && context.settings.keySource() === undefined) {
      const { resources } = await exportState(pulumi);
      const found = "there is none, and no resource of the stack uses the default provider";
      if (!new Accounts(pulumi, resources, () => {}).usesDefault())
        return [{ name: `${name}: key`, state: "ok", found }];
    }
    return await accountChecks(name, context, () => defaultWorkspace(context), besideOthers ? [] : [noWorkspace(name)]);
  } catch (error) {
    return [problemOf(name, error)];
  }
}

/** Undefined where none is named; then a list shows whether the key is accepted. */
async function defaultWorkspace({ client, settings }: ProviderContext): Promise<string | undefined> {
  if (settings.workspaceId !== undefined) return settings.workspaceId;
  try {
    await client.listWorkspaces();
  } catch (error) {
    if (!PermissionError.isInstance(error)) throw error;
  }
  return undefined;
}

async function accountChecks(
  name: string,
  context: ProviderContext,
  find: () => Promise<string | undefined>,
  whereUnnamed: readonly Check[] = [],
): Promise<Caused[]> {
  const { keySource, keyMissing, keySetting, baseUrl } = context.settings;
  const [key, address] = [`${name}: key`, `${name}: address`];
  try {
    const source = keySource();
    if (source === undefined)
      return [{ name: key, state: "problem", found: keyMissing(), next: `set it with ${keySetting()}` }];
    const { checks, refused, silent } = await readChecks(name, context, find, whereUnnamed);
    return [
      refused ? problemOf(key, refused, context) : { name: key, state: "ok", found: `from the ${source}` },
      silent ? problemOf(address, silent, context) : await addressCheck(address, baseUrl),
      ...checks,
    ];
  } finally {
    await context.close();
  }
}

function noWorkspace(name: string): Check {
  return {
    name: `${name}: workspace`,
    state: "warning",
    found:
      "neither amigo.yaml, amigo:workspaceId nor AMIGO_WORKSPACE_ID names one: what the key may read was not tried",
    next: "set it with `export AMIGO_WORKSPACE_ID=<id>` or `pulumi config set amigo:workspaceId <id>`, or name it in amigo.yaml",
  };
}

/** Asks the address without a key, on the same way as the client: its answer has a date. */
async function addressCheck(name: string, baseUrl: string): Promise<Check> {
  const { Agent, EnvHttpProxyAgent, request } = await import("undici");
  const proxy = proxyFor(new URL(baseUrl).origin)?.url;
  const dispatcher = proxy ? new EnvHttpProxyAgent({ httpProxy: proxy, httpsProxy: proxy }) : new Agent();
  try {
    const signal = AbortSignal.timeout(10_000);
    const { headers, body } = await request(baseUrl, { method: "HEAD", dispatcher, signal });
    await body.dump();
    const there = Date.parse(String(headers.date ?? ""));
    const seconds = Math.round(Math.abs(Date.now() - there) / 1000);
    if (seconds > CLOCK_TOLERANCE_SECONDS) {
      return {
        name,
        state: "warning",
        found: `${baseUrl} answers, and its clock differs from this machine's by ${seconds} s`,
        next: "set this machine's clock",
      };
    }
    return { name, state: "ok", found: `${baseUrl} answers` };
  } catch (error) {
    return {
      name,
      state: "warning",
      found: `${baseUrl} did not answer a plain request: ${redact((error as Error).message)}`,
      next: RIGHT_ADDRESS,
    };
  } finally {
    await dispatcher.destroy();
  }
}

/** What reading shows of the workspace, of a key that is refused, and of an address at which nothing answers. */
interface ReadChecks {
  readonly checks: readonly Caused[];
  readonly refused?: Error;
  readonly silent?: Error;
}

/** Tries to read each kind, with as few requests as its list takes. */
async function readChecks(
  name: string,
  context: ProviderContext,
  find: () => Promise<string | undefined>,
  whereUnnamed: readonly Check[],
): Promise<ReadChecks> {
  const read = new Map<Kind, Existing[]>();
  const failed: Caused[] = [];
  const untried = (why: string): Caused => ({
    name: `${name}: read`,
    state: "warning",
    found: `${read.size > 0 ? "not all was tried" : "not tried"}, since ${why}`,
    cause: `${name} ${why}`,
  });
  let workspaceId: string | undefined;
  try {
    workspaceId = await find();
  } catch (error) {
    const whole = ofAccount(error, untried);
    // In this order: the full text about a key is given once, to the first who asks.
    if (whole) return whole;
    return { checks: [problemOf(`${name}: workspace`, error, context), untried("the workspace is not known")] };
  }
  if (workspaceId === undefined) return { checks: whereUnnamed };
  for (const kind of kinds) {
    const above = kind.above && read.get(kind.above);
    if (kind.above && !above) continue;
    try {
      read.set(kind, await listOf(kind, context, workspaceId, above?.slice(0, 1) ?? []));
    } catch (error) {
      const whole = ofAccount(error, untried);
      if (whole) return { ...whole, checks: [...failed, ...whole.checks] };
      failed.push(problemOf(`${name}: ${kind.section}`, error, context));
      // What a hidden workspace cannot show, it cannot show of any kind.
      if (NotFoundError.isInstance(error)) {
        return { checks: [...failed, untried("the workspace cannot be seen")] };
      }
    }
  }
  const empty = kinds.filter((kind) => kind.above && read.has(kind) && read.get(kind.above)?.length === 0);
  const readable = [...read.keys()].filter((kind) => !empty.includes(kind)).map(({ section }) => section);
  const left = empty
    .map(
      (kind) =>
        `; ${describe({ kind, path: [] })}s were not tried: there is no ${describe({ kind: kind.above as Kind, path: [] })}`,
    )
    .join("");
  const found = `${readable.join(", ")} of workspace ${workspaceId}${left}`;
  return {
    checks: [...failed, ...(readable.length > 0 ? [{ name: `${name}: read`, state: "ok" as const, found }] : [])],
  };
}

/** What an error says of the key or the address, which no read can do without. */
function ofAccount(error: unknown, untried: (why: string) => Caused): ReadChecks | undefined {
  if (AuthenticationError.isInstance(error)) return { refused: error, checks: [untried("the key is refused")] };
  if (TransportError.isInstance(error) && error.reason !== "too-large") {
    return { silent: error, checks: [untried("the address does not answer")] };
  }
  return undefined;
}

function problemOf(name: string, error: unknown, context?: ProviderContext): Caused {
  const found = context ? context.messageOf(error) : (error as Error).message;
  return { name, state: "problem", found, next: nextStep(error, context), cause: context && causeOf(error, context) };
}

/** One text for what fails for the same reason, whichever operation met it. */
function causeOf(error: unknown, { settings: { baseUrl, keySource } }: ProviderContext): string | undefined {
  // What a workspace lacks says nothing of another.
  if (NotFoundError.isInstance(error)) return undefined;
  if (TransportError.isInstance(error)) return `${baseUrl} ${error.reason}`;
  if (ApiError.isInstance(error)) return `${baseUrl} ${keySource()} ${error.status}`;
  return undefined;
}

const RIGHT_ADDRESS =
  "check the network, the proxy and the address: `baseUrl` in amigo.yaml, `export AMIGO_BASE_URL=...` or `pulumi config set amigo:baseUrl ...`";

function nextStep(error: unknown, context?: ProviderContext): string {
  if (AuthenticationError.isInstance(error) && context)
    return `set the right one with ${context.settings.keySetting()}`;
  if (TransportError.isInstance(error)) return RIGHT_ADDRESS;
  if (PermissionError.isInstance(error)) return "use a key with the permission to read it";
  if (NotFoundError.isInstance(error)) return "check the workspace's id, the account of the key and the base URL";
  return "mend that and run this again";
}
