import { describe, expect, it, vi } from "vitest";
import type { Values } from "../../src/engine/lifecycle.js";
import type { ProviderContext } from "../../src/engine/provider/context.js";
import { rememberSet } from "../../src/resources/service-writes.js";
import { versionSetLifecycle as lifecycle } from "../../src/resources/version-set.js";
import { declare, mark, pin, processWith, refusal, STACK, service, stopClock, tags } from "./support.js";

type Given = (context: ProviderContext) => void;
const desk = (version_sets: object = {}, more: object = {}) => service({ version_sets, ...more });
const names = { workspaceId: "w", serviceId: "s", name: "canary" };
const news = (more: object = {}): Values => ({ ...names, agentVersionNumber: 1, ...more });
const canary = (set: object = pin(1), more: object = {}) => desk({ canary: set }, more);

/** A provider process whose server answers the reads of the service with these in turn, the last one for ever. */
function processOf(reads: unknown[] = [desk()], own: object = {}, seconds = 0) {
  const getService = () => {
    const read = reads.length > 1 ? reads.shift() : reads[0];
    if (read instanceof Error) throw read;
    return read;
  };
  const { calls, ...rest } = processWith({ getService, upsertVersionSet: () => {}, ...own }, seconds);
  const short: Record<string, string> = {
    getService: "get",
    readService: "list",
    getWorkspace: "workspace",
    touched: "-",
  };
  const asked = () =>
    calls.map(
      ([name, , , set, body]) => body ?? (set as { version_sets?: object })?.version_sets ?? short[String(name)],
    );
  return { asked, ...rest };
}

describe("a set that is created", () => {
  it.each([false, true])("is written and read back; of a service that this run made: %s", async (isNew) => {
    const { context, asked } = processOf([...(isNew ? [] : [desk()]), canary()]);
    if (isNew) context.run.made("Service", "s");
    const given = news({ llmModelPreferences: { chat: { llmName: "m" } }, contextGraphVersionNumber: null });
    expect(await lifecycle.create(context, given)).toEqual({ id: "s/canary", live: news() });
    const body = { ...pin(1), llm_model_preferences: { chat: { llm_name: "m" } } };
    expect(asked()).toEqual([...(isNew ? [] : ["get"]), body, "-", "get"]);
  });

  it.each<[text: string, ours: Given]>([
    ["was inline before", (context) => declare(context, "Service", {}, "s", { versionSets: { canary: {} } })],
    ["is held by another resource", ({ run }) => run.hold("VersionSet", "s/canary")],
    ["is replaced", (context) => declare(context, "VersionSet", names, "s/canary", {}, { replaced: true })],
  ])("is this stack's where it %s: it is written where it differs, over what is there", async (_text, ours) => {
    const there = { ...pin(2), context_graph_version_number: 3, extra: 1 };
    for (const [set, written] of [
      [{ ...pin(1), extra: 1 }, []],
      [there, [{ ...there, ...pin(1) }, "-", "get"]],
    ] as const) {
      const { context, asked, warnings } = processOf([canary(set), canary()]);
      ours(context);
      expect((await lifecycle.create(context, news())).live).toEqual(news());
      expect([asked(), warnings]).toEqual([["get", ...written], []]);
    }
  });

  const PROD = tags(mark("desk", "pulumi/o/p/prod"));
  const OURS = tags(mark("desk"));
  const TAKEN =
    /^Error: the service has a version set "canary" already, with other values: agentVersionNumber: decl.*Nothing was/;
  it.each<[text: string, set: object, tags: object[], says: RegExp | undefined]>([
    ["with other values", pin(2), [], TAKEN],
    ["with other values, on this stack's service", pin(2), OURS, TAKEN],
    ["on nobody's service", pin(1), [], /carries no owner mark of this stack: somebody.* import: "s\/canary"/],
    ["on another stack's service", pin(1), PROD, /and the service belongs to pulumi\/o\/p\/prod\/.*: somebody else/],
    ["on this stack's service", pin(1), OURS, undefined],
  ])("and exists %s is refused or taken over; nothing is written", async (_text, set, its, says) => {
    const { context, asked, warnings } = processOf([canary(set, { tags: its })]);
    context.run.stack = STACK;
    // The inline sets of another service, and other inline sets of this one, say nothing of it.
    declare(context, "Service", { name: "1" }, "t", { versionSets: { canary: {} } });
    declare(context, "Service", { name: "2" }, "s");
    declare(context, "Service", { name: "3" }, "s", { versionSets: { night: {} } });
    declare(context, "Service", { name: "new" });
    const end = await lifecycle.create(context, news()).then(({ live }) => live, String);
    expect(end).toEqual(says ? expect.stringMatching(says) : news());
    expect([asked(), warnings.length]).toEqual([["get"], says ? 0 : 1]);
  });

  it("called release is there for everyone", async () => {
    const { context, asked, warnings } = processOf([desk({ release: pin(2) })]);
    await lifecycle.create(context, news({ name: "release" }));
    expect([asked(), warnings]).toEqual([["get", pin(1), "-", "get"], []]);
  });
});

