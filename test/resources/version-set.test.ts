import { describe, expect, it, vi } from "vitest";
import type { Values } from "../../src/engine/lifecycle.js";
import type { ProviderContext } from "../../src/engine/provider/context.js";
import { rememberSet } from "../../src/resources/service-writes.js";
import { versionSetLifecycle as lifecycle } from "../../src/resources/version-set.js";
import { declare, mark, pin, processWith, refusal, STACK, service, tags } from "./support.js";

const desk = (version_sets: object = {}, more: object = {}) => service({ version_sets, ...more });
const names = { workspaceId: "w", serviceId: "s", name: "canary" };
const news = (more: object = {}): Values => ({ ...names, agentVersionNumber: 1, ...more });

/** A provider process whose server answers the reads of the service with these in turn, the last one for ever. */
function processOf(
  { reads = [desk()] as unknown[], list = desk(), put = async () => {}, visible = true } = {},
  seconds = 0,
) {
  const getService = () => {
    const read = reads.length > 1 ? reads.shift() : reads[0];
    if (read instanceof Error) throw read;
    return read;
  };
  return processWith({ getService, readService: () => list, upsertVersionSet: put, visible }, seconds);
}

const GET = ["getService", "w", "s"];
const READ = ["readService", "w", "s"];
const VISIBLE = ["getWorkspace", "w"];
const TOUCHED = ["touched", "w"];
const put = (body: object, name = "canary") => ["upsertVersionSet", "w", "s", name, body];

describe("a set that is created", () => {
  it("is written and read back; the service is read before, unless this run made it", async () => {
    for (const isNew of [false, true]) {
      const { context, calls } = processOf({ reads: [...(isNew ? [] : [desk()]), desk({ canary: pin(1) })] });
      if (isNew) context.run.made("Service", "s");
      const given = news({ llmModelPreferences: { chat: { llmName: "m" } }, contextGraphVersionNumber: null });
      expect(await lifecycle.create(context, given)).toEqual({
        id: "s/canary",
        live: { ...names, agentVersionNumber: 1 },
      });
      const body = { ...pin(1), llm_model_preferences: { chat: { llm_name: "m" } } };
      expect(calls).toEqual([...(isNew ? [] : [GET]), put(body), TOUCHED, GET]);
    }
  });

  it.each<[text: string, ours: (context: ProviderContext) => void]>([
    ["was inline before", (context) => declare(context, "Service", {}, "s", { versionSets: { canary: {} } })],
    ["is held by another resource", ({ run }) => run.hold("VersionSet", "s/canary")],
    ["is replaced", (context) => declare(context, "VersionSet", names, "s/canary", {}, { replaced: true })],
  ])("is this stack's where it %s: it is written where it differs, over what is there", async (_text, ours) => {
    const same = processOf({ reads: [desk({ canary: { ...pin(1), extra: 1 } })] });
    ours(same.context);
    expect((await lifecycle.create(same.context, news())).live).toEqual(news());
    expect([same.calls, same.warnings]).toEqual([[GET], []]);

    const there = { ...pin(2), context_graph_version_number: 3, extra: 1 };
    const differs = processOf({ reads: [desk({ canary: there }), desk({ canary: pin(1) })] });
    ours(differs.context);
    await lifecycle.create(differs.context, news());
    expect(differs.calls).toEqual([GET, put({ ...there, ...pin(1) }), TOUCHED, GET]);
  });

  const refused = (sets: object, more: object = {}, before?: (context: ProviderContext) => void) => {
    const { context, calls, warnings } = processOf({ reads: [desk(sets, more)] });
    context.run.stack = STACK;
    before?.(context);
    const end = lifecycle.create(context, news()).then(
      ({ live }) => live,
      (error: Error) => error.message,
    );
    return end.then((ends) => ({ ends, calls, warnings }));
  };

  it("is not taken from somebody whose values differ, whoever has the service", async () => {
    for (const its of [[], tags(mark("desk"))]) {
      const { ends, calls } = await refused({ canary: pin(2) }, { tags: its });
      expect(ends).toMatch(
        /^the service has a version set "canary" already, with other values: agentVersionNumber: decl/,
      );
      expect(ends).toContain('Nothing was written. Take it over with the resource option import: "s/canary"');
      expect(calls).toEqual([GET]);
    }
    // The inline sets of another service, and other inline sets of this one, say nothing of it.
    const others = await refused({ canary: pin(2) }, {}, (context) => {
      declare(context, "Service", { name: "1" }, "t", { versionSets: { canary: {} } });
      declare(context, "Service", { name: "2" }, "s");
      declare(context, "Service", { name: "3" }, "s", { versionSets: { night: {} } });
      declare(context, "Service", { name: "new" });
    });
    expect(others.ends).toMatch(/with other values/);
  });

  it.each([
    ["nobody's", [], /the service carries no owner mark of this stack: somebody else seems to manage the set/],
    [
      "another stack's",
      tags(mark("desk", "pulumi/o/p/prod")),
      /and the service belongs to pulumi\/o\/p\/prod\/.*: somebody else/,
    ],
    ["this stack's", tags(mark("desk")), undefined],
  ])("as it exists is taken over where the service is this stack's; it is %s", async (_text, its, says) => {
    const { ends, warnings, calls } = await refused({ canary: pin(1) }, { tags: its });
    if (says) expect(ends).toMatch(says);
    else expect(ends).toEqual(news());
    expect(warnings).toEqual(says ? [] : ['version set "canary" existed as declared and is managed here from now on']);
    expect(calls).toEqual([GET]);
  });

  it("called release is there for everyone", async () => {
    const { context, calls, warnings } = processOf({ reads: [desk({ release: pin(2) })] });
    await lifecycle.create(context, news({ name: "release" }));
    expect(calls).toEqual([GET, put(pin(1), "release"), TOUCHED, GET]);
    expect(warnings).toEqual([]);
  });
});

