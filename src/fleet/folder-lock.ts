import { mkdirSync } from "node:fs";
import * as path from "node:path";
import { runsFolder } from "./runs.js";

/** A lock that nobody renews any more is taken over. */
const STALE_MS = 5_000;

/** Takes a fleet's folder for one run that writes; throws where another one has it. The lock of a run that was killed goes by itself. */
export async function lockFleet(folder: string): Promise<() => Promise<void>> {
  const { lock } = await import("proper-lockfile");
  const runs = runsFolder(folder);
  mkdirSync(runs, { recursive: true });
  const retries = { retries: 7, minTimeout: 1_000, maxTimeout: 1_000 };
  try {
    return await lock(runs, { lockfilePath: lockFile(runs), stale: STALE_MS, retries });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ELOCKED") throw error;
    throw new Error(
      `another \`fleet up\` runs on the fleets of ${folder}: wait for it (\`pulumi-amigo fleet status\` shows it). Nothing was started`,
    );
  }
}

/** Whether a run that writes is under way in this folder. */
export async function isFleetLocked(folder: string): Promise<boolean> {
  const { check } = await import("proper-lockfile");
  const runs = runsFolder(folder);
  mkdirSync(runs, { recursive: true });
  return check(runs, { lockfilePath: lockFile(runs), stale: STALE_MS });
}

function lockFile(runs: string): string {
  return path.join(runs, "running.lock");
}
