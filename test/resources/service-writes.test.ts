import { describe, expect, it } from "vitest";
import type { ProviderContext } from "../../src/engine/provider/context.js";
import * as fields from "../../src/resources/fields.js";
import {
  droppedSets,
  knownPart,
  ownerOf,
  readForWrite,
  refuseForeignOwner,
  rememberSet,
  serviceLock,
  setOf,
  withOwnWrites,
  withService,
  writeService,
} from "../../src/resources/service-writes.js";
import { fail, mark, pin, processWith, refusal, STACK, service, stopClock, tags } from "./support.js";

const GET = ["getService", "w", "s"];

/** A provider process whose server answers a write with what `put` makes of the body, and a read with `read`. */
function process({ read = service(), put = (body: object): unknown => service(body), settleSeconds = 0 } = {}) {
  const updateService = (_workspace: string, _id: string, body: object) => put(body);
  const { context, calls } = processWith({ services: [read], updateService }, settleSeconds);
  const bodies = () => calls.flatMap(([name, , , body]) => (name === "updateService" ? [body] : []));
  return { context, calls, bodies };
}

describe("what this process has written", () => {
  const seen = (context: ProviderContext, read: object = {}) => withOwnWrites(context, service(read));

  it("is laid over a read of that service for ten seconds, and forgotten then", () => {
    const passes = stopClock();
    const { context } = process();
    rememberSet(context, "s", "canary", pin(1));
    rememberSet(context, "s", "gone", null);
    const read = { version_sets: { gone: pin(2), release: {} } };
    const later = { version_sets: { release: {}, canary: pin(1) } };
    expect(seen(context, read)).toEqual(service(later));
    expect(seen(context, { ...read, id: "t" })).toEqual(service({ ...read, id: "t" }));
    passes(10_000);
    expect(seen(context, read)).toEqual(service(later));
    passes(1);
    expect(seen(context, read)).toEqual(service(read));
    rememberSet(context, "s", "new", {});
    expect(seen(context, read).version_sets).toEqual({ ...read.version_sets, new: {} });
  });

  it("is what the answer says of the fields that were to change, and no other", async () => {
    const passes = stopClock();
    const { context } = process({ put: () => service({ name: "DESK", tool_capacity: 9, keyterms: ["flu"] }) });
    await writeService(context, "w", service(), { name: "desk", keyterms: ["FLU"] });
    expect(seen(context, { version_sets: { release: {} } })).toEqual(
      service({ name: "DESK", keyterms: ["flu"], version_sets: { release: {} } }),
    );
    passes(10_001);
    expect(seen(context)).toEqual(service());
  });

  it("is, of the sets, what was to change: not what was sent as it had been read", async () => {
    stopClock();
    const { context } = process();
    const before = service({ version_sets: { a: pin(1), b: pin(1), c: pin(1) } });
    await writeService(context, "w", before, { version_sets: { a: pin(1), b: pin(2), constructor: {} } });
    const read = { version_sets: { a: pin(7), b: pin(1), c: pin(1) } };
    expect(seen(context, read).version_sets).toEqual({ a: pin(7), b: pin(2), constructor: {} });

    const untouched = process().context;
    await writeService(untouched, "w", before, { name: "Ward" });
    expect(seen(untouched, read).version_sets).toEqual(read.version_sets);
  });
});