describe("a set that is read", () => {
  const read = (context: ProviderContext, id = "s/canary") => lifecycle.read(context, id, {});

  it("is in the list, or else on the service itself; only then it is gone, while its workspace is there", async () => {
    const live = { ...names, agentVersionNumber: 1 };
    const listed = processOf({ list: desk({ canary: pin(1) }) });
    expect(await read(listed.context)).toEqual({ id: "s/canary", live });
    expect(listed.calls).toEqual([READ]);
    const late = processOf({ reads: [desk({ canary: pin(1) })] });
    expect(await read(late.context)).toEqual({ id: "s/canary", live });
    expect(late.calls).toEqual([READ, GET]);
    const gone = processOf();
    expect(await read(gone.context)).toBeUndefined();
    expect(gone.calls).toEqual([READ, GET, VISIBLE]);
    expect(await read(gone.context, "s/constructor")).toBeUndefined();
    await expect(read(processOf({ visible: false }).context)).rejects.toThrow(/^workspace w is archived/);
  });

  it("shows what this process has just written, or taken away", async () => {
    for (const list of [desk(), desk({ canary: pin(3) })]) {
      const { context } = processOf({ list });
      rememberSet(context, "s", "canary", pin(2));
      expect((await read(context))?.live).toMatchObject({ agentVersionNumber: 2 });
      rememberSet(context, "s", "canary", null);
      expect(await read(context)).toBeUndefined();
    }
  });

  it("is named by its service and its name, which may hold a slash", async () => {
    const { context } = processOf({ list: desk({ "a/b": pin(1) }) });
    expect((await read(context, "s/a/b"))?.live.name).toBe("a/b");
    expect((await lifecycle.read(context, "/a/b", { workspaceId: "w" }))?.live).toMatchObject({ serviceId: "" });
    await expect(read(context, "canary")).rejects.toThrow(
      'the id of a VersionSet is <serviceId>/<name>; found "canary"',
    );
  });
});

