import { ConflictError } from "../api/errors.js";
import type { ServiceResponse } from "../api/index.js";
import { matchesIn } from "../api/listed.js";
import type { Change, Values } from "../engine/lifecycle.js";
import { nameIn, stackOf } from "../engine/owner.js";
import type { ProviderContext } from "../engine/provider/context.js";
import { factsOf, Unfinished } from "../engine/provider/failure.js";
import { settle, WAIT_FOR_OTHERS_SECONDS } from "../engine/provider/settle.js";
import { sameText } from "./fields.js";
import { ownerOf, readForWrite, serviceLock, withService, writeService } from "./service-writes.js";
import { outcomeUnknown } from "./settle.js";

/** The service that has this name now, other than one that this run removed. */
export async function holderOf(
  context: ProviderContext,
  { workspaceId, name }: Values,
): Promise<ServiceResponse | undefined> {
  const listed = await context.workspace(String(workspaceId)).services.fresh();
  const isThere = ({ id }: ServiceResponse) => context.run.wasRemoved("Service", id) === undefined;
  return matchesIn(listed, (service) => sameText(service.name, name) && isThere(service))[0];
}

/**
 * Gives a service its new name. Where another service of the program has that name and gives it up in this run, that one gets a
 * name of passage first: the engine knows no order between two services that swap names.
 */
export async function underNewName<T>(
  context: ProviderContext,
  { id, workspaceId, name }: { id: string; workspaceId: string; name: string | null | undefined },
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!ConflictError.isInstance(error) || !name) throw error;
    if (!(await becomesFree(context, name))) throw await withHolder(context, { workspaceId, name }, error);
    context.run.wrote(WAITS_FOR_NAME, id, true);
    return makeWay(context, { workspaceId, name }, write).finally(() => context.run.wrote(WAITS_FOR_NAME, id, false));
  }
}

/** The refusal, with the way out where a service of the same stack has the name and the engine has not come to it yet. */
async function withHolder(context: ProviderContext, name: Values, refusal: ConflictError): Promise<Error> {
  const holder = await holderOf(context, name);
  const owner = holder && ownerOf(holder);
  if (!owner || context.run.stack === undefined || stackOf(owner) !== context.run.stack) return refusal;
  return new Error(
    `${factsOf(refusal)} "${nameIn(owner)}" of this stack (${holder.id}) has this name. If the program gives that one another name, ` +
      "the engine comes to it too late in this run: they depend on each other, or `--parallel` is low. Take two runs: " +
      "first give one of them a name that nobody has.",
    { cause: refusal },
  );
}

/** Whether a service of the program had this name in the last run and gets another one, once the other checks had time to run. */
export async function becomesFree({ run }: ProviderContext, name: unknown): Promise<boolean> {
  const isRenamed = () =>
    run.declared("Service").some(({ former, inputs }) => former?.name === name && inputs.name !== name);
  return (await settle(WAIT_FOR_OTHERS_SECONDS, async () => isRenamed() || undefined)) ?? false;
}

/** Moves the service that has the name aside, unless its own update gives the name up meanwhile, and writes. */
export function makeWay<T>(context: ProviderContext, name: Values, write: () => Promise<T>): Promise<T> {
  return context.run.locks.run(`names ${String(name.workspaceId)}`, async () => {
    await settle(context.settings.settleSeconds, async () => {
      const holder = await holderOf(context, name);
      if (!holder || context.run.written(KEEPS_NAME, holder.id)) return true;
      // An update that waits for a name itself writes nothing meanwhile; any other one is left to end.
      if (context.run.written(WAITS_FOR_NAME, holder.id)) return moveAside(context, holder, name);
      if (context.run.locks.isBusy(serviceLock(holder.id))) return undefined;
      return withService(context, holder.id, () => moveAside(context, holder, name));
    });
    return write();
  });
}

async function moveAside(context: ProviderContext, { id, workspace_id }: ServiceResponse, { name }: Values) {
  const current = await readForWrite(context, workspace_id, id);
  if (!sameText(current.name, name)) return true;
  context.run.wrote(NAME_OF_PASSAGE, id, current.name);
  await writeService(context, workspace_id, current, { name: nameOfPassage(current.name, id) });
  return true;
}

function nameOfPassage(name: string, id: string): string {
  return `${name.slice(0, 200)} (${id})`;
}

/**
 * The error of an update. What fails gives up no name in this run any more. Where it was moved aside before, it has the name of passage
 * until a later run, and state says so.
 */
export function withNameKept(
  { run }: ProviderContext,
  { id, olds }: Pick<Change, "id" | "olds">,
  error: unknown,
): unknown {
  run.wrote(KEEPS_NAME, id, true);
  const former = run.written<string>(NAME_OF_PASSAGE, id);
  if (former === undefined || outcomeUnknown(error)) return error;
  return new Unfinished(id, { ...olds, name: nameOfPassage(former, id) }, error);
}

const WAITS_FOR_NAME = "service that waits for a name";
const NAME_OF_PASSAGE = "name of passage";
const KEEPS_NAME = "service whose update failed";

/** The name by which the program knows the service: what this run has moved aside still counts as named as before. */
export function nameBefore({ run }: ProviderContext, { id, name }: ServiceResponse): string {
  return run.written<string>(NAME_OF_PASSAGE, id) ?? name;
}
