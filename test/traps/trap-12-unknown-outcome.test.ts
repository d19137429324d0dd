import { expect, test } from "vitest";
import type { FaultAction } from "../../src/emulator/index.js";
import { failureOf, kept, OWNER, type Scene, scene } from "./support/scene.js";

const LOST: FaultAction[] = [
  { kind: "reset" },
  { kind: "status", status: 502 },
  { kind: "status", status: 504 },
  { kind: "status", status: 500 },
];
const AFTER: FaultAction[] = [...LOST, { kind: "truncate" }, { kind: "contentType", value: "text/html" }];

async function withFault(operation: string, when: "before" | "after", action: FaultAction): Promise<Scene> {
  const set = await scene();
  set.emulator.faults.add({ operation, when, action });
  return set;
}

test("trap 12: a lost service is found by name and owner mark, never posted twice", async () => {
  for (const action of AFTER) {
    const set = await withFault("create-service", "after", action);
    const desk = await set.run().create("service", set.service({ description: "x" }));
    expect(set.store.services.get(desk.id)?.description, action.kind).toBe("x");
    set.sent("create-service", "list-services", "get-service");
  }
});

test("trap 12: a service that was not made is not posted again in one run", async () => {
  for (const action of LOST) {
    const set = await withFault("create-service", "before", action);
    const failure = await failureOf(set.run().create("service", set.service()));
    expect(failure.message, action.kind).toMatch(
      /The outcome is unknown: no service of this name appeared within 0.3 s/,
    );
    expect(failure.id).toBeUndefined();
    set.count("create-service", 1);
  }
});

test("trap 12: a service that appears late is waited for", async () => {
  const set = await withFault("create-service", "before", { kind: "lateCommit", delayMs: 150, status: 504 });
  const desk = await set.run({ settleSeconds: "2" }).create("service", set.service());
  expect(set.store.services.get(desk.id)?.name).toBe("Desk");
  set.sent("create-service", "list-services", "list-services", "get-service");
});

test("trap 12: a service of that name without our mark is not ours", async () => {
  const marks = [[], [{ key: "pulumi-owner", value: "pulumi/another" }]];
  for (const tags of marks) {
    const set = await withFault("create-service", "before", { kind: "status", status: 502 });
    const theirs = set.othersService("Desk", { tags });
    const failure = await failureOf(set.run().create("service", set.service()));
    expect(failure.message).toContain(`a service of this name exists (${theirs.id}`);
    expect(failure.message).toContain("does not carry this resource's owner mark. It was left alone");
    set.sent("create-service", "list-services", "get-service");
  }
});

test("trap 12: without a mark of its own a service is never taken for ours", async () => {
  const set = await withFault("create-service", "after", { kind: "reset" });
  const failure = await failureOf(set.run({ ownershipTag: "false" }).create("service", set.service()));
  expect(failure.message).toContain("does not carry this resource's owner mark");
  set.sent("create-service", "list-services", "get-service");
});

test("trap 12: a service found with other values is kept with an error", async () => {
  const set = await withFault("create-service", "before", { kind: "status", status: 502 });
  set.othersService("Desk", { tags: [{ key: "pulumi-owner", value: OWNER }], tool_capacity: 9 });
  const failure = await failureOf(set.run().create("service", set.service({ toolCapacity: 2 })));
  expect(failure.message).toContain("toolCapacity: declared 2, exists as 9");
  expect(kept("service", set.service(), failure).outputs).toMatchObject({ toolCapacity: 9 });
  set.sent("create-service", "list-services", "get-service");
});

test("trap 12: a lost use case is the one match that was not there before", async () => {
  for (const action of AFTER) {
    const set = await withFault("create-use-case", "after", action);
    set.othersUseCase("Other line");
    const line = await set.run().create("useCase", set.useCase());
    expect(set.store.useCases.get(line.id), action.kind).toMatchObject({ name: "Line", created_by: "owner" });
    set.sent("list-use-cases", "create-use-case", "list-use-cases");
  }
});

test("trap 12: a use case that was not made is not asked for again", async () => {
  for (const action of LOST) {
    const set = await withFault("create-use-case", "before", action);
    const failure = await failureOf(set.run().create("useCase", set.useCase()));
    expect(failure.message, action.kind).toMatch(/no such use case appeared within 0.3 s, so nothing was sent again/);
    set.count("create-use-case", 1);
  }
});

