import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PageWalk } from "../../src/api/pages.js";
import type { ContinuationToken, Page } from "../../src/api/schemas.js";
import { SharedList, SharedReads } from "../../src/api/shared-reads.js";
import fc from "../support/random.js";

interface Thing {
  readonly id: string;
  readonly version: number;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setImmediate", "Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const PAGE = 20;
const LATENCY = 50;

/** A server of numbered things whose every answer shows what was there when the request arrived. */
class Server {
  readonly versions: number[];
  readonly pages: (number | undefined)[] = [];
  readonly singles: string[] = [];
  pageLatency = () => LATENCY;
  singleLatency = () => LATENCY;
  tellsTotal = true;
  failing = (_page: number) => false;
  shows = (_thing: Thing) => true;
  rename = (thing: Thing) => thing;
  tokenAfter = (end: number, hasMore: boolean): number | undefined => (hasMore ? end : undefined);

  constructor(count: number) {
    this.versions = Array.from({ length: count }, () => 0);
  }

  readonly reads = new SharedReads<Thing>({
    walk: () =>
      new PageWalk({
        operation: "list-services",
        path: "/",
        fetch: ({ continuationToken }) => this.page(continuationToken),
      }),
    single: (id) => this.single(id),
  });

  async page(continuationToken: ContinuationToken = 0): Promise<Page<Thing>> {
    const token = Number(continuationToken);
    const number = this.pages.push(token);
    const items = this.things()
      .slice(token, token + PAGE)
      .filter(this.shows)
      .map(this.rename);
    await after(this.pageLatency());
    if (this.failing(number)) throw new Error("no list now");
    const hasMore = token + PAGE < this.versions.length;
    const total = this.tellsTotal ? this.versions.length : null;
    return { items, has_more: hasMore, continuation_token: this.tokenAfter(token + PAGE, hasMore) ?? null, total };
  }

  async single(id: string): Promise<Thing> {
    this.singles.push(id);
    const found = this.things().find((thing) => thing.id === id);
    await after(this.singleLatency());
    if (!found) throw new Error(`404 ${id}`);
    return found;
  }

  /** Writes as the client's users do: the list hears of them at the beginning and at the end. */
  async write(index: number): Promise<void> {
    this.reads.touched();
    await after(LATENCY / 2);
    this.versions[index] = (this.versions[index] ?? 0) + 1;
    await after(LATENCY / 2);
    this.reads.touched();
  }

  readAll(indexes: Iterable<number>): Promise<Thing[]> {
    return Promise.all([...indexes].map((index) => this.reads.read(`id-${index}`)));
  }

  private things(): Thing[] {
    return this.versions.map((version, index) => ({ id: `id-${index}`, version }));
  }
}

const indexes = (from: number, to: number) => Array.from({ length: to - from }, (_, offset) => from + offset);

/** Reads everything, eight at once, as a refresh of the engine does. */
async function refresh(server: Server, count: number): Promise<Thing[]> {
  const left = indexes(0, count)[Symbol.iterator]();
  const found: Thing[] = [];
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (const index of left) found.push(await server.reads.read(`id-${index}`));
    }),
  );
  return found;
}

