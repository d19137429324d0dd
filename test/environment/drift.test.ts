import { describe, expect, it } from "vitest";
import { HIDDEN } from "../../src/engine/hidden.js";
import type { Values } from "../../src/engine/lifecycle.js";
import { typeToken } from "../../src/engine/tokens.js";
import { compareEnvironments } from "../../src/environment/compare.js";
import { driftOf } from "../../src/environment/drift.js";
import type { Finding } from "../../src/environment/drift-findings.js";
import { driftMarkdown } from "../../src/environment/show/drift-markdown.js";
import { driftText, waysOut } from "../../src/environment/show/drift-text.js";
import { lifecycles } from "../../src/resources/index.js";
import type { PendingOperation, StateResource } from "../../src/stack/state.js";
import { type Kind, type Managed, Run } from "../support/lifecycle.js";
import { ids, makeScene } from "./support.js";

const workspaceId = ids.workspace;
const mark = (name: string, stack = "dev") => `pulumi/org/clinic/${stack}/pulumi-nodejs:dynamic/amigo:Any/${name}`;
const service = (name: string, more: Values = {}): Values => ({
  workspaceId,
  name,
  agentId: ids.agents.frontDesk,
  contextGraphId: ids.contextGraphs.scheduling,
  ...more,
});
const useCase = (name: string, more: Values = {}): Values => ({
  workspaceId,
  channel: "inbound_voice",
  entityName: "Clinic",
  name,
  setupId: ids.setups.voiceApproved,
  ...more,
});

/** A server, and a stack in it whose state is made by the provider itself. */
async function makeStack(options: Parameters<typeof makeScene>[0] = {}) {
  const scene = await makeScene(options);
  const run = new Run(scene.emulator);
  const managed: Managed[] = [];
  const { store } = scene.emulator;
  const state = (): StateResource[] =>
    managed.map(({ kind, id, inputs, outputs }) => {
      const type = typeToken(lifecycles[kind].kind);
      return { urn: `urn:pulumi:dev::clinic::${type}::${id}`, type, custom: true, id, inputs, outputs };
    });
  return {
    ...scene,
    store,
    managed,
    state,
    add: async (kind: Kind, inputs: Values, owner = mark("one")): Promise<string> => {
      const made = await run.create(kind, { ...inputs, [HIDDEN.owner]: owner });
      managed.push(made);
      return made.id;
    },
    edit: (id: string, changes: Values) => {
      const record = store.services.get(id);
      if (!record) throw new Error(`no service ${id}`);
      store.services.put({ ...record, ...changes, updated_at: new Date(Date.now() + 1000).toISOString() });
    },
    drift: async (resources = state(), pending: PendingOperation[] = []) => {
      const context = scene.newContext();
      return driftOf({ stack: "dev", cwd: "" }, { resources, pending }, { of: async () => context });
    },
  };
}

const brief = (findings: readonly Finding[]) =>
  findings.map((one) => [one.class, one.kind, one.name, ...(one.fields ?? []).map(({ path }) => path)].join(" | "));

