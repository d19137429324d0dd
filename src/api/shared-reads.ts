const MAX_AGE_MS = 30_000;
const PAGE_SIZE = 20;
/** Reads that arrive this close together begin a list together; the engine's first ones come some milliseconds apart. */
const GATHER_MS = 25;
/** How many pages a list may cost for each read that has asked, before single reads are cheaper. */
const PAGES_PER_READ = 4;

/** A list that many readers share, never older than 30 s or than the last write that touches it. */
export class SharedList<T> {
  private current: { readonly items: Promise<T[]>; readonly at: number } | undefined;
  private next: Promise<T[]> | undefined;

  constructor(private readonly fetch: () => Promise<T[]>) {}

  /** A list that may have been asked for already, but after every write so far. */
  shared(): Promise<T[]> {
    if (this.current && Date.now() - this.current.at < MAX_AGE_MS) return this.current.items;
    return this.start();
  }

  /** A list that is sent after this call: what a look-up after an unknown outcome needs. Joins only lists not yet sent. */
  fresh(): Promise<T[]> {
    this.next ??= new Promise((resolve) => setImmediate(resolve)).then(() => {
      this.next = undefined;
      return this.start();
    });
    return this.next;
  }

  /** To be called when a write begins and when it ends: what was listed before says nothing any more. */
  touched(): void {
    this.current = undefined;
  }

  private start(): Promise<T[]> {
    const items = this.fetch();
    const entry = { items, at: Date.now() };
    this.current = entry;
    items.catch(() => {
      if (this.current === entry) this.current = undefined;
    });
    return items;
  }
}

type Token = number | undefined;

export interface Page<T> {
  readonly items: readonly T[];
  readonly hasMore: boolean;
  readonly continuationToken: Token;
  readonly total: number | undefined;
}

interface PagedReads<T> {
  readonly page: (continuationToken: Token) => Promise<Page<T>>;
  readonly single: (id: string) => Promise<T>;
  readonly idOf: (item: T) => string;
}

/**
 * Reads by id, answered from as few requests as the reads at hand are worth: one alone is a single GET; many share the
 * pages of a list, fetched only as far as needed. An id that the list does not show is always read by itself.
 */
export class SharedReads<T> {
  private waiting: { id: string; resolve: (item: T) => void; reject: (error: unknown) => void }[] = [];
  private list: PartialList<T> | undefined;

  constructor(private readonly source: PagedReads<T>) {}

  read(id: string): Promise<T> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ id, resolve, reject });
      if (this.waiting.length === 1) setTimeout(() => void this.answer(), this.list ? 0 : GATHER_MS);
    });
  }

  /** To be called when a write begins and when it ends: what was listed before says nothing any more. */
  touched(): void {
    this.list?.abandon();
    this.list = undefined;
  }

  private async answer(): Promise<void> {
    const readers = this.waiting;
    this.waiting = [];
    const list = this.usableList(readers.length);
    await Promise.all(
      readers.map(async ({ id, resolve, reject }) => {
        try {
          const listed = await list?.find(id);
          resolve(listed ?? (await this.source.single(id)));
        } catch (error) {
          reject(error);
        }
      }),
    );
  }

  private usableList(readers: number): PartialList<T> | undefined {
    if (this.list?.isTooOld()) this.list = undefined;
    if (readers > 1) this.list ??= new PartialList(this.source);
    this.list?.expect(readers);
    return this.list;
  }
}

/** The pages of one list, fetched one after another while somebody still looks for an id. */
class PartialList<T> {
  private readonly items = new Map<string, T>();
  private readonly startedAt = Date.now();
  private readonly tokens = new Set<Token>();
  private token: Token;
  private done = false;
  private abandoned = false;
  private pages = 0;
  private total: number | undefined;
  private readers = 0;
  private fetching: Promise<void> | undefined;

  constructor(private readonly source: PagedReads<T>) {}

  expect(readers: number): void {
    this.readers += readers;
  }

  isTooOld(): boolean {
    return Date.now() - this.startedAt >= MAX_AGE_MS;
  }

  /** A write while the list was under way makes it too old, also for those who still wait for a page. */
  abandon(): void {
    this.abandoned = true;
  }

  async find(id: string): Promise<T | undefined> {
    for (;;) {
      if (this.abandoned) return undefined;
      const item = this.items.get(id);
      if (item !== undefined || this.done || !this.isWorthAPage()) return item;
      this.fetching ??= this.fetchPage().finally(() => {
        this.fetching = undefined;
      });
      await this.fetching;
    }
  }

  /** Judged anew for each page: what is too long a list for the first readers is worth it once there are more. */
  private isWorthAPage(): boolean {
    const affordable = this.readers * PAGES_PER_READ;
    return this.pages < affordable && Math.ceil((this.total ?? 0) / PAGE_SIZE) <= affordable;
  }

  private async fetchPage(): Promise<void> {
    this.pages += 1;
    this.tokens.add(this.token);
    try {
      const page = await this.source.page(this.token);
      for (const item of page.items) this.items.set(this.source.idOf(item), item);
      const next = page.continuationToken;
      this.total = page.total;
      this.done = !page.hasMore || next === undefined || this.tokens.has(next) || page.items.length === 0;
      this.token = next;
    } catch {
      // A list that fails is no reason to fail a read: those who wait go on with single reads.
      this.done = true;
    }
  }
}
