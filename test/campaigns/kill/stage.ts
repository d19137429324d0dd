import { cpSync, rmSync } from "node:fs";
import * as path from "node:path";
import { cleanEnvironment, testEngine } from "../../../lab/cli/environment.js";
import { type ProcessResult, start } from "../../../lab/cli/process.js";
import { TestStack } from "../../../lab/cli/stack.js";
import { commandFile } from "../../../lab/root.js";
import { type Emulator, type StoreSnapshot, startEmulator } from "../../../src/emulator/index.js";
import { sixResources } from "../../support/program.js";
import { type Boundary, boundariesOf, type Outcome } from "./boundary.js";
import { deployFailures, destroyFailures, slug } from "./truth.js";
import { killProviders } from "./victim.js";

const program = sixResources({
  workspace: `const clinic = new amigo.Workspace("clinic", { slug: "${slug}", name: "Engine Clinic", environment: "staging", connectorType: "epic", deletionProtection: false });
const workspaceId = clinic.id;`,
});

interface Deployed {
  readonly store: StoreSnapshot;
  /** Of the deploy and of the destroy, in their order. */
  readonly methods: Record<Boundary["phase"], string[]>;
}

/** One project whose stack is killed again and again, each time from the same start. */
export class Stage {
  private deployed: Deployed | undefined;

  private constructor(private readonly stack: TestStack) {}

  /** `settings` are the engine's own: environment variables of every command. */
  static async open(name: string, settings: Readonly<Record<string, string>> = {}): Promise<Stage> {
    const stack = await TestStack.create({ name, program });
    Object.assign(stack.env, settings);
    stack.env.PULUMI_HOME = path.join(stack.folder, "home");
    stack.env.AMIGO_API_KEY = "amigo-demo-key";
    stack.env.AMIGO_SETTLE_SECONDS = "1";
    const stage = new Stage(stack);
    stage.keep("backend", "backend-empty");
    return stage;
  }

  /** Every boundary of a full deploy and a full destroy, as an undisturbed run of each shows them. */
  async boundaries(): Promise<Boundary[]> {
    const { methods } = await this.undisturbed();
    return (["deploy", "destroy"] as const).flatMap((phase) => boundariesOf(phase, methods[phase]));
  }

  /** Kills a run there, recovers, runs once more, and looks at what the server and the stack hold. */
  async kill(boundary: Boundary): Promise<Outcome> {
    const startedAt = Date.now();
    const emulator = await this.begin(boundary.phase);
    const failures: string[] = [];
    let recovered: string[] = [];
    const { struck } = await this.runAndKill(emulator, boundary);
    try {
      const { code, stdout, output } = await this.recover();
      if (code !== 0) failures.push(`recover ended with ${code}: ${output}`);
      recovered = outcomesIn(stdout);
      await this.stack[boundary.phase === "deploy" ? "up" : "destroy"]();
      const failuresIn = boundary.phase === "deploy" ? deployFailures : destroyFailures;
      failures.push(...failuresIn(emulator.store, (await this.stack.exportState()).deployment));
      if (boundary.phase === "deploy") await this.stack.preview({ args: ["--refresh", "--expect-no-changes"] });
    } catch (error) {
      failures.push((error as Error).message);
    } finally {
      await emulator.close();
    }
    return { boundary, struck, recovered, failures, ms: Date.now() - startedAt };
  }

  async recover(...flags: string[]): Promise<ProcessResult> {
    const env = { ...cleanEnvironment(), ...(await testEngine()).env, ...this.stack.env };
    const args = [commandFile, "recover", "--stack", this.stack.name, "--yes", "--json", ...flags];
    return start(process.execPath, args, { cwd: this.stack.folder, env }).done;
  }

  close({ keep = false } = {}): void {
    if (keep) console.error(`kept for a look: ${this.stack.folder}`);
    else this.stack.remove();
  }

  /** A server and a stack as they are before the phase, and an empty journal. */
  private async begin(phase: Boundary["phase"]): Promise<Emulator> {
    const { store } = phase === "destroy" ? await this.undisturbed() : { store: undefined };
    rmSync(path.join(this.stack.folder, "home", "pulumi-amigo"), { recursive: true, force: true });
    this.keep(phase === "destroy" ? "backend-deployed" : "backend-empty", "backend");
    const emulator = await startEmulator();
    if (store) emulator.store.load(store);
    this.stack.env.AMIGO_BASE_URL = emulator.url;
    return emulator;
  }

  private async undisturbed(): Promise<Deployed> {
    if (this.deployed) return this.deployed;
    const emulator = await this.begin("deploy");
    const methods = () => emulator.requests.map(({ method }) => method);
    await this.stack.up();
    const deploy = methods();
    const store = emulator.store.snapshot();
    this.keep("backend", "backend-deployed");
    emulator.clearRequests();
    await this.stack.destroy();
    this.deployed = { store, methods: { deploy, destroy: methods() } };
    await emulator.close();
    return this.deployed;
  }

  private async runAndKill(emulator: Emulator, boundary: Boundary): Promise<{ struck?: string }> {
    const result: { struck?: string } = {};
    const command = boundary.phase === "deploy" ? "up" : "destroy";
    const run = this.stack.start([command, "--yes", "--skip-preview"]);
    emulator.faults.add({
      operation: boundary.operation,
      skip: boundary.request - 1,
      times: 1,
      when: boundary.when,
      action: {
        kind: "call",
        fn: ({ request }) => {
          result.struck = request.operation;
          if (boundary.victim === "cli") run.kill();
          else if (killProviders(run.child.pid ?? 0) === 0) result.struck = undefined;
          // Ends the request here: the server must not carry out what it had not begun.
          if (boundary.when === "before") throw new Error("killed before the request was carried out");
        },
      },
    });
    await run.done;
    emulator.faults.clear();
    return result;
  }

  private keep(from: string, to: string): void {
    const [source, target] = [from, to].map((name) => path.join(this.stack.folder, name)) as [string, string];
    rmSync(target, { recursive: true, force: true });
    cpSync(source, target, { recursive: true });
  }
}

function outcomesIn(json: string): string[] {
  const { creates = [] } = (json ? JSON.parse(json) : {}) as { creates?: { kind: string; outcome: string }[] };
  return creates.map(({ kind, outcome }) => `${kind} ${outcome}`);
}
