import { expect, test } from "vitest";
import { bodyOf, problems, scene, underEach } from "./support/scene.js";

const SERVER_MADE = [{ serverMadeSets: true }, { serverMadeSets: false }];

test("trap 4: edge is refused in check, as a resource and inline", async () => {
  const set = await scene();
  const run = set.run();
  const asResource = await problems(run, "versionSet", set.versionSet(set.ids.systemService, { name: "edge" }));
  expect(asResource.name).toContain("must not be edge");
  const inline = await problems(run, "service", set.service({ versionSets: { edge: { agentVersionNumber: 1 } } }));
  expect(Object.values(inline).join()).toContain("must not be edge");
  expect(Object.keys(inline)).toEqual(["versionSets.edge"]);
  set.sent();
});

test("trap 4: declaring release takes over the one that exists", async () => {
  await underEach(SERVER_MADE, async (set) => {
    const desk = await set.run().create("service", set.service());
    if (set.emulator.dialect.serverMadeSets) {
      const version_sets = { edge: {}, release: { agent_version_number: 3 } };
      set.store.services.update(desk.id, { version_sets });
    }
    set.clear();
    const inputs = set.versionSet(desk.id, { name: "release", agentVersionNumber: 2 });
    const release = await set.run().create("versionSet", inputs);
    const [, put] = set.sent("get-service", "upsert-service-version-set", "get-service");
    expect(bodyOf(put)).toMatchObject({ version_set: { agent_version_number: 2 } });
    expect(await set.run().update(release, inputs)).toBe("same");
  });
});

test("trap 4: destroying release never removes it, and says so", async () => {
  await underEach(SERVER_MADE, async (set) => {
    const desk = await set.run().create("service", set.service());
    const release = await set.run().create("versionSet", set.versionSet(desk.id, { name: "release" }));
    set.clear();
    const run = set.run();
    expect(await run.update(desk, set.service())).toBe("same");
    await run.remove(release);
    set.sent();
    expect(run.warnings.join()).toMatch(/"release" .* stays as it is/);
    expect(set.store.services.get(desk.id)?.version_sets.release).toMatchObject({ agent_version_number: 1 });
  });
});

test("trap 4: a release no longer declared inline stays, another set goes", async () => {
  await underEach(SERVER_MADE, async (set) => {
    const inline = { release: { agentVersionNumber: 1 }, canary: { agentVersionNumber: 2 }, pilot: {} };
    const desk = await set.run().create("service", set.service({ versionSets: inline }));
    set.clear();
    await set.run().update(desk, set.service({ versionSets: { pilot: {} } }));
    const sent = bodyOf(set.sent("get-service", "update-service")[1]).version_sets as object;
    expect(Object.keys(sent)).toContain("release");
    expect(Object.keys(sent)).not.toContain("canary");
    expect(set.store.services.get(desk.id)?.version_sets.release).toMatchObject({ agent_version_number: 1 });
  });
});

test("trap 4: sets made by the server are no drift", async () => {
  for (const versionSets of [undefined, { canary: { agentVersionNumber: 2 } }]) {
    const set = await scene();
    const inputs = set.service({ versionSets });
    const desk = await set.run().create("service", inputs);
    expect(Object.keys(set.store.services.get(desk.id)?.version_sets ?? {})).toContain("edge");
    set.clear();
    await set.run().refresh(desk);
    set.sent("get-service");
    expect(desk.outputs.versionSets).toEqual(versionSets);
    expect(await set.run().update(desk, inputs)).toBe("same");
    set.sent();
  }
});

test("trap 4: a write of the service sends edge back as read", async () => {
  const set = await scene();
  const desk = await set.run().create("service", set.service());
  set.clear();
  await set.run().update(desk, set.service({ description: "after" }));
  const { version_sets } = bodyOf(set.sent("get-service", "update-service")[1]);
  expect(Object.keys(version_sets as object).toSorted()).toEqual(["edge", "release"]);
});
