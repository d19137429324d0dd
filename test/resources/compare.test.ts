import { expect, it } from "vitest";
import { same } from "../../src/engine/compare.js";

it.each([
  ["ids in capitals", "0A1B2C3D-AAAA-4BBB-8CCC-DDDDEEEEFFFF", "0a1b2c3d-aaaa-4bbb-8ccc-ddddeeeeffff", true],
  ["other texts in capitals", "Desk", "desk", false],
  ["absent and null, at any depth", { a: { b: null } }, { a: {} }, true],
  ["the two zeros", -0, 0, true],
  ["an empty list and none", [], undefined, false],
])("compares %s", (_name, a, b, expected) => {
  expect(same(undefined, a, b)).toBe(expected);
});
