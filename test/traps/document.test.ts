import { expect, test } from "vitest";
import { documentProblems } from "./support/document.js";

test("docs/traps.md names the current tests and guards, and each guard's text stands once in the source", () => {
  expect(documentProblems(), "mend it with: npm run traps").toEqual([]);
});
