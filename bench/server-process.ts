import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as path from "node:path";
import { createInterface } from "node:readline";

/** A server of the bench in a process of its own, so that its work is on nobody's account. */
export interface ServerProcess {
  readonly url: string;
  readonly child: ChildProcess;
}

/** Starts a script that prints its port first; it ends with this process at the latest. */
export async function startServer(script: string, latencyMs: number): Promise<ServerProcess> {
  const child = spawn(process.execPath, ["--import", "tsx", script, String(latencyMs)], {
    cwd: path.resolve(__dirname, ".."),
    // Its standard input ends with this process, however that ends.
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  const [port] = (await Promise.race([once(lines, "line"), ended(child, script)])) as [string];
  return { url: `http://127.0.0.1:${port}`, child };
}

async function ended(child: ChildProcess, script: string): Promise<never> {
  const [code, signal] = await once(child, "exit");
  throw new Error(`${path.relative(path.resolve(__dirname, ".."), script)} ended with ${code ?? signal}`);
}
