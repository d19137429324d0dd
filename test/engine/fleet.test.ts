import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it, vi } from "vitest";
import { FleetFolder } from "../../lab/cli/fleet-folder.js";
import { start } from "../../lab/cli/process.js";
import { commandFile, repositoryRoot } from "../../lab/root.js";
import { type Emulator, startEmulator } from "../../src/emulator/index.js";
import { fleetUp } from "../../src/fleet/commands.js";
import { readFleet } from "../../src/fleet/file.js";
import type { FleetReport } from "../../src/fleet/report.js";
import type { FleetStatus } from "../../src/fleet/status.js";
import { holderByInit } from "../../src/stack/lock-holders.js";
import { Pulumi } from "../../src/stack/pulumi.js";

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function open(stacks: readonly string[], lines: number, rest: string, clinic = stacks[0] ?? "") {
  const emulator: Emulator = await startEmulator();
  const fleet = new FleetFolder(emulator, { stacks, lines, rest });
  opened.push({
    close: async () => {
      fleet.remove();
      await emulator.close();
    },
  });
  const workspace = emulator.store.workspaces.find(({ slug }) => slug === clinic)?.id;
  const run = async (...args: string[]) => (await fleet.start(args)).done;
  const json = async <Result>(...args: string[]) => {
    const { code, stdout, output } = await run(...args, "--json");
    expect(stdout, output).toMatch(/^\{/);
    return { code, output, report: JSON.parse(stdout) as Result };
  };
  return { emulator, fleet, workspace, run, json };
}

const states = ({ stacks }: FleetReport) => Object.fromEntries(stacks.map(({ name, state }) => [name, state]));
const writes = ({ requests }: Emulator) => requests.filter(({ method }) => method !== "GET" && method !== "HEAD");

it("stops at a canary that fails, goes on where it is mended, and then sees drift and lines that moved", async () => {
  const rest = `waves:
  - { name: canary, count: 1 }
  - { name: rest, concurrency: 2 }
gate: { command: 'echo "$FLEET_WAVE" >> gates.txt' }
budget: { maxConcurrency: 4 }
`;
  const { emulator, fleet, workspace, run, json } = await open(["east", "north", "south"], 2, rest);
  const refused = await run("up", "fleet.yaml");
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("--yes")]);
  const before = emulator.requests.length;
  const preview = await json<FleetReport>("preview", "fleet.yaml");
  expect([preview.code, preview.report.stacks.map(({ changes }) => changes?.create)]).toEqual([0, [8, 8, 8]]);
  const named = preview.report.stacks[0]?.resources?.map(({ operation, kind, name }) => `${operation} ${kind} ${name}`);
  expect(named).toHaveLength(8);
  expect(named).toEqual(
    expect.arrayContaining([
      "create Service environment/east desk 0",
      "create VersionSet environment/east desk 0/release",
    ]),
  );
  expect(preview.report.notes).toEqual([expect.stringContaining("compares with the state of each stack")]);
  expect(writes(emulator)).toEqual([]);
  expect(existsSync(path.join(fleet.folder, "backend/.pulumi/stacks/pulumi-amigo/north.json"))).toBe(false);
  expect(emulator.requests.length).toBeGreaterThanOrEqual(before);

  const fault = emulator.faults.add({
    operation: "create-service",
    path: new RegExp(String(workspace)),
    when: "before",
    action: { kind: "status", status: 403 },
  });
  const first = await json<FleetReport>("up", "fleet.yaml", "--yes");
  expect(first.code).toBe(1);
  expect(states(first.report)).toEqual({ east: "failed", north: "waiting", south: "waiting" });
  expect(first.report.stacks[0]?.error).toContain("403");
  expect(first.output).toContain("wave canary: failed; nothing more was started");
  expect(new Set(writes(emulator).map(({ path: at }) => at.includes(String(workspace))))).toEqual(new Set([true]));
  expect(existsSync(path.join(fleet.folder, "gates.txt"))).toBe(false);

  emulator.faults.remove(fault);
  const second = await json<FleetReport>("up", "fleet.yaml", "--resume", "last", "--yes");
  expect(second.code, second.output).toBe(0);
  expect(second.report.run).toBe(first.report.run);
  expect(states(second.report)).toEqual({ east: "done", north: "done", south: "done" });
  expect(readFileSync(path.join(fleet.folder, "gates.txt"), "utf8")).toBe("canary\nrest\n");
  expect(emulator.store.bindings.list()).toHaveLength(6);
  const folder = path.join(fleet.folder, ".pulumi-amigo/fleet", first.report.run);
  const kept = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), "utf8"));
  expect(kept.join("\n")).not.toContain("amigo-demo-key");
  expect(JSON.parse(readFileSync(path.join(folder, "report.json"), "utf8"))).toEqual(second.report);

  emulator.clearRequests();
  expect((await run("drift", "fleet.yaml")).code).toBe(0);
  // A service of the first stack that does not answer any more, and a line of the second that somebody took.
  const [service] = emulator.store.services.list().filter(({ workspace_id }) => workspace_id === workspace);
  emulator.store.services.put({ ...(service as NonNullable<typeof service>), is_active: false });
  const north = emulator.store.workspaces.find(({ slug }) => slug === "north")?.id;
  const [line, other] = emulator.store.bindings.list().filter(({ workspace_id }) => workspace_id === north);
  emulator.store.bindings.put({ ...(line as NonNullable<typeof line>), service_id: String(other?.service_id) });
  const drift = await json<FleetReport>("drift", "fleet.yaml");
  expect(drift.code).toBe(2);
  expect(writes(emulator)).toEqual([]);
  expect(drift.report.stacks.map(({ differences }) => differences?.length)).toEqual([2, 2, 0]);
  expect(drift.report.stacks[0]?.differences).toEqual([
    expect.stringMatching(/^drift: Service "east desk \d" was changed \(isActive\)$/),
    expect.stringMatching(/^line .* its service "east desk \d" is not active$/),
  ]);
  expect(drift.report.stacks[1]?.differences).toEqual([
    expect.stringMatching(/^drift: ServiceBinding ".*Line AA[AB]" was changed \(serviceId\)$/),
    expect.stringContaining(`is bound to service ${other?.service_id}, and the stack declares ${line?.service_id}`),
  ]);

  const status = await json<FleetStatus>("status", "fleet.yaml");
  expect(status.report).toMatchObject({ last: { run: first.report.run, state: "done" }, running: false, locked: [] });
  const matrix = await run("matrix", "fleet.yaml", "--json");
  expect(JSON.parse(matrix.stdout).include[0]).toEqual({
    stack: "east",
    wave: "canary",
    environment: "clinics/east.yaml",
    workspace: "east",
    labels: {},
  });
});

