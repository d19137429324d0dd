import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { redact, registerSecret } from "../../src/api/redact.js";
import { asSet } from "../../src/engine/compare.js";
import { HIDDEN, LOOKED_UP } from "../../src/engine/hidden.js";
import type { Change, Existing, Lifecycle, Values } from "../../src/engine/lifecycle.js";
import { dynamicProvider } from "../../src/engine/provider/adapter.js";
import { ProviderContext } from "../../src/engine/provider/context.js";
import { EngineError, PartialFailure, Unfinished } from "../../src/engine/provider/failure.js";
import { readSettings } from "../../src/engine/settings.js";
import { UNKNOWN } from "../../src/engine/unknown.js";

const id = "0a1b2c3d-aaaa-4bbb-8ccc-ddddeeeeffff";
const other = "1a1b2c3d-aaaa-4bbb-8ccc-ddddeeeeffff";
const ID = id.toUpperCase();
const mark = (name: string, stack = "dev") =>
  `pulumi/organization/clinic/${stack}/pulumi-nodejs:dynamic/amigo:Thing/${name}`;
const [mine, twins, theirs] = [mark("mine"), mark("twin"), mark("mine", "prod")];
const short = "/clinic/dev/*/mine";

const text = z.string().optional();
const properties: Lifecycle["properties"] = {
  name: { schema: z.string(), change: "update" },
  shelf: { schema: text, change: "replace", default: "main" },
  deskId: { schema: text, change: "update", isId: true, unknownReplaces: true },
  note: { schema: text, change: "update", withdrawn: "refuse" },
  tags: { schema: z.array(z.string()).optional(), change: "update", normalise: asSet },
  sets: { schema: z.unknown().optional(), change: "update" },
  keep: { schema: text, change: "local" },
  adopt: { schema: z.boolean().optional(), change: "local" },
};

/** What the server holds, and what the lifecycle was asked to do. */
let live: Values | undefined;
let calls: [string, ...unknown[]][];
let warnings: string[];
let context: ProviderContext;

beforeEach(() => {
  live = undefined;
  calls = [];
  warnings = [];
  const settings: Record<string, string> = { apiKey: "amigo-demo-key" };
  context = new ProviderContext(
    readSettings({ config: (name) => settings[name], environment: {}, explicit: false }),
    (warning) => warnings.push(warning),
  );
});

const thing: Lifecycle = {
  kind: "Thing",
  properties,
  computed: ["createdAt"],
  marked: true,
  owned: true,
  inWorkspace: false,
  meanwhile: "Callers hear nothing meanwhile.",
  describe: ({ name }) => `Thing "${name}"`,
  deleteFirst: (replaces, olds, news) => {
    calls.push(["deleteFirst", replaces, olds.name, news.name]);
    return replaces.includes("shelf");
  },
  parts: (ofId, { sets }) => Object.keys(sets ?? {}).map((name) => ["Part", `${ofId}/${name}`]),
  create: async (_context, news) => {
    calls.push(["create", news]);
    live = { ...news, createdAt: "then" };
    return { id, live };
  },
  read: async (_context, asked, state) => {
    calls.push(["read", asked, state]);
    return live && { id: asked, live };
  },
  update: async (_context, change) => {
    calls.push(["update", change.id, change.over(live ?? {})]);
    live = { ...live, ...change.over(live ?? {}) };
    return live;
  },
  remove: async (_context, asked, state) => {
    calls.push(["remove", asked, state]);
  },
};

