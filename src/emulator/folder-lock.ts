import { readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface FolderLock {
  /** Why another process may have the folder by now; undefined while this one has it. */
  lost: Error | undefined;
  release(): Promise<void>;
}

/** A lock that nobody renews is taken over after so long, and after the shortest time where its process is gone. */
const staleMs = 10_000;
const shortestStaleMs = 2_000;

/** Takes a folder for this process alone. Rejects, with the folder and the other process, where another one has it. */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const owner = join(folder, "emulator.owner");
  const lock: FolderLock = { lost: undefined, release: async () => undefined };
  const unlock = await acquire(folder, owner, (error) => {
    lock.lost = new Error(`${folder} is no longer this emulator's: ${error.message}`);
  });
  await writeFile(owner, `${process.pid} ${hostname()}\n`).catch(async (error) => {
    await unlock();
    throw error;
  });
  lock.release = async () => {
    if (lock.lost !== undefined) return;
    await rm(owner, { force: true });
    await unlock();
  };
  return lock;
}

async function acquire(folder: string, owner: string, onCompromised: (error: Error) => void) {
  const { lock } = await import("proper-lockfile");
  for (let stale = staleMs; ; await sleep(100)) {
    try {
      return await lock(folder, { lockfilePath: join(folder, "emulator.lock"), stale, onCompromised });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ELOCKED") throw error;
      const [pid = "", host] = (await readFile(owner, "utf8").catch(() => "")).trim().split(" ");
      if (host !== hostname() || runs(Number(pid))) {
        const who = pid === "" ? "another process" : `process ${pid}${host === hostname() ? "" : ` on ${host}`}`;
        throw new Error(`an emulator uses the folder ${folder} already: ${who}. Stop it, or choose another folder`);
      }
      stale = shortestStaleMs;
    }
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
