import { describe, expect, it } from "vitest";
import { z } from "zod";
import { registerSecret } from "../../src/api/redact.js";
import { asSet, asText, bothValues, differences, merged, mismatches, same, show } from "../../src/engine/compare.js";
import { HIDDEN } from "../../src/engine/hidden.js";
import type { Lifecycle, Values } from "../../src/engine/lifecycle.js";

const id = "0a1b2c3d-aaaa-4bbb-8ccc-ddddeeeeffff";

it.each([
  ["ids in capitals", id.toUpperCase(), id, true],
  ["other texts in capitals", "Desk", "desk", false],
  ["texts that hold an id in capitals", `to ${id.toUpperCase()}`, `to ${id}`, false],
  ["absent and null, at any depth", { a: { b: null } }, { a: {} }, true],
  ["lists with ids in capitals", [id.toUpperCase(), { a: null }], [id, {}], true],
  ["a list and an object", [1], { 0: 1 }, false],
  ["the two zeros", -0, 0, true],
  ["an empty list and none", [], undefined, false],
])("compares %s", (_name, a, b, expected) => {
  expect(same(undefined, a, b)).toBe(expected);
});

it("compares lists without their order, and texts without white space at their ends, where that means nothing", () => {
  expect(same({ normalise: asSet }, [{ b: 1 }, id.toUpperCase()], [id, { b: 1, c: null }])).toBe(true);
  expect(same({ normalise: asSet }, ["a", "b"], ["a", "c"])).toBe(false);
  expect(same({ normalise: asSet }, "ab", "ba")).toBe(false);
  expect(same({ normalise: asText }, " a b ", "a b")).toBe(true);
  expect(same({ normalise: asText }, [" a"], ["a"])).toBe(false);
});

const lifecycle = {
  properties: {
    name: { schema: z.string(), change: "update" },
    capacity: { schema: z.int(), change: "update", default: 3 },
    channel: { schema: z.string(), change: "replace" },
    tags: { schema: z.array(z.string()), change: "update", normalise: asSet },
    adopt: { schema: z.boolean(), change: "local" },
    voice: {
      schema: z.unknown(),
      change: "update",
      normalise: (value: unknown) => ({ speed: (value as Values).speed }),
    },
  },
} as unknown as Lifecycle;

describe("finds the differences between state and program", () => {
  it.each<[about: string, olds: Values, news: Values, former: Values, changed: string[], withdrawn: string[]]>([
    ["nothing is said", { name: "a" }, { name: "a" }, {}, [], []],
    ["another value", { name: "a", capacity: 4 }, { name: "b", capacity: 4 }, {}, ["name"], []],
    ["the default is declared", {}, { capacity: 3 }, {}, [], []],
    ["another than the default is declared", { name: null }, { capacity: 0 }, {}, ["capacity"], []],
    ["a value is taken out", { name: "a", capacity: 4 }, { name: null }, {}, [], ["name", "capacity"]],
    ["what was never declared is left out", { capacity: 4, [HIDDEN.undeclared]: ["capacity"] }, {}, {}, [], []],
    [
      "undeclared in state, declared by the run before",
      { capacity: 4, [HIDDEN.undeclared]: ["capacity"] },
      {},
      { capacity: 4 },
      [],
      ["capacity"],
    ],
    ["declared before as nothing", { capacity: 4, [HIDDEN.undeclared]: ["capacity"] }, {}, { capacity: null }, [], []],
    [
      "one property is ignored",
      { name: "a", channel: "x" },
      { name: "b", [HIDDEN.ignore]: ["name"] },
      {},
      [],
      ["channel"],
    ],
    ["all are ignored", { name: "a", channel: "x" }, { name: "b", [HIDDEN.ignore]: ["*"] }, {}, [], []],
    ["another order", { tags: ["a", "b"] }, { tags: ["b", "a"] }, {}, [], []],
  ])("%s", (_about, olds, news, former, changed, withdrawn) => {
    expect(differences(lifecycle, olds, news, former)).toEqual({ changed, withdrawn });
  });
});