const provider = (over: Partial<Lifecycle> = {}) => dynamicProvider({ ...thing, ...over }, async () => context);
const failure = async (work: Promise<unknown>): Promise<Error> => {
  try {
    await work;
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
};
const partial = async (work: Promise<unknown>): Promise<PartialFailure> => {
  const error = await failure(work);
  expect(error).toBeInstanceOf(PartialFailure);
  return error as PartialFailure;
};
const declared = (inputs: Values, former?: Values, more = {}) => context.run.checked("Thing", inputs, former, more);
const desk = { name: "Desk" };

it("checks the inputs with what the run before declared, if anything", async () => {
  expect(await provider().check(undefined, { ...desk, [HIDDEN.owner]: mine })).toEqual({
    inputs: { ...desk, [HIDDEN.owner]: mine },
    failures: [],
  });
  expect(
    (await provider().check({ ...desk, [HIDDEN.owner]: twins }, { ...desk, [HIDDEN.owner]: mine })).inputs,
  ).toEqual({
    ...desk,
    [HIDDEN.owner]: twins,
  });
});

describe("a diff", () => {
  const paths = (...names: string[]) => ({ [HIDDEN.replaceOnChanges]: names });
  const [before, after] = [
    { a: { x: 1 }, b: { x: 1 } },
    { a: { x: 2 }, b: { x: 1 } },
  ];

  it.each<[about: string, olds: Values, news: Values, changes: boolean, replaces: string[]]>([
    ["nothing", desk, desk, false, []],
    ["an id in capitals", { deskId: ID }, { deskId: id }, false, []],
    ["an update", desk, { name: "Ward" }, true, []],
    ["a create-only property", { shelf: "a" }, { shelf: "b" }, true, ["shelf"]],
    ["one that is taken out", { shelf: "a" }, {}, true, ["shelf"]],
    ["one that is taken out and was the default", { shelf: "main" }, {}, true, []],
    ["an update beside a replacement", { shelf: "a", ...desk }, { shelf: "b", name: "Ward" }, true, ["shelf"]],
    ["an id that is not known, of a dependent", { deskId: id }, { deskId: UNKNOWN }, true, ["deskId"]],
    ["a text that is not known", desk, { name: UNKNOWN }, true, []],
    ["another id", { deskId: id }, { deskId: other }, true, []],
    ["an update that replaces by option", desk, { name: "Ward", ...paths("name") }, true, ["name"]],
    ["another one", desk, { name: "Ward", ...paths("note") }, true, []],
    ["any one", desk, { name: "Ward", ...paths("*") }, true, ["name"]],
    ["a value taken out", { name: "Desk", keep: "k" }, { name: "Desk", ...paths("*") }, true, ["keep"]],
    ["no change, with the option", desk, { ...desk, ...paths("name", "*") }, false, []],
    ["a change at a path of the option", { sets: before }, { sets: after, ...paths("sets.a") }, true, ["sets"]],
    ["a change in a quoted path", { sets: before }, { sets: after, ...paths('sets["a"].x') }, true, ["sets"]],
    ["a change at another path", { sets: before }, { sets: after, ...paths("sets.b") }, true, []],
  ])("of %s", async (_about, olds, news, changes, replaces) => {
    expect(await provider().diff(ID, olds, news)).toEqual({
      changes,
      replaces,
      deleteBeforeReplace: replaces.includes("shelf"),
    });
    const asked = [["deleteFirst", replaces, olds.name, news.name]];
    expect(calls).toEqual(replaces.length > 0 ? asked : []);
    expect(warnings).toEqual([]);
  });

  it("of a resource of the program is an update, where an id is not known yet", async () => {
    declared({ deskId: UNKNOWN }, { deskId: id });
    expect(await provider().diff(id, { deskId: id }, { deskId: UNKNOWN })).toMatchObject({
      changes: true,
      replaces: [],
    });
  });

  it("sees what the run before declared and state does not hold", async () => {
    const olds = { name: "Desk", keep: "k", [HIDDEN.undeclared]: ["keep"] };
    expect(await provider().diff(id, olds, desk)).toMatchObject({ changes: false });
    declared(desk, { ...desk, keep: "k" });
    expect(await provider().diff(id, olds, desk)).toMatchObject({ changes: true });
  });

  it("refuses to take out what the API cannot clear", async () => {
    const error = await failure(provider().diff(id, { ...desk, note: "n", keep: "k" }, desk));
    expect(error).toBeInstanceOf(EngineError);
    expect(error.message).toBe(
      'Thing "Desk": note is "n" and cannot be cleared through this API; declare it again, or replace the Thing',
    );
  });

  it.each([true, false])("asks whether something is unfinished: %s", async (is) => {
    const unfinished = (state: Values, news: Values) => is && state.name === "Desk" && news.keep === "k";
    const of = { ...desk, keep: "k" };
    expect(await provider({ unfinished }).diff(id, of, of)).toMatchObject({ changes: is, replaces: [] });
  });

  it("warns of what a replacement of the program's own does meanwhile", async () => {
    const news = { shelf: "b", ...desk };
    declared(news, { shelf: "a", ...desk });
    await provider({ meanwhile: undefined }).diff(id, { shelf: "a", ...desk }, news);
    expect(warnings).toEqual([]);
    await provider().diff(id, { shelf: "a", ...desk }, news);
    expect(warnings).toEqual([`Thing "Desk" (${id}): Callers hear nothing meanwhile.`]);
    await provider({ deleteFirst: () => false }).diff(id, { shelf: "a", ...desk }, news);
    await provider().diff(id, desk, desk);
    expect(warnings).toHaveLength(1);
  });

  it("tells the run under which id state holds it, and its parts, unless it is replaced", async () => {
    const news = { ...desk, sets: { a: 1 } };
    await provider().diff(ID, desk, news);
    expect(context.run.isHeld("Part", `${id}/a`), "of what is no resource of the program").toBe(false);
    declared(news, desk);
    await provider().diff(ID, desk, news);
    expect(context.run.declared("Thing")).toEqual([expect.objectContaining({ id, state: desk, replaced: false })]);
    expect(context.run.isHeld("Part", `${id}/a`)).toBe(true);
    const moved = { ...desk, shelf: "b", sets: { b: 1 } };
    declared(moved, desk);
    await provider().diff(other, { shelf: "a" }, moved);
    expect(context.run.declared("Thing")[1]).toMatchObject({ id: other, replaced: true });
    expect(context.run.isHeld("Part", `${other}/b`)).toBe(false);
  });

  it("refuses two resources of the program that manage one thing", async () => {
    const [first, second] = [
      { ...desk, [HIDDEN.owner]: mine },
      { name: "Twin", [HIDDEN.owner]: twins },
    ];
    declared(first, first);
    declared(second, second);
    await provider().diff(id, first, first);
    await provider().diff(id, first, first);
    await provider().diff(other, second, second);
    const error = await failure(provider().diff(id, second, second));
    expect(error).toBeInstanceOf(EngineError);
    expect(error.message).toBe(
      `Thing "Twin": another resource of this program, Thing "Desk", manages ${id} too. Declare it once, ` +
        "and take the other one out of state with `pulumi state delete`, which leaves the thing as it is.",
    );
    await provider().diff(id, second, { name: "Not declared" });
  });
});

describe("a create", () => {
  it("keeps what was made, and holds it and its parts", async () => {
    const news = { ...desk, deskId: ID, sets: { a: 1 }, [HIDDEN.owner]: mine, [HIDDEN.provider]: "text" };
    expect(await provider().create(news)).toEqual({
      id,
      outs: { ...desk, deskId: id, sets: { a: 1 }, createdAt: "then", [HIDDEN.owner]: short },
    });
    expect(calls).toEqual([["create", { ...desk, deskId: id, sets: { a: 1 }, [HIDDEN.owner]: mine }]]);
    expect([context.run.isHeld("Thing", id), context.run.isHeld("Part", `${id}/a`)]).toEqual([true, true]);
    const { parts: _, ...without } = thing;
    await dynamicProvider(without, async () => context).create(desk);
  });

  const answering = (answered: Values) => ({
    create: async (): Promise<Existing> => ({ id, live: answered }),
  });

  it("keeps whose mark the thing has, and shows what is ignored as it exists", async () => {
    const create = (news: Values, answered: Values) => provider(answering(answered)).create({ ...desk, ...news });
    const owned = { [HIDDEN.owner]: mine };
    const has = (owner: string) => ({ ...desk, [HIDDEN.owner]: owner });
    expect((await create(owned, has(theirs))).outs).toEqual({
      ...desk,
      [HIDDEN.owner]: short,
      [HIDDEN.takenFrom]: theirs,
    });
    expect((await create(owned, has(mine))).outs).toEqual({ ...desk, [HIDDEN.owner]: short });
    expect((await create(owned, desk)).outs).toEqual({ ...desk, [HIDDEN.owner]: short });
    expect((await create({}, has(theirs))).outs).toEqual(desk);
  });

  it("that the API answered with another value is kept as unfinished", async () => {
    const news = { ...desk, [HIDDEN.provider]: "the code" };
    const error = await partial(provider(answering({ name: "Ward", createdAt: "then" })).create({ ...news, sets: 1 }));
    expect(error).toMatchObject({ id, properties: { name: "Ward", createdAt: "then", [HIDDEN.provider]: "the code" } });
    expect(error.message).toMatch(
      /^creating Thing "Desk": the API answered with success, but holds something else \(.*\):\n {2}name: declared "Desk", exists as "Ward"\n {2}sets: declared 1, exists as nothing\nRun `pulumi up` again/,
    );
    expect(context.run.isHeld("Thing", id)).toBe(true);
  });

  it("that fails says of what, and makes nothing", async () => {
    registerSecret("a-key-of-the-adapter");
    const create = async () => {
      throw new Error("the server said a-key-of-the-adapter");
    };
    const error = await failure(provider({ create }).create(desk));
    expect(error).toBeInstanceOf(EngineError);
    expect(error).not.toBeInstanceOf(PartialFailure);
    expect(error.message).toBe('creating Thing "Desk": the server said [redacted]');
    const own = new EngineError("said by the lifecycle");
    const throwing = { create: async () => Promise.reject(own) };
    expect(await failure(provider(throwing).create(desk))).toBe(own);
  });

  it("that is one of several at once is known to the run", async () => {
    await provider().create(desk);
    expect(context.run.wasParallel).toBe(false);
    await Promise.all([provider().create(desk), provider().create(desk)]);
    expect(context.run.wasParallel).toBe(true);
  });

  it("lets no message show a secret from then on, at any depth", async () => {
    const said = "adapter-text one adapter-deep two adapter-open";
    await provider().create({
      name: "adapter-text",
      sets: { a: ["adapter-deep", null, 7] },
      keep: "adapter-open",
      [HIDDEN.secrets]: ["name", "sets", "note"],
    });
    expect(redact(said)).toBe("[redacted] one [redacted] two adapter-open");
  });
});

describe("an import in place of a create", () => {
  const importing = (inputs: Values, ignore: string[] = [], over: Partial<Lifecycle> = {}) =>
    provider(over).create({ ...inputs, [HIDDEN.adopt]: { id, ignore } });

  it("reads, keeps what exists, and writes nothing", async () => {
    live = { ...desk, tags: ["a", "b"], createdAt: "then" };
    const inputs = { ...desk, tags: ["b", "a"], sets: undefined };
    expect(await importing(inputs)).toEqual({ id, outs: { ...desk, tags: ["b", "a"], createdAt: "then" } });
    expect(calls).toEqual([["read", id, { ...desk, tags: ["b", "a"] }]]);
    expect(context.run.isHeld("Thing", id)).toBe(true);
    const marked = { ...inputs, [HIDDEN.owner]: mine };
    expect((await importing(marked)).outs, "of what carries no mark").toMatchObject({ [HIDDEN.owner]: short });
  });

  it("fails where there is nothing", async () => {
    expect((await failure(importing(desk))).message).toBe(
      `creating Thing "Desk": import: there is no Thing with the id ${id}`,
    );
  });

  it.each<[ignore: string[], said: string[]]>([
    [[], ["name", "sets"]],
    [["name"], ["sets"]],
    [["sets.a[0]"], ["name"]],
    [["sets[0]"], ["name"]],
  ])("says all that differs and is not ignored: %j", async (ignore, said) => {
    live = { name: "Ward", sets: { a: 1 } };
    const { message } = await failure(importing({ ...desk, sets: { a: 2 } }, ignore));
    const all = { name: 'name: declared "Desk", exists as "Ward"', sets: 'sets: declared {"a":2}, exists as {"a":1}' };
    expect(message).toBe(
      `creating Thing "Desk": import: what exists under ${id} is not what the program declares. Nothing was written. ` +
        "Change the program to match, or list the properties in ignoreChanges:\n  " +
        said.map((name) => all[name as keyof typeof all]).join("\n  "),
    );
  });

  it("takes what differs as it exists, where all is ignored", async () => {
    live = { name: "Ward" };
    const news = { ...desk, [HIDDEN.ignore]: ["*"] };
    expect((await importing(news, ["*"])).outs).toEqual({ name: "Ward" });
    expect((await importing({ ...desk, [HIDDEN.ignore]: ["name"] }, ["name"])).outs).toEqual({ name: "Ward" });
  });

  it("refuses what belongs to another stack", async () => {
    live = { ...desk, [HIDDEN.owner]: theirs };
    const { message } = await failure(importing({ ...desk, [HIDDEN.owner]: mine }));
    expect(message).toMatch(
      new RegExp(`^creating Thing "Desk": import: ${id} belongs to ${theirs} .*Nothing was written.*\`adopt: true\``),
    );
    expect((await failure(importing({ ...desk, adopt: false, [HIDDEN.owner]: mine }))).message).toBe(message);
  });

  it("refuses what another resource of the program manages", async () => {
    live = { ...desk, [HIDDEN.owner]: twins };
    declared({ name: "Twin" }, { name: "Twin" });
    context.run.compared("Thing", id, {}, { name: "Twin" }, false);
    expect((await failure(importing({ ...desk, [HIDDEN.owner]: mine }))).message).toBe(
      `creating Thing "Desk": import: another resource of this program manages ${id}. Declare it once. Nothing was written`,
    );
  });

  it("takes over what another stack has given up, or another name of this one", { timeout: 10_000 }, async () => {
    live = { ...desk, [HIDDEN.owner]: theirs };
    const taken = importing({ ...desk, adopt: true, [HIDDEN.owner]: mine });
    expect((await taken).outs).toEqual({ ...desk, adopt: true, [HIDDEN.owner]: short, [HIDDEN.takenFrom]: theirs });
  });
});

describe("a read", () => {
  it("names what nobody declares and somebody changed, and has a refresh show it", async () => {
    const inputs = { name: "Desk" };
    const state = { ...inputs, shelf: "upper", [HIDDEN.undeclared]: ["shelf"], createdAt: "then" };
    for (const [shelf, before, now] of [
      ["main", "upper", "main"],
      ["lower", "upper", "lower"],
      ["upper", undefined, undefined],
    ]) {
      live = { name: "Desk", shelf, createdAt: "then" };
      const one = provider();
      const { props = {} } = await one.read(id, state);
      const told = expect.stringMatching(
        `"Desk" .*: shelf is not declared .*: it was "${before}", it is "${now}"\\. It is`,
      );
      expect(warnings.splice(0)).toEqual(before === undefined ? [] : [told]);
      const refreshed = (news: Values) => one.diff(id, props, news).then(({ changes }) => changes);
      expect(await refreshed(inputs)).toBe(before !== undefined);
      expect(await refreshed({ ...inputs, [HIDDEN.ignore]: ["shelf"] })).toBe(false);
    }
    live = { name: "Desk", shelf: "lower", createdAt: "then" };
    const one = provider();
    const { props = {} } = await one.read(id, state);
    await one.check(inputs, inputs);
    expect((await one.diff(id, props, inputs)).changes, "the program declares it").toBe(false);
  });

  it("shows what exists, under the id in small letters, and what the inputs are then", async () => {
    live = { name: "Ward", keep: "k", createdAt: "then" };
    const state = { ...desk, deskId: ID };
    expect(await provider().read(ID, state)).toEqual({
      id,
      props: { name: "Ward", createdAt: "then" },
      inputs: { name: "Ward" },
    });
    expect(calls).toEqual([["read", id, { ...desk, deskId: id }]]);
  });

  it("answers nothing where it is gone, so that the engine drops it", async () => {
    expect(await provider().read(id, desk)).toEqual({});
    expect(await provider().read(id)).toEqual({});
  });

  it("shows everything of what is only looked up, and fails where that is not there", async () => {
    const { message } = await failure(provider().read(id, { [LOOKED_UP]: true }));
    expect(message).toBe(
      `reading Thing ${id}: there is no Thing with the id ${id}; is it the right workspace and account?`,
    );
    live = { name: "Ward", note: "n", createdAt: "then" };
    expect(await provider().read(id, { [LOOKED_UP]: true })).toEqual({ id, props: { ...live, [LOOKED_UP]: true } });
  });

  it("that fails says of what", async () => {
    const read = async () => Promise.reject(new Error("no"));
    expect((await failure(provider({ read }).read(id, desk))).message).toBe('reading Thing "Desk": no');
  });
});

describe("an update", () => {
  const olds = { ...desk, keep: "k", createdAt: "then", [HIDDEN.owner]: short, [HIDDEN.takenFrom]: theirs };
  const update = (news: Values, over: Partial<Lifecycle> = {}, of: Values = olds) =>
    provider(over).update(ID, of, { ...news, [HIDDEN.owner]: mine });

  beforeEach(() => {
    live = { ...desk, createdAt: "then", [HIDDEN.owner]: theirs };
  });

  it("writes what changed, and keeps whose the thing was", async () => {
    live = { ...live, tags: ["theirs"] };
    const of = { ...olds, tags: ["b"] };
    const { outs } = await update({ name: "Ward", keep: "k", tags: ["b"], sets: { a: 1 } }, {}, of);
    expect(calls).toEqual([["update", id, { name: "Ward", sets: { a: 1 } }]]);
    expect(outs, "what it left alone stays in state as declared").toEqual({ ...of, name: "Ward", sets: { a: 1 } });
    expect([context.run.isHeld("Thing", id), context.run.isHeld("Part", `${id}/a`)]).toEqual([true, true]);
  });

  it("gives the lifecycle the mark in full, as state holds it in short", async () => {
    let seen: Change | undefined;
    await update(
      { name: "Ward", keep: "k" },
      {
        update: async (_context, change) => {
          seen = change;
          return { name: "Ward" };
        },
      },
    );
    expect(seen).toMatchObject({ olds: { [HIDDEN.owner]: mine }, news: { [HIDDEN.owner]: mine } });
  });

  it("only stores what the API does not hold, without a request", async () => {
    expect((await update({ ...desk, keep: "other" })).outs).toEqual({ ...olds, keep: "other" });
    expect((await update(desk)).outs).not.toHaveProperty("keep");
    expect(calls).toEqual([]);
    expect(context.run.isHeld("Thing", id)).toBe(true);
  });

  it("is carried out where nothing differs, or something is unfinished", async () => {
    await update({ ...desk, keep: "k" });
    await update(
      { ...desk, keep: "other" },
      { unfinished: (state, news) => state.keep === "k" && news.keep === "other" },
    );
    expect(calls.map(([what]) => what)).toEqual(["update", "update"]);
  });

  it("writes what the run before declared and state does not hold", async () => {
    declared(desk, { ...desk, deskId: id });
    live = { ...desk, deskId: id };
    await update(desk, {}, { ...live, [HIDDEN.undeclared]: ["deskId"] });
    expect(calls).toEqual([["update", id, { deskId: null }]]);
  });

  it("that the API answered with another value is kept as unfinished, with what it did not write", async () => {
    const ignoring = { update: async () => ({ ...live, name: "Desk" }) as Values };
    const writing = {
      update: async (_context: ProviderContext, change: Change) => {
        change.over(live ?? {});
        return { ...live, name: "Desk" };
      },
    };
    await update({ name: "Ward", keep: "k" }, ignoring);
    const error = await partial(update({ name: "Ward", keep: "k" }, writing));
    expect(error.message).toMatch(/^updating Thing "Ward": the API answered .* declared "Ward", exists as "Desk"/s);
    expect(error.properties).toMatchObject({ name: "Desk", keep: "k", [HIDDEN.takenFrom]: theirs });
  });

  it("that stopped half-way keeps the former values of what it had not written", async () => {
    const left = { name: "Desk", shelf: "side", tags: ["theirs"], sets: { a: 1 }, createdAt: "then" };
    const stopping = { update: async () => Promise.reject(new Unfinished(id, left, new Error("it stopped"))) };
    const state = { ...olds, tags: ["b"], sets: { a: 1 } };
    const news = { name: "Ward", shelf: "main", tags: ["b"], [HIDDEN.provider]: "the code" };
    const error = await partial(update(news, stopping, state));
    expect(error).toMatchObject({ id, message: 'updating Thing "Ward": it stopped' });
    // What was to be taken out is there as declared, so that the next run sees it again.
    const { [HIDDEN.takenFrom]: _, ...kept } = state;
    expect(error.properties).toEqual({ ...kept, shelf: "main", [HIDDEN.provider]: "the code" });
  });

  it("that fails otherwise leaves state as it was", async () => {
    const failing = { update: async () => Promise.reject(new Error("no")) };
    const error = await failure(update({ name: "Ward" }, failing));
    expect(error).not.toBeInstanceOf(PartialFailure);
    expect(error.message).toBe('updating Thing "Ward": no');
  });
});

describe("a delete", () => {
  const state = { ...desk, deskId: ID, [HIDDEN.owner]: short };

  it("removes the thing, and the run knows what it was", async () => {
    await provider().delete(ID, state);
    expect(calls).toEqual([["remove", id, { ...state, deskId: id, [HIDDEN.owner]: mine }]]);
    expect(context.run.wasRemoved("Thing", id)).toBe('Thing "Desk"');
    expect(context.run.removedWith("Thing", ({ name }) => name === "Desk")).toBeDefined();
  });

  it("that leaves the thing removes nothing for the run", async () => {
    await provider({ remove: async () => "left" }).delete(id, state);
    expect(context.run.wasRemoved("Thing", id)).toBeUndefined();
  });

  it("leaves what another resource of the program manages by now, and says so", async () => {
    context.run.hold("Thing", id);
    await provider().delete(ID, state);
    expect([calls, context.run.wasRemoved("Thing", id)]).toEqual([[], undefined]);
    expect(warnings).toEqual([
      `Thing "Desk" (${id}) was left alone: another resource of the program now manages it. ` +
        "Was it renamed? The resource option `aliases` makes that no change at all.",
    ]);
  });

  it("of what the program imports is refused", async () => {
    declared(desk, undefined, { imports: id });
    const { message } = await failure(provider().delete(ID, state));
    expect(message).toBe(
      'deleting Thing "Desk": its import option names it, so it cannot be replaced: remove the import option. Nothing was deleted',
    );
    expect(calls).toEqual([]);
  });

  it("that fails says of what", async () => {
    const remove = async () => Promise.reject(new Error("no"));
    expect((await failure(provider({ remove }).delete(id, state))).message).toBe('deleting Thing "Desk": no');
  });
});