test("trap 12: a use case that appears late is waited for", async () => {
  const late = await withFault("create-use-case", "before", { kind: "lateCommit", delayMs: 150, status: 502 });
  await late.run({ settleSeconds: "2" }).create("useCase", late.useCase());
  late.count("create-use-case", 1);

  const lagging = await withFault("create-use-case", "after", { kind: "reset" });
  lagging.emulator.dialect.listLagMs = 200;
  await lagging.run({ settleSeconds: "2" }).create("useCase", lagging.useCase());
  lagging.count("create-use-case", 1);
});

test("trap 12: one list is taken before the first use case of a run", async () => {
  const set = await scene();
  const run = set.run();
  for (const name of ["One", "Two", "Three"]) await run.create("useCase", set.useCase({ name }));
  set.sent("list-use-cases", "create-use-case", "create-use-case", "create-use-case");
});

test("trap 12: two matches, or one that differs, are an error", async () => {
  const two = await scene({ dialect: { useCaseUnique: false } });
  two.emulator.faults.add({ operation: "create-use-case", when: "after", action: { kind: "status", status: 504 } });
  const others: string[] = [];
  two.emulator.faults.add({
    operation: "create-use-case",
    when: "before",
    action: { kind: "call", fn: () => void others.push(two.othersUseCase("Line").id) },
  });
  const ambiguous = await failureOf(two.run().create("useCase", two.useCase()));
  const ids = two.store.useCases.list().map(({ id }) => id);
  expect(ids).toHaveLength(2);
  for (const id of ids) expect(ambiguous.message).toContain(`use case ${id}`);
  expect(ambiguous.message).toMatch(/it is not certain which is this one\. Nothing was sent again/);
  expect(ambiguous.id).toBeUndefined();
  two.sent("list-use-cases", "create-use-case", "list-use-cases");

  const one = await scene();
  one.emulator.faults.add({
    operation: "create-use-case",
    when: "before",
    action: { kind: "call", fn: () => void one.othersUseCase("Line", { description: "theirs" }) },
  });
  one.emulator.faults.add({ operation: "create-use-case", when: "before", action: { kind: "status", status: 502 } });
  const differs = await failureOf(one.run().create("useCase", one.useCase({ description: "ours" })));
  expect(differs.message).toContain("it is not certain which is this one");
  one.sent("list-use-cases", "create-use-case", "list-use-cases");
});

test("trap 12: what this run removed or holds is not taken for the lost one", async () => {
  const removed = await scene();
  const line = await removed.run().create("useCase", removed.useCase());
  removed.store.load(removed.store.snapshot());
  removed.emulator.dialect.listLagMs = 5_000;
  const fault = { operation: "create-use-case", when: "before", action: { kind: "status", status: 502 } } as const;
  removed.emulator.faults.add(fault);
  removed.clear();
  const run = removed.run();
  await run.remove(line);
  const replaced = await failureOf(run.create("useCase", removed.useCase()));
  expect(replaced.message).toContain("no such use case appeared");
  removed.count("create-use-case", 1);

  const held = await scene({ dialect: { useCaseUnique: false } });
  const other = held.run();
  await other.create("useCase", held.useCase());
  held.emulator.faults.add(fault);
  const second = await failureOf(other.create("useCase", held.useCase()));
  expect(second.message).toContain("no such use case appeared");
  held.count("create-use-case", 2);
});

test("trap 12: an identical use case fails without a POST, unless adopt is set", async () => {
  for (const useCaseUnique of [true, false]) {
    const set = await scene({ dialect: { useCaseUnique } });
    const theirs = set.othersUseCase("Line");
    const failure = await failureOf(set.run().create("useCase", set.useCase()));
    expect(failure.message).toContain(`use case ${theirs.id} has this channel, entity name and name already`);
    expect(failure.message).toContain("adopt: true");
    set.sent("list-use-cases");

    const run = set.run();
    const line = await run.create("useCase", set.useCase({ adopt: true }));
    expect(line.id).toBe(theirs.id);
    expect(run.warnings.join()).toContain("was taken over (adopt: true)");
    set.sent("list-use-cases");

    const other = await failureOf(set.run().create("useCase", set.useCase({ adopt: true, description: "ours" })));
    expect(other.message).toMatch(/It differs, and the API cannot change it:\n {2}description: declared "ours"/);
    set.sent("list-use-cases");
  }
});