describe("a write of a service", () => {
  const FULL = {
    ...{ name: "Desk", description: "", agent_id: "a", context_graph_id: "g", keyterms: [], is_active: true },
    ...{ version_sets: {}, tags: [], tool_capacity: 3, safety_filters_enabled: true, channel_type: "voice" },
    environment: "production",
  };

  it("sends all of it as read without what is empty, and the changes as they are", async () => {
    const { context, calls, bodies } = process();
    const changes = { tool_capacity: 4, voice_config: null };
    const answer = await writeService(context, "w", service({ persona_id: "p" }), changes);
    expect(bodies()).toEqual([{ ...FULL, persona_id: "p", tool_capacity: 4, voice_config: null }]);
    expect(answer).toMatchObject({ tool_capacity: 4 });
    expect(calls.map(([name]) => name)).toEqual(["touched", "updateService", "touched"]);
  });

  it("is sent again where this run has just made the service, and without the keys that the API refuses", async () => {
    const problems = ["voice_config.pitch", "version_sets.a.colour"].map((path) => ({ path, message: "is strange" }));
    const ends = [refusal(404), refusal(422, { problems })];
    const put = (body: object) => (ends.length > 0 ? fail(ends.shift())() : service(body));
    const { context, bodies } = process({ put, settleSeconds: 60 });
    context.run.made("Service", "s");
    const more = { voice_config: { tts_model: "sonic-3", pitch: 1 }, version_sets: { a: { ...pin(1), colour: 1 } } };
    await writeService(context, "w", service(more), { description: "new" });
    const known = { voice_config: { tts_model: "sonic-3" }, version_sets: { a: pin(1) }, description: "new" };
    const whole = { ...FULL, ...more, description: "new" };
    expect(bodies()).toEqual([whole, whole, { ...FULL, ...known }]);
  });

  const asked = { canary: { llm_model_preferences: { chat: { llm_name: "m" } } } };
  const filled = {
    canary: { agent_version_number: null, llm_model_preferences: { chat: { llm_name: "m", params: {} } } },
  };

  it.each<[text: string, shown: object, read: object, gets: number, result: object]>([
    ["shows at once", asked, {}, 0, asked],
    ["shows with its defaults", filled, {}, 0, filled],
    ["shows a moment later", {}, filled, 1, filled],
    ["does not show", { release: {} }, { canary: pin(2) }, 1, { release: {} }],
    ["does not show, and another one does", {}, { constructor: {} }, 1, {}],
  ])("waits for a set that it changes, which %s", async (_text, shown, read, gets, result) => {
    const put = () => service({ version_sets: shown });
    const { context, calls } = process({ put, read: service({ version_sets: read }) });
    const answer = await writeService(context, "w", service(), { version_sets: asked });
    expect(answer.version_sets).toEqual(result);
    expect(calls.filter(([name]) => name === "getService")).toEqual(Array(gets).fill(GET));
  });

  it("waits for all of the sets, and for none where it changes none", async () => {
    const put = () => service({ version_sets: asked });
    const { context, calls } = process({ put, read: service({ version_sets: { ...asked, night: pin(1) } }) });
    const answer = await writeService(context, "w", service(), { version_sets: { ...asked, night: pin(1) } });
    expect(answer.version_sets).toHaveProperty("night");
    await writeService(context, "w", service({ version_sets: { night: pin(1) } }), { description: "new" });
    expect(calls.filter(([name]) => name === "getService")).toEqual([GET]);
  });

  it("begins with a read of its own, what was just written laid over it, and never of the platform's", async () => {
    stopClock();
    const { context, calls } = process();
    rememberSet(context, "s", "canary", pin(1));
    expect(await readForWrite(context, "w", "s")).toEqual(service({ version_sets: { canary: pin(1) } }));
    expect(calls).toEqual([GET]);
    const system = process({ read: service({ is_system: true }) }).context;
    await expect(readForWrite(system, "w", "s")).rejects.toThrow(/^service Desk \(s\) is one of the platform's own/);
  });

  it("goes after the other ones of the same service only", async () => {
    const { context } = process();
    const seen: string[] = [];
    void withService(context, "s", () => new Promise(() => {}));
    void withService(context, "s", async () => seen.push("second"));
    await withService(context, "t", async () => seen.push("other"));
    expect([seen, context.run.locks.isBusy(serviceLock("s"))]).toEqual([["other"], true]);
  });
});

it("a set is found by its own name only, and cut to what the contract knows", () => {
  const { version_sets } = service({ version_sets: { canary: pin(1) } });
  expect([setOf({ version_sets }, "canary"), setOf({ version_sets }, "constructor")]).toEqual([pin(1), undefined]);
  expect(knownPart(fields.versionSet, { ...pin(1), colour: "red" })).toEqual(pin(1));
});

describe("the owner of a service", () => {
  const tagged = (value?: string | null) =>
    service({ tags: [{ key: "team", value: "x" }, ...(value === undefined ? [] : [{ ...tags("")[0], value }])] });

  it("is what its tag says", () => {
    expect([tagged("me"), tagged(null), tagged()].map(ownerOf)).toEqual(["me", undefined, undefined]);
  });

  const OTHER = /^service Desk \(s\) belongs to .*give it up there.*adopt: true.*the resource option import: "s"\.$/;
  const OWN = /^service Desk \(s\) is this stack's own resource "ward"\. If it was renamed.*\(Its tag pulumi-owner is /;

  const [mine, prod, ward] = [mark("desk"), mark("desk", "pulumi/o/p/prod"), mark("ward")];
  it.each<[text: string, owner: string | undefined, mine: unknown, from?: string, stack?: string, end?: RegExp]>([
    ["this resource", mine, mine],
    ["nobody", undefined, mine, ward],
    ["whom it was taken from", "somebody", mine, "somebody"],
    ["somebody, and this resource has no mark", ward, undefined],
    ["another stack", prod, mine, ward, undefined, OTHER],
    ["what is no mark of a stack", "somebody", "me", undefined, undefined, OTHER],
    ["another resource of the stack", ward, mine, undefined, undefined, OWN],
    ["another resource of the run's stack", ward, "me", undefined, STACK, OWN],
    ["another stack than the mark's, whatever the run's", ward, prod, undefined, STACK, OTHER],
  ])("is %s", (_text, owner, its, from, stack, end) => {
    const { context } = process();
    context.run.stack = stack;
    const refuse = () => refuseForeignOwner(context, tagged(owner), its, from);
    if (end) expect(refuse).toThrow(end);
    else expect(refuse()).toBeUndefined();
  });
});

describe("the sets that a service no longer declares inline", () => {
  const current = service({ version_sets: { a: {}, b: {}, c: {}, release: {} } });
  const olds = { versionSets: { a: {}, b: {}, gone: {}, release: {}, toString: {} } };

  it.each<[text: string, olds: object, news: object, dropped: string[]]>([
    ["are those that are there", olds, { versionSets: { b: {} } }, ["a"]],
    ["are none where it declares none at all", olds, {}, []],
    ["are none where it declared none", {}, { versionSets: { b: {} } }, []],
    ["are told by their own names", olds, { versionSets: {} }, ["a", "b"]],
  ])("%s", (_text, before, news, dropped) => {
    expect(droppedSets(process().context, current, before as never, news as never)).toEqual(dropped);
  });

  it("are not those that a resource of the program declares", () => {
    const news = { versionSets: {} };
    const { context } = process();
    context.run.checked("Service", news, undefined, { elsewhere: ["a"] });
    expect(droppedSets(context, current, olds, news)).toEqual(["b"]);
    context.run.hold("VersionSet", "s/b");
    context.run.hold("VersionSet", "t/a");
    expect(droppedSets(context, current, olds, news)).toEqual([]);
  });
});
