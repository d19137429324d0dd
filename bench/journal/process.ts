import * as path from "node:path";
import { startServer } from "../server-process.js";
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
  const { url, child } = await startServer(path.join(__dirname, "server.ts"), latencyMs);
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
