import { afterAll, beforeAll, expect, it } from "vitest";
import { speedUpTime } from "../lab/stories/clock.js";
import { stories } from "../lab/stories/command.js";
import { inWords, tell } from "../lab/stories/story.js";
import { World } from "../lab/stories/world.js";
import fc from "./support/random.js";

const SEED = 20_261;

let world: World;
let slowDown: () => void;

beforeAll(async () => {
  slowDown = speedUpTime(50);
  world = await World.open();
});

afterAll(async () => {
  await world.close();
  slowDown();
});

it("keeps every rule over several runs, in 300 stories", { timeout: 240_000 }, async () => {
  const keepsRules = fc.asyncProperty(stories(), async (story) => {
    const result = await tell(world, story);
    if (result.violations.length > 0) throw new Error(`\n${inWords(result)}`);
  });
  const { failed, error, seed, counterexamplePath, errorInstance } = {
    error: "",
    ...(await fc.check(keepsRules, { numRuns: 300, seed: SEED })),
  };
  const found = `${(errorInstance as Error | undefined)?.message ?? error}\nseed ${seed}, path ${counterexamplePath}`;
  expect(failed, found).toBe(false);
});
