import { expect, it } from "vitest";
import { summary } from "../../src/cli/recover.js";
import { seedIds } from "../../src/emulator/index.js";
import type { Values } from "../../src/engine/lifecycle.js";
import { forgottenCreates, pendingCreates } from "../../src/recovery/creates.js";
import { judge, type Verdict } from "../../src/recovery/verdict.js";
import { intentOf } from "../../src/resources/journalled.js";
import { useCaseLifecycle } from "../../src/resources/use-case.js";
import { workspaceLifecycle } from "../../src/resources/workspace.js";
import type { StackState } from "../../src/stack/state.js";
import { owner, useLab } from "./support.js";

const lab = useLab();
const { workspace: workspaceId, agents, contextGraphs, setups } = seedIds;
const [agentId, contextGraphId] = [agents.frontDesk, contextGraphs.scheduling];

const useCase = {
  workspaceId,
  channel: "inbound_voice",
  entityName: "Clinic",
  name: "Line",
  setupId: setups.voiceApproved,
  __owner: owner("calls"),
};
const useCaseRecord = {
  workspace_id: workspaceId,
  channel: "inbound_voice",
  entity_name: "Clinic",
  name: "Line",
  setup_id: setups.voiceApproved,
} as const;
const service = { workspaceId, name: "Desk", agentId, contextGraphId, __owner: owner("desk") };
const clinic = { slug: "north-clinic", name: "North", environment: "staging", __owner: owner("clinic") };

/** What is found of a pending create with these inputs, by a process that did not make it. */
async function verdictOn(kind: string, inputs: Values): Promise<Verdict> {
  const context = lab().process();
  const urn = `urn:pulumi:dev::clinic::pulumi-nodejs:dynamic/amigo:${kind}::thing`;
  const resource = { urn, type: `pulumi-nodejs:dynamic/amigo:${kind}`, inputs };
  const state: StackState = { resources: [], pending: [{ type: "creating", resource }] };
  const [create] = await pendingCreates(state, { of: async () => context });
  if (!create) throw new Error("not seen as an open create");
  return judge(create);
}

const made = (id: string) => ({ is: "made", existing: { id } });

it("says what to do after a destroy, where no create is open", () => {
  const nothing = { stack: "dev", dryRun: false, creates: [], others: [], disturbed: [], settled: true };
  expect(summary(nothing)).toEqual([
    "No create is open: there is nothing to do.",
    "If a `pulumi destroy` was interrupted, run it again.",
    "If `pulumi up` ran since then, `npx pulumi-amigo drift` shows what is gone, and `pulumi up --refresh` makes it again.",
  ]);
});

it("names both ways on after a deletion that was interrupted, and no create where there was none", () => {
  const gone = { urn: "urn", operation: "deleting", advice: "" };
  const report = { stack: "dev", dryRun: false, creates: [], others: [gone], disturbed: ["urn"], settled: true };
  expect(summary(report)).toEqual([
    "Next: if it was a `pulumi destroy` that was interrupted, run `pulumi destroy --stack dev` to go on deleting; `pulumi up --stack dev` makes what is missing again.",
  ]);
  const create = { kind: "Service", name: "desk", outcome: "nothing" as const };
  expect(summary({ ...report, creates: [create] })).toEqual([
    "No create is open any more.",
    "Next: pulumi preview --stack dev",
  ]);
});

it("knows a service by its owner mark", async () => {
  const { emulator, process: run, create } = lab();
  expect(await verdictOn("Service", service)).toMatchObject({ is: "nothing" });
  const id = await create(run(), "service", service);
  expect(await verdictOn("Service", service)).toMatchObject(made(id));
  expect(await verdictOn("Service", { ...service, __owner: owner("other") })).toMatchObject({
    is: "open",
    why: expect.stringContaining(`belongs to ${owner("desk")}`),
  });
  emulator.store.addService({
    workspace_id: workspaceId,
    name: "Night desk",
    agent_id: agentId,
    context_graph_id: contextGraphId,
  });
  expect(await verdictOn("Service", { ...service, name: "Night desk" })).toMatchObject({
    is: "open",
    why: expect.stringContaining("carries no owner mark"),
  });
});

it("knows a use case by the journal: sent from here, and not there before", async () => {
  const { process: run, create, emulator } = lab();
  expect(await verdictOn("UseCase", useCase)).toMatchObject({ is: "nothing" });
  const id = await create(run(), "useCase", useCase);
  expect(await verdictOn("UseCase", useCase)).toMatchObject(made(id));
  expect(await verdictOn("UseCase", { ...useCase, description: "Another" })).toMatchObject(made(id));
  emulator.store.addUseCase({ ...useCaseRecord });
  expect(await verdictOn("UseCase", useCase), "the API told its id").toMatchObject(made(id));
});