it("looks at all locks before the first wave", async () => {
  const waves = "waves:\n  - { name: first, count: 1 }\n  - { name: second }\n";
  const { emulator, fleet, run, json } = await open(["east", "north"], 1, waves);
  const locks = path.join(fleet.folder, "backend/.pulumi/locks/organization/pulumi-amigo/north");
  mkdirSync(locks, { recursive: true });
  const lock = { pid: 4_194_305, username: "ann", hostname: hostname(), timestamp: "2026-11-01T09:00:00Z" };
  writeFileSync(path.join(locks, "held.json"), JSON.stringify(lock));
  const up = await run("up", "fleet.yaml", "--yes");
  expect(up.code).toBe(1);
  expect(up.stderr).toContain(`error: stack north is locked by process 4194305 of ann on ${hostname()}`);
  expect(up.stderr).toMatch(/Nothing was started.*`pulumi cancel --stack north -C .*before `recover`/);
  expect(up.stderr).not.toContain("started\n");
  expect(emulator.requests).toEqual([]);
  // As a backend says it whose files cannot be looked at.
  const pulumi = await Pulumi.find("north", path.join(fleet.folder, ".pulumi-amigo/east"), await fleet.environment());
  expect(await holderByInit(pulumi, "north")).toBe(`ann@${hostname()} (pid 4194305) at ${lock.timestamp}`);
  const { report } = await json<FleetStatus>("status", "fleet.yaml");
  expect(report).toMatchObject({ last: null, locked: [{ stack: "north", holder: expect.stringContaining("ann") }] });
});

it("reports a stack whose process is killed, frees its place, ends its engine, and goes on after recover", async () => {
  const { emulator, fleet, json } = await open(["east", "north"], 1, "waves:\n  - { name: all, concurrency: 1 }\n");
  const fault = emulator.faults.add({
    operation: "create-service",
    when: "after",
    action: { kind: "stallHeaders", ms: 20_000 },
  });
  const running = await fleet.start(["up", "fleet.yaml", "--yes", "--json"]);
  while (!emulator.requests.some(({ operation }) => operation === "create-service")) await sleep(50);
  const [worker] = processes().filter(({ parent, line }) => parent === running.child.pid && line.includes("worker.js"));
  const engine = processes().find(({ parent, line }) => parent === worker?.pid && line.includes("pulumi up"));
  expect(engine).toBeDefined();
  process.kill(worker?.pid as number, "SIGKILL");
  const { code, stdout } = await running.done;
  const report = JSON.parse(stdout) as FleetReport;
  expect(code).toBe(1);
  expect(states(report)).toEqual({ east: "lost", north: "waiting" });
  expect(report.stacks[0]?.error).toContain("SIGKILL");
  expect(processes().filter(({ pid }) => pid === engine?.pid)).toEqual([]);
  emulator.faults.remove(fault);

  const options = { cwd: fleet.folder, env: await fleet.environment() };
  const recovered = await start(process.execPath, [commandFile, "recover", "--stack", "east", "--yes"], options).done;
  expect(recovered.code, recovered.output).toBe(0);
  const resumed = await json<FleetReport>("up", "fleet.yaml", "--resume", "last", "--yes");
  expect(resumed.code, resumed.output).toBe(0);
  expect(emulator.store.bindings.list()).toHaveLength(2);
});

it("reports a stack whose engine is stopped, and takes no slow answer for an end", async () => {
  const { emulator, fleet, json } = await open(["east", "north"], 1, "waves:\n  - { name: all, concurrency: 2 }\n");
  const silenceMs = 20_000;
  const stall = { kind: "stallHeaders", ms: 1.5 * silenceMs } as const;
  const fault = emulator.faults.add({ operation: "create-service", when: "before", action: stall });
  const env = await fleet.environment();
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const running = fleetUp(readFleet(path.join(fleet.folder, "fleet.yaml")), {
    child: { silenceMs, env, worker: path.join(repositoryRoot, "dist/fleet/worker.js") },
    signal: new AbortController().signal,
    warn: () => {},
    confirm: async () => true,
    listen: () => ({ onStart() {}, onProgress() {}, onEnd() {}, onWave() {}, close() {} }),
  });
  const created = () => emulator.requests.filter(({ operation }) => operation === "create-service");
  while (created().length < 2) await sleep(50);
  const engine = processes().find(({ line }) => line.includes("pulumi up") && line.includes("--stack north"));
  process.kill(engine?.pid as number, "SIGSTOP");
  const report = await running;
  expect(states(report)).toEqual({ east: "done", north: "lost" });
  expect(report.stacks[1]?.error).toContain(
    `its engine gave no sign of life for 20 s and was ended (process ${engine?.pid} (pulumi) is stopped)`,
  );
  expect(processes().filter(({ line }) => line.includes("--stack north"))).toEqual([]);
  vi.unstubAllEnvs();
  emulator.faults.remove(fault);
  // It was let go on for its end, so it wrote its state and gave back its lock.
  const resumed = await json<FleetReport>("up", "fleet.yaml", "--resume", "last", "--yes");
  expect(resumed.code, resumed.output).toBe(0);
  expect(emulator.store.bindings.list()).toHaveLength(2);
});

it("lets finish what is under way, when it is interrupted and when it is killed itself", async () => {
  const { emulator, fleet, json } = await open(["east", "north"], 1, "waves:\n  - { name: all, concurrency: 1 }\n");
  const fault = emulator.faults.add({
    operation: "create-service",
    when: "before",
    action: { kind: "stallHeaders", ms: 6_000 },
  });
  const begun = async () => {
    emulator.clearRequests();
    const running = await fleet.start([
      "up",
      "fleet.yaml",
      "--yes",
      "--json",
      ...(emulator.store.services.list().length > 1 ? ["--resume", "last"] : []),
    ]);
    while (!emulator.requests.some(({ operation }) => operation === "create-service")) await sleep(50);
    return running;
  };
  const first = await begun();
  first.signal("SIGINT");
  const { code, stdout, stderr } = await first.done;
  const report = JSON.parse(stdout) as FleetReport;
  expect([code, report.state]).toEqual([1, "interrupted"]);
  expect(states(report)).toEqual({ east: "interrupted", north: "waiting" });
  expect(stderr).toContain("stopping: what is under way is being finished, nothing more is started");
  // The service that was being made is in the state: the next run makes no second one.
  const second = await begun();
  const [worker] = processes().filter(({ parent, line }) => parent === second.child.pid && line.includes("worker.js"));
  const during = await json<FleetStatus>("status", "fleet.yaml");
  expect(during.report).toMatchObject({
    running: true,
    process: { pid: second.child.pid },
    underWay: [{ stack: "north", by: expect.stringMatching(/^process \d+ of .*, since 20/) }],
    locked: [{ stack: "north", isGone: false }],
    notes: [],
  });
  second.child.kill("SIGKILL");
  await second.done;
  while (processes().some(({ pid }) => pid === worker?.pid)) await sleep(100);
  expect(processes().filter(({ line }) => line.includes("pulumi up") && line.includes("--stack north"))).toEqual([]);
  emulator.faults.remove(fault);
  const status = await json<FleetStatus>("status", "fleet.yaml");
  expect(status.report).toMatchObject({ last: { state: "running" }, locked: [] });
  const resumed = await json<FleetReport>("up", "fleet.yaml", "--resume", "last", "--yes");
  expect(resumed.code, resumed.output).toBe(0);
  expect(emulator.store.services.list()).toHaveLength(3);
  expect(emulator.store.bindings.list()).toHaveLength(2);
});

it("runs stacks of one project side by side, and writes a program for the operator that deploys the same", async () => {
  const { fleet, run, json } = await open(["east", "north"], 1, "");
  expect((await run("up", "fleet.yaml", "--yes")).code).toBe(0);
  execFileSync("git", ["init", "-q", fleet.folder]);
  const repository = "https://github.com/clinic/infrastructure";
  const manifests = await run("manifests", "fleet.yaml", "--out", "operator", "--repository", repository);
  expect(manifests.code, manifests.output).toBe(0);
  expect(readFileSync(path.join(fleet.folder, "operator/east.yaml"), "utf8")).toContain("repoDir: operator/program");
  // What `npm install` does in the operator's pod.
  symlinkSync(
    path.join(fleet.folder, ".pulumi-amigo/east/node_modules"),
    path.join(fleet.folder, "operator/program/node_modules"),
  );
  const entry = (name: string) => `  - { name: ${name}, project: operator/program, workspace: ${name} }\n`;
  fleet.write("own.yaml", `version: 1\nstacks:\n${entry("east")}${entry("north")}`);
  const up = await json<FleetReport>("up", "own.yaml", "--yes");
  expect(up.code, up.output).toBe(0);
  expect(up.report.stacks.map(({ changes }) => changes)).toEqual([{ same: 4 }, { same: 4 }]);
});

function processes(): { pid: number; parent: number; line: string }[] {
  const text = execFileSync("ps", ["-A", "-o", "pid=,ppid=,stat=,args="], { encoding: "utf8" });
  return text.split("\n").flatMap((line) => {
    const [, pid, parent, state = "", args = ""] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined || state.startsWith("Z") ? [] : [{ pid: Number(pid), parent: Number(parent), line: args }];
  });
}
