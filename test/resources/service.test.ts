import { describe, expect, it, vi } from "vitest";
import { HIDDEN } from "../../src/engine/hidden.js";
import type { Values } from "../../src/engine/lifecycle.js";
import type { ProviderContext } from "../../src/engine/provider/context.js";
import { serviceLifecycle as lifecycle } from "../../src/resources/service.js";
import { becomesFree, makeWay, nameBefore } from "../../src/resources/service-names.js";
import { serviceLock } from "../../src/resources/service-writes.js";
import { declare, fail, hurryClock, lost, mark, pin, processWith, refusal, STACK, service, tags } from "./support.js";

type Given = (context: ProviderContext) => void;
const ME = mark("desk");
const news = (more: Values = {}): Values => ({
  ...{ workspaceId: "w", name: "Desk", agentId: "a", contextGraphId: "g", [HIDDEN.owner]: ME, ...more },
});
const taken = () => refusal(409, { reason: "service-name-taken" });
const ours = (name: string, more: object = {}) => service({ tags: tags(mark(name)), ...more });
/** The program gives the name of a service up. */
const renames = (context: ProviderContext) =>
  declare(context, "Service", { name: "Ward" }, "s", {}, { former: { name: "Desk" } });

/** What becomes of a create where these services are there, and how each write ends in its turn. */
async function create(
  services: ReturnType<typeof service>[],
  creates: unknown[],
  { given = (_: ProviderContext) => {}, inputs = news(), seconds = 0 } = {},
) {
  hurryClock();
  const createService = () => {
    const end = creates.shift();
    if (end instanceof Error) throw end;
    return end;
  };
  const { context, calls, warnings } = processWith({ services, createService }, seconds);
  context.run.stack = STACK;
  given(context);
  const end = await lifecycle.create(context, inputs).then(({ id }) => id, String);
  const sent = calls.flatMap(([name, , id, body]) =>
    /Service$/.test(String(name)) && name !== "getService" && name !== "readService" ? [[name, body ?? id]] : [],
  );
  return { end, warnings, sent, run: context.run, last: calls.at(-1) };
}

describe("a service that is created", () => {
  it("carries the owner mark, and is known to be new", async () => {
    const { end, sent, run, last } = await create([], [ours("desk", { id: "made" })]);
    expect(end).toBe("made");
    expect(sent).toEqual([["createService", { name: "Desk", agent_id: "a", context_graph_id: "g", tags: tags(ME) }]]);
    expect([run.wasMade("Service", "made"), last]).toEqual([true, ["touched", "w"]]);
  });

  it.each<[text: string, services: object[], removed: Values, error: unknown, again: boolean]>([
    ["this run removed its namesake", [], news(), taken(), true],
    ["which was in another workspace", [], news({ workspaceId: "x" }), taken(), false],
    ["which had another name", [], news({ name: "Ward" }), taken(), false],
    ["another one has the name by now", [service({ name: " Desk " })], news(), taken(), false],
    ["the removed one still shows", [service({ id: "old" })], news(), taken(), true],
    ["this run made its workspace", [], {}, refusal(404), true],
  ])("is asked for again where %s", async (_text, services, removed, error, again) => {
    const given = ({ run }: ProviderContext) => {
      run.removed("Service", "old", removed, "it");
      run.made("Workspace", "w");
    };
    const { end } = await create(services as never[], [error, service({ id: "made" })], { given, seconds: 1e6 });
    expect(end === "made", end).toBe(again);
  });

  it.each<[text: string, services: object[], inputs: Values, end: string | RegExp]>([
    ["its own", [ours("desk")], news(), "s"],
    ["nobody's", [service()], news(), /exists \(s, created then\) and does not carry this resource's/],
    ["another's, where it has no mark itself", [service()], news({ [HIDDEN.owner]: undefined }), /does not carry/],
    ["none", [], news(), /no service of this name appeared within 0 s, so nothing was sent again/],
  ])("is, where its answer was lost, what shows its name: %s", async (_text, services, inputs, end) => {
    const done = await create(services as never[], [lost()], { inputs });
    expect(done.end).toEqual(end instanceof RegExp ? expect.stringMatching(end) : end);
  });

  it("fails as it is refused", async () => {
    expect((await create([ours("desk")], [refusal(422)])).end).toMatch(/Error: do-thing: status 422/);
    expect((await create([service({ name: "Ward" })], [taken()])).end).toMatch(/Error: do-thing: status 409[^.]*\)\.$/);
  });
});

