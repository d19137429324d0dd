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

/** The SDK exports the class of this error without declaring it. */
function isUnknownValue(error: unknown): boolean {
  return error instanceof Error && "unknownTypeSentinel" in error;
}
