import { ConflictError, NotFoundError } from "../api/errors.js";
import type { ServiceBindingResponse } from "../api/index.js";
import { HIDDEN } from "../engine/hidden.js";
import type { ProviderContext } from "../engine/provider/context.js";
import { messageOf, Unfinished } from "../engine/provider/failure.js";
import { settle, WAIT_FOR_OTHERS_SECONDS } from "../engine/provider/settle.js";
import type { Values } from "../engine/values.js";
import {
  disturbedBy,
  disturbedLines,
  isMovedByProgram,
  type Line,
  lineBefore,
  wantedService,
} from "./binding-lines.js";
import { bindingOf, boundService, noteBound } from "./bindings.js";
import { afterOwnWrites, outcomeUnknown } from "./settle.js";

/** A line that stands in the way of another, and where the program wants it; undefined where no binding wants it any more. */
interface Move {
  readonly useCaseId: string;
  readonly from: string;
  readonly to: string | undefined;
}

/** What one binding asks for, and what it has done so far. */
interface Job {
  readonly context: ProviderContext;
  readonly workspaceId: string;
  /** The use cases that it has bound or unbound, or may have. */
  readonly touched: Set<string>;
}

/** In place of a service, where it cannot be read. */
const UNREADABLE = Symbol("unreadable");

/**
 * Binds, and moves what stands in the way where this run moves it anyway: the engine knows no order between two bindings that
 * swap. Either every line is up in the end, or the former ones are restored. Where that fails too, state says so, and the next
 * run brings them up, whatever the program says then.
 * @param known what state holds of this binding; of another use case where it is replaced, undefined where it is new
 */
export async function bind(
  context: ProviderContext,
  workspaceId: string,
  wish: Line,
  known?: Values,
): Promise<ServiceBindingResponse> {
  const job: Job = { context, workspaceId, touched: new Set() };
  const former = known?.useCaseId === wish.useCaseId ? undefined : (known as Line | undefined);
  try {
    const bound = await moveOrPut(job, wish, former);
    await putBack(job, wish, known);
    return bound;
  } catch (error) {
    throw await inTurn(job, () => withWhatIsLeft(job, wish, known, error));
  }
}

async function moveOrPut(job: Job, wish: Line, former?: Line): Promise<ServiceBindingResponse> {
  try {
    const isReplaced = former?.serviceId === wish.serviceId;
    return await (isReplaced ? inTurn(job, () => takePlace(job, wish, former)) : put(job, wish));
  } catch (error) {
    const refusal = ConflictError.isInstance(error) ? error : (error as Error).cause;
    if (!ConflictError.isInstance(refusal)) throw error;
    return inTurn(job, () => bindInTurn(job, wish, former, refusal));
  }
}

/** Jobs that move lines of others go one after another. */
function inTurn<T>({ context, workspaceId }: Job, work: () => Promise<T>): Promise<T> {
  return context.run.locks.run(`moves ${workspaceId}`, work);
}

/** Binds another use case to the same service: its own former line makes way. */
async function takePlace(job: Job, wish: Line, former: Line): Promise<ServiceBindingResponse> {
  const { context, workspaceId } = job;
  const { useCaseId, serviceId } = former;
  if ((await boundService(context, workspaceId, useCaseId)) !== serviceId) return put(job, wish);
  const isNew = context.run.wasMade("UseCase", wish.useCaseId);
  const current = isNew ? undefined : await boundService(context, workspaceId, wish.useCaseId);
  const moves = [{ useCaseId, from: serviceId, to: wantedService(context, useCaseId) }];
  return carryOut(job, wish, { moves, before: current });
}

/** Brings up what an earlier, failed move has left down or elsewhere. */
async function putBack(job: Job, wish: Line, known: Values | undefined): Promise<void> {
  const { context, workspaceId } = job;
  for (const { useCaseId, serviceId } of disturbedBy(known)) {
    if (useCaseId === wish.useCaseId) continue;
    const to = wantedService(context, useCaseId) ?? serviceId;
    if ((await boundService(context, workspaceId, useCaseId)) !== to)
      await moveOrPut(job, { useCaseId, serviceId: to });
  }
}

/** The error, with what it leaves of the lines that were touched, where that is not what state holds. */
async function withWhatIsLeft(job: Job, wish: Line, known: Values | undefined, error: unknown): Promise<unknown> {
  const { context, touched } = job;
  const own = String(known?.useCaseId ?? wish.useCaseId);
  const now = touched.has(own) ? await serviceNow(job, own) : known?.serviceId;
  const lines = [
    ...context.run.declared("ServiceBinding").map(lineBefore),
    ...disturbedLines(context),
  ] as Partial<Line>[];
  const disturbed: Line[] = [];
  for (const useCaseId of new Set([...touched, ...disturbedBy(known).map((line) => line.useCaseId)])) {
    const line = lines.find((one): one is Line => one.useCaseId === useCaseId && one.serviceId !== undefined);
    const service = useCaseId === own ? now : await serviceNow(job, useCaseId);
    if (line && service !== line.serviceId) disturbed.push(line);
  }
  const isAsKnown = known === undefined || now === known.serviceId;
  if (isAsKnown && disturbed.length === 0) return error;
  return new Unfinished(
    own,
    {
      ...(known ?? { ...wish, workspaceId: job.workspaceId }),
      serviceId: now === UNREADABLE ? undefined : now,
      [HIDDEN.disturbed]: disturbed.length > 0 ? disturbed.map(plain) : undefined,
    },
    error,
  );
}

