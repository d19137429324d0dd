import { expect, test } from "vitest";
import type { Managed, Run } from "../support/lifecycle.js";
import { failureOf, problems, type Scene, scene, underEach } from "./support/scene.js";

const ANSWERS = [{ archivedStatus: 404 as const }, { archivedStatus: 403 as const }];

/** One child of each kind in the demo workspace. */
async function children(set: Scene): Promise<Managed[]> {
  const run = set.run();
  const desk = await run.create("service", set.service());
  const line = await run.create("useCase", set.useCase());
  return [
    await run.create("testCallerNumbers", { workspaceId: set.workspaceId, numbers: ["+14155550100"] }),
    await run.create("versionSet", set.versionSet(desk.id)),
    await run.create("serviceBinding", set.binding(line.id, desk.id)),
    line,
    desk,
  ];
}

const INVISIBLE = /is archived, or this key cannot see it: is it the right account and the right base URL/;

async function refusesEach(set: Scene, run: Run, act: (child: Managed) => Promise<unknown>): Promise<void> {
  for (const child of await children(set)) {
    set.archive();
    set.clear();
    const failure = await failureOf(act(child));
    expect(failure.message, child.kind).toMatch(INVISIBLE);
    expect(failure.message, child.kind).toContain("pulumi state delete");
    expect(failure.message, child.kind).toContain(run.context.settings.baseUrl);
    expect(set.emulator.requests.at(-1)?.operation, child.kind).toBe("get-workspace");
    set.store.workspaces.update(set.workspaceId, { archived_at: null });
  }
}

test("trap 9: reading a child of an archived workspace is an error; state is kept", async () => {
  await underEach(ANSWERS, async (set) => {
    const run = set.run();
    await refusesEach(set, run, (child) => run.refresh(child));
    set.count("get-workspace", 1);
  });
});

test("trap 9: deleting such a child is the same error", async () => {
  await underEach(ANSWERS, async (set) => {
    const run = set.run();
    await refusesEach(set, run, (child) => run.remove(child));
    set.count("get-workspace", 1);
  });
});

test("trap 9: a child is gone only when its workspace can be seen", async () => {
  const set = await scene();
  const [, , binding, line, desk] = await children(set);
  if (!binding || !line || !desk) throw new Error("children");
  line.outputs.createdAt = "2026-01-01T00:00:00Z";
  set.store.bindings.delete(line.id);
  set.store.useCases.delete(line.id);
  set.store.services.delete(desk.id);
  set.clear();
  expect(await set.run().refresh(binding)).toBe(false);
  set.sent("get-use-case-service-binding", "get-workspace");
  expect(await set.run().refresh(line)).toBe(false);
  set.sent("list-use-cases", "list-use-cases", "get-workspace");
  expect(await set.run().refresh(desk)).toBe(false);
  set.sent("get-service", "get-workspace");
});

test("trap 9: children gone together ask for their workspace once", async () => {
  const set = await scene();
  const run = set.run();
  const [, , binding, line, desk] = await children(set);
  if (!binding || !line || !desk) throw new Error("children");
  line.outputs.createdAt = "2026-01-01T00:00:00Z";
  set.store.bindings.delete(line.id);
  set.store.useCases.delete(line.id);
  set.store.services.delete(desk.id);
  set.clear();
  expect(await Promise.all([binding, line, desk].map((child) => run.refresh(child)))).toEqual([false, false, false]);
  set.count("get-workspace", 1);
});

test("trap 9: a 403 of a child whose workspace can be seen stays a 403", async () => {
  const set = await scene();
  const children_ = await children(set);
  set.emulator.faults.add({ operation: "get-service", when: "before", action: { kind: "status", status: 403 } });
  set.clear();
  const failure = await failureOf(set.run().refresh(children_.at(-1) as Managed));
  expect(failure.message).toContain("lacks the permission");
  expect(failure.message).not.toMatch(INVISIBLE);
  set.sent("get-service", "get-workspace");
});

test("trap 9: a workspace's own 404 or 403 on refresh is an error too", async () => {
  await underEach(ANSWERS, async (set) => {
    const clinic = await set.run().create("workspace", set.workspace());
    set.archive(clinic.id);
    set.clear();
    const failure = await failureOf(set.run().refresh(clinic));
    expect(failure.message).toMatch(INVISIBLE);
    expect(failure.message).toMatch(/State was kept.*pulumi state delete/);
    set.sent("get-workspace");
  });
});

test("trap 9: archiving what is archived is done", async () => {
  const set = await scene();
  const clinic = await set.run().create("workspace", set.workspace());
  set.archive(clinic.id);
  set.clear();
  await set.run().remove(clinic);
  set.sent("archive-workspace");
});

test("trap 9: a 403 of archive is an error", async () => {
  const set = await scene({ dialect: { archivedStatus: 403 } });
  const clinic = await set.run().create("workspace", set.workspace());
  set.archive(clinic.id);
  set.clear();
  expect((await failureOf(set.run().remove(clinic))).message).toContain("Workspace is archived");
  set.sent("archive-workspace");
});

test("trap 9: a replacement that needs the slug of an archived workspace is refused", async () => {
  const set = await scene();
  const clinic = await set.run().create("workspace", set.workspace({ backendOrgId: "one" }));
  set.clear();
  const same = await problems(set.run(), "workspace", set.workspace({ backendOrgId: "two" }), clinic.inputs);
  expect(same.slug).toMatch(/must change together with backendOrgId.*keeps its slug for ever/);
  const both = set.workspace({ backendOrgId: "two", slug: "clinic-two" });
  expect(await problems(set.run(), "workspace", both, clinic.inputs)).toEqual({});
  expect(await set.run().diff(clinic, both)).toMatchObject({ deleteBeforeReplace: false });
  set.sent();

  await set.run().remove(clinic);
  const failure = await failureOf(set.run().create("workspace", set.workspace()));
  expect(failure.message).toMatch(/slug is taken, perhaps by an archived workspace: a slug is never free again/);
});

test("trap 9: deletionProtection is on by default", async () => {
  const set = await scene();
  for (const deletionProtection of [undefined, true]) {
    const inputs = set.workspace({ slug: `clinic-${deletionProtection}`, deletionProtection });
    const clinic = await set.run().create("workspace", inputs);
    set.clear();
    const failure = await failureOf(set.run().remove(clinic));
    expect(failure.message).toMatch(/deletionProtection is on.*two runs/);
    set.sent();
    expect(await set.run().update(clinic, { ...inputs, deletionProtection: false })).toBe("updated");
    set.sent();
    await set.run().remove(clinic);
    set.sent("archive-workspace");
  }
});
