import type { ErrorObject } from "ajv";
import type { ValidationIssue } from "./errors.js";

export interface JsonSchema {
  $ref?: string;
  type?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  additionalProperties?: boolean | JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  discriminator?: { propertyName: string; mapping: Record<string, string> };
  default?: unknown;
  [keyword: string]: unknown;
}

/** Errors of the JSON Schema validator in the shape and words that the real server's framework uses. */
export function issuesOf(errors: ErrorObject[], place: string, root: unknown): ValidationIssue[] {
  const real = errors.filter((error) => error.keyword !== "anyOf" && !isNullBranch(error));
  const seen = new Map<string, ValidationIssue>();
  for (const error of real.length > 0 ? real : errors) {
    const issue = issueOf(error, place, root);
    const key = JSON.stringify([issue.loc, issue.type]);
    if (!seen.has(key)) seen.set(key, issue);
  }
  return [...seen.values()];
}

/** `X or null` fails twice; the half that asks for null says nothing. */
function isNullBranch(error: ErrorObject): boolean {
  return error.keyword === "type" && error.params.type === "null";
}

function issueOf(error: ErrorObject, place: string, root: unknown): ValidationIssue {
  const path = pointerPath(error.instancePath, root);
  const { type, msg } = wording(error);
  const missing = error.keyword === "required" ? [String(error.params.missingProperty)] : [];
  const issue: ValidationIssue = { loc: [place, ...path, ...missing], msg, type };
  if (error.data !== undefined) issue.input = error.data;
  return issue;
}

function wording(error: ErrorObject): { type: string; msg: string } {
  const { params } = error;
  switch (error.keyword) {
    case "required":
      return { type: "missing", msg: "Field required" };
    case "type":
      return { type: `${params.type}_type`, msg: `Input should be a valid ${params.type}` };
    case "enum":
      return { type: "literal_error", msg: `Input should be ${(params.allowedValues as unknown[]).join(", ")}` };
    case "const":
      return { type: "literal_error", msg: `Input should be ${params.allowedValue}` };
    case "pattern":
      return { type: "string_pattern_mismatch", msg: `String should match pattern '${params.pattern}'` };
    case "minLength":
      return { type: "string_too_short", msg: `String should have at least ${params.limit} character(s)` };
    case "maxLength":
      return { type: "string_too_long", msg: `String should have at most ${params.limit} characters` };
    case "maxItems":
      return { type: "too_long", msg: `List should have at most ${params.limit} items` };
    case "minimum":
      return { type: "greater_than_equal", msg: `Input should be greater than or equal to ${params.limit}` };
    case "maximum":
      return { type: "less_than_equal", msg: `Input should be less than or equal to ${params.limit}` };
    case "exclusiveMinimum":
      return { type: "greater_than", msg: `Input should be greater than ${params.limit}` };
    case "format":
      return {
        type: `${String(params.format).replace("-", "_")}_parsing`,
        msg: `Input should be a valid ${params.format}`,
      };
    default:
      return { type: error.keyword, msg: error.message ?? "Invalid input" };
  }
}

function pointerPath(pointer: string, root: unknown): (string | number)[] {
  let value = root;
  return pointer
    .split("/")
    .slice(1)
    .map((part) => {
      const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
      const segment = Array.isArray(value) ? Number(key) : key;
      value = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
      return segment;
    });
}

/**
 * A copy of a value without the keys that its schema does not name, and the paths of those keys.
 * @param isKept says of such a key whether the copy has it all the same
 */
export function withoutUnknownKeys(
  components: Record<string, JsonSchema>,
  schema: JsonSchema,
  value: unknown,
  isKept: (path: (string | number)[]) => boolean,
): { value: unknown; unknown: (string | number)[][] } {
  const unknown: (string | number)[][] = [];
  const copy = (schema: JsonSchema, value: unknown, path: (string | number)[]): unknown => {
    const resolved = resolve(components, schema, value);
    if (Array.isArray(value)) {
      return value.map((item, index) => copy(resolved.items ?? {}, item, [...path, index]));
    }
    if (typeof value !== "object" || value === null) return value;
    const { properties, additionalProperties } = resolved;
    const entries = Object.entries(value).flatMap(([key, part]) => {
      const known = properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined;
      if (known !== undefined) return [[key, copy(known, part, [...path, key])]];
      if (typeof additionalProperties === "object") return [[key, copy(additionalProperties, part, [...path, key])]];
      if (properties === undefined || additionalProperties === true) return [[key, part]];
      if (isKept([...path, key])) return [[key, part]];
      unknown.push([...path, key]);
      return [];
    });
    return Object.fromEntries(entries);
  };
  return { value: copy(schema, value, []), unknown };
}

function resolve(components: Record<string, JsonSchema>, schema: JsonSchema, value: unknown): JsonSchema {
  if (schema.$ref !== undefined) {
    return resolve(components, components[schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1)] ?? {}, value);
  }
  if (schema.anyOf !== undefined && value !== null) {
    const branch = schema.anyOf.find((member) => member.type !== "null");
    return branch === undefined ? schema : resolve(components, branch, value);
  }
  return schema;
}

/** A copy of a value in which no string has leading or trailing white space. */
export function trimmed(value: unknown): unknown {
  if (typeof value === "string") return value.trim();
  if (Array.isArray(value)) return value.map(trimmed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, trimmed(part)]));
}
