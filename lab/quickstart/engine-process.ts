import { type ChildProcess, spawn } from "node:child_process";
import * as path from "node:path";
import type { Engine } from "../cli/engine.js";
import { killTree } from "../cli/process-tree.js";
import { repositoryRoot } from "../root.js";
import { apiKey, backendFolder, stackName } from "./places.js";
import { notePresence } from "./presence.js";
import { styled } from "./say.js";

/** The user stopped the run; whatever was under way has ended. */
export class Interrupted extends Error {}

export interface EngineResult {
  code: number;
  /** Empty where the output was shown. */
  stdout: string;
  stderr: string;
}

const ONE_INTERRUPTION_MS = 1000;

/** Runs the CLI on the quickstart's stack, and hands it the interruptions that this process receives. */
export class EngineProcess {
  private current: ChildProcess | undefined;
  private interruptions = 0;
  private interruptedAt = Number.NEGATIVE_INFINITY;
  private readonly env: Record<string, string>;

  constructor(private readonly engine: Engine) {
    this.env = { ...foreignSettingsRemoved(), ...engine.env, ...stackSettings, PULUMI_NODEJS_TRANSPILE_ONLY: "true" };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => this.interrupt());
  }

  /** The folder of the CLI, where PATH has none that can be used. */
  get folderOffPath(): string | undefined {
    return this.engine.source === "path" ? undefined : path.dirname(this.engine.bin);
  }

  /** Programs that run from now on talk to the API at this address. */
  useApi(url: string): void {
    this.env.AMIGO_BASE_URL = url;
  }

  /** Runs a command with its output shown. */
  show(args: string[]): Promise<EngineResult> {
    return this.run(args, "inherit");
  }

  /** Runs a command silently; throws with its words when it fails. */
  async quiet(args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, "pipe");
    if (code !== 0) throw new Error(`pulumi ${args.join(" ")} ended with ${code}:\n${stderr || stdout}`);
    return stdout;
  }

  private async run(args: string[], output: "inherit" | "pipe"): Promise<EngineResult> {
    this.checkpoint();
    const color = styled && output === "inherit" ? "always" : "never";
    const all = [...args, "--stack", stackName, "--non-interactive", `--color=${color}`];
    // A process group of its own: a Ctrl-C on the terminal reaches it once, through us, and not twice.
    const child = spawn(this.engine.bin, all, {
      cwd: repositoryRoot,
      env: this.env,
      stdio: ["ignore", output, output],
      detached: true,
    });
    this.current = child;
    notePresence(child.pid);
    const text = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream]?.setEncoding("utf8").on("data", (chunk: string) => {
        text[stream] += chunk;
      });
    }
    const code = await new Promise<number>((resolve, reject) => {
      child.once("error", reject).once("close", (ended) => resolve(ended ?? -1));
    });
    this.current = undefined;
    notePresence();
    this.checkpoint();
    return { code, ...text };
  }

  /** Once asks the engine to finish what is under way, twice makes it stop at once, three times kills it. */
  private interrupt(): void {
    // One Ctrl-C may come twice: from the terminal, and from npm, which passes it on.
    if (performance.now() - this.interruptedAt < ONE_INTERRUPTION_MS) return;
    this.interruptedAt = performance.now();
    this.interruptions++;
    if (!this.current?.pid) return;
    if (this.interruptions > 2) killTree(this.current.pid);
    else this.current.kill("SIGINT");
  }

  /** Throws when the user has asked to stop. */
  checkpoint(): void {
    if (this.interruptions > 0) throw new Interrupted("Stopped. Run the same command again to go on from here.");
  }
}

/** What a shell needs to use the CLI on the quickstart's stack by hand, next to the address of the API. */
export const stackSettings = {
  PULUMI_BACKEND_URL: `file://${backendFolder}`,
  PULUMI_CONFIG_PASSPHRASE: "quickstart",
  AMIGO_API_KEY: apiKey,
};

/** The quickstart must touch no real account and no real stack, whatever the user's shell is set to. */
function foreignSettingsRemoved(): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && (name === "PULUMI_HOME" || !/^(AMIGO|PULUMI)_/.test(name))) kept[name] = value;
  }
  return kept;
}