describe("a set that is read", () => {
  it.each<[text: string, list: object, read: object, asked: string[]]>([
    ["in the list", canary(), desk(), ["list"]],
    ["on the service itself", desk(), canary(), ["list", "get"]],
    ["nowhere, while its workspace is there", desk(), desk(), ["list", "get", "workspace"]],
  ])("is %s", async (_text, list, there, expected) => {
    const { context, asked } = processOf([there], { readService: () => list });
    const found = expected.length < 3 ? { id: "s/canary", live: news() } : undefined;
    expect(await lifecycle.read(context, "s/canary", {})).toEqual(found);
    expect(asked()).toEqual(expected);
    expect(await lifecycle.read(context, "s/constructor", {})).toBeUndefined();
  });

  it("shows what this process has just written, or taken away", async () => {
    stopClock();
    for (const list of [desk(), canary(pin(3))]) {
      const { context } = processOf([list], { readService: () => list });
      rememberSet(context, "s", "canary", pin(2));
      expect((await lifecycle.read(context, "s/canary", {}))?.live).toMatchObject({ agentVersionNumber: 2 });
      rememberSet(context, "s", "canary", null);
      expect(await lifecycle.read(context, "s/canary", {})).toBeUndefined();
    }
  });

  it("is named by its service and its name, which may hold a slash", async () => {
    const { context } = processOf([], { readService: () => desk({ "a/b": pin(1) }) });
    expect((await lifecycle.read(context, "s/a/b", {}))?.live.name).toBe("a/b");
    expect((await lifecycle.read(context, "/a/b", {}))?.live).toMatchObject({ serviceId: "" });
    await expect(lifecycle.read(context, "canary", {})).rejects.toThrow('is <serviceId>/<name>; found "canary"');
  });
});

describe("a set that is changed", () => {
  const update = (
    context: ProviderContext,
    written: Values = { agentVersionNumber: 1 },
    over = (_: Values) => written,
  ) => lifecycle.update(context, { id: "s/canary", olds: {}, news: news(), over });
  const there = { ...pin(2), extra: 1 };
  const TWO = { agentVersionNumber: 1, contextGraphVersionNumber: undefined };
  const at2 = { ...names, agentVersionNumber: 2 };

  it.each<[text: string, set: object | undefined, changes: Values, asked: unknown[], live: Values]>([
    ["whole, the change over what is there", there, TWO, ["get", { ...pin(1), extra: 1 }, "-", "get"], news()],
    ["not at all without a change", there, {}, ["get"], at2],
    ["anew where it is gone", undefined, { agentVersionNumber: 1 }, ["get", pin(1), "-", "get"], news()],
  ])("is written %s", async (_text, set, changes, expected, live) => {
    const { context, asked } = processOf([set ? canary(set) : desk(), canary()]);
    const over = vi.fn(() => changes);
    expect(await update(context, changes, over)).toEqual(live);
    expect(over).toHaveBeenCalledWith(set ? at2 : names);
    expect(asked()).toEqual(expected);
  });

  it("is waited for, with the API's defaults filled in; what shows in the end counts", async () => {
    const chat = { llm_name: "m" };
    const filled = { ...pin(1), llm_model_preferences: { chat: { ...chat, params: {} } } };
    const changes = { agentVersionNumber: 1, llmModelPreferences: { chat: { llmName: "m" } } };
    const { context, asked } = processOf([desk(), canary(), canary(filled)], {}, 60);
    expect(await update(context, changes)).toMatchObject({
      llmModelPreferences: { chat: { llmName: "m", params: {} } },
    });
    expect(asked()).toEqual(["get", { ...pin(1), llm_model_preferences: { chat } }, "-", "get", "get"]);
    expect(await update(processOf([canary(pin(2))]).context, changes)).toEqual(at2);
    expect(await update(processOf([canary(pin(2)), desk()]).context, changes)).toEqual(names);
  });

  it.each<[isNew: boolean, status: number, seconds: number, gets: number]>([
    [true, 404, 60, 3],
    [true, 404, 0, 2],
    [false, 404, 60, 2],
    [true, 500, 60, 2],
  ])("may be on a service that shows late, where this run made that: %s, %s within %s s", async (isNew, status, seconds, gets) => {
    const error = refusal(status);
    const { context, asked } = processOf([desk(), error, canary()], {}, seconds);
    if (isNew) context.run.made("Service", "s");
    if (gets === 3) expect(await update(context)).toEqual(news());
    else await expect(update(context)).rejects.toBe(error);
    expect(asked().filter((one) => one === "get")).toHaveLength(gets);
  });

  it("is sent again where this run has just made the service, and without keys that the API refuses", async () => {
    const problems = [{ path: "extra", message: "is strange" }];
    const ends: unknown[] = [refusal(404), refusal(422, { problems })];
    const upsertVersionSet = async () => {
      const end = ends.shift();
      if (end) throw end;
    };
    const { context, asked } = processOf([canary(there)], { upsertVersionSet }, 60);
    context.run.made("Service", "s");
    await update(context, { agentVersionNumber: 2 });
    expect(asked()).toEqual(["get", there, there, pin(2), "-", "get"]);
    ends.push(refusal(404));
    await expect(update(processOf([desk()], { upsertVersionSet }, 60).context)).rejects.toThrow("404");
  });
});

