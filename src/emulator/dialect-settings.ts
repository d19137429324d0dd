import { closest } from "fastest-levenshtein";
import { z } from "zod";
import { COMMAND } from "../command.js";
import { type Dialect, defaultDialect, dialectNames, dialectSchema, dialectShape } from "./dialects.js";

const seeAll = `Run \`${COMMAND} emulator --list-dialects\` to see all names and values.`;

/**
 * Checks some dialect settings; throws an error that names every wrong one. `rateLimit` may be `10/1000/seconds`, and
 * null switches it off.
 */
export function parseDialect(settings: unknown): Partial<Dialect> {
  if (!isRecord(settings)) throw new Error(`Dialects are an object of names and values. ${seeAll}`);
  const given = "rateLimit" in settings ? { ...settings, rateLimit: rateOf(settings.rateLimit) } : settings;
  const parsed = dialectSchema.partial().safeParse(given);
  if (parsed.success) return parsed.data;
  const wrong = Object.entries(given).filter(
    ([name, value]) => !isName(name) || !dialectShape[name].safeParse(value).success,
  );
  throw new Error(`${wrong.map(([name]) => complaint(name, settings[name])).join(" ")} ${seeAll}`);
}

/** Reads `name=value` as typed on a command line; values are JSON or bare words. */
export function parseDialectSetting(text: string): Partial<Dialect> {
  const [, name = text, value] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  if (!isName(name)) throw new Error(`${complaint(name, value)} ${seeAll}`);
  if (value === undefined) throw new Error(`Dialect ${name} needs a value: write ${name}=${words(name)[0]}. ${seeAll}`);
  return parseDialect({ [name]: jsonOrWord(value) });
}

function rateOf(value: unknown): unknown {
  if (value === null) return undefined;
  const rate = typeof value === "string" ? /^(\d+)\/(\d+)(?:\/(\w+))?$/.exec(value) : null;
  if (rate === null) return value;
  const [, requests, perMs, retryAfter = "seconds"] = rate;
  return { requests: Number(requests), perMs: Number(perMs), retryAfter };
}

/** One line for each dialect: its name, its values and its default. */
export function dialectLines(): string[] {
  const width = Math.max(...dialectNames.map((name) => name.length));
  const defaults = defaultDialect();
  return dialectNames.map((name) => {
    return `${name.padEnd(width)}  ${words(name).join(", ")} (default: ${defaults[name] ?? "off"})`;
  });
}

function complaint(name: string, value: unknown): string {
  if (!isName(name)) return `There is no dialect "${name}"; did you mean ${closest(name, dialectNames)}?`;
  const allowed = words(name);
  const fixed = allowed.filter((word) => /^\w+$/.test(word));
  const guess = typeof value === "string" && fixed.length > 0 ? ` Did you mean ${closest(value, fixed)}?` : "";
  return `Dialect ${name} cannot be ${JSON.stringify(value)}; it takes ${allowed.join(", ")}.${guess}`;
}

/** The values of a dialect as they are typed. */
function words(name: keyof Dialect): string[] {
  return wordsOf(dialectShape[name]);
}

function wordsOf(schema: z.ZodType): string[] {
  if (schema instanceof z.ZodEnum) return schema.options.map(String);
  if (schema instanceof z.ZodBoolean) return ["true", "false"];
  if (schema instanceof z.ZodLiteral) return [...schema.values].map(String);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => wordsOf(option as z.ZodType));
  if (schema instanceof z.ZodNumber) {
    return [schema.maxValue === null || schema.maxValue === Infinity ? "0 or more" : `0 to ${schema.maxValue}`];
  }
  return ["REQUESTS/MILLISECONDS/seconds", "REQUESTS/MILLISECONDS/date", "REQUESTS/MILLISECONDS/absent"];
}

function jsonOrWord(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isName(name: string): name is keyof Dialect {
  return (dialectNames as string[]).includes(name);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
