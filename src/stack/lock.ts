import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { LocalBackend } from "./local-backend.js";
import { exists } from "./processes.js";

/** Who has locked the stack. */
export interface Lock {
  readonly pid: number;
  readonly username?: string;
  readonly hostname: string;
  readonly timestamp?: string;
}

/** The locks of the stack in a local backend. */
export function findLocks(backend: LocalBackend): Lock[] {
  return backend
    .files("locks", (name) => name.endsWith(".json"))
    .flatMap((file) => {
      try {
        return [JSON.parse(readFileSync(file, "utf8")) as Lock];
      } catch {
        // It was released while we looked, or a kill cut it short and nobody knows whose it is.
        return existsSync(file) ? [{ pid: 0, hostname: `a machine that ${file} does not name` }] : [];
      }
    });
}

/** How far the two clocks may differ that say when a process started and when it took the lock. */
const CLOCK_TOLERANCE_MS = 10_000;

/**
 * Whether the engine that holds the lock still runs; undefined where this machine cannot tell.
 * @param sharesName whether other machines may have this one's name, as containers do
 */
export function holderRuns(
  { pid, hostname: host, timestamp = "" }: Lock,
  sharesName = existsSync("/.dockerenv") || existsSync("/run/.containerenv"),
): boolean | undefined {
  if (host !== hostname()) return undefined;
  const gone = sharesName ? undefined : false;
  if (!exists(pid)) return gone;
  const found = look(pid);
  if (found === undefined) return true;
  // The number of a dead engine may wait for a parent to collect it, or belong to another program by now.
  if (found.state.startsWith("Z") || found.startedAt > Date.parse(timestamp) + CLOCK_TOLERANCE_MS) return gone;
  if (/pulumi/i.test(found.command)) return true;
  return Number.isNaN(Date.parse(timestamp)) ? gone : undefined;
}

/** What `ps` says of a process, the command last since it may hold spaces; undefined where it says nothing. */
function look(pid: number): { state: string; startedAt: number; command: string } | undefined {
  try {
    const line = execFileSync("ps", ["-p", String(pid), "-o", "stat=,lstart=,comm="], {
      encoding: "utf8",
      env: { ...process.env, LC_ALL: "C", TZ: "UTC" },
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [, state, started, command] = /^\s*(\S+)\s+(\w+\s+\w+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/m.exec(line) ?? [];
    if (state === undefined || command === undefined) return undefined;
    return { state, startedAt: Date.parse(`${started} UTC`), command };
  } catch {
    return undefined;
  }
}

export function lockText({ pid, username, hostname: host, timestamp }: Lock): string {
  return `process ${pid} of ${username ?? "somebody"} on ${host}${timestamp ? `, since ${timestamp}` : ""}`;
}
