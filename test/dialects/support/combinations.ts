import { describe, expect, test } from "vitest";
import { outcomesOf } from "./outcomes.js";
import { combination } from "./random.js";
import { withStack } from "./stack.js";
import { live } from "./story.js";
import { departures, dialectOf } from "./values.js";

const COUNT = 50;
/** Test files that share the combinations, so that they run at once. */
const FILES = 2;
/** Seeds of one test, which share its time: much of it is spent waiting for what lags or throttles. */
const AT_ONCE = 5;

const seeds = Array.from({ length: COUNT }, (_, index) => index + 1);

/** Makes the tests of one of the files, counted from 0. */
export function testCombinations(file: number): void {
  test("the combinations have every departure from the default more than once, and no two are the same", () => {
    const chosen = seeds.map((seed) => combination(seed).map(({ label }) => label));
    expect(new Set(chosen.map((labels) => labels.join())).size).toBe(COUNT);
    for (const { label } of departures) {
      expect(chosen.filter((labels) => labels.includes(label)).length, label).toBeGreaterThan(1);
    }
  });

  describe.concurrent("a whole life under a combination", () => {
    const own = seeds.slice((file * COUNT) / FILES, ((file + 1) * COUNT) / FILES);
    for (let first = 0; first < own.length; first += AT_ONCE) {
      const group = own.slice(first, first + AT_ONCE);
      test(`seeds ${group[0]} to ${group.at(-1)}: all six kinds`, { timeout: 120_000 }, async () => {
        await Promise.all(group.map(underSeed));
      });
    }
  });
}

async function underSeed(seed: number): Promise<void> {
  const chosen = combination(seed);
  try {
    await withStack(dialectOf(chosen), (stack) => live(stack, outcomesOf(chosen)));
  } catch (error) {
    const labels = chosen.map(({ label }) => label).join(" ");
    if (error instanceof Error) error.message = `seed ${seed} (${labels}): ${error.message}`;
    throw error;
  }
}
