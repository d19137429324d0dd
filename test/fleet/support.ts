import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { type FleetOptions, fleetUp, lookAt, type UpOptions } from "../../src/fleet/commands.js";
import { readFleet } from "../../src/fleet/file.js";
import type { FleetReport } from "../../src/fleet/report.js";

/**
 * Plays the process of a stack. What a stack does stands in `behaviour.json`, by `<command> <stack>`:
 * `done` (the default), `slow`, `fail`, `crash`, `silent` (with an engine of its own), `quiet` (with an engine that gives no sign of
 * life), `differs`, `strays` (something is not declared), `warns`, `changes` (a preview with more changes than are named), `empty` (an answer without a result).
 */
const worker = `const fs = require("node:fs"), path = require("node:path"), { spawn } = require("node:child_process");
const answer = (more) => process.send({ kind: "answer", answer: { state: "done", ...more } }, () => process.exit());
let stopped = false;
process.on("message", (task) => {
  if (task.kind === "stop") return void (stopped = true);
  const key = task.command + " " + task.stack.name;
  const note = (text) => fs.appendFileSync(path.join(task.folder, "events.txt"), text + "\\n");
  note(key + " " + process.env.AMIGO_SHARED_BUDGET);
  console.log("log of " + key);
  const result = task.command === "check" ? { differences: [] } : { changes: { create: 2, same: 1 } };
  const behaviour = JSON.parse(fs.readFileSync(path.join(task.folder, "behaviour.json"), "utf8"))[key] ?? "done";
  const wait = (ms, then) => setTimeout(() => { clearInterval(beat); note("end " + key); then(); }, ms);
  const beat = setInterval(() => process.send({ kind: "beat" }), 50);
  if (behaviour === "done") wait(20, () => answer(result));
  if (behaviour === "slow") wait(1500, () => answer(stopped ? { state: "interrupted", error: "was asked to stop" } : result));
  if (behaviour === "fail") wait(20, () => answer({ state: "failed", error: "the API said no" }));
  if (behaviour === "crash") wait(20, () => process.exit(7));
  if (behaviour === "differs") wait(20, () => answer({ differences: ["drift: Service \\"Desk\\" is gone"] }));
  if (behaviour === "strays") wait(20, () => answer({ differences: ["drift: Service \\"By hand\\" exists and is not declared"] }));
  if (behaviour === "warns") wait(20, () => answer({ ...result, warnings: ["description was changed"], refresh: task.refresh }));
  const resources = [
    { operation: "update", kind: "Service", name: "desk <b>", changed: ["name", "tags"] },
    { operation: "create", kind: "UseCase", name: "calls" },
  ];
  if (behaviour === "changes") wait(20, () => answer({ ...result, resources, moreResources: 3 }));
  if (behaviour === "empty") wait(20, () => answer({}));
  if (behaviour === "quiet") {
    clearInterval(beat);
    setInterval(() => process.send({ kind: "quiet", what: "process 12 (pulumi) is stopped" }), 50);
    setTimeout(() => answer(result), 60_000);
  }
  if (behaviour === "silent") {
    const engine = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { detached: true, stdio: "ignore" });
    process.send({ kind: "engine", pid: engine.pid });
    note("engine " + engine.pid);
    note("process " + process.pid);
    clearInterval(beat);
    setInterval(() => {}, 1000);
  }
});
`;

/** A folder with a fleet whose stacks are played. */
export class PlayedFleet {
  readonly folder = realpathSync(mkdtempSync(path.join(tmpdir(), "amigo-fleet-")));
  readonly file = path.join(this.folder, "fleet.yaml");
  readonly controller = new AbortController();
  /** What happened, as one line each. */
  readonly said: string[] = [];
  /** How much of the events was read. */
  private read = 0;

  constructor(
    stacks: readonly string[],
    private readonly rest: string,
  ) {
    this.write("worker.js", worker);
    this.behave({});
    this.stacks(stacks);
  }

  stacks(names: readonly string[], rest = this.rest): this {
    for (const name of names) this.write(`${name}/Pulumi.yaml`, `name: ${name}\nruntime: nodejs\n`);
    const entries = names.map(
      (name) => `  - { name: ${name}, labels: { env: ${name.replace(/\d/, "")} }, project: ${name} }`,
    );
    this.write("fleet.yaml", `version: 1\nstacks:\n${entries.join("\n")}\n${rest}`);
    return this;
  }

  behave(behaviour: Record<string, string>): this {
    this.write("behaviour.json", JSON.stringify(behaviour));
    return this;
  }

  write(name: string, text: string): void {
    const file = path.join(this.folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text, { mode: 0o755 });
  }

  up(options: Partial<UpOptions> = {}): Promise<FleetReport> {
    const nothing = { confirm: async () => true, refuse: async () => {} };
    return fleetUp(readFleet(this.file), { ...this.options(), ...nothing, ...options });
  }

  lookAt(command: "preview" | "drift", options: Partial<FleetOptions> = {}): Promise<FleetReport> {
    return lookAt(readFleet(this.file), command, { ...this.options(), ...options });
  }

  /** What the stacks' processes did since the last call: `up a`, `end up a`, `check a`, ... */
  events(): string[] {
    const file = path.join(this.folder, "events.txt");
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    const lines = text.slice(this.read, text.lastIndexOf("\n") + 1).split("\n");
    this.read = text.lastIndexOf("\n") + 1;
    return lines.slice(0, -1);
  }

  /** The tasks that were started since the last call. */
  started(): string[] {
    return this.events()
      .filter((line) => /^(up|check|preview) /.test(line))
      .map((line) => line.split(" ").slice(0, 2).join(" "));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private options(): FleetOptions {
    const say = (line: string) => void this.said.push(line);
    return {
      child: { worker: path.join(this.folder, "worker.js"), silenceMs: 4_000, graceMs: 300 },
      engine: async () => "pulumi",
      signal: this.controller.signal,
      warn: say,
      listen: () => ({ onStart: () => {}, onProgress: () => {}, onEnd: () => {}, onWave: say, close: () => {} }),
    };
  }
}

/** The state of each stack. */
export function statesOf({ stacks }: FleetReport): Record<string, string> {
  return Object.fromEntries(stacks.map(({ name, state }) => [name, state]));
}
