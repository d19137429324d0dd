import { describe, expect, it, vi } from "vitest";
import { apiErrorFor } from "../../src/api/errors.js";
import type { Values } from "../../src/engine/lifecycle.js";
import type { ProviderContext } from "../../src/engine/provider/context.js";
import { Run } from "../../src/engine/provider/run.js";
import { rememberSet } from "../../src/resources/service-writes.js";
import { versionSetLifecycle as lifecycle } from "../../src/resources/version-set.js";

const request = { operation: "get-service", method: "GET", path: "/v1/w/services/s" };
const refusal = (status: number, more: object = {}) => apiErrorFor({ ...request, status, ...more });
const STACK = "pulumi/organization/clinic/dev";
const mark = (stack = STACK) => [{ key: "pulumi-owner", value: `${stack}/pulumi-nodejs:dynamic/amigo:Service/desk` }];
const service = (version_sets: object = {}, more: object = {}) => ({
  ...{ id: "s", workspace_id: "w", name: "Desk", tags: [], is_system: false, version_sets, ...more },
});
const pin = (agent_version_number: number) => ({ agent_version_number });
const names = { workspaceId: "w", serviceId: "s", name: "canary" };
const news = (more: object = {}): Values => ({ ...names, agentVersionNumber: 1, ...more });

/** A provider process whose server answers the reads of the service with these in turn, the last one for ever. */
function processWith({
  reads = [service()] as (object | Error)[],
  list = service() as object,
  put = async () => {},
  visible = true,
  settleSeconds = 0,
} = {}) {
  const calls: unknown[] = [];
  const warnings: string[] = [];
  const context = {
    settings: { settleSeconds, workspaceId: "w", baseUrl: "http://here" },
    run: new Run(),
    warn: (text: string) => warnings.push(text),
    client: {
      getService: async (...path: string[]) => {
        calls.push(`get ${path}`);
        const read = reads.length > 1 ? reads.shift() : reads[0];
        if (read instanceof Error) throw read;
        return read;
      },
      upsertVersionSet: async (workspace: string, id: string, name: string, body: object) => {
        calls.push([`put ${workspace},${id},${name}`, body]);
        await put();
      },
      updateService: async (_workspace: string, _id: string, body: object) => {
        calls.push(["write", (body as { version_sets: object }).version_sets]);
        return service((body as { version_sets: object }).version_sets);
      },
    },
    workspace: (id: string) => ({
      services: {
        read: async (of: string) => {
          calls.push(`read ${id},${of}`);
          return list;
        },
        touched: () => calls.push("touched"),
      },
      visible: async () => {
        calls.push(`visible ${id}`);
        if (!visible) throw refusal(404);
      },
    }),
  } as unknown as ProviderContext;
  return { context, calls, warnings };
}

const GET = "get w,s";
const put = (body: object, name = "canary") => [`put w,s,${name}`, body];

