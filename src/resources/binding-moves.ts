import { ConflictError } from "../api/errors.js";
import type { ServiceBindingResponse } from "../api/index.js";
import type { ProviderContext } from "../engine/provider/context.js";
import { messageOf } from "../engine/provider/failure.js";
import { settle, WAIT_FOR_OTHERS_SECONDS } from "../engine/provider/settle.js";
import { bindingOf, boundService, noteBound } from "./bindings.js";
import { afterOwnWrites } from "./settle.js";

/** A use case and the service that answers for it. */
export interface Line {
  readonly useCaseId: string;
  readonly serviceId: string;
}

/** A line that stands in the way of another, and where the program wants it; undefined where no binding wants it any more. */
interface Move {
  readonly useCaseId: string;
  readonly from: string;
  readonly to: string | undefined;
}

const KIND = "ServiceBinding";

/** Where the bindings of the program, as far as their checks have run, want this use case. */
function wantedService({ run }: ProviderContext, useCaseId: string): string | undefined {
  const wanted = run.declared(KIND).findLast(({ inputs }) => inputs.useCaseId === useCaseId);
  return wanted?.inputs.serviceId as string | undefined;
}

/** Whether a binding of the program held this line in the last run and holds another one now. */
function isMovedByProgram({ run }: ProviderContext, { useCaseId, serviceId }: Line): boolean {
  const isLine = (values: { useCaseId?: unknown; serviceId?: unknown } | undefined) =>
    values?.useCaseId === useCaseId && values.serviceId === serviceId;
  return run.declared(KIND).some(({ former, inputs }) => isLine(former) && !isLine(inputs));
}

/** The same, after the checks of the program's other bindings had time to run. */
export async function becomesMoved(context: ProviderContext, line: Line): Promise<boolean> {
  return (await settle(WAIT_FOR_OTHERS_SECONDS, async () => isMovedByProgram(context, line) || undefined)) ?? false;
}

/**
 * Binds, and moves what stands in the way where this run moves it anyway: the engine knows no order between two bindings that
 * swap. Either every line is up in the end, or the former ones are restored.
 * @param former the line that this binding replaces
 */
export async function bind(
  context: ProviderContext,
  workspaceId: string,
  wish: Line,
  former?: Line,
): Promise<ServiceBindingResponse> {
  const { useCaseId, serviceId } = wish;
  const inTurn = (refusal: Error) =>
    context.run.locks.run(`moves ${workspaceId}`, () => bindInTurn(context, workspaceId, wish, former, refusal));
  try {
    const takesOwnPlace = former !== undefined && former.useCaseId !== useCaseId && former.serviceId === serviceId;
    if (takesOwnPlace && (await boundService(context, workspaceId, former.useCaseId)) === serviceId) {
      const to = wantedService(context, former.useCaseId);
      return await carryOut(
        context,
        workspaceId,
        wish,
        [{ useCaseId: former.useCaseId, from: serviceId, to }],
        undefined,
      );
    }
    return await put(context, workspaceId, wish);
  } catch (error) {
    const refusal = ConflictError.isInstance(error) ? error : (error as Error).cause;
    if (!ConflictError.isInstance(refusal)) throw error;
    return inTurn(refusal);
  }
}

async function put(context: ProviderContext, workspaceId: string, { useCaseId, serviceId }: Line) {
  const refersTo = [
    ["UseCase", useCaseId],
    ["Service", serviceId],
  ] as const;
  const removed = () => context.run.hasRemoved(KIND, (state) => state.serviceId === serviceId);
  const bound = await afterOwnWrites(context, { refersTo, removed }, () =>
    context.client.bindUseCase(workspaceId, useCaseId, serviceId),
  );
  noteBound(context, useCaseId, serviceId);
  return bound;
}

export async function unbind(context: ProviderContext, workspaceId: string, useCaseId: string): Promise<void> {
  await context.client.unbindUseCase(workspaceId, useCaseId);
  noteBound(context, useCaseId, null);
}

