import { AmigoError, NotFoundError, PermissionError } from "../api/errors.js";
import { isOlderThan } from "../api/times.js";
import { mismatches } from "../engine/compare.js";
import { HIDDEN } from "../engine/hidden.js";
import type { Existing, Lifecycle } from "../engine/lifecycle.js";
import type { ProviderContext } from "../engine/provider/context.js";
import { messageOf } from "../engine/provider/failure.js";
import { withFullMark } from "../engine/provider/outputs.js";
import { settle } from "../engine/provider/settle.js";
import type { Values } from "../engine/values.js";
import { inClear, type PendingOperation } from "../stack/state.js";
import type { OpenCreate } from "./creates.js";

/**
 * How an interrupted create ended, as far as the API tells.
 * - `made`: exactly this thing exists.
 * - `nothing`: nothing was made, or nothing that a second create would double.
 * - `open`: what exists cannot be distinguished from somebody else's.
 */
export type Verdict =
  | { readonly is: "made"; readonly existing: Existing }
  | { readonly is: "nothing"; readonly why: string }
  | { readonly is: "open"; readonly why: string };

/** Asks the API, and goes on asking while a create that was sent a moment ago may still be carried out. */
export async function judge(create: OpenCreate): Promise<Verdict> {
  const { context, entry, inputs } = create;
  if (inputs[HIDDEN.adopt] !== undefined) return { is: "nothing", why: "it was an import, which writes nothing" };
  const { kind, idFrom, recovery } = create.lifecycle;
  if (!idFrom && !recovery?.find) return { is: "open", why: `nothing says how to find a ${kind}` };
  const look = idFrom ? byId : byKey;
  const until = entry ? Date.parse(entry.at) + context.settings.settleSeconds * 1000 : 0;
  let last: Verdict = { is: "nothing", why: "" };
  try {
    await settle(Math.max(0, (until - Date.now()) / 1000), async () => {
      last = await look(create);
      return last.is === "nothing" ? undefined : last;
    });
    return last;
  } catch (error) {
    const cause = AmigoError.isInstance(error) ? error : (error as Error).cause;
    if (!NotFoundError.isInstance(cause) && !PermissionError.isInstance(cause)) throw error;
    // What was made and is not in the stack has most often gone with its workspace.
    if (!create.pending && entry?.state === "made") return { is: "nothing", why: "its workspace is gone" };
    return { is: "open", why: messageOf(error) };
  }
}

/** What the API shows of a thing that was being updated or deleted, as a sentence. `id` is the one in state. */
export async function shownOf(
  { type, resource }: PendingOperation,
  id: string,
  lifecycle: Lifecycle,
  context: ProviderContext,
): Promise<string> {
  const [inputs, outputs] = [resource.inputs, resource.outputs].map((values = {}) => inClear(values) as Values);
  const state = withFullMark(lifecycle, { ...inputs, ...outputs });
  const existing = await lifecycle.read(context, id, state);
  if (type === "deleting") return existing ? "It still exists." : "It is gone.";
  if (!existing) return "It is gone: `pulumi up --refresh` makes it again.";
  const differing = mismatches(lifecycle, inputs ?? {}, existing.live);
  const written =
    differing.length === 0 ? "All of it is written" : `Not all of it is written (${differing.join("; ")})`;
  return `${written}. The same command again finishes it.`;
}

/** Things whose id follows from their inputs: they exist as declared, or the create can be sent again. */
async function byId({ lifecycle, context, inputs }: OpenCreate): Promise<Verdict> {
  const existing = await lifecycle.read(context, lifecycle.idFrom?.(inputs) ?? "", inputs);
  if (!existing) return { is: "nothing", why: "it does not exist" };
  const differing = mismatches(lifecycle, inputs, existing.live);
  if (differing.length === 0) return { is: "made", existing };
  return {
    is: "nothing",
    why: `what exists differs (${differing.join("; ")}); \`up\` sends the create again, which takes over nothing that is somebody else's`,
  };
}

async function byKey(create: OpenCreate): Promise<Verdict> {
  const { lifecycle, context, inputs, entry } = create;
  const { recovery, marked } = lifecycle;
  const called = calledOf(lifecycle);
  const candidates = (await recovery?.find?.(context, inputs)) ?? [];
  const settled = entry?.id === undefined ? undefined : candidates.find(({ id }) => id === entry.id);
  // Its id is known, so whatever else has its name is somebody else's.
  if (entry?.id !== undefined && !settled) return { is: "nothing", why: `what it made (${entry.id}) is gone` };
  // What carries an owner mark says itself whose it is.
  const entries = marked ? [] : (context.journal?.entries() ?? []);
  const madeByOthers = new Set(entries.filter((one) => one.entry !== entry?.entry).map(({ id }) => id));
  const others = candidates.filter(({ id }) => !entry?.before.includes(id) && !madeByOthers.has(id));
  const [only] = settled ? [settled] : others;
  if (!only) {
    return {
      is: "nothing",
      why: candidates.length > 0 ? `what has its ${called} was there before` : "nothing was made",
    };
  }
  if (!settled && others.length > 1) {
    return { is: "open", why: `several have its ${called}: ${others.map(text).join(", ")}` };
  }
  const doubt = settled ? undefined : doubtOf(create, only);
  if (doubt) return { is: "open", why: `${text(only)} ${doubt}` };

  const existing = await lifecycle.read(context, only.id, inputs);
  if (!existing) return { is: "nothing", why: `${text(only)} was there a moment ago and is gone` };
  const sent = recovery?.firstSent?.(inputs) ?? inputs;
  const differing = create.pending ? mismatches(lifecycle, sent, existing.live) : [];
  if (!marked && differing.length > 0 && !settled) {
    return { is: "open", why: `${text(only)} has its ${called} and differs: ${differing.join("; ")}` };
  }
  return { is: "made", existing };
}

/** Why the only candidate may be somebody else's. */
function doubtOf({ lifecycle, inputs, entry }: OpenCreate, { live }: Existing): string | undefined {
  const called = calledOf(lifecycle);
  if (lifecycle.marked) {
    const owner = live[HIDDEN.owner];
    if (owner === undefined)
      return `has its ${called} and carries no owner mark; if it is this one, declare adopt: true`;
    return owner === inputs[HIDDEN.owner] ? undefined : `has its ${called} and belongs to ${owner}`;
  }
  if (!entry) {
    return `has its ${called}, and the journal of this machine holds no such create; if it is this one, take it over with the resource option import`;
  }
  if (!isOlderThan(String(live.createdAt), Date.parse(entry.at))) return undefined;
  return `has its ${called} and is older than the create, which was sent at ${entry.at}`;
}

function calledOf({ recovery }: Lifecycle): string {
  return recovery?.called ?? "name";
}

function text({ id, live }: Existing): string {
  return `${id} (created ${live.createdAt})`;
}
