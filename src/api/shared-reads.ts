import { canonicalId } from "./ids.js";
import type { Listed } from "./listed.js";
import { PAGE_SIZE, type PageWalk } from "./pages.js";

const MAX_AGE_MS = 30_000;
/** Reads that arrive this close together begin a list together; the engine's first ones come some milliseconds apart. */
const GATHER_MS = 25;
/** How many pages a list may cost for each read that has asked, before single reads are cheaper. */
const PAGES_PER_READ = 4;

/** A list that many share: never older than 30 s, nor than the last write that touches it. */
abstract class Shared<Entry extends { readonly at: number }, Result> {
  #current: Entry | undefined;
  #next: Promise<Result> | undefined;

  protected abstract start(): Entry;
  protected abstract resultOf(entry: Entry): Promise<Result>;
  protected abstract isSpent(entry: Entry): boolean;

  /** A list that may have been asked for already, but after every write so far. */
  shared(): Promise<Result> {
    const { current } = this;
    return this.resultOf(current !== undefined && !this.isSpent(current) ? current : this.renew());
  }

  /** A list that is sent after this call: what a look-up after an unknown outcome needs. Joins only lists not yet sent. */
  fresh(): Promise<Result> {
    this.#next ??= new Promise((resolve) => setImmediate(resolve)).then(() => {
      this.#next = undefined;
      return this.resultOf(this.renew());
    });
    return this.#next;
  }

  /** To be called when a write begins and when it ends: what was listed before says nothing any more. */
  touched(): void {
    this.#current = undefined;
  }

  protected get current(): Entry | undefined {
    if (this.#current !== undefined && Date.now() - this.#current.at >= MAX_AGE_MS) this.#current = undefined;
    return this.#current;
  }

  protected renew(): Entry {
    this.#current = this.start();
    return this.#current;
  }
}

interface WholeList<T> {
  readonly at: number;
  readonly items: Promise<T>;
  failed: boolean;
}

/** A list that is always read as a whole. */
export class SharedList<T> extends Shared<WholeList<T>, T> {
  constructor(private readonly fetch: () => Promise<T>) {
    super();
  }

  protected start(): WholeList<T> {
    const list: WholeList<T> = { at: Date.now(), items: this.fetch(), failed: false };
    list.items.catch(() => {
      list.failed = true;
    });
    return list;
  }

  protected resultOf({ items }: WholeList<T>): Promise<T> {
    return items;
  }

  protected isSpent({ failed }: WholeList<T>): boolean {
    return failed;
  }
}

interface Source<T extends { id: string }> {
  readonly walk: () => PageWalk<T>;
  readonly single: (id: string) => Promise<T>;
}

/**
 * All that is read of the things of one kind: whole lists, and reads by id. Reads are answered from
 * as few requests as the reads at hand are worth: one alone is a single GET; many share the pages
 * of a list, fetched only as far as needed. An id that the list does not show is always read by
 * itself.
 */
export class SharedReads<T extends { id: string }> extends Shared<PartialList<T>, Listed<T>> {
  private waiting: { id: string; resolve: (item: T) => void; reject: (error: unknown) => void }[] = [];

  constructor(private readonly source: Source<T>) {
    super();
  }

  read(id: string): Promise<T> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ id: canonicalId(id), resolve, reject });
      if (this.waiting.length === 1) setTimeout(() => void this.answer(), this.current ? 0 : GATHER_MS);
    });
  }

  override touched(): void {
    this.current?.abandon();
    super.touched();
  }

  protected start(): PartialList<T> {
    return new PartialList(this.source.walk());
  }

  protected resultOf(list: PartialList<T>): Promise<Listed<T>> {
    return list.all();
  }

  protected isSpent(list: PartialList<T>): boolean {
    return list.failed;
  }

  private async answer(): Promise<void> {
    const readers = this.waiting;
    this.waiting = [];
    const list = this.current ?? (readers.length > 1 ? this.renew() : undefined);
    list?.expect(readers.length);
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
}

/** The pages of one list, fetched while somebody still looks for an id or wants them all. */
class PartialList<T extends { id: string }> {
  private abandoned = false;
  private readers = 0;
  private wanted = false;

  constructor(private readonly walk: PageWalk<T>) {}

  get at(): number {
    return this.walk.startedAt;
  }

  get failed(): boolean {
    return this.walk.failed;
  }

  expect(readers: number): void {
    this.readers += readers;
  }

  /** A write while the list was under way makes it too old, also for those who still wait for a page. */
  abandon(): void {
    this.abandoned = true;
  }

  all(): Promise<Listed<T>> {
    this.wanted = true;
    return this.walk.all();
  }

  async find(id: string): Promise<T | undefined> {
    for (;;) {
      if (this.abandoned) return undefined;
      const item = this.walk.get(id);
      if (item !== undefined || this.walk.done || !this.isWorthAPage()) return item;
      // A list that fails is no reason to fail a read: those who wait go on with single reads.
      await this.walk.step().catch(() => {});
    }
  }

  /** Judged anew for each page: what is too long a list for the first readers is worth it once there are more. */
  private isWorthAPage(): boolean {
    const affordable = this.readers * PAGES_PER_READ;
    const needed = Math.ceil((this.walk.total ?? 0) / PAGE_SIZE);
    return this.wanted || (this.walk.pages < affordable && needed <= affordable);
  }
}
