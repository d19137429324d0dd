/** Stands for a value that a preview does not know yet. */
export const UNKNOWN: unique symbol = Symbol("unknown");

/**
 * What stands at a path of a resource's properties: undefined where nothing does, {@link UNKNOWN} where a preview cannot
 * tell. The SDK throws at an unknown value, which would end the whole policy at the first one.
 */
export function valueAt(values: unknown, ...path: string[]): unknown {
  let found: unknown = values;
  try {
    for (const name of path) {
      if (found === null || typeof found !== "object") return undefined;
      found = (found as Record<string, unknown>)[name];
    }
  } catch (error) {
    if (isUnknownValue(error)) return UNKNOWN;
    throw error;
  }
  return found ?? undefined;
}

/** The items at a path, unknown ones among them as {@link UNKNOWN}; empty where nothing stands there. */
export function itemsAt(values: unknown, ...path: string[]): unknown[] | typeof UNKNOWN {
  const length = valueAt(values, ...path, "length");
  if (length === UNKNOWN) return UNKNOWN;
  return Array.from({ length: Number(length ?? 0) }, (_, index) => valueAt(values, ...path, String(index)));
}

/** The SDK exports the class of this error without declaring it. */
function isUnknownValue(error: unknown): boolean {
  return error instanceof Error && "unknownTypeSentinel" in error;
}
