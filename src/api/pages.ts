import { ResponseError } from "./errors.js";
import type { Page } from "./schemas.js";

const pageSize = 20;
const mostPages = 10_000;
/** So many pages in a row may bring nothing new, since items can move between pages during a scan. */
const mostRepeatedPages = 5;

type FetchPage<Item> = (page: { limit: number; continuationToken?: number }) => Promise<Page<Item>>;

/** All items of a paginated list, each id once. Ends for certain, whatever the server says about further pages. */
export async function allItems<Item extends { id: string }>(
  operation: string,
  path: string,
  fetchPage: FetchPage<Item>,
): Promise<Item[]> {
  const items = new Map<string, Item>();
  let token: number | undefined;
  let repeatedPages = 0;
  for (let pages = 0; pages < mostPages; pages += 1) {
    const page = await fetchPage({ limit: pageSize, continuationToken: token });
    const before = items.size;
    for (const item of page.items) items.set(item.id, item);
    repeatedPages = items.size === before ? repeatedPages + 1 : 0;
    if (isLast(page, token) || repeatedPages >= mostRepeatedPages) return [...items.values()];
    token = page.continuation_token ?? undefined;
  }
  throw new ResponseError({
    operation,
    method: "GET",
    path,
    problem: "pages",
    description: `the list did not end after ${mostPages} pages`,
    outcome: "rejected",
  });
}

/** A token that does not grow would lead back to pages already seen. */
function isLast(page: Page<unknown>, token: number | undefined): boolean {
  const next = page.continuation_token;
  return !page.has_more || page.items.length === 0 || next === null || next <= (token ?? 0);
}
