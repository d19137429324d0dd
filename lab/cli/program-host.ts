import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import * as path from "node:path";

export interface HostedProgram {
  /** The project's folder, with `index.js`. */
  folder: string;
  env: Record<string, string>;
}

/** Lets the CLI run a program in a process that has loaded the SDK already, as it does for the Automation API. */
export async function withProgramHost<T>(program: HostedProgram, run: (address: string) => Promise<T>): Promise<T> {
  const hosts = idleHosts();
  const host = hosts.pop() ?? start();
  const over = new AbortController();
  const ended = once(host, "exit", { signal: over.signal }).then(() => {
    throw new Error("the process that runs the programs has ended");
  });
  host.send(program);
  const result = once(host, "message").then(([address]) => run(address));
  // One that fails is not used again.
  const first = await Promise.race([result, ended]);
  over.abort();
  hosts.push(host);
  return first;
}

/** All test files of a process share them, though each loads this module anew. */
function idleHosts(): ChildProcess[] {
  const shared = process as { programHosts?: ChildProcess[] };
  shared.programHosts ??= [];
  return shared.programHosts;
}

function start(): ChildProcess {
  const host = fork(path.join(__dirname, "program-host.cjs"), { execArgv: ["--require", lazySdk] });
  // It ends with this process, which does not wait for it.
  host.unref();
  host.channel?.unref();
  return host;
}

const lazySdk = path.join(__dirname, "lazy-sdk.cjs");
