import { expect, it } from "vitest";
import { ONLY_IN_PROCESS, stories } from "../../lab/stories/command.js";
import { tellOnBoth } from "../../lab/stories/compare.js";
import { inWords } from "../../lab/stories/story.js";
import fc from "../support/random.js";

it.each([
  { what: "an alias and another natural key of a bound use case", seed: 1, path: "0" },
  { what: "a line that somebody unbound, and a new workspace", seed: 2, path: "1" },
  { what: "an alias of a service whose version set changes its name", seed: 3, path: "2" },
])("keeps every rule on the real engine, and goes there as on the stand-in: $what", async ({ seed, path }) => {
  const [story] = fc.sample(stories(5, ONLY_IN_PROCESS), { numRuns: 1, seed, path });
  if (!story) throw new Error("nothing was drawn");
  const { cli, differences } = await tellOnBoth(story);
  expect(cli.violations, inWords(cli)).toEqual([]);
  expect(differences, inWords(cli)).toEqual([]);
  expect(cli.runs).toBeGreaterThanOrEqual(4);
});
