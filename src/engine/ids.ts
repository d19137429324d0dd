import type { Lifecycle, Values } from "./lifecycle.js";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A UUID in lower case; any other text as it is. */
export function canonicalId(text: string): string {
  return UUID.test(text) ? text.toLowerCase() : text;
}

/** The id of a resource, of which a UUID may be the first part only. */
export function canonicalResourceId(id: string): string {
  const [first = "", ...rest] = id.split("/");
  return [canonicalId(first), ...rest].join("/");
}

/** The values with every id property in lower case: from here on, the same thing has the same id. */
export function withCanonicalIds({ properties }: Lifecycle, values: Values): Values {
  const ids = Object.entries(values).filter(([name, value]) => properties[name]?.isId && typeof value === "string");
  return { ...values, ...Object.fromEntries(ids.map(([name, value]) => [name, canonicalId(value as string)])) };
}
