import { closest, distance } from "fastest-levenshtein";

/** What a misspelt name may have been meant to be. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const found = known.length > 0 ? closest(name, [...known]) : undefined;
  return found !== undefined && distance(name, found) <= Math.max(2, name.length / 3) ? found : undefined;
}

/** The same as the end of a sentence; empty where nothing is near. */
export function didYouMean(name: string, known: readonly string[]): string {
  const found = nearest(name, known);
  return found === undefined ? "" : `; did you mean ${found}?`;
}
