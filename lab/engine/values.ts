import { Ref, type StackName, urnOf, type Values } from "./program.js";

/** What the engine sends in place of a value that it does not know yet. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Replaces every reference inside a value. */
export function resolve(value: unknown, lookUp: (ref: Ref) => unknown): unknown {
  if (value instanceof Ref) return lookUp(value);
  if (Array.isArray(value)) return value.map((item) => resolve(item, lookUp));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner, lookUp)]));
}

/** The references inside a value. */
export function refsIn(value: unknown): Ref[] {
  const found: Ref[] = [];
  resolve(value, (ref) => found.push(ref));
  return found;
}

/** For each input the URNs that it comes from. */
export function dependenciesOf(stack: StackName, inputs: Values): Record<string, string[]> {
  const entries = Object.entries(inputs).map(([name, value]) => [
    name,
    refsIn(value).map((ref) => urnOf(stack, ref.kind, ref.name)),
  ]);
  return Object.fromEntries(entries.filter(([, urns]) => (urns as string[]).length > 0));
}

/** A copy that went through JSON, as all that crosses the engine's wire does. */
export function overWire<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}

/** The inputs with every property that the paths name as it was before. */
export function restoreIgnored(inputs: Values, before: Values, paths: readonly string[] = []): Values {
  const restored = { ...inputs };
  for (const path of paths) {
    const [name = ""] = path.split(/[.[]/);
    if (before[name] === undefined) delete restored[name];
    else restored[name] = before[name];
  }
  return restored;
}
