import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cleanEnvironment, testEngine } from "../../../lab/cli/environment.js";
import { start } from "../../../lab/cli/process.js";
import { type ExportedState, TestStack } from "../../../lab/cli/stack.js";
import { repositoryRoot } from "../../../lab/root.js";
import { type Emulator, type FaultRule, startEmulator } from "../../../src/emulator/index.js";
import { timing } from "./classes.js";
import { readTruth } from "./control.js";
import { type Declared, isReference, type Kind, type Program, referencesOf, type Values } from "./program.js";
import { Tally } from "./tally.js";
import { type Held, lostUpdate, strays } from "./truth.js";
import { World } from "./world.js";

export interface EngineRunOptions {
  readonly seed: number;
  readonly operations: number;
  readonly rate: number;
  readonly timeScale: number;
  readonly progress?: (done: number) => void;
}

const API_KEY = "amigo-planted-key-7c41e09b52d84f63";
const PER_ROUND = 50;
const MOST_RUNS = 6;

/** Operations through the real engine: programs with many resources, changed from `up` to `up`, each repeated until it succeeds. */
export async function throughEngine(options: EngineRunOptions): Promise<Tally> {
  const { seed, operations, rate, timeScale, progress = () => undefined } = options;
  const time = timing(timeScale);
  const tally = new Tally();
  const emulator = await startEmulator({ apiKeys: { [API_KEY]: "owner" }, faultSeed: seed });
  const world = new World(seed, 900);
  const stack = await TestStack.create({
    name: `faults-${seed}`,
    program: "",
    env: {
      AMIGO_BASE_URL: emulator.url,
      AMIGO_API_KEY: API_KEY,
      AMIGO_SETTLE_SECONDS: String(time.settleSeconds),
      AMIGO_TIMEOUT_SECONDS: String(time.timeoutSeconds),
    },
  });
  stack.env.PULUMI_HOME = path.join(stack.folder, "home");
  const startedAt = Date.now();
  try {
    for (let done = 0; done < operations; tally.rounds += 1) {
      const former = new Map(heldIn(await stack.exportState()).map((one) => [one.name, one.id]));
      const wanted = world.change(tally.rounds, Math.min(PER_ROUND, operations - done));
      stack.program(programText(world.declared));
      layFaults(emulator, rate, time);
      const { converged, text, runs, ms } = await converge(stack, tally, emulator);
      await sleep(time.commitLagMs);
      const truth = await readTruth(emulator.url);
      const state = await stack.exportState();
      const held = heldIn(state);
      for (const operation of wanted) {
        const row = tally.rows.none;
        row.operations += 1;
        tally.kinds[operation.kind] = (tally.kinds[operation.kind] ?? 0) + 1;
        if (runs > 1) row.rerun += 1;
        const mine = held.find(({ name }) => name === operation.name);
        if (!converged) {
          row.notConverged += 1;
          continue;
        }
        row.times.push(ms);
        const lost = lostUpdate(truth, operation, mine, former.get(operation.name));
        if (lost) tally.count("none", "lost updates", `${operation.action} ${operation.name}: ${lost}`);
      }
      for (const { what, text: stray } of strays(truth, held)) {
        tally.count("none", what === "orphan" ? "orphans" : "duplicates", stray);
      }
      const hits = `${text}${JSON.stringify(state)}`.split(API_KEY).length - 1;
      if (hits > 0) tally.count("none", "secret hits", `${hits} times in what the engine printed and keeps`);
      done += wanted.length;
      progress(done);
      if (converged) continue;
      // What follows would be judged against a program that was not reached.
      tally.details.push(`not converged through the engine; kept for a look: ${stack.folder}\n${text.slice(-2000)}`);
      return tally;
    }
    stack.remove();
  } finally {
    await emulator.close();
  }
  tally.seconds = (Date.now() - startedAt) / 1000;
  return tally;
}

