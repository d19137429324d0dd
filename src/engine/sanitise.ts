/**
 * A copy that survives the way into state: plain data only. A value that the SDK could not carry would throw after the
 * API call had succeeded and lose the id, so each is turned into the nearest thing that it can.
 * @param clean Changes each text and each key, or leaves it out. @default as it is
 */
export function sanitise(value: unknown, clean: Clean = (text) => text): unknown {
  switch (typeof value) {
    case "string":
      return clean(value);
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : undefined;
    case "bigint":
      return value.toString();
    case "object":
      return value === null ? undefined : sanitiseObject(value, clean);
    default:
      return undefined;
  }
}

type Clean = (text: string) => string | undefined;

function sanitiseObject(value: object, clean: Clean): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  if (Array.isArray(value)) return value.map((item) => sanitise(item, clean) ?? null);
  const entries =
    value instanceof Map ? [...value].map(([key, inner]) => [String(key), inner] as const) : Object.entries(value);
  const plain = Object.create(null) as Record<string, unknown>;
  for (const [key, inner] of entries) {
    const name = clean(key);
    const kept = sanitise(inner, clean);
    if (name !== undefined && kept !== undefined) plain[name] = kept;
  }
  return { ...plain };
}

export function sanitiseValues(values: Record<string, unknown>, clean?: Clean): Record<string, unknown> {
  return sanitise(values, clean) as Record<string, unknown>;
}