describe("reads by id", () => {
  it("are a single GET for one alone, and a page for two", async () => {
    const server = new Server(100);
    const one = server.readAll([3]);
    await pass(100);
    expect(await one).toEqual([{ id: "id-3", version: 0 }]);
    expect(server).toMatchObject({ pages: [], singles: ["id-3"] });
    const two = server.readAll([4, 5]);
    await pass(100);
    expect((await two).map(({ id }) => id)).toEqual(["id-4", "id-5"]);
    expect(server).toMatchObject({ pages: [0], singles: ["id-3"] });
  });

  it.each([
    [10, true],
    [300, true],
    [300, false],
    [640, true],
  ])("of a refresh of %i things cost one list and nothing else (total told: %s)", async (count, tellsTotal) => {
    const server = Object.assign(new Server(count), { tellsTotal });
    const found = refresh(server, count);
    await pass(20_000);
    expect(new Set((await found).map(({ id }) => id)).size).toBe(count);
    expect(server.pages).toEqual(indexes(0, Math.ceil(count / PAGE)).map((page) => page * PAGE));
    expect(server.singles).toEqual([]);
  });

  it("of a list too long for its first readers use it once there are more", async () => {
    const server = new Server(2000);
    const found = refresh(server, 2000);
    await pass(29_000);
    expect(await found).toHaveLength(2000);
    expect(server.pages.length).toBe(100);
    expect(server.singles.length).toBeLessThan(40);
  });

  it("that come a few milliseconds apart begin one list", async () => {
    const server = new Server(20);
    const [first] = [server.reads.read("id-0"), await pass(7), server.reads.read("id-1")];
    await pass(100);
    expect((await first).id).toBe("id-0");
    expect(server).toMatchObject({ pages: [0], singles: [] });
  });

  it("never fetch more of a long list than a few reads are worth", async () => {
    const server = Object.assign(new Server(2000), { tellsTotal: false });
    const found = server.readAll([1990, 1991]);
    await pass(5_000);
    expect((await found).map(({ id }) => id)).toEqual(["id-1990", "id-1991"]);
    expect(server.pages.length).toBe(8);
    expect(server.singles.sort()).toEqual(["id-1990", "id-1991"]);
  });

  it("leave a list alone that is told to be longer than they are worth", async () => {
    const server = new Server(2000);
    const found = server.readAll([0, 1990, 1991]);
    await pass(5_000);
    expect((await found).map(({ id }) => id)).toEqual(["id-0", "id-1990", "id-1991"]);
    expect(server.pages).toEqual([0]);
    expect(server.singles.sort()).toEqual(["id-1990", "id-1991"]);
  });

  it("read what the list does not show by itself, and fail only then", async () => {
    const server = new Server(5);
    const [there, gone] = [server.readAll([1]), server.reads.read("id-9").catch((error: Error) => error.message)];
    await pass(500);
    expect(await there).toHaveLength(1);
    expect(await gone).toBe("404 id-9");
    expect(server).toMatchObject({ pages: [0], singles: ["id-9"] });
  });

  it("go on with single reads when a page fails, and keep what came before", async () => {
    const server = new Server(60);
    server.failing = (page) => page === 2;
    const found = server.readAll([0, 19, 20, 59]);
    await pass(500);
    expect((await found).map(({ id }) => id)).toEqual(["id-0", "id-19", "id-20", "id-59"]);
    expect(server).toMatchObject({ pages: [0, 20], singles: ["id-20", "id-59"] });
  });

  it.each<[string, (end: number) => number | undefined]>([
    ["repeats", () => 20],
    ["leads back to the start", () => 0],
    ["is missing", () => undefined],
  ])("end a list whose token %s although there is more", async (_how, token) => {
    const server = new Server(200);
    server.tokenAfter = token;
    const found = server.readAll([0, 150, 151]);
    await pass(5_000);
    expect((await found).map(({ id }) => id)).toEqual(["id-0", "id-150", "id-151"]);
    expect(server.pages.length).toBeLessThanOrEqual(3);
    expect(server.singles).toEqual(["id-150", "id-151"]);
  });

  it("follow a list over empty pages and tokens that fall", async () => {
    const server = new Server(100);
    server.shows = ({ id }) => Number(id.slice(3)) >= 40;
    const found = server.readAll([7, 50]);
    await pass(5_000);
    expect((await found).map(({ id }) => id)).toEqual(["id-7", "id-50"]);
    expect(server).toMatchObject({ pages: [0, 20, 40, 60, 80], singles: ["id-7"] });
  });

  it("ask again after 30 s", async () => {
    const server = new Server(5);
    const read = async () => {
      const found = server.readAll([0, 1]);
      await pass(200);
      return found;
    };
    await read();
    server.versions[0] = 7;
    await pass(29_000);
    expect((await read())[0]?.version).toBe(0);
    await pass(1_000);
    expect((await read())[0]?.version).toBe(7);
    expect(server.pages).toEqual([0, 0]);
  });

  it("that wait for a list when a write begins read by themselves, and later ones ask for another list", async () => {
    const server = new Server(40);
    const early = server.readAll([0, 39]);
    await pass(20);
    const written = server.write(39);
    await pass(25);
    const meanwhile = server.readAll([38, 39]);
    await pass(500);
    await written;
    expect((await early).map(({ id }) => id)).toEqual(["id-0", "id-39"]);
    expect((await meanwhile).map(({ id }) => id)).toEqual(["id-38", "id-39"]);
    expect(server.singles.slice(0, 2).sort()).toEqual(["id-0", "id-39"]);
    const before = { pages: server.pages.length, singles: server.singles.length };
    const late = server.readAll([38, 39]);
    await pass(500);
    expect((await late)[1]).toEqual({ id: "id-39", version: 1 });
    expect(server.pages.length).toBe(before.pages + 2);
    expect(server.singles.length).toBe(before.singles);
  });

  it("never answer from before a write that had ended when they asked", async () => {
    const time = fc.nat(400);
    const index = fc.nat(44);
    const event = fc.record({ at: time, index, write: fc.boolean() });
    const latencies = fc.infiniteStream(fc.integer({ min: 1, max: 120 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { minLength: 1, maxLength: 25 }),
        latencies,
        fc.nat(6),
        async (events, waits, bad) => {
          const server = new Server(45);
          server.pageLatency = server.singleLatency = () => waits.next().value;
          server.failing = (page) => page === bad;
          const ended = server.versions.map(() => 0);
          const broken: string[] = [];
          const all = events.map(async ({ at, index, write }) => {
            await after(at);
            if (write) {
              await server.write(index);
              ended[index] = (ended[index] ?? 0) + 1;
              return;
            }
            const least = ended[index] ?? 0;
            const { id, version } = await server.reads.read(`id-${index}`);
            if (id !== `id-${index}` || version < least)
              broken.push(`${id} at ${version}, written ${least} times before`);
          });
          await pass(5_000);
          await Promise.all(all);
          expect(broken).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("whole lists beside reads by id", () => {
  async function settled<T>(promise: Promise<T>): Promise<T> {
    promise.catch(() => {});
    await pass(2_000);
    return promise;
  }

  it("go on from the pages that reads have asked for, and answer reads", async () => {
    const server = new Server(100);
    const found = server.readAll([3, 4]);
    await pass(100);
    await found;
    expect(server.pages).toEqual([0]);
    const listing = server.reads.shared();
    const late = server.reads.read("id-99");
    expect(await settled(listing)).toHaveLength(100);
    expect((await late).id).toBe("id-99");
    expect((await server.reads.shared()).map(({ id }) => id)).toEqual((await listing).map(({ id }) => id));
    await settled(server.readAll(indexes(0, 100)));
    expect(server).toMatchObject({ pages: [0, 20, 40, 60, 80], singles: [] });
  });

  it("are asked for once for many, and anew after 30 s or a write", async () => {
    const server = new Server(5);
    await settled(Promise.all([server.reads.shared(), server.reads.shared()]));
    expect(server.pages).toEqual([0]);
    await settled(server.write(1));
    expect((await settled(server.reads.shared()))[1]?.version).toBe(1);
    server.versions[1] = 7;
    await pass(28_100);
    expect((await settled(server.reads.shared()))[1]?.version).toBe(7);
    expect(server.pages).toEqual([0, 0, 0]);
  });

  it("asked for before a write are not given to who asks after it", async () => {
    const server = new Server(45);
    const before = server.reads.shared();
    await pass(LATENCY + 10);
    server.reads.touched();
    server.versions[0] = 1;
    server.reads.touched();
    const after = server.reads.shared();
    const single = server.reads.read("id-0");
    expect((await settled(after))[0]?.version).toBe(1);
    expect((await single).version).toBe(1);
    expect((await before)[0]?.version).toBe(0);
  });

  it("when fresh are sent after the call, one for all who ask at once, and shared afterwards", async () => {
    const server = new Server(5);
    const old = server.reads.shared();
    await pass(10);
    server.versions[0] = 1;
    const [one, two] = [server.reads.fresh(), server.reads.fresh()];
    expect((await settled(one))[0]?.version).toBe(1);
    expect((await two)[0]?.version).toBe(1);
    expect((await old)[0]?.version).toBe(0);
    expect((await settled(server.reads.read("id-0"))).version).toBe(1);
    expect((await server.reads.shared())[0]?.version).toBe(1);
    expect(server).toMatchObject({ pages: [0, 0], singles: [] });
  });

  it("that fail, or end too early, are errors and not kept; reads go on", async () => {
    const server = new Server(45);
    server.failing = (page) => page === 2;
    await expect(settled(server.reads.shared())).rejects.toThrow("no list now");
    expect(await settled(server.reads.shared())).toHaveLength(45);

    const broken = new Server(45);
    broken.tokenAfter = () => undefined;
    await expect(settled(broken.reads.shared())).rejects.toThrow("20 of 45 were seen after 1 page");
    expect((await settled(broken.readAll([0, 44]))).map(({ id }) => id)).toEqual(["id-0", "id-44"]);
    broken.tokenAfter = (end, hasMore) => (hasMore ? end : undefined);
    expect(await settled(broken.reads.shared())).toHaveLength(45);
  });

  it("and reads know an id in capitals", async () => {
    const server = new Server(3);
    const id = "08652c6d-1111-4222-8333-44445555abcd";
    server.rename = (thing) => (thing.id === "id-1" ? { ...thing, id: id.toUpperCase() } : thing);
    const [one, two] = await settled(Promise.all([server.reads.read(id), server.reads.read(id.toUpperCase())]));
    expect([one?.version, two?.version]).toEqual([0, 0]);
    expect(server).toMatchObject({ pages: [0], singles: [] });
  });
});

describe("a shared list", () => {
  class Listed {
    value = 0;
    sent = 0;
    fails = false;
    readonly list = new SharedList<number[]>(async () => {
      this.sent += 1;
      const [seen, fails] = [this.value, this.fails];
      await after(LATENCY);
      if (fails) throw new Error("502");
      return [seen];
    });
  }

  async function settled<T>(promise: Promise<T>): Promise<T> {
    promise.catch(() => {});
    await pass(500);
    return promise;
  }

  it("is asked for once for many, and anew after 30 s or a write", async () => {
    const of = new Listed();
    await settled(Promise.all([of.list.shared(), of.list.shared()]));
    await settled(of.list.shared());
    expect(of.sent).toBe(1);
    of.value = 1;
    await pass(29_600);
    expect(await settled(of.list.shared())).toEqual([1]);
    of.value = 2;
    of.list.touched();
    expect(await settled(of.list.shared())).toEqual([2]);
    expect(of.sent).toBe(3);
  });

  it("in flight during a write is not kept for those who ask after it", async () => {
    const of = new Listed();
    of.list.touched();
    const during = of.list.shared();
    await pass(10);
    of.value = 1;
    of.list.touched();
    expect(await settled(of.list.shared())).toEqual([1]);
    expect(await during).toEqual([0]);
    expect(await settled(of.list.shared())).toEqual([1]);
  });

  it("when fresh joins no list that was sent before, and is one for all who ask at once", async () => {
    const of = new Listed();
    const old = of.list.shared();
    await pass(10);
    of.value = 1;
    const [one, two] = [of.list.fresh(), of.list.fresh()];
    expect(await settled(one)).toEqual([1]);
    expect(await two).toEqual([1]);
    expect(await old).toEqual([0]);
    expect(of.sent).toBe(2);
    expect(await settled(of.list.shared())).toEqual([1]);
    expect(of.sent).toBe(2);
    of.value = 2;
    expect(await settled(of.list.fresh())).toEqual([2]);
    expect(of.sent).toBe(3);
  });

  it("that failed is not kept, and does not drop a newer one", async () => {
    const of = new Listed();
    of.fails = true;
    const failed = of.list.shared();
    failed.catch(() => {});
    await pass(10);
    of.fails = false;
    const newer = of.list.fresh();
    await pass(500);
    await expect(failed).rejects.toThrow("502");
    expect(await newer).toEqual([0]);
    await settled(of.list.shared());
    expect(of.sent).toBe(2);

    of.list.touched();
    of.fails = true;
    await expect(settled(of.list.shared())).rejects.toThrow("502");
    of.fails = false;
    expect(await settled(of.list.shared())).toEqual([0]);
  });
});
