import { spawn } from "node:child_process";
import { once } from "node:events";
import * as path from "node:path";
import { createInterface } from "node:readline";
import type { Exported } from "./stacks.js";
import type { Traffic } from "./traffic.js";

export interface StateService {
  readonly url: string;
  /** Lay this over the environment of the CLI. */
  readonly env: Readonly<Record<string, string>>;
  /** What it received since the last call. */
  traffic(): Promise<Traffic>;
  /** The state of `organisation/project/stack`. */
  export(stack: string): Promise<Exported>;
  stop(): void;
}

const TOKEN = "bench";

/** Starts the service that keeps the state; it ends with this process at the latest. */
export async function startStateService(latencyMs: number): Promise<StateService> {
  const script = path.join(__dirname, "server.ts");
  const child = spawn(process.execPath, ["--import", "tsx", script, String(latencyMs)], {
    cwd: path.resolve(__dirname, "..", ".."),
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [port] = (await Promise.race([once(createInterface({ input: child.stdout }), "line"), ended(child)])) as [
    string,
  ];
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    env: { PULUMI_BACKEND_URL: url, PULUMI_ACCESS_TOKEN: TOKEN },
    traffic: async () => (await (await fetch(`${url}/bench/traffic`, { method: "POST" })).json()) as Traffic,
    export: async (stack) => {
      const headers = { authorization: `token ${TOKEN}` };
      const response = await fetch(`${url}/api/stacks/${stack}/export`, { headers });
      if (!response.ok) throw new Error(`no state of ${stack}: ${response.status} ${await response.text()}`);
      return (await response.json()) as Exported;
    },
    stop: () => void child.kill(),
  };
}

async function ended(child: ReturnType<typeof spawn>): Promise<never> {
  const [code] = await once(child, "exit");
  throw new Error(`the service for the state ended with ${code}`);
}
