import { expect, it } from "vitest";
import { ONLY_IN_PROCESS, stories } from "../../lab/stories/command.js";
import { tellOnBoth } from "../../lab/stories/compare.js";
import { inWords } from "../../lab/stories/story.js";
import fc from "../support/random.js";

it.each([
  { what: "a workspace that cannot be replaced under its own slug", seed: 28, path: "0" },
  { what: "an alias of a service that has a line", seed: 29, path: "0" },
  { what: "a version set that is renamed without one, and something that failed", seed: 17, path: "1" },
])("keeps every rule on the real engine, and goes there as on the stand-in: $what", async ({ seed, path }) => {
  const [story] = fc.sample(stories(5, ONLY_IN_PROCESS), { numRuns: 1, seed, path });
  if (!story) throw new Error("nothing was drawn");
  const { cli, differences } = await tellOnBoth(story);
  expect(cli.violations, inWords(cli)).toEqual([]);
  expect(differences, inWords(cli)).toEqual([]);
  expect(cli.runs).toBeGreaterThanOrEqual(4);
});
