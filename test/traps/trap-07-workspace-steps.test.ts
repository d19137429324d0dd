import { expect, test } from "vitest";
import { bodyOf, failureOf, goOn, kept, scene } from "./support/scene.js";

const PROVIDER = "exports.handler=()=>provider";

test("trap 7: create, connector and provisioning are calls of their own", async () => {
  const set = await scene();
  const inputs = set.workspace({ connectorType: "epic" });
  const clinic = await set.run().create("workspace", inputs);
  const [post, patch] = set.sent("create-self-service-workspace", "update-workspace", "provision-workspace");
  expect(bodyOf(post)).toEqual({ slug: "clinic", name: "Clinic", environment: "staging" });
  expect(bodyOf(patch)).toEqual({ connector_type: "epic" });
  expect(clinic.outputs.provisionedAt).toBeTypeOf("string");
  expect(await set.run().update(clinic, inputs)).toBe("same");
});

test("trap 7: without connector and provisioning it is one call", async () => {
  const set = await scene();
  const clinic = await set.run().create("workspace", set.workspace({ provision: false }));
  set.sent("create-self-service-workspace");
  expect(clinic.outputs).not.toHaveProperty("provisionedAt");
  expect(await set.run().update(clinic, set.workspace({ provision: true }))).toBe("updated");
  set.sent("get-workspace", "provision-workspace");
  expect(set.store.workspaces.get(clinic.id)?.provisioned_at).toBeTypeOf("string");
});

test("trap 7: a failure of the second call keeps the id; the next run goes on", async () => {
  const set = await scene();
  set.emulator.faults.add({
    operation: "update-workspace",
    when: "before",
    times: 1,
    action: { kind: "status", status: 422 },
  });
  const inputs = set.workspace({ connectorType: "epic" });
  const failure = await failureOf(set.run().create("workspace", { ...inputs, __provider: PROVIDER }));
  set.sent("create-self-service-workspace", "update-workspace");
  const clinic = kept("workspace", inputs, failure);
  expect(set.store.workspaces.get(clinic.id)?.slug).toBe("clinic");
  expect(clinic.outputs).toMatchObject({ slug: "clinic", name: "Clinic" });
  expect(clinic.outputs).not.toHaveProperty("connectorType");

  expect(await set.run().update(clinic, inputs)).toBe("updated");
  const [, patch] = set.sent("get-workspace", "update-workspace", "provision-workspace");
  expect(bodyOf(patch)).toEqual({ connector_type: "epic" });
  expect(set.store.workspaces.list().filter(({ slug }) => slug === "clinic")).toHaveLength(1);
});

test("trap 7: a failure of the third call keeps both; the next run only provisions", async () => {
  const set = await scene();
  set.emulator.faults.add({
    operation: "provision-workspace",
    when: "before",
    times: 1,
    action: { kind: "status", status: 403 },
  });
  const inputs = set.workspace({ connectorType: "epic" });
  const failure = await failureOf(set.run().create("workspace", inputs));
  set.sent("create-self-service-workspace", "update-workspace", "provision-workspace");
  const clinic = kept("workspace", inputs, failure);
  expect(clinic.outputs).toMatchObject({ connectorType: "epic" });
  await goOn(set.run(), clinic);
  set.sent("get-workspace", "provision-workspace");
  expect(clinic.outputs.provisionedAt).toBeTypeOf("string");
});

test("trap 7: a lost second or third answer is asked for again at once", async () => {
  for (const operation of ["update-workspace", "provision-workspace"]) {
    const set = await scene();
    set.emulator.faults.add({ operation, when: "after", times: 1, action: { kind: "reset" } });
    const clinic = await set.run().create("workspace", set.workspace({ connectorType: "epic" }));
    expect(set.store.workspaces.get(clinic.id)).toMatchObject({ connector_type: "epic" });
    set.count("create-self-service-workspace", 1);
    set.count(operation, 2);
  }
});

test("trap 7: the state of a partial failure names the provider", async () => {
  const set = await scene();
  set.emulator.faults.add({
    operation: "provision-workspace",
    when: "before",
    action: { kind: "status", status: 403 },
  });
  const run = set.run();
  const inputs = await run.check("workspace", set.workspace());
  const failure = await failureOf(run.provider("workspace").create({ ...inputs, __provider: PROVIDER }));
  expect(failure.properties).toMatchObject({ __provider: PROVIDER, slug: "clinic" });
  expect(failure.message).toContain('creating Workspace "clinic"');
  set.sent("create-self-service-workspace", "provision-workspace");
});

test("trap 7: an update that stops half-way keeps what it reached", async () => {
  const set = await scene();
  const clinic = await set.run().create("workspace", set.workspace({ provision: false }));
  set.emulator.faults.add({
    operation: "provision-workspace",
    when: "before",
    times: 1,
    action: { kind: "status", status: 403 },
  });
  set.clear();
  const news = set.workspace({ name: "New name" });
  const failure = await failureOf(set.run().update(clinic, news));
  set.sent("get-workspace", "update-workspace", "provision-workspace");
  const after = kept("workspace", news, failure);
  expect(after.outputs).toMatchObject({ name: "New name" });
  await goOn(set.run(), after);
  set.sent("get-workspace", "provision-workspace");
});