async function bindInTurn(
  context: ProviderContext,
  workspaceId: string,
  wish: Line,
  former: Line | undefined,
  refusal: Error,
): Promise<ServiceBindingResponse> {
  // While this one waited its turn, another move may have done it, or freed the way.
  const current = await bindingOf(context, workspaceId, wish.useCaseId);
  if (current?.service_id === wish.serviceId) return current;
  try {
    return await put(context, workspaceId, wish);
  } catch (error) {
    if (!ConflictError.isInstance(error)) throw error;
  }
  const channel = await channelOf(context, workspaceId, wish.useCaseId);
  const moves = await settle(WAIT_FOR_OTHERS_SECONDS, () =>
    whatStandsInTheWay(context, workspaceId, { ...wish, channel }, former, current?.service_id),
  );
  if (!moves) {
    throw new Error(`${messageOf(refusal)} ${await nameHolder(context, workspaceId, wish, channel)}`, {
      cause: refusal,
    });
  }
  return carryOut(context, workspaceId, wish, moves, current?.service_id);
}

async function carryOut(
  context: ProviderContext,
  workspaceId: string,
  wish: Line,
  moves: readonly Move[],
  before: string | undefined,
): Promise<ServiceBindingResponse> {
  const restore: { useCaseId: string; serviceId: string | undefined }[] = [];
  try {
    for (const { useCaseId, from } of moves) {
      await unbind(context, workspaceId, useCaseId);
      restore.unshift({ useCaseId, serviceId: from });
    }
    const answer = await put(context, workspaceId, wish);
    restore.unshift({ useCaseId: wish.useCaseId, serviceId: before });
    for (const { useCaseId, to } of [...moves].reverse()) {
      if (to !== undefined) await put(context, workspaceId, { useCaseId, serviceId: to });
    }
    return answer;
  } catch (error) {
    const failed = await restoreAll(context, workspaceId, restore);
    throw new Error(
      `${messageOf(error)} ${failed.length === 0 ? "The former bindings were restored." : `These bindings could not be restored and answer no calls now: ${failed.join("; ")}. Run \`pulumi up\` again.`}`,
      { cause: error },
    );
  }
}

/** The chain of lines that stand in the way, each moved by this run; undefined when one of them is not. */
async function whatStandsInTheWay(
  context: ProviderContext,
  workspaceId: string,
  wish: Line & { channel: string | undefined },
  former: Line | undefined,
  current: string | undefined,
): Promise<Move[] | undefined> {
  const chain: Move[] = [];
  // What the wish leaves itself is free for the last of the chain.
  for (let target: string | undefined = wish.serviceId; target !== undefined && target !== current; ) {
    const seen = [wish.useCaseId, ...chain.map(({ useCaseId }) => useCaseId)];
    const holder = await holderAt(context, workspaceId, target, wish.channel, seen, former);
    if (!holder) return chain.length > 0 ? chain : undefined;
    chain.push(holder);
    target = holder.to;
  }
  return chain;
}

/** The use case of this channel that is bound to the service and that this run moves away. */
async function holderAt(
  context: ProviderContext,
  workspaceId: string,
  serviceId: string,
  channel: string | undefined,
  seen: readonly string[],
  replaced: Line | undefined,
): Promise<Move | undefined> {
  const formers = context.run.declared(KIND).map(({ former }) => former as Line | undefined);
  const lines = [replaced, ...formers].filter(
    (line): line is Line => line?.serviceId === serviceId && !seen.includes(line.useCaseId),
  );
  for (const line of lines) {
    const { useCaseId } = line;
    if (line !== replaced && !isMovedByProgram(context, line)) continue;
    const [bound, itsChannel] = await Promise.all([
      boundService(context, workspaceId, useCaseId),
      channelOf(context, workspaceId, useCaseId),
    ]);
    const to = wantedService(context, useCaseId);
    if (bound === serviceId && itsChannel === channel) return { useCaseId, from: serviceId, to };
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
  wish: Line,
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

async function restoreAll(
  context: ProviderContext,
  workspaceId: string,
  restore: readonly { useCaseId: string; serviceId: string | undefined }[],
): Promise<string[]> {
  const failed: string[] = [];
  for (const { useCaseId } of restore) {
    try {
      await unbind(context, workspaceId, useCaseId);
    } catch {
      // Not bound is what is wanted here; anything else shows when it is bound below.
    }
  }
  for (const { useCaseId, serviceId } of restore) {
    if (serviceId === undefined) continue;
    try {
      await put(context, workspaceId, { useCaseId, serviceId });
    } catch (error) {
      failed.push(`use case ${useCaseId} to service ${serviceId} (${messageOf(error)})`);
    }
  }
  return failed;
}
