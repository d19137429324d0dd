import { type RequestErrorInit, ResponseError } from "./errors.js";
import { canonicalId } from "./ids.js";
import type { Listed, Unreadable, UnreadableEntry } from "./listed.js";
import { fieldAt, misfit } from "./parse.js";
import type { ContinuationToken, Page } from "./schemas.js";

export const PAGE_SIZE = 20;
const mostPages = 10_000;
/**
 * So many pages in a row may show only what was seen before, since items can move between pages
 * meanwhile.
 */
const mostRepeatedPages = 5;
/** So many pages in a row may be empty, since a server may filter after it has cut the pages. */
const mostEmptyPages = 100;

export interface PagedList<Item> {
  operation: string;
  path: string;
  fetch(page: { limit: number; continuationToken?: ContinuationToken }): Promise<Page<Item>>;
  /** Only a part was asked for, and the server's total may be that of all. */
  isFiltered?: boolean;
}

/** How a walk ended: at the last page, or for a reason why the rest cannot be reached. */
interface Ending {
  isLast: boolean;
  why: string;
}

/**
 * The pages of one list, one after another, each id once. Goes on while there is more and the token
 * is new, also after an empty page. Ends for certain, whatever the server says; and what ends
 * before its end is an error, not a list.
 */
export class PageWalk<Item extends { id: string }> {
  readonly startedAt = Date.now();
  /** How many were asked for. */
  pages = 0;
  /** How many items there are, as the last page says. */
  total: number | undefined;
  readonly #list: PagedList<Item>;
  readonly #items = new Map<string, Item>();
  readonly #unreadable = new Map<string, UnreadableEntry>();
  readonly #tokens = new Set<ContinuationToken>();
  #token: ContinuationToken | undefined;
  #firstTotal: number | undefined;
  #repeated = 0;
  #empty = 0;
  #step: Promise<void> | undefined;
  #end: Ending | undefined;
  #failure: { error: unknown } | undefined;

  constructor(list: PagedList<Item>) {
    this.#list = list;
  }

  /** There is nothing more to ask for. */
  get done(): boolean {
    return this.#end !== undefined || this.failed;
  }

  /** A page could not be read, or the end was not reached. */
  get failed(): boolean {
    return this.#failure !== undefined;
  }

  /** The item, if a page so far has shown it. */
  get(id: string): Item | undefined {
    return this.#items.get(canonicalId(id));
  }

  /** Asks for the next page; who asks meanwhile waits for the same one. */
  step(): Promise<void> {
    this.#step ??= this.#next().finally(() => {
      this.#step = undefined;
    });
    return this.#step;
  }

  /** All items. Throws when the list could not be read to its end. */
  async all(): Promise<Listed<Item>> {
    while (!this.done) await this.step();
    if (this.#failure !== undefined) throw this.#failure.error;
    const unreadable = [...this.#unreadable.values()];
    if (this.#items.size === 0 && unreadable[0] !== undefined) throw unreadable[0].error;
    // Not enumerable, so that it is no part of the items' own value.
    return Object.defineProperty([...this.#items.values()], "unreadable", { value: unreadable }) as Listed<Item>;
  }

  async #next(): Promise<void> {
    this.pages += 1;
    try {
      this.#take(await this.#list.fetch({ limit: PAGE_SIZE, continuationToken: this.#token }));
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  #take(page: Page<Item>): void {
    const unreadable = page.items.unreadable ?? [];
    const before = this.#seen;
    for (const item of page.items) this.#items.set(canonicalId(item.id), item);
    for (const entry of unreadable)
      this.#unreadable.set(entry.id ?? `${this.pages} ${entry.index}`, this.#entry(entry));
    const isEmpty = page.items.length + unreadable.length === 0;
    this.#empty = isEmpty ? this.#empty + 1 : 0;
    if (this.#seen > before) this.#repeated = 0;
    else if (!isEmpty) this.#repeated += 1;
    this.total = page.total ?? undefined;
    if (this.pages === 1) this.#firstTotal = this.total;
    this.#end = this.#endAt(page);
    const gap = this.#end && this.#gap(this.#end);
    if (gap !== undefined) this.#failure = { error: gap };
  }

  #endAt({ has_more, continuation_token: token }: Page<Item>): Ending | undefined {
    if (!has_more) return { isLast: true, why: "the last page ends it" };
    const cut = (why: string) => ({ isLast: false, why });
    if (token === null) return cut("a page says that there is more, but has no token for it");
    if (this.#tokens.has(token)) return cut("the token of a page leads back to a page that was read already");
    if (this.#repeated >= mostRepeatedPages) return cut(`${mostRepeatedPages} pages in a row showed nothing new`);
    if (this.#empty >= mostEmptyPages) return cut(`${mostEmptyPages} pages in a row were empty`);
    if (this.pages >= mostPages) return cut(`it did not end after ${mostPages} pages`);
    this.#tokens.add(token);
    this.#token = token;
    return undefined;
  }

  get #seen(): number {
    return this.#items.size + this.#unreadable.size;
  }

  /** Why this is not the whole list, if so. */
  #gap({ isLast, why }: Ending): ResponseError | undefined {
    const total = isLast ? this.#expected() : this.total;
    const isWhole = total === undefined ? isLast : this.#seen >= total;
    if (isWhole) return undefined;
    return new ResponseError({
      ...this.#request(),
      problem: "pages",
      description: `the list is not whole: ${this.#seen} of ${total ?? "an unknown number"} were seen after ${this.pages} ${this.pages === 1 ? "page" : "pages"}; ${why}`,
    });
  }

  /** What was deleted or added meanwhile makes the first or the last total too high. */
  #expected(): number | undefined {
    if (this.#list.isFiltered) return undefined;
    const totals = [this.#firstTotal, this.total].filter((total) => total !== undefined);
    return totals.length === 0 ? undefined : Math.min(...totals);
  }

  #entry({ index, id, path, message }: Unreadable): UnreadableEntry {
    const place = ["items", index, ...path];
    const error = misfit(this.#request(), place, message, `page ${this.pages}`);
    return { index, id, problem: `${fieldAt(place)}: ${message}`, error };
  }

  #request(): RequestErrorInit {
    const { operation, path } = this.#list;
    return { operation, method: "GET", path, outcome: "rejected", attempts: this.pages };
  }
}

/** All items of a paginated list. */
export function allItems<Item extends { id: string }>(
  operation: string,
  path: string,
  fetch: PagedList<Item>["fetch"],
  isFiltered = false,
): Promise<Listed<Item>> {
  return new PageWalk({ operation, path, fetch, isFiltered }).all();
}
