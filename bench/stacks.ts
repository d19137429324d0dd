import { loadavg } from "node:os";
import { ensureEngine } from "../lab/cli/engine.js";
import { FleetFolder } from "../lab/cli/fleet-folder.js";
import { ensureDist } from "../lab/dist.js";
import { type Emulator, startEmulator } from "../src/emulator/index.js";
import type { FleetReport } from "../src/fleet/report.js";

export interface StacksOptions {
  readonly stacks: number;
  readonly lines: number;
  readonly concurrency: number;
  readonly latency: number;
}

const LONGEST_MS = 3_600_000;

/** Many stacks by `fleet up` beside one stack with the same services, each on an emulator of its own. */
export async function fleetAgainstOne(options: StacksOptions): Promise<void> {
  const { stacks, lines, concurrency, latency } = options;
  await prepare();
  const [create, again] = await withFleet(names(stacks), options, (many) =>
    withFleet(["all"], { ...options, lines: stacks * lines }, async (one) => {
      const both = async () => [await seconds(many), await seconds(one)] as const;
      return [await both(), await both()] as const;
    }),
  );
  console.log(
    `${stacks * lines} services, ${concurrency} stacks at once, API of ${latency} ms, load ${loadavg()[0]?.toFixed(1)} at the end

| | create all | up, no change |
| --- | ---: | ---: |
| ${stacks} stacks of ${lines} | ${create[0].toFixed(0)} s | ${again[0].toFixed(0)} s |
| one stack | ${create[1].toFixed(0)} s | ${again[1].toFixed(0)} s |
| ratio | ${(create[1] / create[0]).toFixed(1)} | ${(again[1] / again[0]).toFixed(1)} |`,
  );
}

/** A canary that the server refuses: what was started then, and how long it takes to go on to the end. */
export async function canary(options: StacksOptions): Promise<void> {
  await prepare();
  const { stacks, lines, concurrency, latency } = options;
  await withFleet(names(stacks), options, async (fleet, emulator) => {
    const fault = emulator.faults.add({
      operation: "create-service",
      when: "before",
      action: { kind: "status", status: 500 },
    });
    const stopped = await run(fleet, "up", "--yes");
    emulator.faults.remove(fault);
    const resumed = await run(fleet, "up", "--resume", "last", "--yes");
    const again = await run(fleet, "up", "--yes");
    const drift = await run(fleet, "drift");
    const rows = Object.entries({ "canary fails": stopped, resumed, "up, no change": again, drift }).map(
      ([name, { seconds, code, report }]) => {
        const done = report.stacks.filter(({ state }) => state === "done").length;
        const waiting = report.stacks.filter(({ state }) => state === "waiting").length;
        return `| ${name} | ${seconds.toFixed(0)} s | ${code} | ${done} | ${waiting} |`;
      },
    );
    console.log(
      `${stacks} stacks of ${lines} services, ${concurrency} at once, API of ${latency} ms, load ${loadavg()[0]?.toFixed(1)} at the end

| | time | exit code | stacks done | not started |
| --- | ---: | ---: | ---: | ---: |
${rows.join("\n")}`,
    );
  });
}

async function prepare(): Promise<void> {
  ensureDist(console.error);
  await ensureEngine({ log: console.error });
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `clinic-${String(index).padStart(3, "0")}`);
}

/** How long a `fleet up` takes, with its gates. */
async function seconds(fleet: FleetFolder): Promise<number> {
  const { code, output, seconds: taken } = await run(fleet, "up", "--yes");
  if (code !== 0) throw new Error(output);
  return taken;
}

async function withFleet<Result>(
  stacks: readonly string[],
  { lines, concurrency, latency }: StacksOptions,
  use: (fleet: FleetFolder, emulator: Emulator) => Promise<Result>,
): Promise<Result> {
  const emulator = await startEmulator({ latencyMs: latency });
  const waves =
    stacks.length === 1
      ? ""
      : `waves:\n  - { name: canary, count: 1 }\n  - { name: rest, concurrency: ${concurrency} }\n`;
  const fleet = new FleetFolder(emulator, { stacks, lines, rest: waves });
  try {
    return await use(fleet, emulator);
  } finally {
    fleet.remove();
    await emulator.close();
  }
}

async function run(fleet: FleetFolder, command: string, ...args: string[]) {
  const { code, stdout, output, ms } = await (await fleet.start([command, "fleet.yaml", ...args, "--json"], LONGEST_MS))
    .done;
  if (!stdout.startsWith("{")) throw new Error(output);
  const report = JSON.parse(stdout) as FleetReport;
  console.error(
    `${report.stacks.length} stacks, ${command} ${args.join(" ")}: ended with ${code} after ${(ms / 1000).toFixed(1)} s`,
  );
  return { code, output, seconds: ms / 1000, report };
}
