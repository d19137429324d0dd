import { expect, test } from "vitest";
import type { Dialect } from "../../src/emulator/index.js";
import { bodyOf, combinations, failureOf, kept, type Scene, SERVER_FIELDS, scene, underEach } from "./support/scene.js";

const READINGS = combinations({
  putNull: ["unchanged", "clears"],
  putAbsent: ["unchanged", "default"],
  putVersionSets: ["replaces", "merges"],
});

const EVERY_FIELD = [
  "agent_id",
  "channel_type",
  "context_graph_id",
  "description",
  "environment",
  "is_active",
  "keyterms",
  "name",
  "safety_filters_enabled",
  "tags",
  "tool_capacity",
  "version_sets",
];

/** A PUT that keeps one field as it is and answers with success. */
function ignoring(set: Scene, field: string): void {
  const { emulator, store } = set;
  emulator.faults.add({
    operation: "update-service",
    when: "before",
    action: {
      kind: "status",
      status: 200,
      get body() {
        const { path, requestBody } = emulator.requests.at(-1) ?? {};
        const { [field]: _ignored, ...changes } = requestBody as Record<string, unknown>;
        const { created_by, ...answer } = store.services.update(String(path?.split("/").at(-1)), changes);
        return answer;
      },
    },
  });
}

/** Somebody changes the service just before our PUT arrives. */
function interfering(set: Scene, serviceId: string, changes: object): void {
  set.emulator.faults.add({
    operation: "update-service",
    when: "before",
    action: { kind: "call", fn: ({ store }) => void store.services.update(serviceId, changes) },
  });
}

test("trap 1: an update sends every field as read, without nulls, and changes nothing else", async () => {
  await underEach(READINGS, async (set) => {
    const run = set.run();
    const { personas, agents, contextGraphs } = set.ids;
    const desk = await run.create("service", set.service({ description: "before" }));
    // Two reads at once share a list, which must not be what a write starts from.
    await Promise.all([run.refresh(desk), run.refresh(desk)]);
    const others = {
      keyterms: ["Dermatology"],
      tool_capacity: 7,
      voice_config: { filler_style: "silent" },
      version_sets: { ...set.store.services.get(desk.id)?.version_sets, pilot: { agent_version_number: 2 } },
    };
    set.store.services.update(desk.id, others);
    set.clear();

    expect(await run.update(desk, set.service({ description: "after" }))).toBe("updated");

    const body = bodyOf(set.sent("get-service", "update-service")[1]);
    expect(Object.keys(body).toSorted()).toEqual([...EVERY_FIELD, "voice_config"].toSorted());
    expect(body).toMatchObject({ description: "after", keyterms: ["Dermatology"], tool_capacity: 7 });
    expect(body.version_sets).toHaveProperty("pilot.agent_version_number", 2);
    expect(set.store.services.get(desk.id)).toMatchObject({
      ...others,
      voice_config: { filler_style: "silent" },
      description: "after",
      agent_id: agents.frontDesk,
      context_graph_id: contextGraphs.scheduling,
      persona_id: null,
    });

    set.store.services.update(desk.id, { persona_id: personas.warm });
    await set.run().update(desk, set.service({ description: "again" }));
    expect(bodyOf(set.sent("get-service", "update-service")[1])).toMatchObject({ persona_id: personas.warm });
    expect(set.store.services.get(desk.id)).toMatchObject({ persona_id: personas.warm, description: "again" });
  });
});

test("trap 1: withdrawn arguments are sent as the contract's defaults", async () => {
  await underEach(READINGS, async (set) => {
    const run = set.run();
    const declared = {
      description: "x",
      keyterms: ["a"],
      isActive: false,
      tags: [{ key: "team" }],
      toolCapacity: 5,
      safetyFiltersEnabled: false,
      environment: "sandbox",
    };
    const desk = await run.create("service", set.service(declared));
    set.clear();
    expect(await run.update(desk, set.service())).toBe("updated");
    const defaults = {
      description: "",
      keyterms: [],
      is_active: true,
      tags: [{ key: "pulumi-owner", value: set.service().__owner }],
      tool_capacity: 3,
      safety_filters_enabled: true,
      environment: "production",
    };
    expect(bodyOf(set.sent("get-service", "update-service")[1])).toMatchObject(defaults);
    expect(set.store.services.get(desk.id)).toMatchObject(defaults);
    expect(await set.run().update(desk, set.service())).toBe("same");
  });
});

