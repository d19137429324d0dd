import { cpus, loadavg } from "node:os";
import { Command, InvalidArgumentError } from "commander";
import { ensureEngine } from "../lab/cli/engine.js";
import { ensureDist } from "../lab/dist.js";
import { demoKey, startEmulator } from "../src/emulator/index.js";
import { fleet, STEPS, type Step } from "./fleet.js";
import { floor } from "./floor.js";
import { pulumi } from "./pulumi.js";
import { canary, fleetAgainstOne } from "./stacks.js";
import type { Prepare } from "./subject.js";
import { type Cell, tables } from "./tables.js";
import { terraform } from "./terraform.js";

const program = "ours.js";
const zstd = { PULUMI_DIY_BACKEND_ZSTD: "true" };
const offered: Record<string, Prepare | undefined> = {
  ours: pulumi({ program }),
  documented: pulumi({ program: "documented.js" }),
  terraform: terraform(process.env),
  floor,
  typescript: pulumi({ program, typescript: true }),
  "transpile-only": pulumi({ program, typescript: true, env: { PULUMI_NODEJS_TRANSPILE_ONLY: "true" } }),
  zstd: pulumi({ program, env: zstd }),
  lean: pulumi({ program, env: zstd, backend: "?metadata=skip" }),
  "no-checkpoints": pulumi({ program, env: { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" } }),
};

const BY_DEFAULT = ["ours", "documented", "terraform", "floor"];

interface Options {
  readonly sizes: readonly number[];
  readonly steps: readonly Step[];
  readonly subjects: readonly string[];
  readonly rounds: number;
  readonly latency: number;
  readonly parallel: number;
}

/** Each step is done by all subjects before the next one, in an order that turns each time: they meet the same machine. */
async function main(options: Options): Promise<void> {
  ensureDist(console.error);
  const { version } = await ensureEngine({ log: console.error });
  const cells: Cell[] = [];
  const loadAtStart = loadavg()[0];
  for (const size of options.sizes)
    for (let round = 1; round <= options.rounds; round++) cells.push(...(await runRound(size, round, options)));
  const load = `load ${loadAtStart?.toFixed(1)} at the start, ${loadavg()[0]?.toFixed(1)} at the end`;
  console.log(
    `${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores (${cpus()[0]?.model}), Node ${process.version}, ` +
      `Pulumi ${version}, ${load}, API of ${options.latency} ms, --parallel ${options.parallel}\n\n${tables(cells)}`,
  );
}

async function runRound(size: number, round: number, options: Options): Promise<Cell[]> {
  const subjects = await Promise.all(
    options.subjects.flatMap((name) => {
      const prepare = offered[name];
      return prepare ? [prepareOne(name, prepare, size, options)] : [];
    }),
  );
  const cells: Cell[] = [];
  for (const step of options.steps) {
    subjects.reverse();
    for (const { name, subject, emulator } of subjects) {
      emulator.clearRequests();
      const cost = await subject.run(step);
      if (!cost) continue;
      const requests = emulator.requests.length;
      const bytes = subject.stateBytes();
      const stateBytes = bytes === undefined ? undefined : Math.round(bytes / (3 * size));
      cells.push({ subject: name, size, round, step, requests, stateBytes, ...cost });
      console.error(`${size} services, round ${round}, ${step}, ${name}: ${cost.seconds.toFixed(1)} s`);
    }
  }
  for (const { subject, emulator } of subjects) {
    subject.remove();
    await emulator.close();
  }
  // In the order in which they were named, for the columns.
  return cells.sort((a, b) => options.subjects.indexOf(a.subject) - options.subjects.indexOf(b.subject));
}

async function prepareOne(name: string, prepare: Prepare, size: number, { latency, parallel }: Options) {
  const emulator = await startEmulator({ latencyMs: latency });
  const subject = await prepare({ url: emulator.url, apiKey: demoKey, fleet: fleet(size), parallel });
  return { name, subject, emulator };
}

/** An action that ends the process with a message where it fails. */
function reported<Given>(run: (options: Given) => Promise<void>) {
  return async (options: Given) => {
    // Processes that run are killed at exit, which a signal would pass over.
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
    await run(options).catch((error: Error) => {
      console.error(error.message);
      process.exitCode = 1;
    });
  };
}

const numbers = (text: string) => text.split(",").map(wholeNumber);

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError("must be a whole number.");
}

function names<T extends string>(allowed: readonly T[]): (text: string) => T[] {
  return (text) =>
    text.split(",").map((name) => {
      if (allowed.includes(name as T)) return name as T;
      throw new InvalidArgumentError(`must be one of ${allowed.join(", ")}.`);
    });
}

const steps = Object.keys(STEPS) as Step[];
new Command("npm run bench --")
  .description("Times the library on the real engine beside what you could use instead, against the emulator.")
  .option("--sizes <list>", "services of the fleet; each has a use case and a binding", numbers, [30, 100])
  .option("--steps <list>", `of ${steps.join(", ")}`, names(steps), steps)
  .option("--subjects <list>", `of ${Object.keys(offered).join(", ")}`, names(Object.keys(offered)), BY_DEFAULT)
  .option("--rounds <number>", "how often", wholeNumber, 2)
  .option("--latency <ms>", "time that the API takes for a request", wholeNumber, 50)
  .option("--parallel <number>", "the engine's --parallel", wholeNumber, 16)
  .addHelpText("after", "\nTerraform takes part where BENCH_TERRAFORM and BENCH_TERRAFORM_PROVIDER are set.")
  .action(reported(main))
  .addCommand(
    new Command("fleet")
      .description("Times `fleet up` on many stacks beside one stack that has all of it.")
      .option("--stacks <number>", "stacks, each with a workspace", wholeNumber, 34)
      .option("--lines <number>", "services of each stack, each with a line", wholeNumber, 30)
      .option("--concurrency <number>", "stacks that run at once", wholeNumber, cpus().length)
      .option("--latency <ms>", "time that the API takes for a request", wholeNumber, 50)
      .action(reported(fleetAgainstOne)),
  )
  .addCommand(
    new Command("canary")
      .description("Stops a fleet by a server fault at its canary, and goes on until all is done.")
      .option("--stacks <number>", "stacks, each with a workspace", wholeNumber, 50)
      .option("--lines <number>", "services of each stack, each with a line", wholeNumber, 2)
      .option("--concurrency <number>", "stacks that run at once", wholeNumber, cpus().length)
      .option("--latency <ms>", "time that the API takes for a request", wholeNumber, 50)
      .action(reported(canary)),
  )
  .parse();