describe("a set that is created", () => {
  it("is written and read back; the service is read before, unless this run made it", async () => {
    for (const isNew of [false, true]) {
      const { context, calls } = processWith({ reads: [...(isNew ? [] : [service()]), service({ canary: pin(1) })] });
      if (isNew) context.run.made("Service", "s");
      const given = news({ llmModelPreferences: { chat: { llmName: "m" } }, contextGraphVersionNumber: null });
      expect(await lifecycle.create(context, given)).toEqual({
        id: "s/canary",
        live: { ...names, agentVersionNumber: 1 },
      });
      const body = { ...pin(1), llm_model_preferences: { chat: { llm_name: "m" } } };
      expect(calls).toEqual([...(isNew ? [] : [GET]), put(body), "touched", GET]);
    }
  });

  it.each<[text: string, ours: (context: ProviderContext) => void]>([
    ["was inline before", ({ run }) => declareService(run, "s", { versionSets: { canary: {} } })],
    ["is held by another resource", ({ run }) => run.hold("VersionSet", "s/canary")],
    [
      "is replaced",
      ({ run }) => {
        run.checked("VersionSet", names, {});
        run.compared("VersionSet", "s/canary", {}, names, true);
      },
    ],
  ])("is this stack's where it %s: it is written where it differs, over what is there", async (_text, ours) => {
    const same = processWith({ reads: [service({ canary: { ...pin(1), extra: 1 } })] });
    ours(same.context);
    expect((await lifecycle.create(same.context, news())).live).toEqual(news());
    expect([same.calls, same.warnings]).toEqual([[GET], []]);

    const there = { ...pin(2), context_graph_version_number: 3, extra: 1 };
    const differs = processWith({ reads: [service({ canary: there }), service({ canary: pin(1) })] });
    ours(differs.context);
    await lifecycle.create(differs.context, news());
    expect(differs.calls).toEqual([GET, put({ ...there, ...pin(1) }), "touched", GET]);
  });

  function declareService(run: Run, id: string, former: object) {
    run.checked("Service", { id }, former as Values);
    run.compared("Service", id, {}, { id }, false);
  }

  const refused = (sets: object, more: object = {}, run?: (run: Run) => void) => {
    const { context, calls, warnings } = processWith({ reads: [service(sets, more)] });
    context.run.stack = STACK;
    run?.(context.run);
    const end = lifecycle.create(context, news()).then(
      ({ live }) => live,
      (error: Error) => error.message,
    );
    return end.then((ends) => ({ ends, calls, warnings }));
  };

  it("is not taken from somebody whose values differ, whoever has the service", async () => {
    for (const tags of [[], mark()]) {
      const { ends, calls } = await refused({ canary: pin(2) }, { tags });
      expect(ends).toMatch(
        /^the service has a version set "canary" already, with other values: agentVersionNumber: decl/,
      );
      expect(ends).toContain('Nothing was written. Take it over with the resource option import: "s/canary"');
      expect(calls).toEqual([GET]);
    }
    // The inline sets of another service, and other inline sets of this one, say nothing of it.
    const others = await refused({ canary: pin(2) }, {}, (run) => {
      declareService(run, "t", { versionSets: { canary: {} } });
      declareService(run, "s", {});
      declareService(run, "s", { versionSets: { night: {} } });
      run.checked("Service", { id: "new" }, undefined);
    });
    expect(others.ends).toMatch(/with other values/);
  });

  it.each([
    ["nobody's", [], /the service carries no owner mark of this stack: somebody else seems to manage the set/],
    ["another stack's", mark("pulumi/o/p/prod"), /and the service belongs to pulumi\/o\/p\/prod\/.*: somebody else/],
    ["this stack's", mark(), undefined],
  ])("as it exists is taken over where the service is this stack's; it is %s", async (_text, tags, says) => {
    const { ends, warnings, calls } = await refused({ canary: pin(1) }, { tags });
    if (says) expect(ends).toMatch(says);
    else expect(ends).toEqual(news());
    expect(warnings).toEqual(says ? [] : ['version set "canary" existed as declared and is managed here from now on']);
    expect(calls).toEqual([GET]);
  });

  it("called release is there for everyone", async () => {
    const { context, calls, warnings } = processWith({ reads: [service({ release: pin(2) })] });
    await lifecycle.create(context, news({ name: "release" }));
    expect(calls).toEqual([GET, put(pin(1), "release"), "touched", GET]);
    expect(warnings).toEqual([]);
  });
});

