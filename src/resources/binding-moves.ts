import { setTimeout as sleep } from "node:timers/promises";
import { ConflictError } from "../api/errors.js";
import type { ServiceBindingResponse } from "../api/index.js";
import type { ProviderContext } from "../engine/context.js";
import { messageOf } from "../engine/failure.js";
import { bindingOf, boundService } from "./service-deletion.js";

/** A binding that this run moves from one service to another, as its check has shown. */
interface Move {
  readonly workspaceId: string;
  readonly useCaseId: string;
  readonly from: string;
  readonly to: string;
}

const MOVES = Symbol("bindings that this run moves");
/** How long the holder's own check may be behind; checks run one after another. */
const WAIT_FOR_CHECKS_MS = 3_000;

function movesOf(context: ProviderContext): Map<string, Move> {
  return context.store(MOVES, () => new Map<string, Move>());
}

export function recordMove(context: ProviderContext, move: Move): void {
  movesOf(context).set(move.useCaseId, move);
}

/**
 * Binds, and where another use case holds the (service, channel) pair and this run moves that one away, moves both: the
 * engine knows no order between two bindings that swap.
 */
export async function bind(
  context: ProviderContext,
  workspaceId: string,
  useCaseId: string,
  serviceId: string,
  former: string | undefined,
): Promise<ServiceBindingResponse> {
  try {
    return await context.client.bindUseCase(workspaceId, useCaseId, serviceId);
  } catch (error) {
    if (!ConflictError.isInstance(error)) throw error;
    return context.locks.run(`moves ${workspaceId}`, () =>
      bindInTurn(context, workspaceId, { useCaseId, serviceId, former }, error),
    );
  }
}

interface Wish {
  readonly useCaseId: string;
  readonly serviceId: string;
  readonly former: string | undefined;
}

async function bindInTurn(
  context: ProviderContext,
  workspaceId: string,
  wish: Wish,
  refusal: Error,
): Promise<ServiceBindingResponse> {
  // While this one waited its turn, another move may have done it, or freed the way.
  const current = await bindingOf(context, workspaceId, wish.useCaseId);
  if (current?.service_id === wish.serviceId) return current;
  try {
    return await context.client.bindUseCase(workspaceId, wish.useCaseId, wish.serviceId);
  } catch (error) {
    if (!ConflictError.isInstance(error)) throw error;
  }
  const channel = await channelOf(context, workspaceId, wish.useCaseId);
  const holders = await findHolders(context, workspaceId, wish, channel);
  if (!holders) {
    throw new Error(`${refusal.message} ${await nameHolder(context, workspaceId, wish, channel)}`, { cause: refusal });
  }
  const restore: Wish[] = [];
  try {
    for (const { useCaseId, from } of holders) {
      await context.client.unbindUseCase(workspaceId, useCaseId);
      restore.unshift({ useCaseId, serviceId: from, former: undefined });
    }
    const answer = await context.client.bindUseCase(workspaceId, wish.useCaseId, wish.serviceId);
    restore.unshift({ useCaseId: wish.useCaseId, serviceId: wish.former ?? "", former: undefined });
    for (const { useCaseId, to } of [...holders].reverse())
      await context.client.bindUseCase(workspaceId, useCaseId, to);
    return answer;
  } catch (error) {
    const failed = await restoreAll(context, workspaceId, restore);
    throw new Error(
      `${messageOf(error)} ${failed.length === 0 ? "The former bindings were restored." : `These bindings could not be restored and answer no calls now: ${failed.join("; ")}. Run \`pulumi up\` again.`}`,
      { cause: error },
    );
  }
}

/** The chain of use cases that stand in the way, each moved by this run; undefined when one of them is not. */
async function findHolders(
  context: ProviderContext,
  workspaceId: string,
  wish: Wish,
  channel: string | undefined,
): Promise<Move[] | undefined> {
  const chain: Move[] = [];
  const end = Date.now() + WAIT_FOR_CHECKS_MS;
  let target = wish.serviceId;
  while (target !== wish.former) {
    const holder = await holderAmongMoves(context, workspaceId, target, channel, [
      wish.useCaseId,
      ...chain.map((move) => move.useCaseId),
    ]);
    if (holder) {
      chain.push(holder);
      target = holder.to;
    } else if (chain.length > 0) {
      return chain;
    } else if (Date.now() < end) {
      await sleep(100);
    } else {
      return undefined;
    }
  }
  return chain;
}

async function holderAmongMoves(
  context: ProviderContext,
  workspaceId: string,
  serviceId: string,
  channel: string | undefined,
  others: readonly string[],
): Promise<Move | undefined> {
  for (const move of movesOf(context).values()) {
    if (move.workspaceId !== workspaceId || move.from !== serviceId || others.includes(move.useCaseId)) continue;
    const [bound, itsChannel] = await Promise.all([
      boundService(context, workspaceId, move.useCaseId),
      channelOf(context, workspaceId, move.useCaseId),
    ]);
    if (bound === serviceId && itsChannel === channel) return move;
  }
  return undefined;
}

async function channelOf(
  context: ProviderContext,
  workspaceId: string,
  useCaseId: string,
): Promise<string | undefined> {
  const { useCases } = context.workspace(workspaceId);
  const byId = async (list: Promise<{ id: string; channel: string }[]>) =>
    (await list).find(({ id }) => id === useCaseId);
  return ((await byId(useCases.shared())) ?? (await byId(useCases.fresh())))?.channel;
}

async function nameHolder(
  context: ProviderContext,
  workspaceId: string,
  wish: Wish,
  channel: string | undefined,
): Promise<string> {
  const candidates = (await context.workspace(workspaceId).useCases.fresh()).filter(
    (useCase) => useCase.channel === channel && useCase.id !== wish.useCaseId,
  );
  for (const { id, entity_name, name } of candidates) {
    if ((await boundService(context, workspaceId, id)) !== wish.serviceId) continue;
    return (
      `Use case "${entity_name} / ${name}" (${id}) holds channel ${channel} of service ${wish.serviceId}, and no binding of this run moves it away. ` +
      "If this change removes its binding, do that in a run of its own first: the engine deletes last."
    );
  }
  return "No use case of the workspace shows that binding now; run `pulumi up` again.";
}

async function restoreAll(context: ProviderContext, workspaceId: string, restore: readonly Wish[]): Promise<string[]> {
  const failed: string[] = [];
  for (const { useCaseId } of restore) {
    try {
      await context.client.unbindUseCase(workspaceId, useCaseId);
    } catch {
      // Not bound is what is wanted here; anything else shows when it is bound below.
    }
  }
  for (const { useCaseId, serviceId } of restore.filter((wish) => wish.serviceId !== "")) {
    try {
      await context.client.bindUseCase(workspaceId, useCaseId, serviceId);
    } catch (error) {
      failed.push(`use case ${useCaseId} to service ${serviceId} (${messageOf(error)})`);
    }
  }
  return failed;
}
