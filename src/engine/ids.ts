import { canonicalId } from "../api/ids.js";
import type { Lifecycle, Values } from "./lifecycle.js";

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
