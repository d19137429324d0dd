import { expect, test } from "vitest";
import { failureOf, scene, underEach } from "./support/scene.js";

const OUTCOMES = [
  { deleteBoundService: "dangling" as const },
  { deleteBoundService: "refused" as const },
  { deleteBoundService: "cascades" as const },
];
const SCAN = ["list-services", "list-use-cases"];
const GET = "get-use-case-service-binding";

test("trap 14: a service that others have bound is not deleted", async () => {
  await underEach(OUTCOMES, async (set) => {
    const desk = await set.run().create("service", set.service());
    const theirs = set.othersUseCase("Theirs");
    set.store.bind(theirs.id, desk.id);
    set.clear();
    const failure = await failureOf(set.run().remove(desk));
    expect(failure.message).toContain(`use case "Clinic / Theirs" (${theirs.id}), which this run has not unbound`);
    set.sentInAnyOrder(...SCAN, GET);
    expect(set.bound(theirs.id)).toBe(desk.id);
  });
});

test("trap 14: our own binding is unbound before its service is deleted", async () => {
  await underEach(OUTCOMES, async (set) => {
    const made = set.run();
    const desk = await made.create("service", set.service());
    const line = await made.create("useCase", set.useCase());
    const binding = await made.create("serviceBinding", set.binding(line.id, desk.id));
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    expect(await set.run().diff(binding, set.binding(line.id, unknown))).toEqual({
      changes: true,
      replaces: ["serviceId"],
      deleteBeforeReplace: true,
    });
    set.clear();
    const run = set.run();
    await run.remove(binding);
    set.sent(GET, "unbind-use-case-from-service");
    await run.remove(desk);
    set.sentInAnyOrder(...SCAN, "delete-service");
    expect(set.store.services.get(desk.id)).toBeUndefined();
  });
});

test("trap 14: replacing a service deletes its bindings first", async () => {
  const set = await scene();
  const desk = await set.run().create("service", set.service());
  set.clear();
  const elsewhere = set.service({ workspaceId: set.ids.systemService });
  expect(await set.run().diff(desk, elsewhere)).toEqual({
    changes: true,
    replaces: ["workspaceId"],
    deleteBeforeReplace: true,
  });
  set.sent();
});

test("trap 14: all deletions of a run share one scan", async () => {
  const set = await scene();
  const names = ["One", "Two", "Three"];
  const services = await Promise.all(
    names.map((name) => set.run().create("service", set.service({ name, __owner: undefined }))),
  );
  const theirs = set.othersUseCase("Theirs");
  set.store.bind(theirs.id, set.othersService("Another").id);
  set.clear();
  const run = set.run();
  await Promise.all(services.map((service) => run.remove(service)));
  set.sentInAnyOrder(...SCAN, GET, "delete-service", "delete-service", "delete-service");
});

test("trap 14: a binding that somebody moved still protects its new service", async () => {
  await underEach(OUTCOMES, async (set) => {
    const made = set.run();
    const desk = await made.create("service", set.service());
    const nurse = await made.create("service", set.service({ name: "Nurse", __owner: undefined }));
    const line = await made.create("useCase", set.useCase());
    const binding = await made.create("serviceBinding", set.binding(line.id, desk.id));
    set.store.bind(line.id, nurse.id);
    set.clear();
    const run = set.run();
    await run.remove(binding);
    const failure = await failureOf(run.remove(nurse));
    expect(failure.message).toContain(`use case "Clinic / Line" (${line.id})`);
    set.sentInAnyOrder(GET, ...SCAN, GET);
    expect(set.bound(line.id)).toBe(nurse.id);
  });
});

test("trap 14: a scan that failed is made anew", async () => {
  const set = await scene();
  const desk = await set.run().create("service", set.service());
  set.emulator.faults.add({
    operation: "list-use-cases",
    when: "before",
    times: 1,
    action: { kind: "status", status: 403 },
  });
  set.clear();
  const run = set.run();
  expect((await failureOf(run.remove(desk))).message).toContain("lacks the permission");
  set.count("delete-service", 0);
  await run.remove(desk);
  set.count("delete-service", 1);
});

test("trap 14: a service with another owner's mark is not deleted", async () => {
  const set = await scene();
  const desk = await set.run().create("service", set.service());
  set.store.services.update(desk.id, { tags: [{ key: "pulumi-owner", value: "pulumi/another" }] });
  set.clear();
  expect((await failureOf(set.run().remove(desk))).message).toContain("belongs to pulumi/another");
  set.sentInAnyOrder(...SCAN);
});
