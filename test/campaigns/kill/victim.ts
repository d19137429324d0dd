import { execFileSync } from "node:child_process";
import { killTree } from "../../../lab/cli/process-tree.js";

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** Kills the provider processes of this CLI and nothing else; how many there were. */
export function killProviders(cli: number): number {
  const all = processes();
  const below = (pid: number): Process[] =>
    all.filter(({ parent }) => parent === pid).flatMap((child) => [child, ...below(child.pid)]);
  const providers = below(cli).filter(({ command }) => /pulumi-resource-pulumi-nodejs|dynamic-provider/.test(command));
  for (const { pid } of providers) killTree(pid);
  return providers.length;
}

function processes(): Process[] {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n");
  return lines.flatMap((line) => {
    const [, pid, parent, command = ""] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
  });
}
