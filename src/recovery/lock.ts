import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { LocalBackend } from "./local-backend.js";

/** Who has locked the stack. */
export interface Lock {
  readonly pid: number;
  readonly username?: string;
  readonly hostname: string;
  readonly timestamp?: string;
}

/** The lock of the stack in a local backend; undefined where there is none. */
export function findLock(backend: LocalBackend): Lock | undefined {
  for (const file of backend.files("locks", (name) => name.endsWith(".json"))) {
    try {
      return JSON.parse(readFileSync(file, "utf8")) as Lock;
    } catch {
      // It was released while we looked.
    }
  }
  return undefined;
}

/** Whether the engine that holds the lock still runs; undefined when it ran on another machine. */
export function holderRuns({ pid, hostname: host }: Lock): boolean | undefined {
  if (host !== hostname()) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  try {
    // The number of a dead engine may by now belong to another program, or wait ("Z") for a parent to collect it.
    const [state = "", name = ""] = execFileSync("ps", ["-p", String(pid), "-o", "stat=,comm="], { encoding: "utf8" })
      .trim()
      .split(/\s+/);
    return !state.startsWith("Z") && name.includes("pulumi");
  } catch {
    return true;
  }
}

export function lockText({ pid, username, hostname: host, timestamp }: Lock): string {
  return `process ${pid} of ${username ?? "somebody"} on ${host}${timestamp ? `, since ${timestamp}` : ""}`;
}