it("tells nothing of a use case that the journal does not hold", async () => {
  const { emulator } = lab();
  emulator.store.addUseCase({ ...useCaseRecord });
  expect(await verdictOn("UseCase", useCase)).toMatchObject({
    is: "open",
    why: expect.stringContaining("the journal of this machine holds no such create"),
  });
});

it("does not take what had the key before, what differs, or one of two", async () => {
  const { emulator, process: run } = lab();
  const { journal } = run();
  const former = emulator.store.addUseCase({ ...useCaseRecord });
  journal?.ask(intentOf(useCaseLifecycle, useCase, [former.id]));
  expect(await verdictOn("UseCase", useCase)).toMatchObject({
    is: "nothing",
    why: "what has its name was there before",
  });
  const other = emulator.store.addUseCase({ ...useCaseRecord, description: "Somebody else's" });
  expect(await verdictOn("UseCase", useCase)).toMatchObject({
    is: "open",
    why: expect.stringMatching(/differs: description/),
  });
  emulator.store.useCases.update(other.id, { description: null });
  expect(await verdictOn("UseCase", useCase)).toMatchObject(made(other.id));
  emulator.store.addUseCase({ ...useCaseRecord });
  expect(await verdictOn("UseCase", useCase)).toMatchObject({
    is: "open",
    why: expect.stringContaining("several have its name"),
  });
});

it("knows a workspace by the journal and by its age, and does not miss what further requests add", async () => {
  const { emulator, process: run } = lab();
  expect(await verdictOn("Workspace", clinic)).toMatchObject({ is: "nothing" });
  const { slug, name, environment } = clinic;
  const [principal] = emulator.store.workspaces.list();
  const there = emulator.store.addWorkspace({
    slug,
    name,
    environment: environment as "staging",
    organisation_id: principal?.organisation_id ?? "",
    owner: principal?.owner,
  });
  expect(await verdictOn("Workspace", clinic)).toMatchObject({ is: "open" });
  run().journal?.ask(intentOf(workspaceLifecycle, clinic));
  expect(await verdictOn("Workspace", { ...clinic, connectorType: "epic" })).toMatchObject(made(there.id));
  expect(await verdictOn("Workspace", { ...clinic, name: "South" })).toMatchObject({
    is: "open",
    why: expect.stringMatching(/differs: name/),
  });
  emulator.store.workspaces.update(there.id, { created_at: "2020-01-01T00:00:00.000Z" });
  expect(await verdictOn("Workspace", clinic)).toMatchObject({
    is: "open",
    why: expect.stringContaining("older than the create"),
  });
});

it("takes version sets, bindings and numbers where they exist as declared, and leaves them to the create where not", async () => {
  const { process: run, create } = lab();
  const process = run();
  const serviceId = await create(process, "service", service);
  const useCaseId = await create(process, "useCase", useCase);
  const set = { workspaceId, serviceId, name: "canary", agentVersionNumber: 1 };
  const binding = { workspaceId, useCaseId, serviceId };
  const numbers = { workspaceId, numbers: ["+14155550100"] };
  const all: [kind: string, inputs: Values][] = [
    ["VersionSet", set],
    ["ServiceBinding", binding],
    ["TestCallerNumbers", numbers],
  ];
  for (const [kind, inputs] of all) expect(await verdictOn(kind, inputs)).toMatchObject({ is: "nothing" });
  await create(process, "versionSet", set);
  await create(process, "serviceBinding", binding);
  await create(process, "testCallerNumbers", numbers);
  const ids = [`${serviceId}/canary`, useCaseId, workspaceId];
  for (const [index, [kind, inputs]] of all.entries()) {
    expect(await verdictOn(kind, inputs)).toMatchObject(made(ids[index] ?? ""));
  }
  expect(await verdictOn("VersionSet", { ...set, agentVersionNumber: 2 })).toMatchObject({
    is: "nothing",
    why: expect.stringContaining("takes over nothing that is somebody else's"),
  });
});

it("waits while a create that was sent a moment ago may still be carried out", async () => {
  const { emulator, process: run } = lab();
  run().journal?.ask(intentOf(useCaseLifecycle, useCase));
  const context = run();
  Object.assign(context.settings, { settleSeconds: 5 });
  const urn = "urn:pulumi:dev::clinic::pulumi-nodejs:dynamic/amigo:UseCase::calls";
  const resource = { urn, type: "pulumi-nodejs:dynamic/amigo:UseCase", inputs: useCase };
  const [create] = await pendingCreates(
    { resources: [], pending: [{ type: "creating", resource }] },
    { of: async () => context },
  );
  if (!create) throw new Error("not seen as an open create");
  const verdict = judge(create);
  setTimeout(() => emulator.store.addUseCase({ ...useCaseRecord }), 600);
  expect(await verdict).toMatchObject({ is: "made" });
});

