import { expect, test } from "vitest";
import { dialectProblems } from "./support/document.js";

test("docs/dialects.md is what the data says, and each wrong implementation fits the source and is noticed", () => {
  expect(dialectProblems(), "mend it with: npm run traps").toEqual([]);
});
