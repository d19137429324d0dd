import { afterAll, beforeAll, expect, it } from "vitest";
import { CallFailed, ProviderProcess } from "../../lab/provider-process.js";
import { type Emulator, seedIds, startEmulator } from "../../src/emulator/index.js";
import { UNKNOWN } from "../../src/engine/unknown.js";

const { workspace: workspaceId, agents, contextGraphs, setups } = seedIds;
const service = (name: string) => ({
  workspaceId,
  name,
  agentId: agents.frontDesk,
  contextGraphId: contextGraphs.intake,
});

let emulator: Emulator;
let provider: ProviderProcess;

beforeAll(async () => {
  emulator = await startEmulator();
  provider = await ProviderProcess.start({ "amigo:baseUrl": emulator.url, "amigo:apiKey": "amigo-demo-key" });
});

afterAll(async () => {
  await provider.stop();
  await emulator.close();
});

it("answers first calls that arrive together, configured", async () => {
  const fresh = await ProviderProcess.start({ "amigo:baseUrl": emulator.url, "amigo:apiKey": "amigo-demo-key" });
  const kinds = ["service", "service", "useCase", "service", "useCase"];
  const checked = await Promise.all(kinds.map((kind) => fresh.check(kind, {}, { workspaceId })));
  for (const { failures } of checked) {
    expect(failures.map(({ reason }) => reason).join()).not.toContain("no API key");
    expect(failures.length).toBeGreaterThan(1);
  }
  await fresh.stop();
});

it("says where a workspace is looked for when none is given anywhere, for every kind that has one", async () => {
  for (const kind of ["service", "versionSet", "useCase", "serviceBinding", "testCallerNumbers"]) {
    const { failures } = await provider.check(kind, {}, {});
    expect(failures.find(({ property }) => property === "workspaceId")?.reason).toMatch(
      /is required: run `pulumi config set amigo:workspaceId <id>`/,
    );
  }
});

it("passes unknown values over in check, and lets them replace in diff", async () => {
  const useCase = { workspaceId: UNKNOWN, channel: UNKNOWN, entityName: "Clinic", name: "Line", setupId: UNKNOWN };
  expect((await provider.check("useCase", {}, useCase)).failures).toEqual([]);
  const odd = await provider.check(
    "service",
    {},
    { ...service("Desk"), tags: [UNKNOWN, { key: " x" }], toolCapacity: 12 },
  );
  expect(odd.failures.map(({ property }) => property)).toEqual(["tags[1].key", "toolCapacity"]);

  const binding = { workspaceId, useCaseId: workspaceId, serviceId: workspaceId };
  expect(await provider.diff("serviceBinding", workspaceId, binding, { ...binding, serviceId: UNKNOWN })).toEqual({
    changes: true,
    replaces: ["serviceId"],
    deleteBeforeReplace: true,
  });
  expect(
    await provider.diff("serviceBinding", workspaceId, binding, { ...binding, serviceId: agents.frontDesk }),
  ).toEqual({
    changes: true,
    replaces: [],
    deleteBeforeReplace: false,
  });
  expect(await provider.diff("serviceBinding", workspaceId, binding, binding)).toMatchObject({ changes: false });
});

it("goes through create, read, update and delete", async () => {
  const { inputs } = await provider.check("service", {}, service("Protocol desk"));
  const { id, outputs } = await provider.create("service", inputs);
  expect(outputs).toMatchObject({ ...service("Protocol desk"), agentName: "Front Desk" });
  const updated = await provider.update("service", id, outputs, { ...inputs, description: "New" });
  expect(updated).toMatchObject({ description: "New" });
  const read = await provider.read("service", id, updated);
  expect(read).toMatchObject({ id, outputs: { description: "New" }, inputs: { description: "New" } });
  // Within one run, what was made is held: only an older resource of the same id can be meant, and the thing stays.
  await provider.delete("service", id, updated);
  expect((await provider.read("service", id, updated)).id).toBe(id);
  expect(provider.output).toContain("was left alone");
  const nextRun = await ProviderProcess.start({ "amigo:baseUrl": emulator.url, "amigo:apiKey": "amigo-demo-key" });
  await nextRun.delete("service", id, updated);
  expect((await nextRun.read("service", id, updated)).id).toBe("");
  await nextRun.stop();
});

it("keeps the id of a workspace that was made and not provisioned", async () => {
  emulator.faults.add({
    id: "down",
    operation: "provision-workspace",
    when: "before",
    action: { kind: "status", status: 403, body: { detail: "no" } },
  });
  const { inputs } = await provider.check("workspace", {}, { slug: "half-made", name: "Half", environment: "staging" });
  const failure = await provider.create("workspace", inputs).catch((error: CallFailed) => error);
  expect(failure).toBeInstanceOf(CallFailed);
  const { partial, message } = failure as CallFailed;
  expect(message).toContain('creating Workspace "half-made"');
  const made = emulator.store.workspaces.find(({ slug }) => slug === "half-made");
  expect(partial).toMatchObject({ id: made?.id, properties: { slug: "half-made", __provider: expect.any(String) } });
  expect(partial?.reasons).toEqual([message]);

  emulator.faults.remove("down");
  emulator.clearRequests();
  const repaired = await provider.update("workspace", partial?.id ?? "", partial?.properties ?? {}, inputs);
  expect(repaired.provisionedAt).toEqual(expect.any(String));
  expect(emulator.requests.map(({ operation }) => operation)).toEqual(["get-workspace", "provision-workspace"]);
});

it("tells an error of read and delete to the engine alone, without stack or path", async () => {
  const gone = { ...service("Desk"), workspaceId: "00000000-0000-4000-8000-00000000dead" };
  const failure = await provider.read("service", seedIds.systemService, gone).catch((error: CallFailed) => error);
  expect((failure as CallFailed).message).toMatch(/is archived, or this key cannot see it/);
  expect((failure as CallFailed).message).not.toContain("\n    at ");
  expect(provider.output).not.toContain("cannot see it");
});

it("refuses an unapproved setup with the server's words, status and request id", async () => {
  const { inputs } = await provider.check(
    "useCase",
    {},
    {
      workspaceId,
      channel: "inbound_voice",
      entityName: "Clinic",
      name: "Refused",
      setupId: setups.voiceUnapproved,
    },
  );
  await expect(provider.create("useCase", inputs)).rejects.toThrow(/approved.*409 Conflict.*request id req_/s);
});