it("takes a create that only reads for one that made nothing", async () => {
  const inputs = { ...useCase, __import: { id: "x", ignore: [] } };
  expect(await verdictOn("UseCase", inputs)).toMatchObject({ is: "nothing", why: expect.stringContaining("import") });
});

it("says what it cannot see, and fails where the API cannot be reached", async () => {
  const { emulator } = lab();
  const inputs = { ...useCase, workspaceId: "00000000-0000-4000-8000-000000000000" };
  expect(await verdictOn("UseCase", inputs)).toMatchObject({ is: "open" });
  emulator.faults.add({ operation: "list-use-cases", when: "before", action: { kind: "status", status: 401 } });
  await expect(verdictOn("UseCase", useCase)).rejects.toThrow(/401/);
});

it("finds in the journal what the engine has forgotten: of this stack, not in its state, not settled", async () => {
  const { process: run, create } = lab();
  const context = run();
  const kept = await create(context, "useCase", useCase);
  const lost = await create(context, "useCase", { ...useCase, name: "Lost", __owner: owner("lost") });
  await create(context, "useCase", { ...useCase, name: "Other", __owner: owner("x").replace("/dev/", "/production/") });
  const claimed = await create(context, "service", service);
  const entry = context.journal?.entries().find(({ id }) => id === claimed)?.entry ?? "";
  context.journal?.settle(entry, "claimed", claimed);

  const urn = "urn:pulumi:dev::clinic::pulumi-nodejs:dynamic/amigo:UseCase::calls";
  const state: StackState = {
    resources: [{ urn, type: "pulumi-nodejs:dynamic/amigo:UseCase", id: kept, outputs: useCase }],
    pending: [],
  };
  const stack = { project: "clinic", name: "dev" };
  const found = await forgottenCreates(stack, state, { all: async () => [context] }, []);
  expect(found.map(({ name, lifecycle }) => [lifecycle.kind, name])).toEqual([["UseCase", "lost"]]);
  expect(await judge(found[0] as (typeof found)[0])).toMatchObject(made(lost));
});

it("looks for what the first of several attempts may have made, where a later one was refused because of it", async () => {
  const { emulator, process: run, create } = lab();
  const context = run();
  emulator.faults.add({
    operation: "create-self-service-workspace",
    when: "after",
    times: 1,
    action: { kind: "status", status: 504 },
  });
  emulator.faults.add({
    operation: "list-workspaces",
    when: "before",
    times: 1,
    action: { kind: "status", status: 403 },
  });
  await expect(create(context, "workspace", clinic)).rejects.toThrow(/outcome is unknown/);
  await expect(create(context, "workspace", clinic)).rejects.toThrow(/slug is taken/);
  expect(context.journal?.entries().map(({ state }) => state)).toEqual(["asked", "closed"]);

  const stack = { project: "clinic", name: "dev" };
  const found = await forgottenCreates(stack, { resources: [], pending: [] }, { all: async () => [context] }, []);
  expect(found.map(({ name }) => name)).toEqual(["clinic"]);
  const id = emulator.store.workspaces.find(({ slug }) => slug === clinic.slug)?.id ?? "";
  expect(await judge(found[0] as (typeof found)[0])).toMatchObject(made(id));
});

it("leaves a use case alone that has the key of one that was made and is gone", async () => {
  const { emulator, process: run, create } = lab();
  const id = await create(run(), "useCase", useCase);
  expect(await verdictOn("UseCase", useCase)).toMatchObject(made(id));
  emulator.store.useCases.delete(id);
  emulator.store.addUseCase(useCaseRecord);
  expect(await verdictOn("UseCase", useCase)).toMatchObject({ is: "nothing", why: `what it made (${id}) is gone` });
});

it("does not take a use case that is older than the create, or that an earlier create made", async () => {
  const { emulator, process: run, create } = lab();
  const { journal } = run();
  const old = emulator.store.addUseCase(useCaseRecord);
  emulator.store.useCases.update(old.id, { created_at: new Date(Date.now() - 60_000).toISOString() });
  journal?.ask(intentOf(useCaseLifecycle, useCase));
  expect(await verdictOn("UseCase", useCase)).toMatchObject({
    is: "open",
    why: expect.stringContaining("is older than the create"),
  });
  emulator.store.useCases.delete(old.id);

  const other = { ...useCase, name: "Night" };
  const id = await create(run(), "useCase", { ...other, __owner: owner("night") });
  journal?.ask(intentOf(useCaseLifecycle, other));
  expect(await verdictOn("UseCase", other)).toMatchObject({ is: "nothing" });
  expect(emulator.store.useCases.get(id)).toBeDefined();
});
