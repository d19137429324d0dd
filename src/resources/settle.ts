import { setTimeout as sleep } from "node:timers/promises";
import { AmigoError } from "../api/errors.js";
import { messageOf } from "../engine/failure.js";

/** Whether a write may have been carried out although it failed. */
export function outcomeUnknown(error: unknown): error is AmigoError {
  return AmigoError.isInstance(error) && error.outcome === "unknown";
}

/** Looks again and again, at growing intervals, until `look` finds something or the time is over. */
export async function settle<T>(seconds: number, look: () => Promise<T | undefined>): Promise<T | undefined> {
  const end = Date.now() + seconds * 1000;
  for (let pause = 250; ; pause = Math.min(pause * 2, 2000)) {
    const found = await look();
    const left = end - Date.now();
    if (found !== undefined || left <= 0) return found;
    await sleep(Math.min(pause, left));
  }
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
    `${unknown.message} The outcome is unknown, and looking it up failed: ${messageOf(failure)} ` +
      "Nothing was sent again. Run `pulumi up` once more; it looks again before it asks for one.",
    { cause: unknown },
  );
}