async function converge(stack: TestStack, tally: Tally, emulator: Emulator) {
  let text = "";
  let ms = 0;
  for (let runs = 1; runs <= MOST_RUNS; runs += 1) {
    tally.runs += 1;
    // The last ones without faults: what is counted is where the runs lead, not whether they get there.
    if (runs > MOST_RUNS - 2) emulator.faults.clear();
    const result = await stack.up({ outcome: "any", args: ["--continue-on-error"] });
    text += result.output;
    ms += result.ms;
    if (result.code === 0) return { converged: true, text, runs, ms };
    if (!result.output.includes("pulumi-amigo recover")) continue;
    tally.recoveries += 1;
    const recovered = await recover(stack);
    text += recovered.output;
    ms += recovered.ms;
  }
  return { converged: false, text, runs: MOST_RUNS, ms };
}

async function recover(stack: TestStack) {
  const cli = path.join(repositoryRoot, "dist", "cli", "main.js");
  const env = { ...cleanEnvironment(), ...(await testEngine()).env, ...stack.env };
  return start(process.execPath, [cli, "recover", "--stack", stack.name, "--yes"], { cwd: stack.folder, env }).done;
}

/** The faults of creates and of all writes, drawn for each request. */
function layFaults(emulator: Emulator, rate: number, time: ReturnType<typeof timing>): void {
  emulator.faults.clear();
  const creates = ["create-service", "create-use-case", "create-self-service-workspace"];
  const writes = [
    ...creates,
    "update-service",
    "update-workspace",
    "upsert-service-version-set",
    "bind-use-case-to-service",
  ];
  const lay = (operation: string[], parts: number, rule: Pick<FaultRule, "when" | "action">) =>
    emulator.faults.add({ operation, probability: rate / parts, ...rule });
  lay(creates, 5, { when: "before", action: { kind: "reset" } });
  lay(creates, 5, { when: "after", action: { kind: "reset" } });
  lay(creates, 5, { when: "after", action: { kind: "truncate" } });
  lay(creates, 5, { when: "before", action: { kind: "lateCommit", delayMs: time.commitLagMs * 0.6, status: 504 } });
  lay(creates, 5, { when: "after", action: { kind: "status", status: 504 } });
  const headers = { "retry-after": String(time.scale) };
  lay(writes, 3, { when: "before", action: { kind: "status", status: 429, headers } });
  lay(writes, 3, { when: "before", action: { kind: "status", status: 502 } });
  lay(writes, 3, { when: "after", action: { kind: "stallBody", ms: time.timeoutSeconds * 300 } });
  lay(["list-services", "list-use-cases"], 1, { when: "before", action: { kind: "staleList", ms: time.staleMs } });
}

function programText(program: Program): string {
  const lines = inOrder(program).map(({ name, kind, args }) => {
    const entries = Object.entries(args).filter(([, value]) => value !== undefined);
    const text = (value: unknown) =>
      isReference(value) ? `all[${JSON.stringify(value.ref)}].id` : JSON.stringify(value);
    const fields = entries.map(([key, value]) => `${key}: ${text(value)}`).join(", ");
    return `all[${JSON.stringify(name)}] = new amigo.${className(kind)}(${JSON.stringify(name)}, { ${fields} });`;
  });
  return ['const amigo = require("pulumi-amigo");', "const all = {};", ...lines].join("\n");
}

/** Each after what it refers to. */
function inOrder(program: Program): Declared[] {
  const done = new Map<string, Declared>();
  const visit = (declared: Declared) => {
    for (const name of referencesOf(declared)) {
      const other = program.get(name);
      if (other && !done.has(name)) visit(other);
    }
    done.set(declared.name, declared);
  };
  for (const declared of program.values()) if (!done.has(declared.name)) visit(declared);
  return [...done.values()];
}

function className(kind: Kind): string {
  return `${kind[0]?.toUpperCase()}${kind.slice(1)}`;
}

function heldIn({ deployment }: ExportedState): Held[] {
  return (deployment?.resources ?? []).flatMap(({ type, urn, id, inputs = {} }) => {
    const kind = /:dynamic\/amigo:(\w+)$/.exec(type)?.[1];
    if (kind === undefined || id === undefined) return [];
    const reached = Object.fromEntries(Object.entries(inputs).filter(([name]) => !name.startsWith("__"))) as Values;
    return [
      { kind: `${kind[0]?.toLowerCase()}${kind.slice(1)}` as Kind, name: urn.split("::").at(-1) ?? "", id, reached },
    ];
  });
}
