import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import { ensureDist } from "../../../lab/dist.js";
import { throughEngine } from "./engine-run.js";
import { type Measurement, measure, SUBJECTS, type SubjectName } from "./measure.js";
import { Progress } from "./progress.js";
import { format, misses, type Results, type SubjectResult } from "./table.js";
import { Tally } from "./tally.js";

interface Flags {
  operations: number;
  seed: number[];
  rate: number;
  cli: number;
  subjects: SubjectName[];
  timeScale: number;
  format: "text" | "json" | "markdown";
  out?: string;
  details: boolean;
}

const START = "<!-- faults -->";
const END = "<!-- end of faults -->";
const MOST_DETAILS = 40;

new Command("npm run faults --")
  .description(
    "creates, updates and deletes all kinds of resources under injected faults, and compares what the provider says with what the server holds",
  )
  .addOption(new Option("--operations <n>", "wanted changes for each seed").default(1000).argParser(wholeNumber))
  .addOption(
    new Option("--seed <list>", "of the changes and of the faults").default([1], "1").argParser(list(wholeNumber)),
  )
  .addOption(new Option("--rate <share>", "of the calls that a fault strikes").default(0.1).argParser(share))
  .addOption(
    new Option("--cli <n>", "so many more changes through the real engine, for each seed")
      .default(0)
      .argParser(wholeNumber),
  )
  .addOption(
    new Option("--subjects <list>", `of ${SUBJECTS.join(", ")}`)
      .default([...SUBJECTS], SUBJECTS.join())
      .argParser(list(subject)),
  )
  .addOption(
    new Option("--time-scale <factor>", "1: commits up to 5 s late, lists up to 2 s old").default(1).argParser(share),
  )
  .addOption(new Option("--format <format>").choices(["text", "json", "markdown"]).default("text"))
  .addOption(new Option("--out <file>", `also to this file; in a page that has ${START}, between that and ${END}`))
  .addOption(new Option("--no-details", "leaves out the line for each thing that went wrong"))
  .addHelpText(
    "after",
    `
Examples:
  npm run faults -- --operations 300 --time-scale 0.05         a minute, for a look
  npm run faults -- --operations 10000 --seed 1,2 --cli 500    the whole of it
  npm run faults -- --subjects documented --operations 500     what a plain provider does`,
  )
  .action(run)
  .parseAsync()
  .catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });

async function run(flags: Flags): Promise<void> {
  const { operations, seed: seeds, rate, cli, timeScale } = flags;
  ensureDist((line) => console.error(line));
  const results: SubjectResult[] = flags.subjects.map((name) => ({ name, tally: new Tally() }));
  const progress = new Progress(flags.subjects.length * seeds.length * operations);
  const common = (seed: number) => ({ seed, operations, rate, timeScale });
  // Most of the time is waiting, so seeds and subjects go side by side, each against a server of its own.
  const measured = await Promise.all(
    seeds.map((seed) =>
      Promise.all(
        flags.subjects.map((name) =>
          measure({ ...common(seed), subject: name, progress: progress.of(`${name} ${seed}`) }),
        ),
      ),
    ),
  );
  const besides = await Promise.all(
    seeds.map((seed) => (flags.subjects.includes("ours") ? beside(common(seed), cli) : {})),
  );
  for (const place of seeds.keys()) {
    for (const [index, name] of flags.subjects.entries()) {
      const former = results[index];
      const tally = measured[place]?.[index];
      if (!former || !tally) continue;
      const more: Partial<SubjectResult> = name === "ours" ? (besides[place] ?? {}) : {};
      results[index] = {
        name,
        tally: Tally.sum([former.tally, tally]),
        reference: sum(former.reference, more.reference),
        throttled: sum(former.throttled, more.throttled),
        cli: sum(former.cli, more.cli),
      };
    }
  }
  progress.end();
  const command = ["npm run faults", ...(process.argv.length > 2 ? ["--", ...process.argv.slice(2)] : [])].join(" ");
  const all: Results = { command, seeds, rate, timeScale, subjects: results };
  const text = format(all, flags.format);
  console.log(text);
  if (flags.details)
    for (const { name, tally, throttled, cli } of results) {
      showDetails(
        name,
        [tally, throttled, cli].flatMap((part) => part?.details ?? []),
      );
    }
  if (flags.out) save(flags.out, text);
  const missed = results.filter(({ name }) => name === "ours").flatMap(misses);
  for (const line of missed) console.error(`missed: ${line}`);
  if (missed.length > 0) process.exitCode = 1;
}

/** The same operations without faults and with throttling alone, for the number of requests; and some through the engine. */
async function beside(common: Omit<Measurement, "subject">, cli: number): Promise<Partial<SubjectResult>> {
  const fewer = { ...common, subject: "ours" as const, operations: Math.min(common.operations, 2000) };
  const reference = await measure({ ...fewer, rate: 0 });
  const throttled = await measure({ ...fewer, only: ["throttling"] });
  return { reference, throttled, cli: cli > 0 ? await throughEngine({ ...common, operations: cli }) : undefined };
}

function sum(former: Tally | undefined, more: Tally | undefined): Tally | undefined {
  return former && more ? Tally.sum([former, more]) : (more ?? former);
}

function showDetails(name: string, details: readonly string[]): void {
  for (const line of details.slice(0, MOST_DETAILS)) console.error(`${name}: ${line}`);
  if (details.length > MOST_DETAILS) console.error(`${name}: and ${details.length - MOST_DETAILS} more`);
}

function save(file: string, text: string): void {
  const page = existsSync(file) ? readFileSync(file, "utf8") : "";
  const [from, to] = [page.indexOf(START), page.indexOf(END)];
  if (from < 0 || to < from) writeFileSync(file, `${text}\n`);
  else writeFileSync(file, `${page.slice(0, from + START.length)}\n${text}\n${page.slice(to)}`);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError("a whole number, 0 or more.");
  return value;
}

function share(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError("a number from 0 to 1.");
  return value;
}

function list<T>(parse: (text: string) => T): (text: string) => T[] {
  return (text) => text.split(",").map((part) => parse(part.trim()));
}

function subject(text: string): SubjectName {
  const found = SUBJECTS.find((name) => name === text);
  if (found === undefined) throw new InvalidArgumentError(`of ${SUBJECTS.join(", ")}.`);
  return found;
}
