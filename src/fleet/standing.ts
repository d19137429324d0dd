import * as path from "node:path";
import { canonicalId } from "../api/index.js";
import { COMMAND } from "../command.js";
import { tellsToTakeOver } from "../engine/advice.js";
import { messageOf } from "../engine/provider/failure.js";
import { openAccount, withAdvice } from "../environment/account.js";
import { BUILT_IN_PROJECT } from "../environment/deploy.js";
import { readDocument } from "../environment/document.js";
import type { Item } from "../environment/environment.js";
import { kinds } from "../environment/kinds.js";
import { environmentOf, readWorkspace } from "../environment/live.js";
import { managedKey, nameChecks } from "../environment/readiness.js";
import { References } from "../environment/references.js";
import { declaredBy, workspaceOf } from "../environment/stack-environment.js";
import { projectFor } from "../stack/project.js";
import { CliFailed, type Pulumi, saysNoStack } from "../stack/pulumi.js";
import { failureText, type StackRun } from "../stack/run.js";
import { exportState, type StackState, type StateResource } from "../stack/state.js";
import { placeOf } from "./program.js";
import type { FleetStack } from "./stacks.js";

interface StandingOptions {
  readonly stack: FleetStack;
  /** The folder of the fleet. */
  readonly folder: string;
  /** What the stack holds, which is not in the way. */
  readonly resources: readonly StateResource[];
  readonly warn: (line: string) => void;
}

/**
 * What exists in the workspace under a name of the stack's document and is not the stack's, and what to do about it, as sentences.
 * Reads one list of each kind. Empty for a program of the user's own, and where it could not be read, of which it warns.
 */
export async function inTheWay(
  { stack, folder, resources, warn }: StandingOptions,
  of: (item: Item) => boolean = () => true,
): Promise<string[]> {
  const { environment, workspace } = stack;
  if (environment === undefined || workspace === undefined) return [];
  try {
    const whole = readDocument(environment);
    const wanted = { ...whole, items: whole.items.filter(of) };
    if (wanted.items.length === 0) return [];
    const account = await openAccount(workspace, warn);
    const lists = kinds.filter(
      ({ name, above, form }) => wanted.managed.has(name) && above === undefined && form.shape !== "object",
    );
    const inventory = await readWorkspace(account.context, account.workspaceId, lists)
      .catch((error: unknown) => {
        throw withAdvice(error, account);
      })
      .finally(() => account.context.close());
    return nameChecks(wanted, {
      name: `workspace ${workspace.alias}`,
      environment: environmentOf(workspace.alias, inventory, References.none()),
      managed: new Set(declaredBy(resources).map(({ kind, id }) => managedKey(kind.name, id))),
      adoptAdvice: `\`${adoptCommand(stack, folder)}\` brings what exists under this stack (it writes nothing to the API)`,
      takeOverAdvice: (owner) => `only then take it over with \`${adoptCommand(stack, folder)} --from-stack ${owner}\``,
      self: { project: BUILT_IN_PROJECT, stack: stack.name },
      ownerAdvice: (owner) => `deploy with stack ${owner}`,
    }).flatMap((check) => (check.class === "blocked" ? [check.sentence] : []));
  } catch (error) {
    warn(`what is in the way in workspace ${workspace.alias} could not be read: ${messageOf(error)}`);
    return [];
  }
}

/**
 * What a run of a document with former names would make a second time. Where a binding is part of it, the run would fail half way, and
 * what it has made would hide what it should have taken.
 */
export function formerElsewhere(options: StandingOptions): Promise<string[]> {
  return inTheWay(options, ({ former }) => former !== undefined);
}

/** The error of a run. Without a program nobody can follow advice for programs: what is in the way stands in its place. */
export async function withoutProgramAdvice(
  run: StackRun,
  { pulumi, ...options }: Omit<StandingOptions, "resources"> & { readonly pulumi: Pulumi },
): Promise<string> {
  const error = failureText(run);
  const { stack, folder } = options;
  if (stack.environment === undefined || !tellsToTakeOver(error)) return error;
  const { resources } = await stateOf(pulumi);
  const found = await inTheWay({ ...options, resources });
  if (found.length === 0) {
    return `${error}\nThis stack is built from a document. To take over what exists: \`${adoptCommand(stack, folder)}\` (it reads only, and changes the state).`;
  }
  const diagnostics = run.diagnostics.filter(
    ({ message }) => !tellsToTakeOver(message) && message.trim() !== "update failed",
  );
  return [failureText({ ...run, diagnostics }), ...found].join("\n");
}

/**
 * Why the program of a document must not run on what the stack holds: it would delete that. All document stacks of a backend are of one
 * project, so another fleet's stack of the same name is the same stack.
 */
export function misfitOf(pulumi: Pulumi, { resources }: StackState, workspaceId: string): string | undefined {
  const declared = declaredBy(resources);
  const others = new Set(declared.map((one) => canonicalId(workspaceOf(one))));
  others.delete(canonicalId(workspaceId));
  if (others.size === 0) return undefined;
  return `stack ${pulumi.stack} holds resources of workspace ${[...others].join(", ")}, and would be deployed to ${workspaceId}: that would delete them. Another fleet on this backend may have a stack of this name: give yours another name`;
}

/** The state of a stack; empty where it is not there. */
export async function stateOf(pulumi: Pulumi): Promise<StackState> {
  return exportState(pulumi).catch((error: unknown) => {
    if (error instanceof CliFailed && saysNoStack(error.message)) return { resources: [], pending: [] };
    throw error;
  });
}

/** @internal */
export function adoptCommand({ name, workspace, ...stack }: FleetStack, folder: string): string {
  const place = placeOf({ name, ...stack }, folder).cwd;
  const where = projectFor(".", name).folder === place ? "" : ` -C ${path.relative("", place)}`;
  return `${COMMAND} adopt ${workspace?.alias} --stack ${name}${where}`;
}