describe("drift", () => {
  it("names what changed with both values, what is gone, and what nobody declares", async () => {
    const stack = await makeStack();
    const desk = await stack.add(
      "service",
      service("Front desk", { toolCapacity: 4, voiceConfig: { ttsModel: "sonic-3" }, keyterms: ["flu"] }),
    );
    const night = await stack.add("service", service("Night desk"));
    const gone = await stack.add("service", service("Gone"));
    await stack.add("versionSet", { workspaceId, serviceId: desk, name: "release", agentVersionNumber: 2 });
    // Goes with its service, so it is no finding of its own.
    await stack.add("versionSet", { workspaceId, serviceId: gone, name: "canary", agentVersionNumber: 1 });
    const line = await stack.add("useCase", useCase("Line"));
    const second = await stack.add("useCase", useCase("Second"));
    await stack.add("serviceBinding", { workspaceId, useCaseId: line, serviceId: desk });
    await stack.add("testCallerNumbers", { workspaceId, numbers: ["+14155550100"] });
    expect((await stack.drift()).findings).toEqual([]);

    stack.edit(desk, {
      tool_capacity: 7,
      keyterms: ["cold"],
      voice_config: { tts_model: "sonic-turbo" },
      version_sets: { edge: {}, release: { agent_version_number: 3 }, canary: { agent_version_number: 1 } },
      tags: [{ key: "pulumi-owner", value: mark("one") }, { key: "by-hand" }],
    });
    stack.store.services.delete(gone);
    await stack.client.bindUseCase(workspaceId, line, night);
    await stack.client.bindUseCase(workspaceId, second, desk);
    await stack.client.updateTestCallerNumbers(workspaceId, ["+14155550101"]);
    await stack.service("By hand");
    await stack.useCase("By hand");
    stack.requests.length = 0;
    const report = await stack.drift();
    expect(brief(report.findings)).toEqual([
      "changed | Service | Front desk | toolCapacity | keyterms | tags | voiceConfig.ttsModel",
      "changed | VersionSet | Front desk / release | agentVersionNumber",
      "changed | ServiceBinding | inbound_voice / Clinic / Line | serviceId",
      "changed | TestCallerNumbers | testCallerNumbers | numbers",
      "missing | Service | Gone",
      "foreign | Service | By hand",
      "foreign | VersionSet | Front desk / canary",
      "foreign | UseCase | inbound_voice / Riverside / By hand",
      "foreign | ServiceBinding | inbound_voice / Clinic / Second",
    ]);
    expect(report.findings[0]?.fields?.[0]).toEqual({ path: "toolCapacity", declared: 4, live: 7 });
    expect(report.findings[2]?.fields).toEqual([
      { path: "serviceId", declared: desk, live: night, declaredName: "Front desk", liveName: "Night desk" },
    ]);
    expect(report.complete).toBe(true);
    expect(stack.requests.every(({ method }) => method === "GET")).toBe(true);
    const text = driftText(report, { width: 80, paint: (_style, one) => one });
    expect(Math.max(...text.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(text).toContain("4 changed, 1 missing, 4 things of no known stack.");
    expect(driftMarkdown(report)).toContain("| `toolCapacity` | `4` | `7` |");
  });

  it("says of a foreign release that it cannot be deleted, and of nothing else", () => {
    const set = (name: string): Finding => ({
      class: "foreign",
      kind: "VersionSet",
      name,
      id: `${workspaceId}/${name}`,
    });
    const place = { stack: "dev", cwd: "" };
    const declare =
      "Foreign is what this stack does not declare. To manage it here: declare it, then `npx pulumi-amigo adopt WORKSPACE --stack dev`, with its alias or id.";
    const kept = "A version set `release` cannot be deleted.";
    const ask =
      "Before you delete it, ask who made it: another stack may manage it, and not everything says which one.";
    expect(waysOut({ findings: [set("release")], ...place })).toEqual([`${declare} ${kept}`]);
    expect(waysOut({ findings: [set("canary")], ...place })).toEqual([`${declare} ${ask}`]);
    expect(waysOut({ findings: [set("canary"), set("release")], ...place })).toEqual([`${declare} ${ask} ${kept}`]);
  });

  it("is no drift where nothing changed: defaults, order, ignored properties, what a refresh has taken in", async () => {
    const stack = await makeStack();
    const desk = await stack.add("service", {
      ...service("Desk", {
        keyterms: ["b", "a"],
        description: "text",
        versionSets: { canary: { agentVersionNumber: 1 } },
      }),
      [HIDDEN.ignore]: ["description"],
    });
    stack.edit(desk, { keyterms: ["a", "b"], tool_capacity: 9, description: "other" });
    // Never declared, so the default was there.
    expect(brief((await stack.drift()).findings)).toEqual(["changed | Service | Desk | toolCapacity"]);
    // A refresh brings the value into state, and then somebody changes it again.
    const [one] = stack.managed;
    if (one) one.outputs = { ...one.outputs, toolCapacity: 9, [HIDDEN.undeclared]: ["toolCapacity"] };
    expect((await stack.drift()).findings).toEqual([]);
    stack.edit(desk, { tool_capacity: 3 });
    expect(brief((await stack.drift()).findings)).toEqual(["changed | Service | Desk | toolCapacity"]);
  });

  it("shows the fields of a thing in the order of a document, as compare does", async () => {
    const stack = await makeStack();
    const models = (name: string) => ({ second: { llmName: name }, first: { params: { b: 1 }, llmName: name } });
    const desk = await stack.add("service", {
      versionSets: { canary: { llmModelPreferences: models("m"), agentVersionNumber: 1 } },
      voiceConfig: { forwardCallEnabled: true, eotTimeoutMs: 1, ttsModel: "sonic-3" },
      tags: [{ key: "a" }],
      keyterms: ["flu"],
      toolCapacity: 4,
      description: "text",
      ...service("Desk"),
    });
    const before = await stack.export();
    stack.edit(desk, {
      version_sets: {
        edge: {},
        canary: {
          agent_version_number: 2,
          llm_model_preferences: { second: { llm_name: "n" }, first: { llm_name: "n", params: { b: 2, a: 1 } } },
        },
      },
      voice_config: { tts_model: "sonic-turbo", eot_timeout_ms: 2, filler_style: "silent" },
      tags: [{ key: "pulumi-owner", value: mark("one") }, { key: "b" }],
      keyterms: ["cold"],
      tool_capacity: 5,
      description: "other",
      persona_id: ids.personas.brisk,
    });
    const order = [
      "description",
      "toolCapacity",
      "keyterms",
      "tags",
      "voiceConfig.ttsModel",
      "voiceConfig.eotTimeoutMs",
      "voiceConfig.fillerStyle",
      "voiceConfig.forwardCallEnabled",
      "versionSets.canary.agentVersionNumber",
      "versionSets.canary.llmModelPreferences.first.llmName",
      "versionSets.canary.llmModelPreferences.first.params.a",
      "versionSets.canary.llmModelPreferences.first.params.b",
      "versionSets.canary.llmModelPreferences.second.llmName",
    ];
    const [finding] = (await stack.drift()).findings;
    expect(finding?.fields?.map(({ path }) => path)).toEqual(["personaId", ...order]);
    const [difference] = compareEnvironments(before, await stack.export()).differences;
    expect(difference?.fields.map(({ path }) => path)).toEqual(["persona", ...order]);
  });

  it("shows what other stacks own, and does not count it as nobody's", async () => {
    const stack = await makeStack();
    await stack.add("service", service("Ours"));
    const { id } = await stack.service("Theirs", { tags: [{ key: "pulumi-owner", value: mark("x", "other") }] });
    await stack.service("Half ours", { tags: [{ key: "pulumi-owner", value: mark("lost") }] });
    const line = await stack.useCase("Theirs");
    await stack.client.bindUseCase(workspaceId, line.id, id);
    await stack.useCase("Nobodys");
    const { findings, notes } = await stack.drift();
    expect(findings.map(({ kind, name, owner }) => [kind, name, owner])).toEqual([
      ["Service", "Half ours", undefined],
      ["Service", "Theirs", "pulumi/org/clinic/other"],
      ["UseCase", "inbound_voice / Riverside / Nobodys", undefined],
      ["UseCase", "inbound_voice / Riverside / Theirs", "pulumi/org/clinic/other"],
    ]);
    expect(notes).toEqual([expect.stringMatching(/Half ours.*was a run interrupted\?/)]);
  });

  it("never shows what the program gave as a secret, nor what looks like a credential", async () => {
    const stack = await makeStack();
    const desk = await stack.add(
      "service",
      service("Desk", { description: "hush hush", [HIDDEN.secrets]: ["description"] }),
    );
    await stack.add("versionSet", {
      workspaceId,
      serviceId: desk,
      name: "canary",
      llmModelPreferences: { chat: { llmName: "m", params: { apiKey: "old" } } },
    });
    stack.edit(desk, {
      description: "found out",
      version_sets: { canary: { llm_model_preferences: { chat: { llm_name: "m", params: { apiKey: "new" } } } } },
    });
    const { findings } = await stack.drift();
    expect(findings.flatMap(({ fields = [] }) => fields)).toEqual([
      { path: "description", declared: "[redacted]", live: "[redacted]" },
      { path: "llmModelPreferences.chat.params.apiKey", declared: "[redacted]", live: "[redacted]" },
    ]);
  });

  it("looks behind lists that lag, so that what a run has just done is no drift", async () => {
    const stack = await makeStack();
    const old = await stack.add("service", service("Old"));
    const desk = await stack.add("service", service("Desk", { toolCapacity: 4 }));
    await new Promise((resolve) => setTimeout(resolve, 30));
    const lag = Date.now();
    const [, one] = stack.managed;
    if (!one) throw new Error("no service");
    await new Promise((resolve) => setTimeout(resolve, 5));
    await new Run(stack.emulator).update(one, service("Desk", { toolCapacity: 5, [HIDDEN.owner]: mark("one") }));
    await stack.add("service", service("New"));
    await stack.add("useCase", useCase("New"));
    await stack.client.deleteService(workspaceId, old);
    stack.managed.shift();
    stack.emulator.dialect.listLagMs = Date.now() - lag;
    expect((await stack.drift()).findings).toEqual([]);
    expect(desk).toBe(one.id);
  });
});

it("distinguishes two things of one name by their ids", async () => {
  const stack = await makeStack({ dialect: { useCaseUnique: false } });
  const own = await stack.add("useCase", useCase("Line"));
  const twin = await stack.useCase("Line", { entity_name: "Clinic" });
  expect(twin.id).not.toBe(own);
  const { findings } = await stack.drift();
  expect(findings).toEqual([{ class: "foreign", kind: "UseCase", name: "inbound_voice / Clinic / Line", id: twin.id }]);
});

describe("what cannot be read", () => {
  it("of one workspace does not hide what is found in another", async () => {
    const stack = await makeStack();
    const other = await stack.client.createSelfServiceWorkspace({
      slug: "other",
      name: "Other",
      environment: "staging",
    });
    await stack.add("service", service("Here"));
    await stack.add("service", service("There", { workspaceId: other.id }));
    await stack.service("Foreign");
    expect(brief((await stack.drift()).findings)).toEqual(["foreign | Service | Foreign"]);
    await stack.client.archiveWorkspace(other.id, "other");
    const report = await stack.drift();
    expect(brief(report.findings)).toEqual(["foreign | Service | Foreign"]);
    expect([report.complete, report.notes]).toEqual([
      false,
      [expect.stringContaining(`workspace ${other.id} is archived`)],
    ]);
  });

  it("makes the report incomplete, is said, and is never called missing", async () => {
    const stack = await makeStack();
    const desk = await stack.add("service", service("Desk", { toolCapacity: 4 }));
    const line = await stack.add("useCase", useCase("Line"));
    await stack.add("serviceBinding", { workspaceId, useCaseId: line, serviceId: desk });
    stack.edit(desk, { tool_capacity: 5 });
    stack.emulator.faults.add({ operation: "list-use-cases", when: "before", action: { kind: "status", status: 403 } });
    const report = await stack.drift();
    expect(brief(report.findings)).toEqual(["changed | Service | Desk | toolCapacity"]);
    expect(report.complete).toBe(false);
    expect(report.notes.join()).toMatch(/useCases of workspace .* could not be read \(403\)/);
    stack.emulator.faults.add({ operation: "list-services", when: "before", action: { kind: "status", status: 403 } });
    await expect(stack.drift()).rejects.toThrow(/nothing could be read/);
  });

  it("is an error where the workspace is archived or hidden, or the state says nothing", async () => {
    const stack = await makeStack();
    await expect(stack.drift()).rejects.toThrow(/stack dev is empty: there is nothing to compare. Deploy it first/);
    const foreign = {
      urn: "urn:pulumi:dev::clinic::random:index:Id::x",
      type: "random:index:Id",
      custom: true,
      id: "x",
    };
    await expect(stack.drift([foreign])).rejects.toThrow(/no resource of this provider, and 1 of others/);
    const pending = [{ type: "creating", resource: foreign }];
    await expect(stack.drift([], pending)).rejects.toThrow(/pulumi-amigo recover/);
    await stack.add("service", service("Desk"));
    expect((await stack.drift(stack.state(), pending)).notes).toEqual([
      expect.stringMatching(/interrupted run left 1 pending operation \(creating random:index:Id "x"\)/),
    ]);
    stack.emulator.faults.add({
      path: /workspaces|services|use-cases/,
      when: "before",
      action: { kind: "status", status: 404 },
    });
    await expect(stack.drift()).rejects.toThrow(/is archived, or this key cannot see it/);
  });
});

it("names exactly 25 changes among 1,000 resources, with a request for twenty services and one for each use case", async () => {
  const stack = await makeStack();
  const run = { services: [] as string[], useCases: [] as string[] };
  for (let index = 0; index < 300; index++)
    run.services.push(
      await stack.add("service", service(`Service ${index}`, { toolCapacity: 4, description: `Text ${index}` })),
    );
  for (const [index, serviceId] of run.services.entries()) {
    await stack.add("versionSet", { workspaceId, serviceId, name: "canary", agentVersionNumber: (index % 3) + 1 });
  }
  const letters = "abcdefghijklmnopqrst";
  for (let index = 0; index < 200; index++) {
    const name = `Line ${letters[Math.floor(index / 20)]}${letters[index % 20]}`;
    const useCaseId = await stack.add("useCase", useCase(name, { entityName: "Clinic" }));
    run.useCases.push(useCaseId);
    await stack.add("serviceBinding", { workspaceId, useCaseId, serviceId: run.services[index] });
  }
  expect(stack.managed).toHaveLength(1000);
  const expected = new Set<string>();
  for (let index = 0; index < 10; index++) {
    stack.edit(String(run.services[index * 20]), { tool_capacity: 5 });
    expected.add(`changed Service ${run.services[index * 20]}`);
  }
  for (let index = 0; index < 5; index++) {
    const id = String(run.services[index * 20 + 1]);
    stack.edit(id, { version_sets: { edge: {}, release: {}, canary: { agent_version_number: 4 } } });
    expected.add(`changed VersionSet ${id}/canary`);
  }
  for (let index = 0; index < 5; index++) {
    const id = String(run.useCases[index * 7]);
    await stack.client.unbindUseCase(workspaceId, id);
    expected.add(`missing ServiceBinding ${id}`);
  }
  for (let index = 0; index < 5; index++)
    expected.add(`foreign Service ${(await stack.service(`Foreign ${index}`)).id}`);
  stack.requests.length = 0;
  const report = await stack.drift();
  expect(new Set(report.findings.map((one) => `${one.class} ${one.kind} ${one.id}`))).toEqual(expected);
  // What differs in a list that has no times is read once more: 5 sets, 5 lines, and the workspace that they are gone from.
  expect(stack.requests.length).toBeLessThanOrEqual(Math.ceil(306 / 20) + 200 + 2 + 5 + 5 + 1);
}, 60_000);
