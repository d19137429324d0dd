/** The value at a path as the engine writes it: `tags[0].key`, `versionSets["my set"]`. */
export function valueAt(values: unknown, path: string): unknown {
  const steps = [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|([^.[\]]+)/g)].map(
    ([, quoted, index, name]) => quoted?.replace(/\\(.)/g, "$1") ?? index ?? name ?? "",
  );
  return steps.reduce<unknown>((value, step) => {
    if (value === null || typeof value !== "object") return undefined;
    return step === "*" ? value : (value as Record<string, unknown>)[step];
  }, values);
}
