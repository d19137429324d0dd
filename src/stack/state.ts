import { COMMAND } from "../command.js";
import type { Lifecycle, Values } from "../engine/lifecycle.js";
import { typeToken } from "../engine/tokens.js";
import { firstNames } from "../first-names.js";
import { lifecycles } from "../resources/index.js";
import { CliFailed, noStackText, type Pulumi, saysNoStack } from "./pulumi.js";

/** A resource as `pulumi stack export` shows it. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly custom?: boolean;
  readonly id?: string;
  readonly inputs?: Values;
  readonly outputs?: Values;
  readonly parent?: string;
  readonly provider?: string;
  readonly protect?: boolean;
  /** The URNs of what it depends on. */
  readonly dependencies?: readonly string[];
  /** Replaced, and only waiting for its own deletion. */
  readonly delete?: boolean;
}

export interface PendingOperation {
  readonly type: string;
  readonly resource: StateResource;
}

/** What is known of a stack. */
export interface StackState {
  readonly resources: readonly StateResource[];
  readonly pending: readonly PendingOperation[];
  /** What encrypts its secrets, such as `passphrase`; undefined where no run has written it yet. */
  readonly secretsProvider?: string;
  /** With which the passphrase is checked, where secrets are encrypted by one. */
  readonly salt?: string;
}

/** The engine cannot read the state: a kill has cut short the description of its file, which `recover` mends. */
export class UnreadableState extends Error {
  constructor({ stack }: Pulumi, cause: Error) {
    super(
      `the engine cannot read the state of stack ${stack}: a kill has cut a file short. Run \`${COMMAND} recover --stack ${stack}\` first; nothing was changed. The engine says: ${cause.message}`,
      { cause },
    );
  }
}

export async function exportState(pulumi: Pulumi, ...flags: string[]): Promise<StackState> {
  const text = await pulumi.run("stack", "export", ...flags).catch((error: Error) => {
    if (saysNoStack(error.message)) throw new CliFailed(noStackText(pulumi));
    throw /failed to load checkpoint/i.test(error.message) ? new UnreadableState(pulumi, error) : error;
  });
  const { deployment } = JSON.parse(text) as {
    deployment: {
      resources?: StateResource[];
      pending_operations?: PendingOperation[];
      secrets_providers?: { type?: string; state?: { salt?: string } };
    } | null;
  };
  return {
    resources: deployment?.resources ?? [],
    pending: deployment?.pending_operations ?? [],
    secretsProvider: deployment?.secrets_providers?.type,
    salt: deployment?.secrets_providers?.state?.salt,
  };
}

const byType = new Map<string, Lifecycle>(
  Object.values(lifecycles).map((lifecycle) => [typeToken(lifecycle.kind), lifecycle]),
);

/** The lifecycle of a resource of this package; undefined for any other. */
export function lifecycleOf(type: string): Lifecycle | undefined {
  return byType.get(type);
}

/** What interrupted runs have left, such as `2 pending operations (deleting Service "desk", ...)`; ten at most are named. */
export function pendingText(pending: readonly PendingOperation[]): string {
  const names = pending.map(({ type, resource }) => `${type} ${titleOf(resource)}`);
  return `${pending.length} pending ${pending.length === 1 ? "operation" : "operations"} (${firstNames(names, 10)})`;
}

/** Its kind and its name in the program, such as `Service "desk"`. */
export function titleOf({ urn, type }: Pick<StateResource, "urn" | "type">): string {
  return `${lifecycleOf(type)?.kind ?? type} "${nameOf(urn)}"`;
}

export function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

export function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

/** The part of a provider reference that names the provider resource. */
export function providerUrn(reference: string): string {
  return reference.slice(0, reference.lastIndexOf("::"));
}

const SECRET = { key: "4dabf18193072939515e22adb298388d", value: "1b47061264138c4ac30d75fd1eb44270" };

/** The value in clear, where the state was exported with its secrets shown. */
export function inClear(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inClear);
  if (value === null || typeof value !== "object") return value;
  if (isSecret(value)) return inClear(JSON.parse(String((value as { plaintext?: unknown }).plaintext ?? "null")));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inClear(inner)]));
}

/** Marks as secret what was secret among the inputs, so that the state keeps it encrypted. */
export function secretAs(like: Values, values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, holdsSecret(like[name]) ? secret(value) : value]),
  );
}

/** A value as state holds a secret. */
export function secret(value: unknown): Values {
  return { [SECRET.key]: SECRET.value, plaintext: JSON.stringify(value) };
}

function isSecret(value: object): boolean {
  return (value as Values)[SECRET.key] === SECRET.value;
}

function holdsSecret(value: unknown): boolean {
  if (value === null || typeof value !== "object") return false;
  return isSecret(value) || Object.values(value).some(holdsSecret);
}
