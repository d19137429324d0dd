import type { Item } from "./environment.js";
import type { Kind } from "./kinds.js";

/**
 * The name of an entry's resource in a program: the entry's own keys and nothing else, so that no other entry can rename it.
 * Different keys have different names. `prefix` is the name of the component that it belongs to.
 */
export function logicalName({ kind, path }: Pick<Item, "kind" | "path">, prefix?: string): string {
  const steps = prefix === undefined ? [] : [prefix];
  if (path.length > 0) return [...steps, keyText(path)].join("/");
  return steps[0] ?? kind.name.replace(/[A-Z]/g, (letter, at) => `${at ? "-" : ""}${letter.toLowerCase()}`);
}

/** The keys as one text, such as `inbound_voice/Riverside Clinic/Reception`. */
export function keyText(path: readonly string[]): string {
  return path.map((step) => step.replaceAll("%", "%25").replaceAll("/", "%2F")).join("/");
}

/** The keys in the name of a document's resource, without the component's; of another resource its name. */
export function keysIn(name: string): string[] {
  const steps = name.split("/");
  return (steps.length > 1 ? steps.slice(1) : steps).map((step) => step.replaceAll("%2F", "/").replaceAll("%25", "%"));
}

/** What a program calls the entries of a kind, such as `serviceBindings`. */
export function collectionName({ name }: Kind): string {
  const word = `${name[0]?.toLowerCase()}${name.slice(1)}`;
  return word.endsWith("s") ? word : `${word}s`;
}
