import { z } from "zod";
import { defaultDialect, dialectShape } from "../../../src/emulator/dialects.js";
import type { Dialect } from "../../../src/emulator/index.js";

/** One answer to one question that the contract leaves open. */
export interface Setting {
  /** `name=value`, by which tests and data name it. */
  readonly label: string;
  readonly name: keyof Dialect;
  readonly value: unknown;
  readonly isDefault: boolean;
}

/** What stands for the values of switches that take numbers: longer than a round trip, short enough for many tests. */
const samples: Partial<Record<keyof Dialect, readonly unknown[]>> = {
  versionSetLagMs: [0, 120],
  listLagMs: [0, 150],
  getLagMs: [0, 140],
};

/** What the provider does about these is tried in tests of its own, not under every other test of this folder. */
const elsewhere: ReadonlySet<string> = new Set([
  "nameForm",
  "idCase",
  "timeZone",
  "keyterms",
  "useCasePages",
  "emptyPages",
  "fallingTokens",
  "listTotal",
  "freesNameAfter",
  "showsAfter",
  "extraKeys=kept",
  "extraKeys=refused",
]);

const rate = { requests: 5, perMs: 300 };

/** Every value of every switch, taken from the declaration of the switches, so that one that is added is found here. */
export const settings: readonly Setting[] = Object.entries(dialectShape).flatMap(([key, schema]) => {
  const name = key as keyof Dialect;
  if (elsewhere.has(name)) return [];
  const byDefault = defaultDialect()[name];
  return valuesOf(name, schema)
    .map((value) => ({ label: `${name}=${wordFor(value)}`, name, value, isDefault: value === byDefault }))
    .filter(({ label }) => !elsewhere.has(label));
});

/** The settings in which a server can differ from the default one. */
export const departures = settings.filter(({ isDefault }) => !isDefault);

export function dialectOf(chosen: readonly Setting[]): Partial<Dialect> {
  return Object.fromEntries(chosen.map(({ name, value }) => [name, value]));
}

function valuesOf(name: keyof Dialect, schema: z.ZodType): readonly unknown[] {
  if (schema instanceof z.ZodEnum) return schema.options;
  if (schema instanceof z.ZodBoolean) return [true, false];
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => valuesOf(name, option as z.ZodType));
  if (schema instanceof z.ZodLiteral) return [...schema.values];
  if (schema instanceof z.ZodNumber) return samples[name] ?? fail(name);
  if (schema instanceof z.ZodOptional) {
    const inner = schema.unwrap();
    if (name !== "rateLimit" || !(inner instanceof z.ZodObject)) return fail(name);
    const { retryAfter } = inner.shape as Record<string, z.ZodType>;
    return [undefined, ...valuesOf(name, retryAfter as z.ZodType).map((form) => ({ ...rate, retryAfter: form }))];
  }
  return fail(name);
}

function fail(name: string): never {
  throw new Error(`dialect ${name}: no test knows which values it takes; give samples of them here`);
}

function wordFor(value: unknown): string {
  if (value === undefined) return "off";
  return typeof value === "object" && value !== null && "retryAfter" in value
    ? String(value.retryAfter)
    : String(value);
}
