import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { presenceFile, stateFolder } from "./places.js";

/** Who is, or was, at work on the state. */
export interface Presence {
  /** The process of `npm start` or `npm run destroy`. */
  quickstart: number;
  /** The CLI that it had started and that had not ended. */
  engine?: number;
}

/** Marks the state as this process's own and returns the mark of one that died; throws where another one runs. */
export function claimState(): Presence | undefined {
  const former = read();
  if (former && former.quickstart !== process.pid && runs(former.quickstart, "node")) {
    throw new Error(`The quickstart is already running, as process ${former.quickstart}: stop that one first.`);
  }
  mkdirSync(stateFolder, { recursive: true });
  notePresence();
  return former;
}

export function notePresence(engine?: number): void {
  writeFileSync(presenceFile, JSON.stringify({ quickstart: process.pid, engine } satisfies Presence));
}

export function releaseState(): void {
  if (read()?.quickstart === process.pid) rmSync(presenceFile, { force: true });
}

/** Whether that process lives and is this program: the number of a dead one may by now belong to another. */
export function runs(pid: number, program: string): boolean {
  if (!isAlive(pid)) return false;
  try {
    return execFileSync("ps", ["-p", String(pid), "-o", "comm="], { encoding: "utf8" }).includes(program);
  } catch {
    return isAlive(pid);
  }
}

/** Whether a process of this machine runs; one that we may not signal does. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function read(): Presence | undefined {
  try {
    return JSON.parse(readFileSync(presenceFile, "utf8")) as Presence;
  } catch {
    return undefined;
  }
}
