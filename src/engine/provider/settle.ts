import { setTimeout as sleep } from "node:timers/promises";

/** How long another resource of the same run may be behind: its check, or its deletion. */
export const WAIT_FOR_OTHERS_SECONDS = 3;

/** Looks again and again, at growing intervals, until `look` finds something; the last look begins when the time is over. */
export async function settle<T>(seconds: number, look: () => Promise<T | undefined>): Promise<T | undefined> {
  const end = Date.now() + seconds * 1000;
  for (let pause = 250; ; pause = Math.min(pause * 2, 2000)) {
    const isLast = Date.now() >= end;
    const found = await look();
    if (found !== undefined || isLast) return found;
    await sleep(Math.min(pause, Math.max(0, end - Date.now())));
  }
}