test("trap 1: clearing persona and voice config sends null, and fails where the API keeps them", async () => {
  await underEach(READINGS, async (set, { putNull }: Partial<Dialect>) => {
    const run = set.run();
    const desk = await run.create(
      "service",
      set.service({ personaId: set.ids.personas.warm, voiceConfig: { ttsModel: "sonic-3" } }),
    );
    set.clear();
    const clearing = run.update(desk, set.service());
    if (putNull === "clears") {
      expect(await clearing).toBe("updated");
      expect(set.store.services.get(desk.id)).toMatchObject({ persona_id: null, voice_config: null });
      expect(bodyOf(set.sent("get-service", "update-service")[1])).toMatchObject({ persona_id: null });
      return;
    }
    const failure = await failureOf(clearing);
    expect(failure.message).toMatch(/personaId: declared nothing, exists as .*\n.*voiceConfig: declared nothing/);
    expect(bodyOf(set.sent("get-service", "update-service")[1])).toMatchObject({
      persona_id: null,
      voice_config: null,
    });
    const after = kept("service", set.service(), failure);
    expect(after.outputs, "the next run sees it again").toMatchObject({ personaId: set.ids.personas.warm });
    const again = await failureOf(set.run().update(after, set.service()));
    expect(again.message).toContain("personaId");
    set.sent("get-service", "update-service");
  });
});

test("trap 1: a field that the API ignored is an error that names only it", async () => {
  const set = await scene();
  const desk = await set.run().create("service", set.service({ description: "before" }));
  ignoring(set, "description");
  set.clear();
  const failure = await failureOf(set.run().update(desk, set.service({ description: "after", toolCapacity: 4 })));
  expect(failure.message).toContain('description: declared "after", exists as "before"');
  expect(failure.message).not.toContain("toolCapacity");
  expect(kept("service", desk.inputs, failure).outputs).toMatchObject({ description: "before", toolCapacity: 4 });
  set.sent("get-service", "update-service");
});

test("trap 1: a create answered with other values is an error that keeps the id", async () => {
  const set = await scene({ dialect: { unknownKeys: "ignored" } });
  set.emulator.faults.add({
    operation: "create-service",
    when: "after",
    action: {
      kind: "status",
      status: 201,
      get body() {
        const [made] = set.store.services.list().filter(({ name }) => name === "Desk");
        const { created_by, ...answer } = set.store.services.update(String(made?.id), { tool_capacity: 9 });
        return answer;
      },
    },
  });
  const failure = await failureOf(set.run().create("service", set.service({ toolCapacity: 4 })));
  expect(failure.message).toContain("toolCapacity: declared 4, exists as 9");
  const desk = kept("service", set.service({ toolCapacity: 4 }), failure);
  set.sent("create-service");
  expect(await set.run().update(desk, desk.inputs)).toBe("updated");
  expect(set.store.services.get(desk.id)).toMatchObject({ tool_capacity: 4 });
  set.sent("get-service", "update-service");
});

test("trap 1: a field that somebody else changed meanwhile is a warning", async () => {
  const set = await scene();
  const run = set.run();
  const desk = await run.create("service", set.service());
  interfering(set, desk.id, { persona_id: set.ids.personas.brisk });
  set.clear();
  expect(await run.update(desk, set.service({ description: "after" }))).toBe("updated");
  expect(run.warnings.join()).toMatch(/persona_id changed while it was written: now/);
  expect(bodyOf(set.sent("get-service", "update-service")[1])).not.toHaveProperty("persona_id");
});

