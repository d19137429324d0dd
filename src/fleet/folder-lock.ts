import { mkdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { COMMAND } from "../command.js";
import { replaceFile } from "../environment/files.js";
import { exists } from "../stack/processes.js";
import { runsFolder } from "./runs.js";

/** A lock that nobody renews is taken over after so long, and after the shortest time where its process is gone. */
const STALE_MS = 20_000;
const SHORTEST_STALE_MS = 2_000;

/**
 * Takes a fleet's folder for one run that writes, and returns how to give it back; throws where another one has it. `onLost` hears
 * that another process may have it by now, as after a sleep of the machine.
 */
export async function lockFleet(folder: string, onLost: (error: Error) => void): Promise<() => Promise<void>> {
  const { lock } = await import("proper-lockfile");
  const runs = runsFolder(folder);
  mkdirSync(runs, { recursive: true });
  for (let stale = STALE_MS; ; await sleep(200)) {
    try {
      const unlock = await lock(runs, { lockfilePath: lockFile(runs), stale, onCompromised: onLost });
      const owner: Owner = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
      replaceFile(ownerFile(runs), JSON.stringify(owner));
      return unlock;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ELOCKED") throw error;
      const owner = readOwner(runs);
      if (owner?.host !== hostname() || exists(owner.pid)) throw new Error(takenText(folder, owner));
      stale = SHORTEST_STALE_MS;
    }
  }
}

/** The process that runs what writes in this folder; null where none does, undefined where nobody knows which. */
export async function fleetOwner(folder: string): Promise<Owner | null | undefined> {
  const { check } = await import("proper-lockfile");
  const runs = runsFolder(folder);
  mkdirSync(runs, { recursive: true });
  const owner = readOwner(runs);
  if (owner?.host === hostname() && !exists(owner.pid)) return null;
  return (await check(runs, { lockfilePath: lockFile(runs), stale: STALE_MS })) ? owner : null;
}

export interface Owner {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
}

export function ownerText({ pid, host }: Pick<Owner, "pid" | "host">): string {
  return `process ${pid} on ${host}`;
}

function readOwner(runs: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(ownerFile(runs), "utf8")) as Owner;
  } catch {
    return undefined;
  }
}

function takenText(folder: string, owner: Owner | undefined): string {
  const who = owner === undefined ? "another process" : ownerText(owner);
  return `another \`fleet up\` runs on the fleets of ${folder}: ${who}. Nothing was started. Wait for it; \`${COMMAND} fleet status\` shows it`;
}

function lockFile(runs: string): string {
  return path.join(runs, "running.lock");
}

function ownerFile(runs: string): string {
  return path.join(runs, "running.json");
}
