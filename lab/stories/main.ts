import { Command, InvalidArgumentError, Option } from "commander";
import fc from "fast-check";
import { ensureDist } from "../dist.js";
import { Gate } from "../engine/gate.js";
import { speedUpTime } from "./clock.js";
import { ONLY_IN_PROCESS, type Story, stories } from "./command.js";
import { tellOnBoth } from "./compare.js";
import { FAULTY_SPEED } from "./faults.js";
import { Figures } from "./figures.js";
import { keepLog } from "./log.js";
import { Stage } from "./stage.js";
import { inWords, type StoryResult, sentence } from "./story.js";

interface Flags {
  count: number;
  seed: number;
  length?: number;
  cli?: boolean;
  path?: string;
  mention: string;
  without: string;
  found: number;
  faults?: number;
}

/** Stories between two lines of progress. */
const PROGRESS_EVERY = 500;

new Command("npm run stories --")
  .description("tells stories of several runs and compares the server and the state with what a careful user expects")
  .option("--count <n>", "stories", Number, 300)
  .option("--seed <n>", "of the stories", Number, 1)
  .option("--length <n>", "commands of a story, at most; 16, or 5 with --cli", Number)
  .option("--cli", "tells each story on the real engine too, and says where the two differ")
  .option("--path <path>", "of one story, as a failed test prints it: tells that one")
  .option("--mention <pattern>", "count only faults whose story in words has this regular expression", "")
  .option(
    "--without <rules>",
    "leaves out rules, by the names that lab/stories/rules gives them, with commas between",
    "",
  )
  .option("--found <n>", "stop after so many different faults", Number, 20)
  .addOption(
    new Option("--faults <rate>", "lets faults of the server strike; 0.3 strikes one request in ten")
      .argParser(rateOf)
      .conflicts("cli"),
  )
  .action(main)
  .parseAsync();

function rateOf(text: string): number {
  const rate = Number(text);
  if (!(rate > 0 && rate <= 1)) throw new InvalidArgumentError("a number above 0, at most 1.");
  return rate;
}

async function main(flags: Flags): Promise<void> {
  return flags.cli ? onBoth(flags) : inProcess(flags);
}

/** Shrinks nothing: a story takes 10 to 40 s. */
async function onBoth({ count, seed, length = 5, path, without }: Flags): Promise<void> {
  ensureDist((line) => process.stderr.write(`${line}\n`));
  const figures = new Figures();
  let found = 0;
  const drawn = fc.sample(stories(length, ONLY_IN_PROCESS), { numRuns: path === undefined ? count : 1, seed, path });
  for (const [index, story] of drawn.entries()) {
    const startedAt = Date.now();
    const { cli, differences } = await tellOnBoth(story, without.split(","));
    figures.add(cli);
    const title = `seed ${seed}, path ${path ?? index}: ${cli.runs} runs, ${Math.round((Date.now() - startedAt) / 1000)} s`;
    const isFound = cli.violations.length > 0 || differences.length > 0;
    if (isFound) found += 1;
    const text = isFound || path !== undefined ? [inWords(cli), ...differences.map((text) => `  ≠ ${text}`)] : [];
    process.stdout.write(`${[title, ...text].join("\n")}\n`);
  }
  process.stdout.write(`\n${figures.text(false)}\n${found} stories broke a rule or went another way\n`);
  process.exitCode = found > 0 ? 1 : 0;
}

async function inProcess(flags: Flags): Promise<void> {
  const { count, seed, length = 16, path, mention, found, faults: rate = 0 } = flags;
  speedUpTime(rate > 0 ? FAULTY_SPEED : 50);
  if (rate > 0) keepLog();
  const stage = await Stage.open(rate, flags.without.split(","));
  if (path !== undefined) {
    const [story] = fc.sample(stories(length), { numRuns: 1, seed, path });
    if (story)
      process.stdout.write(`${inWords(await stage.tell(story, faultSeed(seed, Number.parseInt(path, 10))))}\n`);
    return stage.close();
  }
  const figures = new Figures();
  const faults = new Map<string, number>();
  let isStopped = false;
  // The figures so far are worth something.
  process.once("SIGINT", () => {
    isStopped = true;
  });
  // Most of the time under faults is waiting.
  const gate = new Gate(rate > 0 ? 6 : 1);
  const work = async (story: Story, index: number) => {
    if (isStopped || faults.size >= found) return;
    const judge = (candidate: Story) => stage.tell(candidate, faultSeed(seed, index));
    const result = await judge(story);
    figures.add(result);
    if (figures.stories % PROGRESS_EVERY === 0) process.stderr.write(`of ${count}: ${figures.sums}\n`);
    const name = signature(result, mention);
    if (!name) return;
    const times = (faults.get(name) ?? 0) + 1;
    faults.set(name, times);
    if (times > 1) {
      process.stdout.write(`\nseed ${seed}, path ${index}: ${name}, again\n`);
      return;
    }
    const shown = await judge(await shrink(judge, story, name, mention));
    // Under faults a story does not always end the same way.
    const text = inWords(signature(shown, mention) === name ? shown : result);
    process.stdout.write(`\nseed ${seed}, path ${index}: ${name}\n${text}\n`);
  };
  const drawn = fc.sample(stories(length), { numRuns: count, seed });
  await Promise.all(drawn.map((story, index) => gate.run(() => work(story, index))));
  await stage.close();
  process.stdout.write(`\n${figures.text(rate > 0)}\n${faults.size} kinds of faults\n`);
  for (const [name, times] of faults) process.stdout.write(`  ${times} × ${name}\n`);
  process.exitCode = faults.size > 0 ? 1 : 0;
}

/** The faults of a story and of all that are simpler are drawn from one seed. */
function faultSeed(seed: number, index: number): number {
  return seed * 100_000 + index;
}

/** The rule that was broken, and of which kind of resource it says so. */
function signature({ violations, lines }: StoryResult, mention: string): string | undefined {
  const [first] = violations;
  if (!first || !new RegExp(mention, "s").test(lines.join("\n"))) return undefined;
  const kind = /service binding|serviceBinding|use case|useCase|versionSet|testCallerNumbers|workspace|service/i.exec(
    first.detail,
  )?.[0];
  return `${sentence(first.rule)} (${kind ?? "any"})`;
}

/** A smaller story that breaks the same rule. */
async function shrink(
  judge: (story: Story) => Promise<StoryResult>,
  story: Story,
  name: string,
  mention: string,
): Promise<Story> {
  let best = story;
  for (let smaller = true; smaller; ) {
    smaller = false;
    for (const candidate of simpler(best)) {
      if (signature(await judge(candidate), mention) !== name) continue;
      best = candidate;
      smaller = true;
      break;
    }
  }
  return best;
}

function* simpler(story: Story): Generator<Story> {
  if (story.dialect !== 0) yield { ...story, dialect: 0 };
  for (let opening = 0; opening < story.opening; opening += 1) yield { ...story, opening };
  for (const index of story.commands.keys()) yield { ...story, commands: story.commands.toSpliced(index, 1) };
  for (const first of story.commands.keys()) {
    for (let second = first + 1; second < story.commands.length; second += 1) {
      yield { ...story, commands: story.commands.filter((_, index) => index !== first && index !== second) };
    }
  }
  for (const [index, command] of story.commands.entries()) {
    if (command.verb !== "up" && command.verb.startsWith("up")) {
      yield { ...story, commands: story.commands.with(index, { ...command, verb: "up" }) };
    }
    if (command.stack !== 0) yield { ...story, commands: story.commands.with(index, { ...command, stack: 0 }) };
  }
}