test("trap 1: what this process has just written is laid over a late read", async () => {
  const set = await scene();
  const run = set.run();
  const desk = await set.run().create("service", set.service({ description: "before", toolCapacity: 3 }));
  const canary = await set.run().create("versionSet", set.versionSet(desk.id));
  set.emulator.dialect.getLagMs = 5_000;
  set.store.load(set.store.snapshot());
  set.clear();
  await run.update(desk, set.service({ description: "after", toolCapacity: 3 }));
  await run.update(desk, set.service({ description: "after", toolCapacity: 6 }));
  const [, , , second] = set.sent("get-service", "update-service", "get-service", "update-service");
  expect(bodyOf(second)).toMatchObject({ description: "after", tool_capacity: 6 });

  await run.remove(canary);
  const body = bodyOf(set.emulator.requests.find(({ operation }) => operation === "update-service"));
  expect(body).toMatchObject({ description: "after", tool_capacity: 6 });
  expect(set.store.services.get(desk.id)).toMatchObject({ description: "after", tool_capacity: 6 });
});

test("trap 1: the same holds for inline version sets", async () => {
  const set = await scene();
  const run = set.run();
  const inline = (agentVersionNumber: number) => ({ versionSets: { stable: { agentVersionNumber } } });
  const desk = await set.run().create("service", set.service(inline(1)));
  const canary = await set.run().create("versionSet", set.versionSet(desk.id));
  set.store.load(set.store.snapshot());
  set.emulator.dialect.getLagMs = 5_000;
  set.clear();
  await run.update(desk, set.service(inline(3)));
  await run.remove(canary);
  const [, first, , second] = set.sent("get-service", "update-service", "get-service", "update-service");
  expect([first, second].map((put) => bodyOf(put).version_sets)).toMatchObject([
    { stable: { agent_version_number: 3 }, canary: {} },
    { stable: { agent_version_number: 3 } },
  ]);
  expect(set.store.services.get(desk.id)?.version_sets).toMatchObject({ stable: { agent_version_number: 3 } });
});

test("trap 1: writes to one service and its version sets go one after another", async () => {
  const set = await scene({ latencyMs: 10 });
  const run = set.run();
  const desk = await set.run().create("service", set.service());
  const before = set.run();
  const [first, second, third] = await Promise.all(
    ["one", "two", "three"].map((name) => before.create("versionSet", set.versionSet(desk.id, { name }))),
  );
  if (!first || !second || !third) throw new Error("three version sets");
  set.clear();
  await Promise.all([
    run.remove(first),
    run.update(desk, set.service({ description: "after" })),
    run.update(second, set.versionSet(desk.id, { name: "two", agentVersionNumber: 3 })),
    run.remove(third),
  ]);
  const seen = set.emulator.requests.map(({ operation }) => operation);
  set.count("update-service", 3);
  set.count("upsert-service-version-set", 1);
  for (const [index, operation] of seen.entries()) {
    if (operation === "update-service") expect(seen[index - 1], `before request ${index}`).toBe("get-service");
  }
  const { description, version_sets } = set.store.services.get(desk.id) ?? {};
  expect(description).toBe("after");
  expect(Object.keys(version_sets ?? {}).toSorted()).toEqual(["edge", "release", "two"]);
  expect(version_sets?.two).toMatchObject({ agent_version_number: 3 });
});

test("trap 1: writes to two services do not wait for each other", async () => {
  const set = await scene({ latencyMs: 40 });
  const run = set.run();
  const [desk, nurse] = await Promise.all(
    ["Desk", "Nurse"].map((name) => run.create("service", set.service({ name, __owner: undefined }))),
  );
  if (!desk || !nurse) throw new Error("two services");
  set.clear();
  await Promise.all([
    run.update(desk, { ...desk.inputs, description: "after" }),
    run.update(nurse, { ...nurse.inputs, description: "after" }),
  ]);
  set.sent("get-service", "get-service", "update-service", "update-service");
});

test("trap 1: an update that would change nothing sends no PUT", async () => {
  const set = await scene();
  const desk = await set.run().create("service", set.service({ description: "before" }));
  set.store.services.update(desk.id, { description: "after" });
  set.clear();
  expect(await set.run().update(desk, set.service({ description: "after" }))).toBe("updated");
  set.sent("get-service");
  expect(SERVER_FIELDS.every((name) => !EVERY_FIELD.includes(name))).toBe(true);
});
