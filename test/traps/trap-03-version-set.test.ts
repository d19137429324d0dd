import { expect, test } from "vitest";
import { bodyOf, failureOf, type Scene, scene, underEach } from "./support/scene.js";

async function deskWith(set: Scene, ...names: string[]) {
  const run = set.run();
  const desk = await run.create("service", set.service());
  const sets = await Promise.all(
    names.map((name) => run.create("versionSet", set.versionSet(desk.id, { name, agentVersionNumber: 2 }))),
  );
  set.clear();
  return { desk, sets };
}

function setsOf(set: Scene, serviceId: string): string[] {
  return Object.keys(set.store.services.get(serviceId)?.version_sets ?? {}).toSorted();
}

test("trap 3: a set is read from its service, written with its own PUT and read back", async () => {
  const set = await scene();
  const desk = await set.run().create("service", set.service());
  set.clear();
  const canary = await set.run().create("versionSet", set.versionSet(desk.id, { agentVersionNumber: 2 }));
  expect(canary.id).toBe(`${desk.id}/canary`);
  const [, put] = set.sent("get-service", "upsert-service-version-set", "get-service");
  expect(bodyOf(put)).toEqual({ version_set: { agent_version_number: 2 } });

  set.store.services.update(desk.id, { version_sets: { canary: { agent_version_number: 3 } } });
  expect(await set.run().refresh(canary)).toBe(true);
  expect(canary.outputs.agentVersionNumber).toBe(3);
  set.sent("get-service");
});

test("trap 3: a write that shows late is waited for", async () => {
  const set = await scene({ dialect: { versionSetLagMs: 400 } });
  const desk = await set.run().create("service", set.service());
  const canary = await set.run({ settleSeconds: "3" }).create("versionSet", set.versionSet(desk.id));
  expect(canary.outputs).toMatchObject({ agentVersionNumber: 1 });
  set.count("upsert-service-version-set", 1);
});

test("trap 3: inline sets that show late are waited for too", async () => {
  const set = await scene();
  const inline = (agentVersionNumber: number) => set.service({ versionSets: { canary: { agentVersionNumber } } });
  const desk = await set.run().create("service", inline(1));
  set.store.load(set.store.snapshot());
  set.emulator.dialect.versionSetLagMs = 400;
  set.clear();
  expect(await set.run({ settleSeconds: "3" }).update(desk, inline(2))).toBe("updated");
  expect(desk.outputs.versionSets).toEqual({ canary: { agentVersionNumber: 2 } });
  set.count("update-service", 1);
});

test("trap 3: removing writes the freshly read service without the set", async () => {
  const set = await scene();
  const { desk, sets } = await deskWith(set, "canary", "pilot");
  set.store.services.update(desk.id, { keyterms: ["Dermatology"] });
  await set.run().remove(sets[0] as never);
  const body = bodyOf(set.sent("get-service", "update-service")[1]);
  expect(Object.keys(body.version_sets as object).toSorted()).toEqual(["edge", "pilot", "release"]);
  expect(body.keyterms).toEqual(["Dermatology"]);
  expect(setsOf(set, desk.id)).toEqual(["edge", "pilot", "release"]);
});

test("trap 3: where the API merges the set stays, with a warning", async () => {
  const set = await scene({ dialect: { putVersionSets: "merges" } });
  const { desk, sets } = await deskWith(set, "canary");
  const run = set.run();
  await run.remove(sets[0] as never);
  set.sent("get-service", "update-service", "get-service");
  expect(run.warnings.join()).toMatch(/version set "canary" .* stays: the API keeps sets that a write leaves out/);
  expect(setsOf(set, desk.id)).toContain("canary");
});

test("trap 3: onDelete retain leaves the set with a warning and sends nothing", async () => {
  const set = await scene();
  const { desk } = await deskWith(set);
  const canary = await set.run().create("versionSet", set.versionSet(desk.id, { onDelete: "retain" }));
  set.clear();
  const run = set.run();
  expect(await run.update(desk, set.service())).toBe("same");
  await run.remove(canary);
  set.sent();
  expect(run.warnings.join()).toMatch(/canary.*stays as it is \(onDelete: retain\)/);
  expect(setsOf(set, desk.id)).toContain("canary");
});

