import type { ResponseError } from "./errors.js";
import { canonicalId } from "./ids.js";

/** An entry of a list that does not fit the contract. */
export interface Unreadable {
  /** Its place in its page. */
  index: number;
  /** Where it has one. */
  id?: string;
  /** Where in the entry the trouble is. */
  path: readonly PropertyKey[];
  message: string;
}

export interface UnreadableEntry {
  index: number;
  id?: string;
  /** As in `items[3].agent_id: Invalid input`. */
  problem: string;
  /** The same as an error, to be thrown by who needs this entry. */
  error: ResponseError;
}

/**
 * A list to its end. Its entries that could not be read stand beside it, so it is whole only if
 * there are none.
 */
export type Listed<Item> = Item[] & { readonly unreadable: readonly UnreadableEntry[] };

/** All items. Throws the error of the first entry that could not be read. */
export function wholeOf<Item>(list: Listed<Item>): Item[] {
  const [first] = list.unreadable;
  if (first !== undefined) throw first.error;
  return list;
}

/**
 * The items that fit. When none does, an entry that could not be read might, and its error is
 * thrown.
 */
export function matchesIn<Item>(list: Listed<Item>, fits: (item: Item) => boolean): Item[] {
  const matches = list.filter(fits);
  return matches.length > 0 ? matches : wholeOf(list).filter(fits);
}

/**
 * The item with this id; undefined when it certainly is not in the list. Throws when it is there
 * and cannot be read.
 */
export function findById<Item extends { id: string }>(list: Listed<Item>, id: string): Item | undefined {
  const wanted = canonicalId(id);
  const found = list.find((item) => canonicalId(item.id) === wanted);
  if (found !== undefined) return found;
  const strange = list.unreadable.find((entry) => entry.id === undefined || entry.id === wanted);
  if (strange !== undefined) throw strange.error;
  return undefined;
}
