import { describe, expect, test } from "vitest";
import { byDefault, differences, outcomesOf } from "./support/outcomes.js";
import { withStack } from "./support/stack.js";
import { live } from "./support/story.js";
import { departures, dialectOf, settings } from "./support/values.js";

test("every setting of every switch has its outcomes", () => {
  expect(Object.keys(differences).sort()).toEqual(departures.map(({ label }) => label).sort());
  expect(settings.filter(({ isDefault }) => isDefault).map(({ name }) => name)).toEqual([
    ...new Set(settings.map(({ name }) => name)),
  ]);
});

describe.concurrent("a whole life", { timeout: 60_000 }, () => {
  test("default: all six kinds", () => withStack({}, (stack) => live(stack, byDefault)));

  for (const setting of departures) {
    test(`${setting.label}: all six kinds`, () =>
      withStack(dialectOf([setting]), (stack) => live(stack, outcomesOf([setting]))));
  }
});