test("trap 12: a lost workspace is found by its slug, and the create goes on", async () => {
  for (const action of AFTER) {
    const set = await withFault("create-self-service-workspace", "after", action);
    const clinic = await set.run().create("workspace", set.workspace());
    expect(set.store.workspaces.get(clinic.id), action.kind).toMatchObject({ slug: "clinic", owner: "owner" });
    set.sent("create-self-service-workspace", "list-workspaces", "get-workspace", "provision-workspace");
  }
});

test("trap 12: an older or different workspace of that slug is not ours", async () => {
  const old = new Date(Date.now() - 60_000).toISOString();
  for (const theirs of [{ created_at: old, name: "Clinic" }, { name: "Somebody else's" }]) {
    const set = await withFault("create-self-service-workspace", "before", { kind: "status", status: 502 });
    const { id } = set.store.addWorkspace({
      slug: "clinic",
      environment: "staging",
      organisation_id: set.ids.organisation,
      ...theirs,
    });
    const failure = await failureOf(set.run().create("workspace", set.workspace()));
    expect(failure.message).toContain(`a workspace with this slug exists (${id}`);
    expect(failure.message).toContain("It was left alone");
    expect(failure.id).toBeUndefined();
    set.sent("create-self-service-workspace", "list-workspaces", "get-workspace");
  }
});

test("trap 12: a workspace that was not made is not posted again", async () => {
  const set = await withFault("create-self-service-workspace", "before", { kind: "reset" });
  const failure = await failureOf(set.run().create("workspace", set.workspace()));
  expect(failure.message).toMatch(/no workspace with this slug appeared within 0.3 s, so nothing was sent again/);
  set.count("create-self-service-workspace", 1);
});

test("trap 12: a PUT whose answer was lost is sent again", async () => {
  const set = await scene();
  const run = set.run();
  const desk = await run.create("service", set.service());
  const nurse = await run.create("service", set.service({ name: "Nurse", __owner: undefined }));
  const line = await run.create("useCase", set.useCase());
  const binding = await run.create("serviceBinding", set.binding(line.id, desk.id));
  const once = { when: "after", times: 1, action: { kind: "status", status: 504 } } as const;
  for (const operation of ["update-service", "upsert-service-version-set", "bind-use-case-to-service"]) {
    set.emulator.faults.add({ operation, ...once });
  }
  set.clear();
  await set.run().update(desk, set.service({ description: "after" }));
  set.sent("get-service", "update-service", "update-service");
  await set.run().create("versionSet", set.versionSet(desk.id));
  set.sent("get-service", "upsert-service-version-set", "upsert-service-version-set", "get-service");
  await set.run().update(binding, set.binding(line.id, nurse.id));
  set.sent("get-use-case-service-binding", "bind-use-case-to-service", "bind-use-case-to-service");
});

test("trap 12: a DELETE whose answer was lost is sent again; its 404 is done", async () => {
  const set = await scene();
  const run = set.run();
  const desk = await run.create("service", set.service());
  const line = await run.create("useCase", set.useCase());
  const binding = await run.create("serviceBinding", set.binding(line.id, desk.id));
  for (const operation of ["unbind-use-case-from-service", "delete-use-case", "delete-service"]) {
    set.emulator.faults.add({ operation, when: "after", times: 1, action: { kind: "reset" } });
  }
  set.clear();
  const removing = set.run();
  await removing.remove(binding);
  set.sent(
    "get-use-case-service-binding",
    "unbind-use-case-from-service",
    "unbind-use-case-from-service",
    "get-workspace",
  );
  await removing.remove(line);
  set.sent("delete-use-case", "delete-use-case");
  await removing.remove(desk);
  set.sentInAnyOrder("list-services", "list-use-cases", "delete-service", "delete-service");
  expect(set.store.services.list().map(({ name }) => name)).toEqual(["Platform Assistant"]);
  expect(set.store.useCases.list()).toEqual([]);
});