describe("a set that is changed", () => {
  const update = (context: ProviderContext, written: Values) => {
    const over = vi.fn(() => written);
    const change = { id: "s/canary", olds: {}, news: news(), over };
    return lifecycle.update(context, change).then((live) => ({ live, over }));
  };
  const there = { ...pin(2), extra: 1 };

  it("is written whole, the change over what is there, and not at all without one", async () => {
    const changes = { agentVersionNumber: 1, contextGraphVersionNumber: undefined };
    const { context, calls } = processOf({ reads: [desk({ canary: there }), desk({ canary: pin(1) })] });
    const { live, over } = await update(context, changes);
    expect(live).toEqual(news());
    expect(over).toHaveBeenCalledWith({ ...names, agentVersionNumber: 2 });
    expect(calls).toEqual([GET, put({ ...pin(1), extra: 1 }), TOUCHED, GET]);

    const none = processOf({ reads: [desk({ canary: there })] });
    expect((await update(none.context, {})).live).toEqual({ ...names, agentVersionNumber: 2 });
    expect(none.calls).toEqual([GET]);
  });

  it("is made where it is gone", async () => {
    const { context, calls } = processOf({ reads: [desk(), desk({ canary: pin(1) })] });
    expect((await update(context, { agentVersionNumber: 1 })).live).toEqual(news());
    expect(calls).toContainEqual(put(pin(1)));
  });

  it("is waited for, with the API's defaults filled in; what shows in the end counts", async () => {
    const preferences = { chat: { llm_name: "m" } };
    const filled = { ...pin(1), llm_model_preferences: { chat: { llm_name: "m", params: {} } } };
    const changes = { agentVersionNumber: 1, llmModelPreferences: { chat: { llmName: "m" } } };
    const reads = [desk(), desk({ canary: pin(1) }), desk({ canary: filled })];
    const { context, calls } = processOf({ reads }, 3600);
    expect((await update(context, changes)).live).toMatchObject({
      llmModelPreferences: { chat: { llmName: "m", params: {} } },
    });
    expect(calls).toEqual([GET, put({ ...pin(1), llm_model_preferences: preferences }), TOUCHED, GET, GET]);

    const never = processOf({ reads: [desk({ canary: pin(2) })] });
    expect((await update(never.context, changes)).live).toEqual({ ...names, agentVersionNumber: 2 });
    const lost = processOf({ reads: [desk({ canary: pin(2) }), desk()] });
    expect((await update(lost.context, changes)).live).toEqual(names);
  });

  it("may be on a service that shows late as a whole, where this run made that", async () => {
    const error = refusal(404);
    const change = { agentVersionNumber: 1 };
    for (const [isNew, settleSeconds] of [
      [true, 3600],
      [true, 0],
      [false, 3600],
    ] as const) {
      const { context, calls } = processOf({ reads: [desk(), error, desk({ canary: pin(1) })] }, settleSeconds);
      if (isNew) context.run.made("Service", "s");
      const end = update(context, change);
      if (isNew && settleSeconds > 0) expect((await end).live).toEqual(news());
      else await expect(end).rejects.toBe(error);
      expect(calls.filter((call) => call[0] === "getService")).toHaveLength(isNew && settleSeconds > 0 ? 3 : 2);
    }
    const broken = processOf({ reads: [desk(), refusal(500), desk()] });
    broken.context.run.made("Service", "s");
    await expect(update(broken.context, change)).rejects.toThrow("500");
  });

  it("is sent again where this run has just made the service, and without keys that the API refuses", async () => {
    const problems = [{ path: "extra", message: "is strange" }];
    const put = vi
      .fn(async () => {})
      .mockRejectedValueOnce(refusal(404))
      .mockRejectedValueOnce(refusal(422, { problems }));
    const { context, calls } = processOf({ reads: [desk({ canary: there })], put }, 0.25);
    context.run.made("Service", "s");
    await update(context, { agentVersionNumber: 2 });
    const sent = calls.filter(([name]) => name === "upsertVersionSet").map((call) => call[4]);
    expect(sent).toEqual([there, there, pin(2)]);
    const other = vi.fn(async () => {}).mockRejectedValueOnce(refusal(404));
    const unknown = processOf({ put: other }, 0.25);
    await expect(update(unknown.context, { agentVersionNumber: 2 })).rejects.toThrow("404");
  });
});

