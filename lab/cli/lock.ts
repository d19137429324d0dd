import { open, readFile, rm, stat, utimes } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const heartbeatMs = 5_000;
const deadAfterMs = 60_000;

/**
 * Runs `work` while this process alone holds the lock file. Where another process holds it, calls `onWait` once and
 * waits; a holder that is dead, or has shown no sign of life for a minute, is passed over.
 */
export async function withLock<T>(file: string, onWait: (holder: string) => void, work: () => Promise<T>): Promise<T> {
  for (let told = false; !(await take(file)); told = true) {
    const holder = (await readFile(file, "utf8").catch(() => "")).trim();
    if (await isStale(file, holder)) await rm(file, { force: true });
    else if (!told) onWait(holder);
    await sleep(500);
  }
  const heartbeat = setInterval(() => void utimes(file, new Date(), new Date()).catch(() => {}), heartbeatMs);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    await rm(file, { force: true });
  }
}

async function take(file: string): Promise<boolean> {
  try {
    const handle = await open(file, "wx");
    await handle.writeFile(`${process.pid}\n`);
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function isStale(file: string, holder: string): Promise<boolean> {
  const lastSign = await stat(file).then(
    (found) => found.mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
  return Date.now() - lastSign > deadAfterMs || (/^\d+$/.test(holder) && !isAlive(Number(holder)));
}

/** Whether a process of this machine runs; one that we may not signal does. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
