import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it, vi } from "vitest";
import type { Problem } from "../../src/api/errors.js";
import type { ProviderContext } from "../../src/engine/provider/context.js";
import { UNKNOWN } from "../../src/engine/unknown.js";
import { misfit, rememberChannelType } from "../../src/resources/channels.js";
import * as fields from "../../src/resources/fields.js";
import { declaresInline, ownSets, rememberInlineSets, rememberOwnSet } from "../../src/resources/inline-sets.js";
import * as serviceForm from "../../src/resources/service-form.js";
import { withRefusedKeysLeftOut } from "../../src/resources/service-writes.js";
import * as useCaseForm from "../../src/resources/use-case-form.js";
import { withKnownNumbers } from "../../src/resources/version-numbers.js";
import { document as setDocument } from "../../src/resources/version-set-document.js";
import { useCase as aUseCase, processWith, refusal, service } from "./support.js";

const useCase = (more: object = {}) =>
  aUseCase({
    channel: "email",
    tier: "gold",
    configuration_set_name: "set",
    created_at: "then",
    updated_at: "now",
    ...more,
  });

describe("the fields", () => {
  it.each<[name: string, valid: boolean]>([
    ["canary", true],
    ["", false],
    ["edge", false],
    ["__proto__", false],
    ["a b", false],
  ])("take %j for the name of a version set: %s", (name, valid) => {
    expect(fields.versionSetName.safeParse(name).success).toBe(valid);
  });

  it("keep the owner's tag for the provider", () => {
    expect(fields.tags.safeParse([{ key: "team" }]).success).toBe(true);
    expect(fields.tags.safeParse([{ key: fields.OWNER_TAG }]).success).toBe(false);
  });

  it("fill in the defaults of a version set, and leave what is none", () => {
    const given = {
      agentVersionNumber: 1,
      llmModelPreferences: { chat: { llmName: "m" }, sum: { llmName: "n", params: { t: 1 } } },
    };
    const params = { chat: { llmName: "m", params: {} }, sum: { llmName: "n", params: { t: 1 } } };
    expect(fields.withSetDefaults(given)).toEqual({ agentVersionNumber: 1, llmModelPreferences: params });
    expect(fields.withSetDefaults({})).toEqual({ llmModelPreferences: {} });
    expect([null, undefined, "text", ""].map(fields.withSetDefaults)).toEqual([null, undefined, "text", ""]);
  });

  it("name what stands twice in a list, unless it is not known yet", () => {
    const reason = (text: string) => `found ${text} a second time; each may stand once`;
    expect(fields.repeated("tags", [{ key: "a" }, "b", { key: "a", value: undefined }, "b", "c"])).toEqual([
      { property: "tags[2]", reason: reason('{"key":"a"}') },
      { property: "tags[3]", reason: reason('"b"') },
    ]);
    expect(fields.repeated("tags", [UNKNOWN, UNKNOWN])).toEqual([]);
    expect(fields.repeated("tags", "aa")).toEqual([]);
  });

  it.each([
    ["Praxis Köln", "Praxis Ko\u0308ln", true],
    [" Desk", "Desk\n", true],
    ["Desk", "desk", false],
    [undefined, "undefined", true],
  ])("take %j and %j for the same text: %s", (a, b, expected) => {
    expect([fields.sameText(a, b), fields.sameText(b, a)]).toEqual([expected, expected]);
  });
});

