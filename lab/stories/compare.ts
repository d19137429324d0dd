import { CliStack } from "./cli/stack.js";
import type { Story } from "./command.js";
import { type StoryResult, tell } from "./story.js";
import { World } from "./world.js";

/** One story as it went on both engines. */
export interface Compared {
  readonly standIn: StoryResult;
  readonly cli: StoryResult;
  /** Where the two went different ways, one sentence each. */
  readonly differences: readonly string[];
}

/** Tells a story on the stand-in and on the real engine, each with a server of its own. */
export async function tellOnBoth(story: Story, without: readonly string[] = []): Promise<Compared> {
  const world = await World.open();
  const standIn = await tell(world, story, without).finally(() => world.close());
  const cli = await tellOnCli(story, without);
  return { standIn, cli, differences: compare(standIn, cli) };
}

async function tellOnCli(story: Story, without: readonly string[]): Promise<StoryResult> {
  const stacks: CliStack[] = [];
  const world = await World.open((name, settings) => {
    const stack = new CliStack(name, settings);
    stacks.push(stack);
    return stack;
  });
  try {
    return await tell(world, story, without);
  } finally {
    for (const stack of stacks) await stack.remove();
    await world.close();
  }
}

function compare(standIn: StoryResult, cli: StoryResult): string[] {
  const differences: string[] = [];
  const lines = Math.max(standIn.lines.length, cli.lines.length);
  for (let index = 0; index < lines; index += 1) {
    const [here, there] = [standIn.lines[index], cli.lines[index]];
    if (plain(here) === plain(there)) continue;
    differences.push(
      `${index + 1}: ${here ?? "the story has ended"}\n     on the CLI: ${there ?? "the story has ended"}`,
    );
    break;
  }
  const rules = ({ violations }: StoryResult) => violations.map(({ rule }) => rule).join(", ");
  if (rules(standIn) !== rules(cli)) {
    differences.push(`rules broken: ${rules(standIn) || "none"}; on the CLI: ${rules(cli) || "none"}`);
  }
  const steps = (result: StoryResult) => JSON.stringify(result.steps);
  if (steps(standIn) !== steps(cli)) differences.push(`steps: ${steps(standIn)}; on the CLI: ${steps(cli)}`);
  return differences;
}

/** A line without the ids that the server draws and without the words of an error. */
function plain(line = ""): string {
  return line
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, "ID")
    .replace(/( → failed(?: in preview)?):.*/s, "$1");
}
