import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import { ensureEngine } from "../../../lab/cli/engine.js";
import { elapsed } from "../../../lab/cli/progress.js";
import { ensureDist } from "../../../lab/dist.js";
import { type Boundary, boundaryText, type Outcome } from "./boundary.js";
import { Stage } from "./stage.js";
import { failureLines, formatOutcomes } from "./table.js";

interface Flags {
  workers: number;
  sample?: number;
  seed: number;
  format: "text" | "json" | "markdown";
  out?: string;
  resume?: string;
  setting: Record<string, string>;
}

new Command("kill")
  .description(
    "kills a full deploy and a full destroy at every request boundary, recovers, runs once more, and looks whether anything is doubled, orphaned or lost",
  )
  .addOption(new Option("--workers <n>", "stacks at work at once").default(2).argParser(wholeNumber))
  .addOption(new Option("--sample <n>", "only so many boundaries, drawn by the seed").argParser(wholeNumber))
  .addOption(new Option("--seed <n>", "of the sample").default(1).argParser(wholeNumber))
  .addOption(new Option("--format <form>", "of the table").choices(["text", "json", "markdown"]).default("text"))
  .option("--out <file>", "write the table there too")
  .option("--resume <file>", "note each outcome there, and leave out what an earlier run has noted")
  .option(
    "--setting <name=value>",
    "environment variable for every command of the engine, such as PULUMI_DIY_BACKEND_GZIP=true; can be repeated",
    setting,
    {},
  )
  .action(run)
  .parseAsync()
  .catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });

async function run({ workers, sample, seed, format, out, resume, setting }: Flags): Promise<void> {
  const startedAt = Date.now();
  const log = (line: string) => console.error(line);
  ensureDist(log);
  await ensureEngine({ log });
  const stages: Stage[] = [];
  for (let worker = 0; worker < workers; worker++) stages.push(await Stage.open(`kill-${worker + 1}`, setting));
  const all = (await stages[0]?.boundaries()) ?? [];
  const chosen = sample === undefined ? all : drawn(all, sample, seed);
  const outcomes = noted(resume);
  const done = new Set(outcomes.map(({ boundary }) => boundaryText(boundary)));
  const waiting = chosen.filter((boundary) => !done.has(boundaryText(boundary)));
  const total = outcomes.length + waiting.length;
  log(`${waiting.length} of ${all.length} boundaries, ${stages.length} at once`);

  await Promise.all(
    stages.map(async (stage) => {
      for (let boundary = waiting.shift(); boundary; boundary = waiting.shift()) {
        const outcome = await stage.kill(boundary);
        outcomes.push(outcome);
        if (resume) appendFileSync(resume, `${JSON.stringify(outcome)}\n`);
        show(outcome, outcomes.length, total, startedAt);
      }
    }),
  );
  const failed = failureLines(outcomes).length > 0;
  for (const stage of stages) stage.close({ keep: failed });
  const text = formatOutcomes(outcomes, format);
  console.log(text);
  if (out) writeFileSync(out, `${text}\n`);
  if (failed) process.exitCode = 1;
}

function noted(file: string | undefined): Outcome[] {
  if (file === undefined || !existsSync(file)) return [];
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as Outcome);
}

/** A bar that is rewritten on a terminal, a plain line per boundary elsewhere; failures stay on the screen. */
function show(outcome: Outcome, done: number, total: number, startedAt: number): void {
  const failed = outcome.failures.length > 0;
  const line = `${done}/${total} ${boundaryText(outcome.boundary)} (${outcome.struck ?? "not reached"}): ${failed ? "FAILED" : "ok"}`;
  if (!process.stderr.isTTY || failed) {
    console.error([line, ...outcome.failures].join("\n  "));
    return;
  }
  const filled = Math.round((done / total) * 30);
  const bar = `${"#".repeat(filled)}${"-".repeat(30 - filled)}`;
  process.stderr.write(`\r\x1b[2K[${bar}] ${done}/${total} ${elapsed(Date.now() - startedAt)}`);
  if (done === total) process.stderr.write("\n");
}

/** The same seed draws the same boundaries. */
function drawn(boundaries: readonly Boundary[], count: number, seed: number): Boundary[] {
  let state = seed;
  const left = [...boundaries];
  const chosen: Boundary[] = [];
  while (chosen.length < count && left.length > 0) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    chosen.push(...left.splice(state % left.length, 1));
  }
  return chosen;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("a whole number, 1 or more.");
  return value;
}

function setting(text: string, others: Record<string, string>): Record<string, string> {
  const [, name, value] = /^(\w+)=(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError("must be NAME=VALUE.");
  return { ...others, [name]: value };
}
