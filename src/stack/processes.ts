import { execFileSync } from "node:child_process";
import { connect } from "node:http2";
import * as path from "node:path";
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
export async function endTree(root: number, warn: (line: string) => void): Promise<void> {
  const asked = tree(root, list());
  for (const pid of [root, ...asked]) signalTo(pid, "SIGTERM", warn);
  const remain = () => list().filter(({ pid, state }) => asked.includes(pid) && !state.startsWith("Z"));
  while (remain().length > 0) await sleep(100);
}

/**
 * Ends processes that may not answer any more, with all that they have started. The `engine` among them is asked first, and has
 * so long to let finish what is under way and to write its state.
 */
export async function endByForce(roots: readonly number[], engine: number | undefined, graceMs: number): Promise<void> {
  const before = all(roots, list());
  if (engine !== undefined) {
    signalTo(engine, "SIGTERM");
    // One that is stopped hears nothing.
    for (const pid of [engine, ...all([engine], list())]) signalTo(pid, "SIGCONT");
    const end = Date.now() + graceMs;
    while (Date.now() < end && runs(engine)) await sleep(100);
  }
  for (const pid of new Set([...roots, ...before, ...all(roots, list())])) signalTo(pid, "SIGKILL");
  // Each leads a group, which is known where `ps` cannot be asked, too.
  for (const pid of roots) signalTo(-pid, "SIGKILL");
}

/**
 * What gives no sign of life of all that a process has started: a process that is stopped, or an engine that does not answer within
 * this time. What an engine does for its resources may take longer. Undefined: all live, or `ps` cannot be asked.
 */
export async function missingLife(root: number, answerMs: number): Promise<string | undefined> {
  const processes = list();
  const pids = all([root], processes);
  const below = processes.filter(({ pid }) => pids.includes(pid));
  const stopped = below.find(({ state }) => state.startsWith("T"));
  if (stopped) return `process ${stopped.pid} (${path.basename(stopped.command)}) is stopped`;
  for (const { pid } of below.filter(isPulumi)) {
    for (const address of addressesOf(pid, below)) {
      if (!(await isAnswering(address, answerMs))) return `process ${pid} (pulumi) does not answer`;
    }
  }
  return undefined;
}

/** An engine names its address to its language hosts. It has none before that, and in commands that run no program. */
function addressesOf(engine: number, processes: readonly Process[]): string[] {
  const hosts = processes.filter(({ parent, command }) => parent === engine && /pulumi-language/.test(command));
  return hosts.flatMap(({ pid }) => /127\.0\.0\.1:\d+/.exec(ps("-p", String(pid), "-o", "args=")) ?? []);
}

/** Whether a server of HTTP/2 greets who connects. A port that is closed was closed by its process, so that one lives. */
function isAnswering(address: string, withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const session = connect(`http://${address}`);
    const end = (answer: boolean) => {
      clearTimeout(timer);
      session.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end(false), withinMs);
    session.once("remoteSettings", () => end(true)).on("error", () => end(true));
  });
}

function runs(pid: number): boolean {
  return exists(pid) && !list().some((one) => one.pid === pid && one.state.startsWith("Z"));
}

/** Sends a signal to a process, or with a negative number to a group; what has ended meanwhile needs none. */
export function signalTo(target: number, signal: NodeJS.Signals, warn: (line: string) => void = () => {}): void {
  try {
    process.kill(target, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
      warn(`${signal} could not be passed on to process ${target}: ${(error as Error).message}`);
    }
  }
}

/** Whether there is a process of this number on this machine. */
export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
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

/** The descendants, plugins of an engine among them. */
function all(roots: readonly number[], processes: readonly Process[]): number[] {
  const found = processes.filter(({ parent }) => roots.includes(parent)).map(({ pid }) => pid);
  return found.length === 0 ? [] : [...found, ...all(found, processes)];
}

function isPulumi({ command }: Process): boolean {
  return /(^|\/)pulumi$/.test(command);
}

/** All processes; none where `ps` cannot be asked. */
function list(): Process[] {
  const text = ps("-A", "-o", "pid=,ppid=,pgid=,stat=,comm=");
  return text.split("\n").flatMap((line) => {
    const [, pid, parent, group, state = "", command = ""] =
      /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (pid === undefined) return [];
    return [{ pid: Number(pid), parent: Number(parent), group: Number(group), state, command: command.trim() }];
  });
}

/** What `ps` prints; nothing where it cannot be asked, or knows no such process. */
function ps(...args: string[]): string {
  try {
    return execFileSync("ps", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return "";
  }
}
