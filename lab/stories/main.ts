import { Command } from "commander";
import fc from "fast-check";
import { ensureDist } from "../dist.js";
import { speedUpTime } from "./clock.js";
import { ONLY_IN_PROCESS, type Story, stories } from "./command.js";
import { tellOnBoth } from "./compare.js";
import { inWords, sentence, type Told, tell } from "./story.js";
import { World } from "./world.js";

interface Flags {
  count: number;
  seed: number;
  length?: number;
  cli?: boolean;
  path?: string;
  mention: string;
  without: string;
  found: number;
}

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
  .action(main)
  .parseAsync();

async function main(flags: Flags): Promise<void> {
  return flags.cli ? onBoth(flags) : inProcess(flags);
}

/** Shrinks nothing: a story takes 10 to 40 s. */
async function onBoth({ count, seed, length = 5, path, without }: Flags): Promise<void> {
  ensureDist((line) => process.stderr.write(`${line}\n`));
  const total: Record<string, number> = { stories: 0, runs: 0, requests: 0 };
  let found = 0;
  const drawn = fc.sample(stories(length, ONLY_IN_PROCESS), { numRuns: path === undefined ? count : 1, seed, path });
  for (const [index, story] of drawn.entries()) {
    const startedAt = Date.now();
    const { cli, differences } = await tellOnBoth(story, without.split(","));
    add(total, cli);
    const title = `seed ${seed}, path ${path ?? index}: ${cli.runs} runs, ${Math.round((Date.now() - startedAt) / 1000)} s`;
    const isFound = cli.violations.length > 0 || differences.length > 0;
    if (isFound) found += 1;
    const text = isFound || path !== undefined ? [inWords(cli), ...differences.map((text) => `  ≠ ${text}`)] : [];
    process.stdout.write(`${[title, ...text].join("\n")}\n`);
  }
  const figures = Object.entries(total).map(([name, value]) => `${value} ${name}`);
  process.stdout.write(`\n${figures.join(", ")}\n${found} stories broke a rule or went another way\n`);
  process.exitCode = found > 0 ? 1 : 0;
}

async function inProcess({ count, seed, length = 16, path, mention, without, found }: Flags): Promise<void> {
  speedUpTime(50);
  const world = await World.open();
  const judge = (story: Story) => tell(world, story, without.split(","));
  if (path !== undefined) {
    const [story] = fc.sample(stories(length), { numRuns: 1, seed, path });
    if (story) process.stdout.write(`${inWords(await judge(story))}\n`);
    return world.close();
  }
  const total: Record<string, number> = { stories: 0, runs: 0, requests: 0 };
  const faults = new Map<string, { times: number; text: string }>();
  for (const [index, story] of fc.sample(stories(length), { numRuns: count, seed }).entries()) {
    const told = await judge(story);
    add(total, told);
    const name = signature(told, mention);
    if (!name) continue;
    const known = faults.get(name);
    if (known) known.times += 1;
    else {
      const least = await shrink(judge, story, name, mention);
      faults.set(name, { times: 1, text: inWords(await judge(least)) });
      process.stdout.write(`\nseed ${seed}, path ${index}: ${name}\n${faults.get(name)?.text}\n`);
    }
    if (faults.size >= found) break;
  }
  await world.close();
  const figures = Object.entries(total).map(([name, value]) => `${value} ${name}`);
  process.stdout.write(`\n${figures.join(", ")}\n${faults.size} kinds of faults\n`);
  for (const [name, { times }] of faults) process.stdout.write(`  ${times} × ${name}\n`);
  process.exitCode = faults.size > 0 ? 1 : 0;
}

function add(total: Record<string, number>, { runs, requests, steps }: Told): void {
  for (const [name, value] of Object.entries({ stories: 1, runs, requests, ...steps })) {
    total[name] = (total[name] ?? 0) + value;
  }
}

/** The rule that was broken, and of which kind of resource it says so. */
function signature({ violations, lines }: Told, mention: string): string | undefined {
  const [first] = violations;
  if (!first || !new RegExp(mention, "s").test(lines.join("\n"))) return undefined;
  const kind = /service binding|serviceBinding|use case|useCase|versionSet|testCallerNumbers|workspace|service/i.exec(
    first.detail,
  )?.[0];
  return `${sentence(first.rule)} (${kind ?? "any"})`;
}

/** A smaller story that breaks the same rule. */
async function shrink(
  judge: (story: Story) => Promise<Told>,
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
