import { Command, InvalidArgumentError } from "commander";
import { STEPS, type Step } from "./fleet.js";
import { DEFAULT_SUBJECTS, SUBJECT_NAMES } from "./subjects/index.js";
import { repositoryRoot } from "./subjects/project.js";

export interface Options {
  readonly sizes: readonly number[];
  readonly steps: readonly Step[];
  readonly subjects: readonly string[];
  /** Runs of every subject, by size. */
  readonly runs: (size: number) => number;
  readonly latencyMs: number;
  readonly parallel: number;
  /** Services in each measurement of the provider's process alone; none leaves them and the client's out. */
  readonly processServices: readonly number[];
  /** Previews of one clinic, for the time to the first difference; 0 leaves them out. */
  readonly starts: number;
  /** Folder with the `package.json` and the `dist` of the library to measure. */
  readonly library: string;
  /** The `--json` file of an earlier run, whose measurements are told with these. */
  readonly with?: string;
  readonly json?: string;
  readonly markdown?: string;
  readonly svg?: string;
  /** As it was typed. */
  readonly command: string;
}

/** One run takes minutes from here on, so it is not repeated unless asked for. */
const LARGE = 300;

export function readOptions(argv: readonly string[]): Options {
  const program = new Command("npm run bench --")
    .description(
      "Measures the library on the real engine beside what a user could pick instead, against an API of fixed latency.",
    )
    .option(
      "--sizes <list>",
      "services of the fleet; each has a use case and a binding",
      list(wholeNumber(1)),
      [30, 100],
    )
    .option("--steps <list>", `of ${STEPS.join(", ")}; they run in this order`, list(oneOf(STEPS)), [...STEPS])
    .option("--subjects <list>", `of ${SUBJECT_NAMES.join(", ")}`, list(oneOf(SUBJECT_NAMES)), DEFAULT_SUBJECTS)
    .option("--runs <number>", "runs of each (default: 2, or 1 from 300 services on)", wholeNumber(1))
    .option("--latency <ms>", "time that the API takes for a request", wholeNumber(0), 50)
    .option("--parallel <number>", "the engine's --parallel", wholeNumber(1), 16)
    .option(
      "--process <services>",
      "fleets for measuring the provider's process alone; 0 leaves it out",
      list(wholeNumber(0)),
      [33, 100, 333, 1000],
    )
    .option("--starts <number>", "previews of one clinic, for the time to the first difference", wholeNumber(0), 5)
    .option(
      "--library <folder>",
      "another build of the library: a folder with its package.json and dist",
      repositoryRoot,
    )
    .option(
      "--with <file>",
      "takes along what an earlier run wrote with --json; what is measured again has more rounds",
    )
    .option("--json <file>", "writes everything that was measured")
    .option("--markdown <file>", "writes the tables; into a page that marks the place for results, there")
    .option("--svg <file>", "writes a plot of how each grows")
    .addHelpText("after", EXAMPLES)
    .parse([...argv]);
  const {
    sizes,
    steps,
    subjects,
    runs,
    latency,
    parallel,
    process: processServices,
    starts,
    library,
    ...files
  } = program.opts();
  return {
    sizes,
    steps: STEPS.filter((step) => steps.includes(step)),
    subjects,
    runs: (size) => runs ?? (size < LARGE ? 2 : 1),
    latencyMs: latency,
    parallel,
    processServices: (processServices as number[]).filter((services) => services > 0),
    starts,
    library,
    ...files,
    command: ["npm run bench", ...(argv.length > 2 ? ["--", ...argv.slice(2)] : [])].join(" "),
  };
}

const EXAMPLES = `
Examples:
  npm run bench                                              30 and 100 services, everything
  npm run bench -- --sizes 300 --steps create,refresh        where the engine's checkpoints show
  npm run bench -- --sizes 30 --subjects ours,gzip,zstd      what settings do
  npm run bench -- --sizes 30,100,300 --markdown docs/performance.md --svg docs/performance.svg

Terraform takes part where BENCH_TERRAFORM (the executable) and BENCH_TERRAFORM_PROVIDER (the folder of
terraform-provider-restapi) are set; else its time is scaled from an earlier measurement, and marked as such.`;

function list<T>(parse: (text: string) => T): (text: string) => T[] {
  return (text) => text.split(",").map((part) => parse(part.trim()));
}

function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`must be a whole number from ${least} on.`);
  };
}

function oneOf<T extends string>(allowed: readonly T[]): (text: string) => T {
  return (text) => {
    if ((allowed as readonly string[]).includes(text)) return text as T;
    throw new InvalidArgumentError(`must be one of ${allowed.join(", ")}.`);
  };
}
