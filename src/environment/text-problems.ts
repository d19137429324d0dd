import type { z } from "zod";
import type { Values } from "../engine/lifecycle.js";
import { didYouMean } from "../engine/nearest.js";
import { findProblems, UNKNOWN } from "../engine/problems.js";
import type { SourceText } from "./source-text.js";

type Path = (string | number)[];

/** What does not fit the schema, each with its place in the text. `what` names the file's kind, such as "references file". */
export function findProblemsIn(source: SourceText, schema: z.ZodType, what: string): string[] {
  const wrong = wrongStart(source, what);
  return wrong.length > 0 ? wrong : schemaProblems(source, schema);
}

/** What makes a text no file of this kind at all. */
export function wrongStart(source: SourceText, what: string): string[] {
  const wrong = wrongType(source, "`version: 1`", what);
  if (wrong.length > 0) return wrong;
  const { version } = source.value as Values;
  if (version === undefined)
    return [source.problem([], `\`version: 1\` is missing: is this the right file (${what})?`)];
  if (typeof version === "number" && version > 1) {
    return [
      source.problem(["version"], `version ${version} is newer than this pulumi-amigo knows (1): update it first`),
    ];
  }
  return [];
}

/** What is there in place of a mapping. */
export function wrongType(source: SourceText, first: string, what: string): string[] {
  const { value } = source;
  if (value !== null && typeof value === "object" && !Array.isArray(value)) return [];
  return [
    source.problem(
      [],
      `expected a mapping that starts with ${first}; found ${typeName(value)}: is this a file of the right kind (${what})?`,
    ),
  ];
}

/** What does not fit the schema of a mapping, each with its place in the text. */
export function schemaProblems(source: SourceText, schema: z.ZodType): string[] {
  return misfits(source, schema).map(({ problem }) => problem);
}

/** The same with the paths of what does not fit. */
export function misfits(source: SourceText, schema: z.ZodType): { path: Path; problem: string }[] {
  return findProblems(schema, source.value as Values).map(({ property, reason }) => {
    const path = stepsOf(property);
    const sentence = reason.startsWith(UNKNOWN) ? unknownKey(schema, path, reason) : reason;
    return { path, problem: source.problem(path, `${property}: ${sentence}`) };
  });
}

/** What the text says, with nothing in the places that do not fit, so that the rest can be judged. */
export function fitting(source: SourceText, unfit: readonly { path: Path }[]): unknown {
  return unfit.reduce((whole, { path }) => without(whole, path) ?? {}, source.value);
}

function without(value: unknown, [step, ...rest]: Path): unknown {
  if (step === undefined || value === null || typeof value !== "object") return undefined;
  if (!Object.hasOwn(value, step)) return value;
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string | number, unknown>;
  copy[step] = without(copy[step], rest);
  return copy;
}

function unknownKey(schema: z.ZodType, path: Path, reason: string): string {
  const known = keysAt(schema, path.slice(0, -1));
  const hint = /; did you mean .*/.exec(reason)?.[0] ?? didYouMean(String(path.at(-1)), known);
  return `is not known here${hint || (known.length > 0 ? `; known are ${known.join(", ")}` : "")}`;
}

type Definition = {
  innerType?: z.ZodType;
  shape?: Record<string, z.ZodType>;
  element?: z.ZodType;
  valueType?: z.ZodType;
};

/** The keys that a schema knows at a path, in its order; none where it takes any key. */
export function keysAt(schema: z.ZodType | undefined, path: readonly PropertyKey[]): string[] {
  const definition = schema?.def as Definition | undefined;
  if (!definition) return [];
  if (definition.innerType) return keysAt(definition.innerType, path);
  const [step, ...rest] = path;
  if (step === undefined) return Object.keys(definition.shape ?? {});
  return keysAt(definition.shape?.[String(step)] ?? definition.element ?? definition.valueType, rest);
}

/** The steps of `services["Front desk"].tags[0].key`. */
function stepsOf(property: string): Path {
  return [...property.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([A-Za-z_$][\w$]*)/g)].map(([, index, text, name]) =>
    index !== undefined ? Number(index) : text !== undefined ? (JSON.parse(text) as string) : String(name),
  );
}

function typeName(value: unknown): string {
  if (value === null) return "nothing";
  return Array.isArray(value) ? "a list" : `a ${typeof value === "string" ? "text" : typeof value}`;
}
