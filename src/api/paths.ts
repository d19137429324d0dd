import { SettingsError } from "./errors.js";
import { canonicalId, isUuid } from "./ids.js";

export type PathParameters = Record<string, string>;

/**
 * Fills the template: ids must be UUIDs and go in lower case, names are percent-encoded. Throws
 * SettingsError before anything is sent.
 */
export function buildPath(template: string, parameters: PathParameters): string {
  return template.replace(/\{(\w+)\}/g, (_, parameter: string) => {
    const value = parameters[parameter] ?? "";
    return parameter === "name" ? encodedName(value) : checkedId(parameter, value);
  });
}

/** `?a=1&b=2`, or nothing; undefined values are left out. */
export function buildQuery(values: Record<string, string | number | boolean | undefined>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) if (value !== undefined) query.set(key, String(value));
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

function checkedId(parameter: string, value: string): string {
  if (isUuid(value)) return canonicalId(value);
  throw new SettingsError(`${parameter} must be a UUID, but is ${shown(value)}; nothing was sent`);
}

/** A path segment of dots is resolved away by URL parsers even when encoded; `__proto__` could never be read back as a key. */
const impossibleNames = new Set(["", ".", "..", "__proto__"]);

function encodedName(name: string): string {
  if (impossibleNames.has(name))
    throw new SettingsError(`${shown(name)} cannot be a version set's name; nothing was sent`);
  try {
    return encodeURIComponent(name);
  } catch {
    throw new SettingsError(
      `${shown(name)} cannot be a version set's name: it has half a surrogate pair; nothing was sent`,
    );
  }
}

function shown(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
}
