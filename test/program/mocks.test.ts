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
