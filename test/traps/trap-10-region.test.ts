import { expect, test } from "vitest";
import { bodyOf, failureOf, goOn, kept, scene, underEach } from "./support/scene.js";

test("trap 10: a changed region is tried with PATCH, alone", async () => {
  const set = await scene();
  const clinic = await set.run().create("workspace", set.workspace({ region: "us-east-1" }));
  set.clear();
  expect(await set.run().update(clinic, set.workspace({ region: "eu-central-1" }))).toBe("updated");
  expect(bodyOf(set.sent("get-workspace", "update-workspace")[1])).toEqual({ region: "eu-central-1" });
  expect(set.store.workspaces.get(clinic.id)?.region).toBe("eu-central-1");
});

test("trap 10: a 422 says that the region is immutable; state keeps the real one", async () => {
  await underEach(
    [
      { regionImmutable: true, validationBodies: "list" },
      { regionImmutable: true, validationBodies: "empty" },
    ],
    async (set) => {
      const clinic = await set.run().create("workspace", set.workspace({ region: "us-east-1" }));
      set.clear();
      const news = set.workspace({ region: "eu-central-1" });
      const failure = await failureOf(set.run().update(clinic, news));
      expect(failure.message).toMatch(/region is immutable/);
      set.sent("get-workspace", "update-workspace");
      const after = kept("workspace", news, failure);
      expect(after.outputs.region).toBe("us-east-1");
      expect((await failureOf(goOn(set.run(), after, news))).message).toMatch(/region is immutable/);
    },
  );
});

test("trap 10: an unchanged region is never sent", async () => {
  const set = await scene({ dialect: { regionImmutable: true } });
  const clinic = await set.run().create("workspace", set.workspace({ region: "ca-central-1" }));
  set.clear();
  const news = set.workspace({ region: "ca-central-1", name: "New", environment: "production", connectorType: "epic" });
  expect(await set.run().update(clinic, news)).toBe("updated");
  expect(bodyOf(set.sent("get-workspace", "update-workspace")[1])).toEqual({
    name: "New",
    environment: "production",
    connector_type: "epic",
  });
});

test("trap 10: a region that is withdrawn or undeclared is not compared", async () => {
  const set = await scene({ dialect: { regionImmutable: true } });
  const clinic = await set.run().create("workspace", set.workspace({ region: "eu-central-1" }));
  set.clear();
  expect(await set.run().update(clinic, set.workspace())).toBe("updated");
  set.sent();
  expect(await set.run().update(clinic, set.workspace({ name: "New" }))).toBe("updated");
  expect(bodyOf(set.sent("get-workspace", "update-workspace")[1])).toEqual({ name: "New" });
  expect(set.store.workspaces.get(clinic.id)?.region).toBe("eu-central-1");
});

test("trap 10: another 422 is not blamed on the region", async () => {
  const set = await scene();
  const clinic = await set.run().create("workspace", set.workspace());
  set.emulator.faults.add({ operation: "update-workspace", when: "before", action: { kind: "status", status: 422 } });
  set.clear();
  const failure = await failureOf(set.run().update(clinic, set.workspace({ name: "New" })));
  expect(failure.message).not.toMatch(/immutable/);
  set.sent("get-workspace", "update-workspace");
});
