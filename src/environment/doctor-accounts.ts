import { AuthenticationError, NotFoundError, PermissionError } from "../api/errors.js";
import type { Existing } from "../engine/lifecycle.js";
import type { ProviderContext } from "../engine/provider/context.js";
import { KEY_PLACES } from "../engine/settings.js";
import { Accounts } from "../stack/accounts.js";
import type { Pulumi } from "../stack/pulumi.js";
import { openAccount, openContext } from "./account.js";
import type { WorkspaceEntry } from "./config.js";
import type { Check } from "./doctor-check.js";
import { type Kind, kinds } from "./kinds.js";
import { listOf } from "./live.js";

/** Clocks that differ by more spoil the waits that a server asks for. */
const CLOCK_TOLERANCE_SECONDS = 30;

/** The key, the address, the clock, and what the key may read in a workspace of `amigo.yaml`. */
export async function workspaceChecks(entry: WorkspaceEntry): Promise<Check[]> {
  const name = entry.alias;
  try {
    const { context, workspaceId } = await openAccount(entry, () => {});
    return await accountChecks(name, context, workspaceId);
  } catch (error) {
    return [problemOf(name, error, undefined)];
  }
}

/** The same of the account that the stack's configuration names, or the environment. */
export async function defaultAccountChecks(pulumi: Pulumi | undefined): Promise<Check[]> {
  const name = "account";
  try {
    const context = pulumi
      ? await new Accounts(pulumi, [], () => {}).of(undefined)
      : openContext({ environment: process.env }, () => {});
    return await accountChecks(name, context, context.settings.workspaceId);
  } catch (error) {
    return [problemOf(name, error, undefined)];
  }
}

async function accountChecks(
  name: string,
  context: ProviderContext,
  workspaceId: string | undefined,
): Promise<Check[]> {
  try {
    const source = context.settings.keySource();
    if (source === undefined) {
      return [{ name: `${name}: key`, state: "problem", found: "there is none", next: KEY_PLACES }];
    }
    return [
      { name: `${name}: key`, state: "ok", found: `from the ${source}` },
      await addressCheck(name, context.settings.baseUrl),
      ...(workspaceId === undefined ? [noWorkspace(name)] : await readChecks(name, context, workspaceId)),
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
    next: "write amigo.yaml, or set AMIGO_WORKSPACE_ID",
  };
}

/** Asks the address without a key: its answer has a date. */
async function addressCheck(name: string, baseUrl: string): Promise<Check> {
  const check = `${name}: address`;
  try {
    const { headers } = await fetch(baseUrl, {
      method: "HEAD",
      redirect: "manual",
      signal: AbortSignal.timeout(10_000),
    });
    const there = Date.parse(headers.get("date") ?? "");
    const seconds = Math.round(Math.abs(Date.now() - there) / 1000);
    if (seconds > CLOCK_TOLERANCE_SECONDS) {
      return {
        name: check,
        state: "warning",
        found: `${baseUrl} answers, and its clock differs from this machine's by ${seconds} s`,
        next: "set this machine's clock",
      };
    }
    return { name: check, state: "ok", found: `${baseUrl} answers` };
  } catch (error) {
    const { cause } = error as { cause?: Error };
    return {
      name: check,
      state: "warning",
      found: `${baseUrl} did not answer a plain request: ${cause?.message ?? (error as Error).message}`,
      next: "check the base URL, the network and the proxy; where a proxy is needed, this may be harmless",
    };
  }
}

/** Tries to read each kind, with as few requests as its list takes. */
async function readChecks(name: string, context: ProviderContext, workspaceId: string): Promise<Check[]> {
  const read = new Map<Kind, Existing[]>();
  const failed: Check[] = [];
  for (const kind of kinds) {
    const above = kind.above && read.get(kind.above);
    if (kind.above && !above) continue;
    try {
      read.set(kind, await listOf(kind, context, workspaceId, above?.slice(0, 1) ?? []));
    } catch (error) {
      failed.push(problemOf(`${name}: ${kind.section}`, error, context));
      // What a refused key or a hidden workspace cannot show, it cannot show of any kind.
      if (AuthenticationError.isInstance(error) || NotFoundError.isInstance(error)) return failed;
    }
  }
  const untried = kinds.filter((kind) => kind.above && read.has(kind) && read.get(kind.above)?.length === 0);
  const readable = [...read.keys()].filter((kind) => !untried.includes(kind)).map(({ section }) => section);
  const left =
    untried.length > 0 ? `; nothing is there to try ${untried.map(({ section }) => section).join(", ")}` : "";
  return [
    ...failed,
    ...(readable.length > 0
      ? [
          {
            name: `${name}: read`,
            state: "ok" as const,
            found: `${readable.join(", ")} of workspace ${workspaceId}${left}`,
          },
        ]
      : []),
  ];
}

function problemOf(name: string, error: unknown, context: ProviderContext | undefined): Check {
  const found = context ? context.messageOf(error) : (error as Error).message;
  return { name, state: "problem", found, next: nextStep(error) };
}

function nextStep(error: unknown): string {
  if (AuthenticationError.isInstance(error)) return "put the right key there";
  if (PermissionError.isInstance(error)) return "use a key with the permission to read it";
  if (NotFoundError.isInstance(error)) return "check the workspace's id, the account of the key and the base URL";
  return "mend that and run this again";
}
