import { closest, distance } from "fastest-levenshtein";

/** The name and what it may have been meant to be. */
export function didYouMean(name: string, known: readonly string[]): string {
  const found = known.length > 0 ? closest(name, [...known]) : undefined;
  return found !== undefined && distance(name, found) <= Math.max(2, name.length / 3) ? `; did you mean ${found}?` : "";
}