describe("a set that is read", () => {
  const read = (context: ProviderContext, id = "s/canary") => lifecycle.read(context, id, {});

  it("is in the list, or else on the service itself; only then it is gone, while its workspace is there", async () => {
    const live = { ...names, agentVersionNumber: 1 };
    const listed = processWith({ list: service({ canary: pin(1) }) });
    expect(await read(listed.context)).toEqual({ id: "s/canary", live });
    expect(listed.calls).toEqual(["read w,s"]);
    const late = processWith({ reads: [service({ canary: pin(1) })] });
    expect(await read(late.context)).toEqual({ id: "s/canary", live });
    expect(late.calls).toEqual(["read w,s", GET]);
    const gone = processWith();
    expect(await read(gone.context)).toBeUndefined();
    expect(gone.calls).toEqual(["read w,s", GET, "visible w"]);
    expect(await read(gone.context, "s/constructor")).toBeUndefined();
    await expect(read(processWith({ visible: false }).context)).rejects.toThrow(/^workspace w is archived/);
  });

  it("shows what this process has just written, or taken away", async () => {
    for (const list of [service(), service({ canary: pin(3) })]) {
      const { context } = processWith({ list });
      rememberSet(context, "s", "canary", pin(2));
      expect((await read(context))?.live).toMatchObject({ agentVersionNumber: 2 });
      rememberSet(context, "s", "canary", null);
      expect(await read(context)).toBeUndefined();
    }
  });

  it("is named by its service and its name, which may hold a slash", async () => {
    const { context } = processWith({ list: service({ "a/b": pin(1) }) });
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
    const { context, calls } = processWith({ reads: [service({ canary: there }), service({ canary: pin(1) })] });
    const { live, over } = await update(context, changes);
    expect(live).toEqual(news());
    expect(over).toHaveBeenCalledWith({ ...names, agentVersionNumber: 2 });
    expect(calls).toEqual([GET, put({ ...pin(1), extra: 1 }), "touched", GET]);

    const none = processWith({ reads: [service({ canary: there })] });
    expect((await update(none.context, {})).live).toEqual({ ...names, agentVersionNumber: 2 });
    expect(none.calls).toEqual([GET]);
  });

  it("is made where it is gone", async () => {
    const { context, calls } = processWith({ reads: [service(), service({ canary: pin(1) })] });
    expect((await update(context, { agentVersionNumber: 1 })).live).toEqual(news());
    expect(calls).toContainEqual(put(pin(1)));
  });

  it("is waited for, with the API's defaults filled in; what shows in the end counts", async () => {
    const preferences = { chat: { llm_name: "m" } };
    const filled = { ...pin(1), llm_model_preferences: { chat: { llm_name: "m", params: {} } } };
    const changes = { agentVersionNumber: 1, llmModelPreferences: { chat: { llmName: "m" } } };
    const reads = [service(), service({ canary: pin(1) }), service({ canary: filled })];
    const { context, calls } = processWith({ reads, settleSeconds: 3600 });
    expect((await update(context, changes)).live).toMatchObject({
      llmModelPreferences: { chat: { llmName: "m", params: {} } },
    });
    expect(calls).toEqual([GET, put({ ...pin(1), llm_model_preferences: preferences }), "touched", GET, GET]);

    const never = processWith({ reads: [service({ canary: pin(2) })] });
    expect((await update(never.context, changes)).live).toEqual({ ...names, agentVersionNumber: 2 });
    const lost = processWith({ reads: [service({ canary: pin(2) }), service()] });
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
      const { context, calls } = processWith({ reads: [service(), error, service({ canary: pin(1) })], settleSeconds });
      if (isNew) context.run.made("Service", "s");
      const end = update(context, change);
      if (isNew && settleSeconds > 0) expect((await end).live).toEqual(news());
      else await expect(end).rejects.toBe(error);
      expect(calls.filter((call) => call === GET)).toHaveLength(isNew && settleSeconds > 0 ? 3 : 2);
    }
    const broken = processWith({ reads: [service(), refusal(500), service()] });
    broken.context.run.made("Service", "s");
    await expect(update(broken.context, change)).rejects.toThrow("500");
  });

  it("is sent again where this run has just made the service, and without keys that the API refuses", async () => {
    const problems = [{ path: "extra", message: "is strange" }];
    const put = vi
      .fn(async () => {})
      .mockRejectedValueOnce(refusal(404))
      .mockRejectedValueOnce(refusal(422, { problems }));
    const { context, calls } = processWith({ reads: [service({ canary: there })], put, settleSeconds: 0.25 });
    context.run.made("Service", "s");
    await update(context, { agentVersionNumber: 2 });
    const sent = calls.filter((call) => Array.isArray(call)).map(([, body]) => body);
    expect(sent).toEqual([there, there, pin(2)]);
    const other = vi.fn(async () => {}).mockRejectedValueOnce(refusal(404));
    const unknown = processWith({ put: other, settleSeconds: 0.25 });
    await expect(update(unknown.context, { agentVersionNumber: 2 })).rejects.toThrow("404");
  });
});

describe("a set that is deleted", () => {
  const remove = async (state: object, sets: object = { canary: {}, release: {} }) => {
    const { context, calls, warnings } = processWith({ reads: [service(sets)] });
    // The service is in the program, so that what stays is told.
    context.run.checked("Service", { name: "Mine" }, {});
    context.run.compared("Service", "s", {}, { name: "Mine" }, false);
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
    const removed = { calls: [GET, "touched", ["write", { release: {} }], "touched"], warnings: [] };
    expect(await remove({})).toEqual(removed);
    expect(await remove({ onDelete: "remove" })).toEqual(removed);
    for (const name of ["canary", "release"]) {
      expect(await remove({ name, onDelete: "reset" })).toEqual({
        calls: [GET, put({}, name), "touched"],
        warnings: [],
      });
    }
  });

  it("is gone with its service, while the workspace can be seen", async () => {
    const state = { ...names, onDelete: "reset" };
    const gone = processWith({ reads: [refusal(404)] });
    await lifecycle.remove(gone.context, "s/canary", state);
    expect(gone.calls).toEqual([GET, "visible w"]);
    const found = processWith();
    await lifecycle.remove(found.context, "s/canary", state);
    expect(found.calls).not.toContain("visible w");
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