describe("a set that is deleted", () => {
  const BOTH = { agentVersionNumber: 3, contextGraphVersionNumber: 4 };
  const needed = ": the platform needs it. Its calls go on with ";
  const back = /\. To go back to the newest versions: declare it with these numbers, .* and run `pulumi up` again$/;
  it.each<[state: object, stays: string | undefined, asked: unknown[]]>([
    [{ onDelete: "retain" }, " (onDelete: retain)", []],
    [{ name: "release", onDelete: "retain" }, " (onDelete: retain)", []],
    [{ name: "release" }, `${needed}the newest versions`, []],
    [{ name: "release", onDelete: "remove", agentVersionNumber: 3 }, `${needed}agent version 3`, []],
    [{ name: "release", ...BOTH }, `${needed}agent version 3 and context graph version 4`, []],
    [{}, undefined, ["get", "-", { release: {} }, "-"]],
    [{ onDelete: "remove" }, undefined, ["get", "-", { release: {} }, "-"]],
    [{ onDelete: "reset" }, undefined, ["get", {}, "-"]],
    [{ name: "release", onDelete: "reset" }, undefined, ["get", {}, "-"]],
  ])("stays with a warning, or is taken out of its service, or emptied: %j", async (state, stays, expected) => {
    const { context, asked, warnings } = processOf([desk({ canary: {}, release: {} })]);
    // The service is in the program, so that what stays is told.
    declare(context, "Service", { name: "Mine" }, "s");
    const all = { ...names, ...state };
    await lifecycle.remove(context, `s/${all.name}`, all);
    const told = warnings.map((one) =>
      one.replace(/^version set "(.*)" of service "Mine" \(s\) stays as it is/, "$1").replace(back, ""),
    );
    expect([told, asked()]).toEqual([stays ? [all.name + stays] : [], expected]);
    expect(back.test(warnings[0] ?? "")).toBe("agentVersionNumber" in state);
  });

  it("is gone with its service, while the workspace can be seen", async () => {
    const { context, asked } = processOf([refusal(404), desk()]);
    await lifecycle.remove(context, "s/canary", names);
    await lifecycle.remove(context, "s/canary", names);
    expect(asked()).toEqual(["get", "workspace", "get"]);
  });
});

it("a set is named by its service, and replaced after the old one unless it moves", () => {
  expect(lifecycle.idFrom({ serviceId: "s", name: "canary" })).toBe("s/canary");
  expect(lifecycle.describe({ serviceId: "s", name: "canary" })).toBe('VersionSet "canary" of service s');
  expect([["name"], ["serviceId"], ["name", "workspaceId"]].map(lifecycle.deleteFirst)).toEqual([false, true, true]);
});
