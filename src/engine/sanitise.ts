/**
 * A copy that survives the way into state: plain data only. A value that the SDK could not carry would throw after the
 * API call had succeeded and lose the id, so each is turned into the nearest thing that it can.
 */
export function sanitise(value: unknown): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : undefined;
    case "bigint":
      return value.toString();
    case "object":
      return value === null ? undefined : sanitiseObject(value);
    default:
      return undefined;
  }
}

function sanitiseObject(value: object): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  if (Array.isArray(value)) return value.map(sanitise).map((item) => item ?? null);
  const entries =
    value instanceof Map ? [...value].map(([key, inner]) => [String(key), inner] as const) : Object.entries(value);
  const plain = Object.create(null) as Record<string, unknown>;
  for (const [key, inner] of entries) {
    const clean = sanitise(inner);
    if (clean !== undefined) plain[key] = clean;
  }
  return { ...plain };
}

export function sanitiseValues(values: Record<string, unknown>): Record<string, unknown> {
  return sanitise(values) as Record<string, unknown>;
}
