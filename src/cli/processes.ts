import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

interface Process {
  pid: number;
  parent: number;
  group: number;
  state: string;
  command: string;
}

/** Whether a terminal's Ctrl-C reaches this process's group. */
export function isInForeground(): boolean {
  const own = list().find(({ pid }) => pid === process.pid);
  return own === undefined ? process.stdin.isTTY === true : own.state.includes("+");
}

/**
 * Asks a process and all that it has started to end; resolves when they have.
 * The Pulumi CLI is asked and its plugins are not: it needs them until it has cancelled, and ends them itself.
 */
export async function endTree(root: number): Promise<void> {
  const asked = tree(root, list());
  for (const pid of [root, ...asked]) signalTo(pid, "SIGTERM");
  const remain = () => list().filter(({ pid, state }) => asked.includes(pid) && !state.startsWith("Z"));
  while (remain().length > 0) await sleep(100);
}

/** Sends a signal to a process, or with a negative number to a group; what has ended meanwhile needs none. */
export function signalTo(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
      console.error(`warning: ${signal} could not be passed on to process ${target}: ${(error as Error).message}`);
    }
  }
}

/** The descendants, and what is in the group that the process leads, though its own parent may be gone. */
function tree(root: number, all: readonly Process[]): number[] {
  const found = new Set<number>();
  const visit = (pid: number): void => {
    if (found.has(pid)) return;
    found.add(pid);
    if (!all.some((one) => one.pid === pid && isPulumi(one))) {
      for (const child of all.filter(({ parent }) => parent === pid)) visit(child.pid);
    }
  };
  visit(root);
  const known = new Map(all.map((one) => [one.pid, one]));
  const orphans = all.filter(({ parent, group }) => group === root && known.get(parent)?.group !== root);
  for (const { pid } of orphans) visit(pid);
  found.delete(root);
  return [...found];
}

function isPulumi({ command }: Process): boolean {
  return /(^|\/)pulumi$/.test(command);
}

/** All processes; none where `ps` cannot be asked. */
function list(): Process[] {
  try {
    const options = ["-A", "-o", "pid=,ppid=,pgid=,stat=,comm="];
    const text = execFileSync("ps", options, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return text.split("\n").flatMap((line) => {
      const [, pid, parent, group, state = "", command = ""] =
        /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
      if (pid === undefined) return [];
      return [{ pid: Number(pid), parent: Number(parent), group: Number(group), state, command: command.trim() }];
    });
  } catch {
    return [];
  }
}
