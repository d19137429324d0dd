import { expect, test } from "vitest";
import { failureOf, scene } from "./support/scene.js";

const OLD = "/v1/workspaces/self-service";
const NEW = "/v1/me/workspaces";

test("trap 8: by default self-service makes a workspace that its owner can archive", async () => {
  const set = await scene();
  const clinic = await set.run().create("workspace", set.workspace({ provision: false }));
  expect(set.sent("create-self-service-workspace")[0]?.path).toBe(OLD);
  expect(set.store.workspaces.get(clinic.id)?.owner).toBe("owner");
  await set.run().remove(clinic);
  set.sent("archive-workspace");
  expect(set.store.workspaces.get(clinic.id)?.archived_at).toBeTypeOf("string");
});

test("trap 8: bootstrap is opt-in, and nobody can archive what it makes", async () => {
  const set = await scene();
  const clinic = await set.run().create("workspace", set.workspace({ creation: "bootstrap", provision: false }));
  set.sent("create-workspace");
  expect(set.store.workspaces.get(clinic.id)?.owner).toBeNull();
  const failure = await failureOf(set.run().remove(clinic));
  expect(failure.message).toMatch(/Only owners can archive a workspace.*bootstrap/);
  set.sent("archive-workspace");
  expect(set.store.workspaces.get(clinic.id)?.archived_at).toBeNull();
});

test("trap 8: a newer route is tried where the old one is missing, and remembered", async () => {
  const set = await scene({ dialect: { selfServiceRoute: "me" } });
  await set.run().create("workspace", set.workspace({ provision: false }));
  const first = set.sent("unknown", "create-self-service-workspace");
  expect(first.map(({ path }) => path)).toEqual([OLD, NEW]);
  await set.run().create("workspace", set.workspace({ slug: "second", provision: false }));
  expect(set.sent("create-self-service-workspace")[0]?.path).toBe(NEW);
});

test("trap 8: a 405 of the old route means the same as a 404", async () => {
  const set = await scene({ dialect: { selfServiceRoute: "me" } });
  set.emulator.faults.add({ path: /self-service/, when: "before", action: { kind: "status", status: 405 } });
  await set.run().create("workspace", set.workspace({ provision: false }));
  set.sent("unknown", "create-self-service-workspace");
});

test("trap 8: a 403 or 503 of the old route never tries another one", async () => {
  for (const status of [403, 503]) {
    const set = await scene();
    set.emulator.faults.add({
      operation: "create-self-service-workspace",
      when: "before",
      action: { kind: "status", status },
    });
    const failure = await failureOf(set.run({ settleSeconds: "0" }).create("workspace", set.workspace()));
    expect(failure.message).toContain(`${status} `);
    expect(failure.message).toMatch(status === 403 ? /permission|kind that cannot own/ : /identity service/);
    expect(set.emulator.requests.filter(({ method }) => method === "POST").map(({ path }) => path)).toEqual([OLD]);
    set.count("create-workspace", 0);
    set.count("create-self-service-workspace", 1);
    expect(failure.id).toBeUndefined();
  }
});

test("trap 8: a key that cannot own a workspace is refused with advice", async () => {
  const set = await scene({ apiKeys: { "amigo-demo-key": "machine-ci" } });
  const failure = await failureOf(set.run().create("workspace", set.workspace()));
  expect(failure.message).toMatch(/Unsupported principal.*of a kind that cannot own a workspace/);
  set.sent("create-self-service-workspace");
});

test("trap 8: with neither route nothing ownerless is made instead", async () => {
  const set = await scene();
  set.emulator.faults.add({ method: "POST", when: "before", action: { kind: "status", status: 404 } });
  const failure = await failureOf(set.run().create("workspace", set.workspace()));
  expect(failure.message).toMatch(/Neither POST .*self-service nor POST .*\/v1\/me\/workspaces exists/);
  set.sent("create-self-service-workspace", "unknown");
});
