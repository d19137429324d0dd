import { AmigoError, ConflictError, NotFoundError } from "../api/errors.js";
import type { ProviderContext } from "../engine/provider/context.js";
import { messageOf } from "../engine/provider/failure.js";
import { settle } from "../engine/provider/settle.js";

/** Whether a write may have been carried out although it failed. */
export function outcomeUnknown(error: unknown): error is AmigoError {
  return AmigoError.isInstance(error) && error.outcome === "unknown";
}

/**
 * Looks up what became of a create that may have been carried out. A look that fails has found nothing yet; where the last one
 * failed too, the error says both, and has the create's own error as its cause: nobody may take the outcome for known.
 */
export async function settleCreated<T>(
  seconds: number,
  unknown: AmigoError,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  let failure: unknown;
  const found = await settle(seconds, async () => {
    try {
      failure = undefined;
      return await look();
    } catch (error) {
      failure = error;
      return undefined;
    }
  });
  if (failure === undefined) return found;
  throw new Error(
    `${messageOf(unknown)} The outcome is unknown, and looking it up failed: ${messageOf(failure)} ` +
      "Nothing was sent again. Run `pulumi up` once more; it looks again before it asks for one.",
    { cause: unknown },
  );
}

/** What a list shows and its own GET confirms: a list that is behind shows what was deleted. */
export async function confirmed<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (NotFoundError.isInstance(error)) return undefined;
    throw error;
  }
}

/** Why a write may be refused for a moment: what this run itself did is not visible everywhere yet. */
export interface OwnWrites {
  /** What the write refers to; a 404 is waited for where this run made one of these. */
  readonly refersTo?: readonly (readonly [kind: string, id: unknown])[];
  /** Whether a 409 may come from what this run removed. */
  readonly removed?: (refusal: ConflictError) => boolean | Promise<boolean>;
}

/** Sends a write again while this run's own writes explain its refusal, for `settleSeconds` at most. */
export async function afterOwnWrites<T>(
  context: ProviderContext,
  { refersTo = [], removed = () => false }: OwnWrites,
  send: () => Promise<T>,
): Promise<T> {
  const { settleSeconds } = context.settings;
  let refusal: AmigoError | undefined;
  const isOwn = async (error: unknown) => {
    if (NotFoundError.isInstance(error)) return refersTo.some(([kind, id]) => context.run.wasMade(kind, id));
    return ConflictError.isInstance(error) && removed(error);
  };
  const answer = await settle(settleSeconds, async () => {
    try {
      return { value: await send() };
    } catch (error) {
      if (!AmigoError.isInstance(error) || !(await isOwn(error))) throw error;
      refusal = error;
      return undefined;
    }
  });
  if (answer) return answer.value;
  refusal?.addSentence(
    `It was sent again for ${settleSeconds} s, since what this run itself made or removed may show late.`,
  );
  throw refusal;
}
