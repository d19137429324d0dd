import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { killTree } from "../cli/process-tree.js";
import type { EngineProcess } from "./engine-process.js";
import { backendFolder, emulatorFolder, portFile, projectName, stackConfigFile, stackName } from "./places.js";
import { type Presence, runs } from "./presence.js";
import { say } from "./say.js";
import { type ExportedState, nameOf } from "./stack.js";

interface Lock {
  pid: number;
  hostname: string;
}

const othersMayTakeMs = 60_000;
const orphanMayTakeMs = 5_000;

/**
 * Makes the stack free: stops an engine whose quickstart died, waits for one that somebody runs by hand, and cancels
 * the lock of one that is dead.
 */
export async function settleLocks(engine: EngineProcess, former: Presence | undefined): Promise<void> {
  const startedAt = Date.now();
  for (let holder = findHolder(); holder; holder = findHolder()) {
    if (holder.hostname === hostname() && !runs(holder.pid, "pulumi")) {
      say(`An earlier engine (process ${holder.pid}) ended without unlocking the stack: unlocking it.`);
      await engine.quiet(["cancel", "--yes"]);
      return;
    }
    const waited = Date.now() - startedAt;
    if (holder.pid === former?.engine) stopOrphan(holder.pid, waited);
    else if (waited > othersMayTakeMs) {
      throw new Error(`Process ${holder.pid} on ${holder.hostname} is still at work on the stack; stop it first.`);
    }
    engine.checkpoint();
    await sleep(500);
  }
}

/** Unlocks the stack where the engine that locked it has died: an interruption kills one that has only just begun. */
export function releaseDeadLock(): void {
  const holder = findHolder();
  if (holder?.hostname === hostname() && !runs(holder.pid, "pulumi")) rmSync(holder.file, { force: true });
}

/** What an engine that was killed had under way: `name (creating)`, ... */
export function unsettled(state: ExportedState): string[] {
  const pending = state.deployment.pending_operations ?? [];
  return pending.map(({ resource, type }) => `${nameOf(resource.urn)} (${type})`);
}

/** Removes all that the quickstart keeps, and nothing else. */
export function removeState(): void {
  for (const place of [backendFolder, emulatorFolder, stackConfigFile, portFile]) {
    rmSync(place, { recursive: true, force: true });
  }
}

/** Its emulator is gone, so it cannot end well: first asked, then killed. */
function stopOrphan(pid: number, waited: number): void {
  if (waited < 500) {
    say(`The quickstart was killed, but its engine (process ${pid}) still runs: stopping it.`);
    process.kill(pid, "SIGINT");
  } else if (waited > orphanMayTakeMs) killTree(pid);
}

function findHolder(): (Lock & { readonly file: string }) | undefined {
  const folder = path.join(backendFolder, ".pulumi", "locks", "organization", projectName, stackName);
  if (!existsSync(folder)) return undefined;
  for (const name of readdirSync(folder)) {
    try {
      const file = path.join(folder, name);
      return { ...(JSON.parse(readFileSync(file, "utf8")) as Lock), file };
    } catch {
      // It was released while we looked.
    }
  }
  return undefined;
}
