import { expect, test } from "vitest";
import { bodyOf, failureOf, problems, scene, underEach } from "./support/scene.js";

test("trap 5: a conflict found by the constructors fails check at its property", async () => {
  const set = await scene();
  const reason = "the service declares this version set inline in its versionSets: declare it in one place only";
  const news = set.versionSet(set.ids.systemService, { __conflicts: { name: reason } });
  expect(await problems(set.run(), "versionSet", news)).toEqual({ name: reason });
  set.sent();
});

test("trap 5: several conflicts show at once, beside other problems", async () => {
  const set = await scene();
  const __conflicts = { useCaseId: "a second binding of this use case", serviceId: "a second of this channel" };
  const found = await problems(set.run(), "serviceBinding", { ...set.binding("x", "y"), __conflicts, extra: 1 });
  expect(Object.keys(found).toSorted()).toEqual(["extra", "serviceId", "useCaseId"]);
  set.sent();
});

test("trap 5: the hidden conflicts input does not reach state", async () => {
  const set = await scene();
  const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
  const news = set.versionSet(set.ids.systemService, { __conflicts: unknown });
  expect(await set.run().check("versionSet", news)).not.toHaveProperty("__conflicts");
  set.sent();
});

test("trap 5: a service without inline sets ignores them and its writes keep them", async () => {
  await underEach(
    [{ putVersionSets: "replaces" }, { putVersionSets: "merges" }, { putAbsent: "default" }],
    async (set) => {
      const desk = await set.run().create("service", set.service());
      await set.run().create("versionSet", set.versionSet(desk.id));
      set.clear();
      await set.run().refresh(desk);
      set.sent("get-service");
      expect(desk.outputs).not.toHaveProperty("versionSets");
      expect(await set.run().update(desk, set.service())).toBe("same");
      await set.run().update(desk, set.service({ description: "after" }));
      expect(bodyOf(set.sent("get-service", "update-service")[1]).version_sets).toHaveProperty("canary");
      expect(set.store.services.get(desk.id)?.version_sets).toHaveProperty("canary.agent_version_number", 1);
    },
  );
});

test("trap 5: inline sets no longer declared become unmanaged", async () => {
  const set = await scene();
  const desk = await set.run().create("service", set.service({ versionSets: { canary: { agentVersionNumber: 2 } } }));
  set.clear();
  expect(await set.run().update(desk, set.service())).toBe("updated");
  set.sent();
  expect(set.store.services.get(desk.id)?.version_sets).toHaveProperty("canary");
});

test("trap 5: a set that another program made with other values is refused", async () => {
  const set = await scene();
  const desk = await set.run().create("service", set.service({ versionSets: { canary: { agentVersionNumber: 2 } } }));
  set.clear();
  const failure = await failureOf(set.run().create("versionSet", set.versionSet(desk.id, { agentVersionNumber: 3 })));
  expect(failure.message).toMatch(/has a version set "canary" already.*Nothing was written/);
  expect(failure.message).toContain(`${desk.id}/canary`);
  set.sent("get-service");

  const run = set.run();
  await run.create("versionSet", set.versionSet(desk.id, { agentVersionNumber: 2 }));
  expect(run.warnings.join()).toContain('version set "canary" existed as declared');
});