describe("lays what the program changed over what is live", () => {
  it.each<[about: string, before: unknown, after: unknown, live: unknown, result: unknown]>([
    ["what did not change stays as it is live", { a: 1, b: 1 }, { a: 1, b: 2 }, { a: 9, b: 9 }, { a: 9, b: 2 }],
    ["what is live alone stays", { a: 1 }, { a: 2 }, { a: 1, own: true }, { a: 2, own: true }],
    ["what was taken out goes", { a: 1, b: 1 }, { a: 1 }, { a: 1, b: 9 }, { a: 1 }],
    ["what is new comes, also over another live value", { a: 1 }, { a: 1, b: 2 }, { a: 1, b: 9 }, { a: 1, b: 2 }],
    [
      "at any depth",
      { a: { x: 1, y: 1 } },
      { a: { x: 2, y: 1 } },
      { a: { x: 1, y: 9, z: 9 } },
      { a: { x: 2, y: 9, z: 9 } },
    ],
    ["what did not change and is gone stays gone", { a: 1, b: 1 }, { a: 1, b: 2 }, { b: 1 }, { b: 2 }],
    ["a live null is nothing", { a: 1, b: 1 }, { a: 1, b: 2 }, { a: null }, { b: 2 }],
    [
      "names that each object has are names like others",
      { constructor: 1 },
      { constructor: 2 },
      {},
      { constructor: 2 },
    ],
    ["a list is taken whole", [1, 2], [1, 3], [9, 2], [1, 3]],
    ["nothing stood before", undefined, { a: 1 }, { b: 1 }, { a: 1 }],
    ["nothing is live", { a: 1 }, { a: 1 }, null, { a: 1 }],
    ["it is a list by now", { a: 1 }, ["a"], { a: 1 }, ["a"]],
  ])("%s", (_about, before, after, live, result) => {
    expect(merged(before, after, live)).toEqual(result);
  });
});

describe("says what does not exist as declared", () => {
  it.each<[about: string, wanted: Values, live: Values, sentences: string[]]>([
    ["all is as asked", { name: "a", tags: ["a", "b"] }, { name: "a", tags: ["b", "a"], capacity: 9 }, []],
    ["a text", { name: "a" }, { name: "b" }, ['name: declared "a", exists as "b"']],
    [
      "nothing",
      { name: "a", channel: "x" },
      { name: null },
      ['name: declared "a", exists as nothing', 'channel: declared "x", exists as nothing'],
    ],
    ["what the API does not hold", { adopt: true }, {}, []],
    ["a list as it was written", { tags: ["b", "a"] }, { tags: ["c"] }, ['tags: declared ["b","a"], exists as ["c"]']],
    [
      "objects without what means nothing",
      { voice: { speed: 1, x: 1 } },
      { voice: { speed: 2, x: 2 } },
      ['voice: declared {"speed":1}, exists as {"speed":2}'],
    ],
    [
      "of two objects, what differs",
      { name: { a: 1, b: { c: 1, d: 1 } } },
      { name: { a: 1, b: { c: 2, d: 1 }, e: 1 } },
      ['name: declared {"b":{"c":1}}, exists as {"b":{"c":2},"e":1}'],
    ],
    [
      "of an object and a list, both whole",
      { name: { a: 1 } },
      { name: [1] },
      ['name: declared {"a":1}, exists as [1]'],
    ],
    [
      "texts that look alike",
      { name: "Caf\u00e9" },
      { name: "Cafe\u0301" },
      ['name: declared "Caf\\u00e9", exists as "Cafe\\u0301" (another Unicode form of the same text)'],
    ],
    [
      "secrets",
      { name: "a", [HIDDEN.secrets]: ["name"] },
      { name: "b" },
      ["name: what is declared is not what exists (both are secret)"],
    ],
  ])("%s", (_about, wanted, live, sentences) => {
    expect(mismatches(lifecycle, wanted, live)).toEqual(sentences);
  });

  it("hides only the properties that are secret", () => {
    expect(bothValues({ [HIDDEN.secrets]: ["tags"] }, "name", 1, 2)).toBe("declared 1, exists as 2");
  });
});

it("shows a value whole, or cut with its length, and never a key", () => {
  registerSecret("a-key-to-compare");
  expect([show(undefined), show(null), show(0), show("")]).toEqual(["nothing", "nothing", "0", '""']);
  expect(show("abcd", 6)).toBe('"abcd"');
  expect(show("abcde", 6)).toBe('"abcde… (7 characters)');
  expect(show({ said: "a-key-to-compare" })).toBe('{"said":"[redacted]"}');
});