test("trap 3: onDelete reset empties the set", async () => {
  await underEach([{ putVersionSets: "merges" }, { putVersionSets: "replaces" }], async (set) => {
    const { desk } = await deskWith(set);
    const canary = await set.run().create("versionSet", set.versionSet(desk.id, { onDelete: "reset" }));
    set.clear();
    await set.run().remove(canary);
    expect(bodyOf(set.sent("get-service", "upsert-service-version-set")[1])).toEqual({ version_set: {} });
    expect(set.store.services.get(desk.id)?.version_sets.canary).toEqual({});
  });
});

test("trap 3: a reset that shows late is not undone by the service's own PUT", async () => {
  const set = await scene();
  const { desk } = await deskWith(set);
  const canary = await set.run().create("versionSet", set.versionSet(desk.id, { onDelete: "reset" }));
  set.store.load(set.store.snapshot());
  set.emulator.dialect.getLagMs = 5_000;
  set.clear();
  const run = set.run();
  await run.remove(canary);
  await run.update(desk, set.service({ description: "after" }));
  set.sent("get-service", "upsert-service-version-set", "get-service", "update-service");
  expect(set.store.services.get(desk.id)?.version_sets.canary).toEqual({});
});

test("trap 3: two removals at once keep each other's change", async () => {
  const set = await scene({ latencyMs: 10 });
  const { desk, sets } = await deskWith(set, "canary", "pilot", "stable");
  const run = set.run();
  await Promise.all(sets.slice(0, 2).map((one) => run.remove(one)));
  set.sent("get-service", "update-service", "get-service", "update-service");
  expect(setsOf(set, desk.id)).toEqual(["edge", "release", "stable"]);
});

test("trap 3: a removal that shows late is not undone by the next one", async () => {
  await underEach([{}, { putAbsent: "default" }], async (set) => {
    const { desk, sets } = await deskWith(set, "canary", "pilot");
    set.store.load(set.store.snapshot());
    set.emulator.dialect.getLagMs = 5_000;
    const run = set.run();
    for (const one of sets) await run.remove(one);
    set.sent("get-service", "update-service", "get-service", "update-service");
    expect(setsOf(set, desk.id)).toEqual(["edge", "release"]);
  });
});

test("trap 3: a set just written survives the service's own PUT", async () => {
  const set = await scene();
  const { desk, sets } = await deskWith(set, "canary");
  set.store.load(set.store.snapshot());
  set.emulator.dialect.getLagMs = 300;
  const run = set.run({ settleSeconds: "2" });
  await run.update(sets[0] as never, set.versionSet(desk.id, { agentVersionNumber: 3 }));
  set.emulator.dialect.getLagMs = 5_000;
  set.clear();
  await run.update(desk, set.service({ description: "after" }));
  expect(bodyOf(set.sent("get-service", "update-service")[1]).version_sets).toMatchObject({
    canary: { agent_version_number: 3 },
  });
  expect(set.store.services.get(desk.id)?.version_sets.canary).toMatchObject({ agent_version_number: 3 });
});

test("trap 3: a service that is gone takes its version sets along", async () => {
  const set = await scene();
  const { desk, sets } = await deskWith(set, "canary");
  const [canary] = sets;
  if (!canary) throw new Error("a version set");
  set.store.services.delete(desk.id);
  expect(await set.run().refresh(canary)).toBe(false);
  set.sent("get-service", "get-workspace");
  await set.run().remove(canary);
  set.sent("get-service", "get-workspace");
});

test("trap 3: a set is gone only after a second look", async () => {
  const set = await scene();
  const { desk, sets } = await deskWith(set, "canary");
  set.store.services.update(desk.id, { version_sets: {} });
  expect(await set.run().refresh(sets[0] as never)).toBe(false);
  set.sent("get-service", "get-service", "get-workspace");
  await set.run().remove(sets[0] as never);
  set.sent("get-service");
});

test("trap 3: a write that the API ignored is an error that keeps the id", async () => {
  const set = await scene();
  const { desk } = await deskWith(set);
  set.emulator.faults.add({
    operation: "upsert-service-version-set",
    when: "before",
    action: { kind: "status", status: 204 },
  });
  const failure = await failureOf(set.run().create("versionSet", set.versionSet(desk.id)));
  expect(failure.message).toContain("agentVersionNumber: declared 1, exists as nothing");
  expect(failure.id).toBe(`${desk.id}/canary`);
  set.count("upsert-service-version-set", 1);
});
