import { setTimeout as sleep } from "node:timers/promises";
import { AmigoError } from "../api/errors.js";

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