function plain({ useCaseId, serviceId }: Line): Line {
  return { useCaseId, serviceId };
}

function serviceNow({ context, workspaceId }: Job, useCaseId: string): Promise<string | undefined | symbol> {
  return boundService(context, workspaceId, useCaseId).catch(() => UNREADABLE);
}

async function put(job: Job, { useCaseId, serviceId }: Line): Promise<ServiceBindingResponse> {
  const { context, workspaceId } = job;
  const refersTo = [
    ["UseCase", useCaseId],
    ["Service", serviceId],
  ] as const;
  const removed = () =>
    context.run.removedWith("ServiceBinding", (state) => state.serviceId === serviceId) !== undefined;
  const bound = await noted(job, useCaseId, () =>
    afterOwnWrites(context, { refersTo, removed }, () => context.client.bindUseCase(workspaceId, useCaseId, serviceId)),
  );
  noteBound(context, useCaseId, serviceId);
  return bound;
}

export async function unbind(context: ProviderContext, workspaceId: string, useCaseId: string): Promise<void> {
  await context.client.unbindUseCase(workspaceId, useCaseId);
  noteBound(context, useCaseId, null);
}

/** Unbinds what was bound a moment ago: "not bound" is the answer to a repetition whose first answer was lost. */
async function makeWay(context: ProviderContext, workspaceId: string, useCaseId: string): Promise<void> {
  try {
    await unbind(context, workspaceId, useCaseId);
  } catch (error) {
    if (!NotFoundError.isInstance(error)) throw error;
    noteBound(context, useCaseId, null);
  }
}

/** Notes which use case a write concerns, unless it certainly did nothing. */
async function noted<T>({ touched }: Job, useCaseId: string, write: () => Promise<T>): Promise<T> {
  try {
    const done = await write();
    touched.add(useCaseId);
    return done;
  } catch (error) {
    if (outcomeUnknown(error)) touched.add(useCaseId);
    throw error;
  }
}

async function bindInTurn(
  job: Job,
  wish: Line,
  former: Line | undefined,
  refusal: Error,
): Promise<ServiceBindingResponse> {
  const { context, workspaceId } = job;
  // While this one waited its turn, another move may have done it, or freed the way.
  const current = await bindingOf(context, workspaceId, wish.useCaseId);
  if (current?.service_id === wish.serviceId) return current;
  try {
    return await put(job, wish);
  } catch (error) {
    if (!ConflictError.isInstance(error)) throw error;
  }
  const channel = await channelOf(job, wish.useCaseId);
  let blocked = wish;
  const way = await settle(WAIT_FOR_OTHERS_SECONDS, async () => {
    const chain = await whatStandsInTheWay(job, { ...wish, channel }, former, current?.service_id);
    const last = chain?.at(-1);
    if (!chain || last?.to === undefined || last.to === current?.service_id) return chain && { moves: chain };
    // The last one leaves for a service that no line of the program holds. Only the server knows whether it is free: where it is not,
    // the line that leaves it may still be to come, and nothing was moved.
    blocked = { useCaseId: last.useCaseId, serviceId: last.to };
    const isFree = await put(job, blocked).then(() => true, refusedAsTaken);
    return isFree ? { moves: chain.slice(0, -1), done: last } : undefined;
  });
  if (!way) {
    throw new Error(`${await nameHolder(job, blocked, channel)}\nThe API said: ${messageOf(refusal)}`, {
      cause: refusal,
    });
  }
  return carryOut(job, wish, { ...way, before: current?.service_id });
}

function refusedAsTaken(error: unknown): false {
  if (ConflictError.isInstance(error)) return false;
  throw error;
}

interface Way {
  /** What is moved, the one that stands in the way first. */
  readonly moves: readonly Move[];
  /** What has left already, to make way for the last of them. */
  readonly done?: Move;
  /** The service that answers for the use case now. */
  readonly before: string | undefined;
}

