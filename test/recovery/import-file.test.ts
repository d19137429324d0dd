import { expect, it } from "vitest";
import { seedIds } from "../../src/emulator/index.js";
import type { Values } from "../../src/engine/lifecycle.js";
import { pendingCreates } from "../../src/recovery/creates.js";
import { judge } from "../../src/recovery/verdict.js";
import { importFile } from "../../src/stack/import-file.js";
import { inClear, type StateResource } from "../../src/stack/state.js";
import { owner, useLab } from "./support.js";

const lab = useLab();
const { workspace: workspaceId, setups } = seedIds;
const stackUrn = "urn:pulumi:dev::clinic::pulumi:pulumi:Stack::clinic-dev";
const parent = "urn:pulumi:dev::clinic::clinic:Group::front";
const provider = "urn:pulumi:dev::clinic::pulumi:providers:pulumi-nodejs::account";
const secret = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  plaintext: JSON.stringify(value),
});

async function fileFor(...pending: StateResource[]) {
  const context = lab().process();
  const state = { resources: [], pending: pending.map((resource) => ({ type: "creating", resource })) };
  const entries = [];
  for (const create of await pendingCreates(state, { of: async () => context })) {
    const verdict = await judge(create);
    if (verdict.is !== "made" || !create.pending) throw new Error(JSON.stringify(verdict));
    const { pending: resource, lifecycle, inputs } = create;
    entries.push({ resource, lifecycle, inputs, existing: verdict.existing });
  }
  return importFile(entries) as { nameTable: Record<string, string>; resources: Values[] };
}

function pendingUseCase(name: string, more: Partial<StateResource> = {}, inputs: Values = {}): StateResource {
  return {
    urn: `urn:pulumi:dev::clinic::pulumi-nodejs:dynamic/amigo:UseCase::${name}`,
    type: "pulumi-nodejs:dynamic/amigo:UseCase",
    parent: stackUrn,
    provider: `${provider}::id-of-provider`,
    inputs: {
      __provider: "exports.handler=require('pulumi-amigo/providers').useCase",
      __owner: owner(name),
      workspaceId,
      channel: "inbound_voice",
      entityName: "Clinic",
      name: "Line",
      setupId: setups.voiceApproved,
      ...inputs,
    },
    ...more,
  };
}

it("carries inputs and outputs as the provider's own read makes them, and the provider", async () => {
  const { process: run, create, emulator } = lab();
  const pending = pendingUseCase("calls");
  const id = await create(run(), "useCase", pending.inputs ?? {});
  const record = emulator.store.useCases.get(id);
  const { nameTable, resources } = await fileFor(pending);
  const { __owner, ...declared } = pending.inputs ?? {};
  expect(resources).toEqual([
    {
      type: "pulumi-nodejs:dynamic/amigo:UseCase",
      name: "resource0",
      logicalName: "calls",
      id,
      provider: "urn0",
      inputs: pending.inputs,
      outputs: {
        ...declared,
        tier: "standard",
        createdAt: record?.created_at,
      },
    },
  ]);
  expect(record?.updated_at, "not in state, since it says nothing more").toBe(record?.created_at);
  expect(nameTable).toEqual({ urn0: provider });
});

it("names parents and shares names between resources", async () => {
  const { process: run, create } = lab();
  const inComponent = { parent, urn: "urn:pulumi:dev::clinic::clinic:Group$pulumi-nodejs:dynamic/amigo:UseCase::a::b" };
  const [first, second] = [pendingUseCase("calls"), pendingUseCase("more", inComponent, { name: "More" })];
  const context = run();
  for (const { inputs } of [first, second]) await create(context, "useCase", inputs ?? {});
  const { nameTable, resources } = await fileFor(first, second);
  expect(resources.map((one) => [one.logicalName, one.parent, one.provider])).toEqual([
    ["calls", undefined, "urn0"],
    ["a::b", "urn1", "urn0"],
  ]);
  expect(nameTable).toEqual({ urn0: provider, urn1: parent });
});

it("keeps a secret secret", async () => {
  const { process: run, create } = lab();
  const pending = pendingUseCase("calls", {}, { description: secret("of the clinic") });
  await create(run(), "useCase", inClear(pending.inputs) as Values);
  const { resources } = await fileFor(pending);
  for (const values of [resources[0]?.inputs, resources[0]?.outputs]) {
    expect(values).toMatchObject({ description: secret("of the clinic"), name: "Line" });
  }
});

it("leaves the rest of a workspace's create to the next update", async () => {
  const { process: run, create, emulator } = lab();
  const inputs = { slug: "north-clinic", name: "North", environment: "staging", __owner: owner("clinic") };
  emulator.faults.add({
    operation: "provision-workspace",
    when: "before",
    action: { kind: "status", status: 400 },
  });
  await expect(create(run(), "workspace", inputs)).rejects.toThrow();
  const pending: StateResource = {
    urn: "urn:pulumi:dev::clinic::pulumi-nodejs:dynamic/amigo:Workspace::clinic",
    type: "pulumi-nodejs:dynamic/amigo:Workspace",
    inputs: { ...inputs, connectorType: "epic" },
  };
  const { resources } = await fileFor(pending);
  expect(resources[0]?.inputs).toMatchObject({ slug: "north-clinic", provision: false });
  expect(resources[0]?.inputs).not.toHaveProperty("connectorType");
});