describe("a name that is taken", () => {
  const adopt = news({ adopt: true });
  const managed = (context: ProviderContext) => declare(context, "Service", { name: "Desk" }, "s");
  const unmarked = news({ [HIDDEN.owner]: undefined });
  const none = () => {};
  it.each<[text: string, tags: object[], inputs: Values, given: Given, end: RegExp]>([
    ["by a service of the program", [], adopt, managed, /Another resource of this program manages that service \(s\)/],
    ["by another stack", tags("theirs"), adopt, none, /belongs to theirs/],
    ["by this resource", tags(ME), news(), none, /Error: do-thing: status 409.* own owner mark: an earlier run/],
    ["by nobody", [], news(), none, /The service s has this name and carries no owner mark/],
    ["by nobody, without a mark here", [], unmarked, none, /carries no owner mark/],
    ["by the same stack", tags(mark("ward")), adopt, none, /is this stack's own resource "ward"/],
  ])("%s is not taken over", async (_text, its, inputs, given, end) => {
    const done = await create([service({ tags: its })], [taken()], { inputs, given });
    expect(done.end).toMatch(end);
    expect(done.sent).toHaveLength(1);
  });

  it("is taken over where the program says so, or `recover` does; what differs is written", async () => {
    const inputs = { ...adopt, toolCapacity: 5, keyterms: [] };
    const adopted = await create([service()], [taken()], { inputs });
    expect(adopted).toMatchObject({
      end: "s",
      warnings: ['service "Desk" (s) existed and was taken over (adopt: true)'],
    });
    expect(adopted.sent.slice(1)).toEqual([
      ["updateService", expect.objectContaining({ tool_capacity: 5, tags: tags(ME) })],
    ]);
    const same = await create([service()], [taken()], { inputs: adopt });
    expect([same.end, same.sent.length]).toEqual(["s", 1]);
    const journal = { ask() {}, settle() {}, entries: () => [], claimOf: () => ({ id: "s", entry: "e" }) };
    const claimed = await create([service()], [taken()], { given: (context) => Object.assign(context, { journal }) });
    expect([claimed.end, claimed.warnings]).toEqual(["s", []]);
  });

  it("is freed where the program gives it up: its service moves aside first", async () => {
    const made = service({ id: "made" });
    const moved = await create([ours("ward")], [taken(), made], { given: renames });
    expect(moved.end).toBe("made");
    expect(moved.sent.slice(1)).toEqual([
      ["updateService", expect.objectContaining({ name: "Desk (s)" })],
      ["createService", expect.anything()],
    ]);
    const twice = await create([ours("ward")], [taken(), taken()], { given: renames });
    expect(twice.end).toContain("Another resource of this program manages that service (s)");
    const others = await create([ours("ward", { tags: tags(mark("ward", "pulumi/o/p/prod")) })], [taken()], {
      given: renames,
    });
    expect(others.sent).toHaveLength(1);
  });
});

describe("a name of passage", () => {
  const way = (context: ProviderContext) => makeWay(context, { workspaceId: "w", name: "Desk" }, async () => "written");

  it("is given to who has the name, once its own update is over; at most so long, and once", async () => {
    const busy = ({ run }: ProviderContext) => void run.locks.run(serviceLock("s"), () => new Promise(() => {}));
    const waiting = (context: ProviderContext) => {
      context.run.wrote("service that waits for a name", "s", true);
      busy(context);
    };
    const gone = ({ run }: ProviderContext) => run.removed("Service", "s", {}, "it");
    for (const [given, renamed] of [
      [() => {}, 1],
      [busy, 0],
      [waiting, 1],
      [gone, 0],
    ] as const) {
      const { context, calls } = processWith({ services: [service({ name: `Desk${" ".repeat(renamed)}` })] });
      given(context);
      expect(await way(context)).toBe("written");
      expect(calls.filter(([name]) => name === "updateService")).toHaveLength(renamed);
      expect(nameBefore(context, service({ name: "now" }))).toBe(renamed ? "Desk " : "now");
    }
  });

  it("stays where the own update fails then, and state says so; who has failed before gives up no name", async () => {
    const { context, calls } = processWith({ services: [service({ tags: tags(ME) })] });
    const refuse = (): Values => {
      throw refusal(422);
    };
    const write = () => {
      const inputs = news({ name: "Night" });
      const failing = {
        id: "s",
        olds: { name: "Desk", toolCapacity: 3 },
        news: inputs,
        over: refuse,
      };
      return lifecycle.update(context, failing).catch((error: unknown) => error);
    };
    await way(context);
    expect(await write()).toMatchObject({ id: "s", live: { name: "Desk (s)", toolCapacity: 3 } });
    const before = processWith({ services: [service({ tags: tags("theirs") })] });
    const refused = { id: "s", olds: { name: "Desk" }, news: news(), over: () => ({ name: "Night" }) };
    const error = await lifecycle.update(before.context, refused).catch((caught: unknown) => caught);
    expect(error).not.toHaveProperty("live");
    expect(await way(before.context)).toBe("written");
    expect([calls, before.calls].map((all) => all.filter(([name]) => name === "updateService").length)).toEqual([1, 0]);
  });

  it("is short enough, and not given to who has another name by now", async () => {
    const { context, calls } = processWith({ services: [service()], getService: () => service({ name: "Other" }) });
    await way(context);
    expect(calls.map(([name]) => name)).toEqual(["listServices", "getService"]);
    const long = "x".repeat(256);
    const named = processWith({ services: [service({ name: long })] });
    await makeWay(named.context, { workspaceId: "w", name: long }, async () => {});
    expect(named.calls.at(-2)?.[3]).toMatchObject({ name: `${"x".repeat(200)} (s)` });
  });
});

describe("a service that is changed", () => {
  async function update(
    written: Values,
    {
      there = service(),
      olds = {} as Values,
      inputs = news(),
      own = {},
      others = [] as ReturnType<typeof service>[],
      given = (_: ProviderContext) => {},
    } = {},
  ) {
    hurryClock();
    const { context, calls, warnings } = processWith({ services: [there, ...others], ...own });
    context.run.stack = STACK;
    given(context);
    const over = vi.fn(() => written);
    const end = await lifecycle.update(context, { id: "s", olds, news: inputs, over }).then((live) => live, String);
    const bodies = calls.flatMap(([name, , , body]) => (name === "updateService" ? [body] : []));
    return { end, bodies, warnings, over, context };
  }

  it("is written where something differs, with its mark", async () => {
    expect((await update({})).bodies).toEqual([]);
    const { end, bodies, over } = await update(
      { toolCapacity: 4 },
      { there: ours("desk", { tags: [{ key: "t" }, ...tags(ME)] }) },
    );
    expect(bodies).toEqual([expect.objectContaining({ tool_capacity: 4, tags: [{ key: "t" }, ...tags(ME)] })]);
    expect(end).toMatchObject({ toolCapacity: 4, tags: [{ key: "t" }] });
    expect(over).toHaveBeenCalledWith(expect.objectContaining({ name: "Desk", toolCapacity: 3 }));
    expect((await update({ tags: [{ key: "new" }] })).bodies).toMatchObject([{ tags: [{ key: "new" }, ...tags(ME)] }]);
  });

  it("is not somebody else's, unless it was taken from them", async () => {
    const there = service({ tags: tags("theirs") });
    expect((await update({ toolCapacity: 4 }, { there })).end).toMatch(/belongs to theirs/);
    expect((await update({ toolCapacity: 4 }, { there, olds: { [HIDDEN.takenFrom]: "theirs" } })).bodies).toHaveLength(
      1,
    );
  });

  it("keeps the sets that are not declared, but for those that it no longer declares", async () => {
    const there = service({ version_sets: { a: pin(1), b: pin(1), c: pin(1) } });
    const olds = { versionSets: { a: {}, b: {} } };
    const inputs = news({ versionSets: { a: { agentVersionNumber: 2 } } });
    const both = await update({ versionSets: { a: { agentVersionNumber: 2 } } }, { there, olds, inputs });
    expect(both.bodies).toMatchObject([{ version_sets: { a: pin(2), c: pin(1) } }]);
    expect((both.bodies[0] as { version_sets: object }).version_sets).not.toHaveProperty("b");
    const only = await update({}, { there, olds, inputs, own: { updateService: () => there } });
    expect(only.warnings).toEqual([expect.stringMatching(/^version set "b" of service "Desk" could not be removed/)]);
    const other = await update({ toolCapacity: 4 }, { there });
    expect(other.bodies).toMatchObject([{ version_sets: there.version_sets }]);
  });

  it("warns of what changed while it was written, and not of what it changed itself", async () => {
    const own = {
      updateService: () => service({ tool_capacity: 9, persona_id: "p", agent_name: "Bob", updated_at: "later" }),
    };
    const { warnings } = await update({ toolCapacity: 4 }, { own });
    expect(warnings).toEqual(['service "Desk" (s): persona_id changed while it was written: now "p"']);
  });

  it.each<[text: string, owner: string | undefined, stack: string | undefined, end: RegExp]>([
    ["this stack's", mark("ward"), STACK, /"ward" of this stack \(t\) has this name\. If the program gives that/],
    ["another stack's", mark("ward", "pulumi/o/p/prod"), STACK, /status 409[^.]*\)\.$/],
    ["nobody's", undefined, STACK, /status 409[^.]*\)\.$/],
    ["somebody's, and no check has told the stack", "somebody", undefined, /status 409[^.]*\)\.$/],
  ])("does not get a name that is %s", async (_text, owner, stack, end) => {
    const own = { updateService: fail(taken()) };
    const given = ({ run }: ProviderContext) => void Object.assign(run, { stack });
    const others = [service({ id: "t", name: "New", tags: owner ? tags(owner) : [] })];
    expect((await update({ name: "New" }, { others, own, given })).end).toMatch(end);
  });

  it.each<[former: Values | undefined, inputs: Values, free: boolean]>([
    [{ name: "New" }, { name: "Old" }, true],
    [{ name: "New" }, { name: "New" }, false],
    [{ name: "Other" }, { name: "Old" }, false],
    [undefined, { name: "Old" }, false],
  ])("gets a name that is given up: from %j to %j", async (former, inputs, free) => {
    hurryClock();
    const { context } = processWith();
    context.run.checked("Service", inputs, former);
    expect(await becomesFree(context, "New")).toBe(free);
  });

  it("gets a name that another one gives up, which moves aside; it waits itself meanwhile", async () => {
    const seen: unknown[] = [];
    let isTaken = true;
    const updateService = (_: string, id: string, body: { name: string }) => {
      seen.push([id, body.name, done?.run.written("service that waits for a name", "s")]);
      if (id === "s" && isTaken) throw taken();
      isTaken = false;
      return service({ ...body, id });
    };
    let done: ProviderContext | undefined;
    const given = (context: ProviderContext) => {
      done = context;
      declare(context, "Service", { name: "Desk" }, "t", {}, { former: { name: "New" } });
    };
    const others = [service({ id: "t", name: "New" })];
    const { end } = await update({ name: "New" }, { others, own: { updateService }, given });
    expect(end).toMatchObject({ name: "New" });
    expect(seen).toEqual([
      ["s", "New", undefined],
      ["t", "New (t)", true],
      ["s", "New", true],
    ]);
    expect(done?.run.written("service that waits for a name", "s")).toBe(false);
    for (const [error, written] of [
      [refusal(422), { name: "New" }],
      [taken(), { toolCapacity: 4 }],
    ] as const) {
      const failed = await update(written, { others, own: { updateService: fail(error) }, given });
      expect([failed.end, failed.bodies.length]).toEqual([expect.stringContaining(error.message), 1]);
    }
  });

  it("is deleted where nothing answers through it; its list is too old then", async () => {
    const deleteService = () => {};
    const { context, calls } = processWith({ deleteService });
    await lifecycle.remove(context, "s", news());
    expect(calls.map(([name]) => name)).toEqual(["listServices", "listUseCases", "deleteService", "touched"]);
    const found = await lifecycle.read(context, "s", {});
    expect(found).toMatchObject({ id: "s", live: { name: "Desk" } });
    expect(await lifecycle.read(processWith({ services: [] }).context, "s", {})).toBeUndefined();
  });
});

it("a service goes first where it is replaced, declares its sets, and names each keyterm and tag once", () => {
  expect([lifecycle.deleteFirst(), lifecycle.describe({ name: "Desk" })]).toEqual([true, 'Service "Desk"']);
  expect(lifecycle.parts("s", { versionSets: { a: {}, b: {} } })).toEqual([
    ["VersionSet", "s/a"],
    ["VersionSet", "s/b"],
  ]);
  expect(lifecycle.parts("s", {})).toEqual([]);
  const problems = lifecycle.rules({ keyterms: ["flu", "flu"], tags: [{ key: "a" }, { key: "a" }] });
  expect(problems.map(({ property }) => property)).toEqual(["keyterms[1]", "tags[1]"]);
});
