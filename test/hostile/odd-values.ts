import { UNKNOWN } from "../../src/engine/unknown.js";
import fc from "../support/random.js";

/** A key of its own name, which a literal would turn into the prototype. */
export const ownProto: object = JSON.parse('{"__proto__":{"polluted":true},"a":1}');

const names = [
  "",
  " ",
  ".",
  "..",
  "/",
  "a/../../workspaces",
  "%2e%2e",
  "%2F",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "prototype",
  "edge",
  "release",
  "pulumi-owner",
  "a b",
  "Grüße 😀",
  "a\u0000b",
  "\ud800",
  "b\udfff",
  "\r\nx-evil: 1",
  "?a=1#b",
  "null",
  "[object Object]",
  "'; drop table services; --",
  "\u202eevil",
];

/** What people, editors and attackers write where a name belongs. */
export const oddName: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...names) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 60 }) },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 60 }) },
  { weight: 1, arbitrary: fc.stringMatching(/^[A-Za-z0-9_-]{1,45}$/) },
);

export const oddText: fc.Arbitrary<string> = fc
  .oneof(
    { weight: 8, arbitrary: oddName },
    { weight: 1, arbitrary: fc.constantFrom("x".repeat(200_000), "\u0000".repeat(3000), "é".repeat(257)) },
    { weight: 1, arbitrary: fc.uuid() },
    { weight: 1, arbitrary: fc.emailAddress() },
    {
      weight: 1,
      arbitrary: fc.constantFrom("+14155550100", "+1", "14155550100", "+１４１５５５５０１００", "+1415555\n"),
    },
  )
  // The engine's own mark of a value that it does not know yet: passed over by design.
  .filter((text) => text !== UNKNOWN);

export const oddNumber: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(
    Number.NaN,
    -0,
    0,
    Infinity,
    -Infinity,
    Number("1e309"),
    0.5,
    -1,
    2 ** 53,
    2 ** 31,
    1e21,
    5e-324,
    1.0000000001,
  ),
  fc.integer({ min: -3, max: 12 }),
  fc.double(),
);

/** Anything that the engine can carry, in a place that expects anything else. */
export const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: oddText },
  { weight: 3, arbitrary: oddNumber },
  { weight: 1, arbitrary: fc.boolean() },
  { weight: 1, arbitrary: fc.constantFrom([], {}, [[]], [null], ownProto, { constructor: { prototype: {} } }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);

/** An object with one property of its own, whatever that is called. */
export function own(name: string, value: unknown): Record<string, unknown> {
  const holder = {};
  Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true });
  return holder;
}

export function isPolluted(): boolean {
  const probe = {} as Record<string, unknown>;
  return Reflect.ownKeys(Object.prototype).length !== ownKeysAtStart || probe.polluted !== undefined;
}

const ownKeysAtStart = Reflect.ownKeys(Object.prototype).length;
