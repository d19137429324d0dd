import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Emulator, seedIds, startEmulator } from "../../src/emulator/index.js";
import * as amigo from "../../src/index.js";

const { workspace, agents, contextGraphs, setups } = seedIds;
let emulator: Emulator;

beforeAll(async () => {
  emulator = await startEmulator();
  await pulumi.runtime.setMocks(
    {
      newResource: ({ name, inputs }) => ({ id: `${name}-id`, state: inputs }),
      call: ({ inputs }) => inputs,
    },
    "project",
    "stack",
  );
  pulumi.runtime.setAllConfig({
    "amigo:baseUrl": emulator.url,
    "amigo:apiKey": "amigo-demo-key",
    "amigo:workspaceId": workspace,
  });
});
afterAll(() => emulator.close());

const value = <T>(output: pulumi.Output<T>) => new Promise<T>((resolve) => output.apply(resolve));

test("users' unit tests with setMocks and no organization see every resource", async () => {
  const clinic = new amigo.Workspace("clinic", { slug: "clinic", name: "Clinic", environment: "staging" });
  const desk = new amigo.Service("desk", {
    workspaceId: clinic.id,
    name: "Desk",
    agentId: agents.frontDesk,
    contextGraphId: contextGraphs.scheduling,
    keyterms: ["flu", pulumi.secret("sesame")],
  });
  const line = new amigo.UseCase("line", {
    channel: "inbound_voice",
    entityName: "Clinic",
    name: "Line",
    setupId: setups.voiceApproved,
  });
  const binding = new amigo.ServiceBinding("line", { useCaseId: line.id, serviceId: desk.id });
  const release = new amigo.VersionSet("release", { serviceId: desk.id, name: "release", agentVersionNumber: 1 });
  const numbers = new amigo.TestCallerNumbers("qa", { numbers: ["+14155550100"] });
  expect(await value(desk.name)).toBe("Desk");
  expect(await value(desk.toolCapacity)).toBe(3);
  expect(await value(binding.serviceId)).toBe("desk-id");
  expect(await value(release.onDelete)).toBe("remove");
  expect(await value(numbers.numbers)).toEqual(["+14155550100"]);
});

test("a look-up sees what was made after an earlier list, and its result is no secret", async () => {
  const before = await amigo.listServices();
  const { id } = emulator.store.addService({
    workspace_id: workspace,
    name: "Made later",
    agent_id: agents.frontDesk,
    context_graph_id: contextGraphs.scheduling,
  });
  const account = new amigo.Provider("account", {
    apiKey: "amigo-demo-key",
    baseUrl: emulator.url,
    workspaceId: workspace,
  });
  for (const provider of [undefined, account]) {
    const found = amigo.getServiceOutput({ name: pulumi.output("Made later") }, { provider });
    expect((await value(found)).id).toBe(id);
    expect(await (found as unknown as { isSecret: Promise<boolean> }).isSecret).toBe(false);
  }
  expect(await amigo.listServices()).toHaveLength(before.length + 1);
  emulator.store.services.delete(id);
  await expect(amigo.getService({ name: "Made later" })).rejects.toThrow(/there is no service/);
});

test("each look-up finds by what it is given, and shows what exists", async () => {
  const { store } = emulator;
  const called = <T extends { name: string }>(found: T[]) => found.map(({ name }) => name);
  const base = { workspace_id: workspace, agent_id: agents.frontDesk, context_graph_id: contextGraphs.scheduling };
  const desk = store.addService({ ...base, name: "Looked for", version_sets: { night: { agent_version_number: 2 } } });
  store.addService({ ...base, name: "Asleep", is_active: false });
  const line = {
    workspace_id: workspace,
    channel: "inbound_voice" as const,
    entity_name: "Clinic",
    setup_id: setups.voiceApproved,
  };
  const a = store.addUseCase({ ...line, name: "A" });
  const b = store.addUseCase({ ...line, name: "A", channel: "outbound_voice" });
  const c = store.addUseCase({
    ...line,
    name: "C",
    entity_name: "Ward",
    setup_id: setups.emailApproved,
    channel: "email",
  });

  const clinic = await amigo.getWorkspace({ id: workspace });
  expect(await amigo.getWorkspace({ slug: clinic.slug })).toEqual(clinic);
  expect(clinic).toMatchObject({ id: workspace, name: store.workspaces.get(workspace)?.name });
  await expect(amigo.getWorkspace({ slug: "nowhere" })).rejects.toThrow(
    'there is no workspace with {"slug":"nowhere"}',
  );

  const found = await amigo.getService({ name: "Looked for" });
  expect(found).toMatchObject({ id: desk.id, isSystem: false, versionSets: { night: { agentVersionNumber: 2 } } });
  expect(Object.values(found)).not.toContain(undefined);
  expect(Object.values(found)).not.toContain(null);
  expect(await amigo.getService({ id: desk.id })).toEqual(found);
  expect(called(await amigo.listServices({ isActive: false }))).toEqual(["Asleep"]);
  const awake = called(await amigo.listServices({ isActive: true }));
  expect([awake.includes("Looked for"), awake.includes("Asleep")]).toEqual([true, false]);

  expect((await amigo.getUseCase({ id: a.id.toUpperCase() })).id).toBe(a.id);
  expect(await amigo.getUseCase({ name: "A", channel: "outbound_voice" })).toMatchObject({
    id: b.id,
    workspaceId: workspace,
  });
  await expect(amigo.getUseCase({ name: "C", entityName: "Clinic" })).rejects.toThrow(
    /^amigo.getUseCase: there is no use case with /,
  );
  await expect(amigo.getUseCase({ name: "A" })).rejects.toThrow(
    `2 of kind use case match {"name":"A"}: ${a.id}, ${b.id}. Name one by its id`,
  );
  const ids = async (args?: amigo.ListUseCasesArgs) => (await amigo.listUseCases(args)).map(({ id }) => id);
  const all = await ids();
  expect(all).toEqual(expect.arrayContaining([a.id, b.id, c.id]));
  expect(await ids({ channel: "outbound_voice" })).toEqual([b.id]);
  expect(await ids({ entityName: "Ward" })).toEqual([c.id]);
  expect(await ids({ setupId: setups.emailApproved })).toEqual([c.id]);
  expect(await ids({ workspaceId: workspace })).toEqual(all);

  await expect(amigo.getServiceBinding({ useCaseId: a.id })).rejects.toThrow(/^amigo.getServiceBinding: .*404/);
  store.bind(a.id, desk.id);
  expect(await amigo.getServiceBinding({ useCaseId: a.id })).toMatchObject({ id: a.id, serviceId: desk.id });
  expect((await value(amigo.listUseCasesOutput({ channel: pulumi.output("email") }))).map(({ id }) => id)).toEqual([
    c.id,
  ]);
  expect(await value(amigo.listUseCasesOutput())).toHaveLength(all.length);
});
