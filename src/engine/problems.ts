import type { z } from "zod";
import { show } from "./compare.js";
import { inputsSchema, type Lifecycle, type Problem, type Properties, type Values } from "./lifecycle.js";
import { didYouMean, nearest } from "./nearest.js";
import { isUnknown } from "./unknown.js";

type Issue = z.core.$ZodIssue;

/** What is wrong with the inputs by themselves. Undefined values count as absent. */
export function problemsOf(lifecycle: Lifecycle, inputs: Values, former: Values | undefined): Problem[] {
  const found = findProblems(schemaOf(lifecycle), inputs).map((problem) => withNearest(problem, lifecycle));
  return [
    // A missing workspace has a sentence of its own.
    ...found.filter(({ property }) => property !== "workspaceId" || inputs.workspaceId !== undefined),
    ...(lifecycle.rules?.(inputs, former) ?? []),
  ];
}

/** Made once for each kind: zod compiles a schema at its first use. */
function schemaOf({ properties }: Lifecycle): z.ZodType {
  const made = schemas.get(properties) ?? inputsSchema(properties);
  schemas.set(properties, made);
  return made;
}

const schemas = new WeakMap<Properties, z.ZodType>();

/** A misspelt property with the one that was meant. */
function withNearest({ property, reason }: Problem, { properties }: Lifecycle): Problem {
  const hint = reason === NO_PROPERTY ? didYouMean(property, Object.keys(properties)) : "";
  return { property, reason: hint === "" ? reason : `${UNKNOWN}${hint}` };
}

/** Everything wrong with the inputs, each with its property path; values that are not known yet are passed over. */
export function findProblems(schema: z.ZodType, values: Values): Problem[] {
  const result = schema.safeParse(values);
  const found = result.success ? [] : withoutDoubles(result.error.issues.flatMap((issue) => fromIssue(issue, values)));
  const named = new Set(found.map(({ property }) => property));
  return [...found, ...unsendable(values, []).filter(({ property }) => !named.has(property))];
}

/** A misspelt name and the required one that is missing for it are one problem. */
function withoutDoubles(found: readonly Problem[]): Problem[] {
  const missing = found.filter(({ reason }) => reason.startsWith(REQUIRED)).map(({ property }) => property);
  const meant = new Set<string>();
  const problems = found.map((problem) => {
    if (problem.reason !== NO_PROPERTY) return problem;
    const [above, name] = splitLast(problem.property);
    const beside = missing.map(splitLast).flatMap(([other, one]) => (other === above ? [one] : []));
    const one = nearest(name, beside);
    if (one === undefined) return problem;
    meant.add(`${above}${one}`);
    return { ...problem, reason: `${UNKNOWN}${didYouMean(name, beside)}` };
  });
  return problems.filter(({ property, reason }) => !(reason.startsWith(REQUIRED) && meant.has(property)));
}

/** `tags[0].` and `key`. */
function splitLast(property: string): [above: string, name: string] {
  const at = property.lastIndexOf(".") + 1;
  return [property.slice(0, at), property.slice(at)];
}

/** What JSON cannot bring back from the server, wherever it stands: schemas pass over it inside of open maps. */
function unsendable(value: unknown, path: readonly PropertyKey[]): Problem[] {
  if (typeof value === "number" && !Number.isFinite(value)) {
    return [{ property: pathText(path), reason: `found ${value}; must be a finite number` }];
  }
  if (value === null || typeof value !== "object") return [];
  if (path.length > DEEPEST) {
    return [{ property: pathText(path.slice(0, 3)), reason: `must not be nested more than ${DEEPEST} levels deep` }];
  }
  return Object.keys(value).flatMap((key) => {
    const inner = [...path, Array.isArray(value) ? Number(key) : key];
    if (key === "__proto__") return [{ property: pathText(inner), reason: "is a name that no property can have" }];
    return unsendable((value as Values)[key], inner);
  });
}

const DEEPEST = 50;
const REQUIRED = "is required";
/** How the problem of a name begins that nothing knows. */
export const UNKNOWN = "is not a property of this resource";
const NO_PROPERTY = `${UNKNOWN}; is it misspelt, or meant for another channel or kind?`;

function fromIssue(issue: Issue, values: Values): Problem[] {
  if (reachesUnknown(values, issue.path)) return [];
  if (issue.code === "invalid_key") {
    return issue.issues.map((inner) => ({ property: pathText(issue.path), reason: `the name ${allowed(inner)}` }));
  }
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      property: pathText([...issue.path, key]),
      reason: NO_PROPERTY,
    }));
  }
  const found = valueAt(values, issue.path);
  const missing = found === undefined || found === null;
  const reason = missing
    ? `${REQUIRED}${allowed(issue) ? `; it ${allowed(issue)}` : ""}`
    : `found ${show(found, 60)}; ${allowed(issue) || issue.message}`;
  return [{ property: pathText(issue.path), reason }];
}

function allowed(issue: Issue): string {
  switch (issue.code) {
    case "invalid_value":
      return oneOf(issue.values);
    case "invalid_union": {
      const options = (issue as { options?: readonly unknown[] }).options;
      return options ? oneOf(options) : "";
    }
    case "invalid_type":
      // The schema's own sentence, where it has one.
      if (!issue.message.startsWith("Invalid input")) return issue.message;
      return `must be ${TYPES[issue.expected] ?? article(issue.expected)}`;
    case "too_big":
      return `${bound(issue.origin, issue.maximum)} at most`;
    case "too_small":
      return issue.origin === "string" && Number(issue.minimum) === 1
        ? "must not be empty"
        : `${bound(issue.origin, issue.minimum)} at least`;
    default:
      return issue.message;
  }
}

function oneOf(values: readonly unknown[]): string {
  // Made when it is needed: it costs 12 ms, and each start of a program would pay it.
  const either = new Intl.ListFormat("en-GB", { type: "disjunction" });
  return `must be ${either.format(values.map((value) => JSON.stringify(value)))}`;
}

function bound(origin: string, limit: number | bigint): string {
  if (origin === "string") return `${limit} characters`;
  if (origin === "array") return `${limit} items`;
  return String(limit);
}

const TYPES: Record<string, string> = {
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object with named values",
  record: "an object with named values",
};

function article(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function reachesUnknown(values: unknown, path: readonly PropertyKey[]): boolean {
  let value: unknown = values;
  for (const step of path) {
    if (isUnknown(value)) return true;
    if (value === null || typeof value !== "object") return false;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return isUnknown(value);
}

function valueAt(values: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      value !== null && typeof value === "object" ? (value as Record<PropertyKey, unknown>)[step] : undefined,
    values,
  );
}

/** `tags[0].key`, `versionSets["my set"].agentVersionNumber`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    const name = String(step);
    if (!/^[A-Za-z_$][\w$]*$/.test(name)) return `${text}[${JSON.stringify(name)}]`;
    return text ? `${text}.${name}` : name;
  }, "");
}