describe("a service", () => {
  const tag = { key: fields.OWNER_TAG, value: "mark" };

  it("is shown without its owner mark, with the sets that are declared", () => {
    const sets = { night: { agent_version_number: 1 }, release: {} };
    const there = service({ tags: [{ key: "team" }, tag], version_sets: sets });
    const names = { agentName: "Ann", createdAt: "then", updatedAt: "now", workspaceId: "w" };
    const { id, live } = serviceForm.existing(there as never, { versionSets: { night: {}, gone: {} } });
    expect([id, live]).toEqual([
      "s",
      expect.objectContaining({
        ...names,
        __owner: "mark",
        tags: [{ key: "team" }],
        agentId: "a",
        isSystem: undefined,
      }),
    ]);
    expect(live.versionSets).toEqual({ night: { agentVersionNumber: 1 } });
    const all = serviceForm.existing(service({ version_sets: sets, is_system: true }) as never, {}).live;
    expect([Object.keys(all.versionSets as object), all.isSystem]).toEqual([["night", "release"], true]);
  });

  it.each<[text: string, values: object, current: object | undefined, tags: object[]]>([
    [
      "the mark of the resource",
      { __owner: "mine" },
      service({ tags: [tag] }),
      [{ key: fields.OWNER_TAG, value: "mine" }],
    ],
    ["the mark that is there", {}, service({ tags: [tag] }), [tag]],
    ["no mark", {}, service(), []],
    ["no mark on what is new", {}, undefined, []],
  ])("is written with %s", (_text, values, current, expected) => {
    expect(serviceForm.tagsOf([{ key: "team" }], values as never, current as never)).toEqual([
      { key: "team" },
      ...expected,
    ]);
    expect(serviceForm.tagsOf(undefined, values as never, current as never)).toEqual(expected);
  });

  it("is the same with a default of the contract filled in, and brief without", () => {
    const { voiceConfig, versionSets } = serviceForm.properties;
    expect(voiceConfig.normalise({ eotTimeoutMs: 9 })).toEqual({ ...fields.VOICE_CONFIG_DEFAULTS, eotTimeoutMs: 9 });
    expect(voiceConfig.normalise(null)).toBeNull();
    expect(versionSets.normalise({ night: {} })).toEqual({ night: { llmModelPreferences: {} } });
    expect([null, "text", ""].map(versionSets.normalise)).toEqual([null, "text", ""]);
    const brief = serviceForm.document.brief?.voiceConfig;
    expect(brief?.({ fillerStyle: "backchannel", backchannelDelayMs: 5 })).toEqual({ backchannelDelayMs: 5 });
  });

  it("is found by its name, and listed for a document", async () => {
    const { context } = processWith({ services: [service(), service({ id: "t", name: "Ward" })] });
    const { document, recovery } = serviceForm;
    expect(recovery.inputsOf(recovery.keyOf({ name: "Ward", agentId: "a" }) as string[])).toEqual({ name: "Ward" });
    expect((await recovery.find?.(context, { workspaceId: "w", name: "Ward" }))?.map(({ id }) => id)).toEqual(["t"]);
    expect((await document.list?.(context, "w", []))?.map(({ id }) => id)).toEqual(["s", "t"]);
    expect([true, false, undefined].map((isSystem) => document.isBuiltIn?.({ isSystem }))).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe("a use case", () => {
  const key = { channel: "email", entityName: "Clinic", name: "Line" };

  it("is shown with the workspace that it was asked for in, and written without", () => {
    const { live } = useCaseForm.existing(useCase() as never, "w");
    const more = { configurationSetName: "set", tier: "gold", createdAt: "then", updatedAt: "now" };
    expect(live).toEqual({ ...key, ...more, setupId: "x", workspaceId: "w" });
    expect(useCaseForm.bodyOf({ ...key, workspaceId: "w", adopt: true })).toEqual({
      channel: "email",
      entity_name: "Clinic",
      name: "Line",
    });
  });

  it.each([["channel"], ["entityName"], ["name"]])("is another one where %s differs", (name) => {
    expect(useCaseForm.sameKey(useCase() as never, key)).toBe(true);
    expect(useCaseForm.sameKey(useCase() as never, { ...key, [name]: "other" })).toBe(false);
    expect(useCaseForm.sameState({ ...key, workspaceId: "w", setupId: 1 }, { ...key, workspaceId: "w" })).toBe(true);
    expect(useCaseForm.sameState(key, { ...key, [name]: "other" })).toBe(false);
    expect(useCaseForm.sameState(key, { ...key, workspaceId: "w" })).toBe(false);
  });

  it("is the same with an empty description, and with a sender in capitals", () => {
    const { description, senderEmailAddress } = useCaseForm.properties;
    expect([" a ", " ", null].map(description.normalise)).toEqual(["a", undefined, undefined]);
    expect(["A@B.org", null].map(senderEmailAddress.normalise)).toEqual(["a@b.org", ""]);
  });

  it("is found by its key, and listed for a document", async () => {
    const { context } = processWith({ useCases: [useCase(), useCase({ id: "v", name: "Night" })] });
    const { document, recovery } = useCaseForm;
    expect(recovery.inputsOf(recovery.keyOf({ ...key, setupId: "x" }) as string[])).toEqual(key);
    expect(await recovery.find?.(context, { ...key, workspaceId: "w" })).toEqual([
      useCaseForm.existing(useCase() as never, "w"),
    ]);
    expect((await document.list?.(context, "w", []))?.map(({ live }) => live.name)).toEqual(["Line", "Night"]);
    expect([recovery.firstSent?.(key), recovery.firstSent?.({ description: "d" })]).toEqual([
      { ...key, description: "" },
      { description: "d" },
    ]);
  });
});

describe("a version set in a document", () => {
  it.each<[set: object, builtIn: boolean]>([
    [{ name: "edge", agentVersionNumber: 1 }, true],
    [{ name: "release" }, true],
    [{ name: "release", agentVersionNumber: null, llmModelPreferences: {} }, true],
    [{ name: "release", agentVersionNumber: 0 }, false],
    [{ name: "release", contextGraphVersionNumber: 1 }, false],
    [{ name: "release", llmModelPreferences: { chat: {} } }, false],
    [{ name: "night" }, false],
  ])("%j is the platform's own: %s", (set, builtIn) => {
    expect(setDocument.isBuiltIn?.(set as never)).toBe(builtIn);
  });

  it("is brief without empty parameters, and stands in its service", () => {
    const given = { a: { llmName: "m", params: {} }, b: { llmName: "m", params: { t: 1 } }, c: { llmName: "m" } };
    const brief = setDocument.brief?.llmModelPreferences?.(given);
    expect(brief).toStrictEqual({ ...given, a: { llmName: "m" } });
    const live = { workspaceId: "w", versionSets: { night: { agentVersionNumber: 1 } } };
    expect(setDocument.inside?.({ id: "s", live })).toEqual([
      { id: "s/night", live: { agentVersionNumber: 1, workspaceId: "w", serviceId: "s", name: "night" } },
    ]);
    expect(setDocument.inside?.({ id: "s", live: { workspaceId: "w" } })).toEqual([]);
  });
});

describe("a version that does not exist", () => {
  const refused = (reason: "no-such-version" | "no-such-agent" = "no-such-version") => refusal(422, { reason });
  const sets = (...numbers: (number | null)[]) =>
    Object.fromEntries(numbers.map((number, index) => [`set-${index}`, { agent_version_number: number }]));
  const others = [
    service({ id: "t", name: "Ward", version_sets: sets(3, null), context_graph_id: "other" }),
    service({ id: "v", agent_id: "other", context_graph_id: "other", version_sets: sets(7) }),
  ];
  const said = async (error: unknown, services: ReturnType<typeof service>[], workspace = "w") => {
    const { context } = processWith({ services });
    await expect(withKnownNumbers(context, workspace, "s", () => Promise.reject(error))).rejects.toBe(error);
    return (error as { sentences?: string[] }).sentences;
  };

  it("is told with the numbers of the same agent and graph that are pinned", async () => {
    const pinned = { ...sets(10, 3, 9), graph: { context_graph_version_number: 4 } };
    expect(await said(refused(), [...others, service({ version_sets: pinned })])).toEqual([
      'The service is "Desk"; version sets of this workspace pin its agent version 3, 9, 10, and its context graph version 4.',
    ]);
    expect(await said(refused(), [service()])).toEqual(['The service is "Desk".']);
  });

  it("is told alone where nothing more is known, or it is something else", async () => {
    expect(await said(refused(), others)).toEqual([]);
    expect(await said(refused("no-such-agent"), [service()])).toEqual([]);
    expect(await said(Object.assign(new Error("no"), { reason: "no-such-version" }), [service()])).toBeUndefined();
    const { context } = processWith();
    expect(await withKnownNumbers(context, "w", "s", async () => "done")).toBe("done");
    const unreadable = {
      ...context,
      workspace: () => ({ services: { shared: () => Promise.reject(new Error("no list")) } }),
    };
    const error = refused();
    const write = () => Promise.reject(error);
    await expect(withKnownNumbers(unreadable as never, "w", "s", write)).rejects.toBe(error);
  });
});

describe("keys beyond the contract", () => {
  const body = { name: "Desk", extra: 1, more: { other: 2 } };
  const known = { name: "Desk", more: {} };
  const send = (context: ProviderContext, put: (sent: object) => Promise<string>, sent: object = body) =>
    withRefusedKeysLeftOut<object, string>(context, "s", sent, () => known, put);
  const refusing = (status: number, ...paths: string[]) => {
    const problems: Problem[] = paths.map((path) => ({ path, message: "is strange" }));
    return vi.fn(async () => "done").mockRejectedValueOnce(refusal(status, { problems }));
  };

  it("are sent while the API takes them, and left out from the refusal on, named once", async () => {
    const { context, warnings } = processWith();
    const put = refusing(422, "extra", "more.other");
    expect(await send(context, put)).toBe("done");
    expect(await send(context, put)).toBe("done");
    expect(put.mock.calls).toEqual([[body], [known], [known]]);
    expect(warnings).toEqual([
      "service s: the API answers with keys that it refuses in requests (extra, more.other); such keys are left out from here on",
    ]);
    const taken = vi.fn(async () => "done");
    await send(processWith().context, taken);
    expect(taken.mock.calls).toEqual([[body]]);
  });

  it.each<[text: string, status: number, ...paths: string[]]>([
    ["a key of the contract", 422, "extra", "name"],
    ["a key that was not sent", 422, "nothing"],
    ["no key by name", 422],
    ["the whole request", 409, "extra"],
  ])("stay where the API refuses %s", async (_text, status, ...paths) => {
    const put = refusing(status, ...paths);
    await expect(send(processWith().context, put)).rejects.toMatchObject({ status });
    expect(put).toHaveBeenCalledTimes(1);
  });

  it("are no reason to send again where there are none", async () => {
    const put = refusing(422, "extra");
    await expect(send(processWith().context, put, known)).rejects.toMatchObject({ status: 422 });
  });
});

describe("what constructors remember of a service", () => {
  /** Its type as it exists, which no preview knows of what is yet to be made. */
  function serviceOf(type?: string) {
    const Output = pulumi.Output as unknown as new (...inside: unknown[]) => pulumi.Output<string>;
    const [none, secret] = [Promise.resolve(new Set()), Promise.resolve(false)];
    const known = Promise.resolve(type !== undefined);
    return { channelType: new Output([], Promise.resolve(type), known, secret, none) } as never;
  }

  it.each<[text: string, service: never, declared: string | undefined, fits: boolean]>([
    ["declared as text", serviceOf(), "text", false],
    ["declared as voice", serviceOf("text"), "voice", true],
    ["text as it exists", serviceOf("text"), undefined, false],
    ["voice as it exists", serviceOf("voice"), undefined, true],
    ["not known", serviceOf(), undefined, true],
  ])("%s: whether a call fits", async (_text, one, channelType, fits) => {
    rememberChannelType(one, channelType);
    expect((await misfit(one, "inbound_voice")) === undefined).toBe(fits);
    expect(await misfit(one, "email")).toBeUndefined();
  });

  it("says why a call does not fit, also of a service that was only looked up", async () => {
    const text = serviceOf("text");
    expect(await misfit(text, "ringless_voicemail")).toBe(
      "found a use case of the channel ringless_voicemail and a text service, which takes no calls; bind it to a voice service, or change the service's channelType",
    );
    expect(await misfit(text, "outbound_voice")).toBeDefined();
    expect(await misfit(serviceOf(), "outbound_voice")).toBeUndefined();
  });

  it("tells the sets that are declared inline from those that are resources", async () => {
    const [one, other] = [{}, {}] as pulumi.Resource[];
    if (!one || !other) throw new Error("two services");
    rememberInlineSets(one, { night: {} });
    rememberInlineSets(other, undefined);
    expect(
      await Promise.all([declaresInline(one, "night"), declaresInline(one, "day"), declaresInline(other, "night")]),
    ).toEqual([true, false, false]);

    const of = (service: pulumi.Resource) => ({ __pulumiOutput: true, resources: () => new Set([service]) }) as never;
    const [own, none] = [ownSets(), ownSets()];
    own.of(one);
    none.of(other);
    // The sets' constructors run after the service's.
    for (const name of ["night", "day"]) rememberOwnSet(of(one), name);
    rememberOwnSet("an id", "late");
    rememberOwnSet(of(one), pulumi.output("not known at once"));
    expect([await own.names, await none.names]).toEqual([["night", "day"], undefined]);
  });
});