async function carryOut(job: Job, wish: Line, { moves, done, before }: Way): Promise<ServiceBindingResponse> {
  const { context, workspaceId } = job;
  const restore: { useCaseId: string; serviceId: string | undefined }[] = [];
  if (done) restore.push({ useCaseId: done.useCaseId, serviceId: done.from });
  try {
    for (const { useCaseId, from } of moves) {
      await noted(job, useCaseId, () => makeWay(context, workspaceId, useCaseId));
      restore.unshift({ useCaseId, serviceId: from });
    }
    const answer = await put(job, wish);
    restore.unshift({ useCaseId: wish.useCaseId, serviceId: before });
    for (const { useCaseId, to } of [...moves].reverse()) {
      if (to !== undefined) await put(job, { useCaseId, serviceId: to });
    }
    return answer;
  } catch (error) {
    const failed = await restoreAll(job, restore);
    throw new Error(
      `${messageOf(error)} ${failed.length === 0 ? "The former bindings were restored." : `These bindings could not be restored and answer no calls now: ${failed.join("; ")}. Run \`pulumi up\` again.`}`,
      { cause: error },
    );
  }
}

/** The chain of lines that stand in the way, each moved by this run; undefined when one of them is not. */
async function whatStandsInTheWay(
  job: Job,
  wish: Line & { channel: string | undefined },
  former: Line | undefined,
  current: string | undefined,
): Promise<Move[] | undefined> {
  const chain: Move[] = [];
  // What the wish leaves itself is free for the last of the chain.
  for (let target: string | undefined = wish.serviceId; target !== undefined && target !== current; ) {
    const seen = [wish.useCaseId, ...chain.map(({ useCaseId }) => useCaseId)];
    const holder = await holderAt(job, target, wish.channel, seen, former);
    if (!holder) return chain.length > 0 ? chain : undefined;
    chain.push(holder);
    target = holder.to;
  }
  return chain;
}

/** The use case of this channel that is bound to the service and that this run moves away. */
async function holderAt(
  job: Job,
  serviceId: string,
  channel: string | undefined,
  seen: readonly string[],
  replaced: Line | undefined,
): Promise<Move | undefined> {
  const { context, workspaceId } = job;
  const lines = [
    ...(replaced ? [replaced] : []),
    ...(context.run.declared("ServiceBinding").map(lineBefore) as unknown as Line[]),
  ];
  const moved = lines.filter(
    (line) => line.serviceId === serviceId && (line === replaced || isMovedByProgram(context, line)),
  );
  const candidates: Omit<Move, "from">[] = [
    ...moved.map(({ useCaseId }) => ({ useCaseId, to: wantedService(context, useCaseId) })),
    ...disturbedLines(context).map((line) => ({
      useCaseId: line.useCaseId,
      to: wantedService(context, line.useCaseId) ?? line.serviceId,
    })),
  ];
  for (const { useCaseId, to } of candidates) {
    if (to === serviceId || seen.includes(useCaseId)) continue;
    const [bound, itsChannel] = await Promise.all([
      boundService(context, workspaceId, useCaseId),
      channelOf(job, useCaseId),
    ]);
    if (bound === serviceId && itsChannel === channel) return { useCaseId, from: serviceId, to };
  }
  return undefined;
}

async function channelOf({ context, workspaceId }: Job, useCaseId: string): Promise<string | undefined> {
  const { useCases } = context.workspace(workspaceId);
  const byId = async (list: Promise<{ id: string; channel: string }[]>) =>
    (await list).find(({ id }) => id === useCaseId);
  return ((await byId(useCases.shared())) ?? (await byId(useCases.fresh())))?.channel;
}

async function nameHolder({ context, workspaceId }: Job, wish: Line, channel: string | undefined): Promise<string> {
  const candidates = (await context.workspace(workspaceId).useCases.fresh()).filter(
    (useCase) => useCase.channel === channel && useCase.id !== wish.useCaseId,
  );
  for (const { id, entity_name, name } of candidates) {
    if ((await boundService(context, workspaceId, id)) !== wish.serviceId) continue;
    return [
      `use case "${entity_name} / ${name}" (${id}) holds channel ${channel} of service ${wish.serviceId}, and no binding of this run moves it away. Every line is as it was.`,
      "- Does that use case only have a new name here? Say so: with `formerName` in a document, or with the resource option `aliases`. This works where the stack holds it; else bring it under the stack first (import, or `adopt`).",
      "- Does this change remove its binding? Do that in a run of its own first: the engine deletes last.",
      "- Does its binding move in this change too? Run it again without `--parallel 1`, which shows the provider one resource after the other.",
    ].join("\n");
  }
  return "no use case of the workspace shows that binding now; run `pulumi up` again.";
}

async function restoreAll(
  job: Job,
  restore: readonly { useCaseId: string; serviceId: string | undefined }[],
): Promise<string[]> {
  const failed: string[] = [];
  for (const { useCaseId } of restore) {
    // What fails here shows when it is bound below.
    await makeWay(job.context, job.workspaceId, useCaseId).catch(() => undefined);
  }
  for (const { useCaseId, serviceId } of restore) {
    if (serviceId === undefined) continue;
    try {
      await put(job, { useCaseId, serviceId });
    } catch (error) {
      failed.push(`use case ${useCaseId} to service ${serviceId} (${messageOf(error)})`);
    }
  }
  return failed;
}