describe("a set that is deleted", () => {
  const remove = async (state: object, sets: object = { canary: {}, release: {} }) => {
    const { context, calls, warnings } = processOf({ reads: [desk(sets)] });
    // The service is in the program, so that what stays is told.
    declare(context, "Service", { name: "Mine" }, "s");
    const all = { ...names, ...state };
    await lifecycle.remove(context, `s/${all.name}`, all);
    return { calls, warnings };
  };
  const stays = (name: string, why: string) => [`version set "${name}" of service "Mine" (s) stays as it is${why}`];
  const needed = ": the platform needs it. Its calls go on with ";
  const back =
    ". To go back to the newest versions: declare it with these numbers, run `pulumi up`, take the numbers out, and run `pulumi up` again";

  it.each<[state: object, warnings: string[]]>([
    [{ onDelete: "retain" }, stays("canary", " (onDelete: retain)")],
    [{ name: "release", onDelete: "retain" }, stays("release", " (onDelete: retain)")],
    [{ name: "release" }, stays("release", `${needed}the newest versions`)],
    [
      { name: "release", onDelete: "remove", agentVersionNumber: 3 },
      stays("release", `${needed}agent version 3${back}`),
    ],
    [
      { name: "release", agentVersionNumber: 3, contextGraphVersionNumber: 4 },
      stays("release", `${needed}agent version 3 and context graph version 4${back}`),
    ],
  ])("stays, with a warning: %j", async (state, warnings) => {
    expect(await remove(state)).toEqual({ calls: [], warnings });
  });

  it("is taken out of its service, or emptied", async () => {
    const removed = {
      calls: [
        GET,
        TOUCHED,
        ["updateService", "w", "s", expect.objectContaining({ version_sets: { release: {} } })],
        TOUCHED,
      ],
      warnings: [],
    };
    expect(await remove({})).toEqual(removed);
    expect(await remove({ onDelete: "remove" })).toEqual(removed);
    for (const name of ["canary", "release"]) {
      expect(await remove({ name, onDelete: "reset" })).toEqual({
        calls: [GET, put({}, name), TOUCHED],
        warnings: [],
      });
    }
  });

  it("is gone with its service, while the workspace can be seen", async () => {
    const state = { ...names, onDelete: "reset" };
    const gone = processOf({ reads: [refusal(404)] });
    await lifecycle.remove(gone.context, "s/canary", state);
    expect(gone.calls).toEqual([GET, VISIBLE]);
    const found = processOf();
    await lifecycle.remove(found.context, "s/canary", state);
    expect(found.calls).not.toContainEqual(VISIBLE);
  });
});

it("a set is named by its service, and replaced after the old one unless it moves", () => {
  expect(lifecycle.idFrom({ serviceId: "s", name: "canary" })).toBe("s/canary");
  expect(lifecycle.describe({ serviceId: "s", name: "canary" })).toBe('VersionSet "canary" of service s');
  expect([["name"], ["serviceId"], ["name", "workspaceId"]].map(lifecycle.deleteFirst)).toEqual([false, true, true]);
  expect(
    ["remove", "retain", "reset", undefined, "other"].map(
      (value) => lifecycle.properties.onDelete.schema.safeParse(value).success,
    ),
  ).toEqual([true, true, true, true, false]);
});
