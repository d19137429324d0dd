import { test } from "vitest";
import { seedIds } from "../../src/emulator/index.js";
import { type Kind, type Managed, startBench } from "../support/lifecycle.js";

const { workspace: workspaceId, agents, contextGraphs, setups } = seedIds;

test("measure", async () => {
  const bench = await startBench();
  const desk = { workspaceId, name: "Desk", agentId: agents.frontDesk, contextGraphId: contextGraphs.scheduling };
  const calls = { workspaceId, channel: "inbound_voice", entityName: "Clinic", name: "Reception", setupId: setups.voiceApproved };
  const service = await bench.run().create("service", desk);
  const other = await bench.run().create("service", { ...desk, name: "Other" });
  const useCase = await bench.run().create("useCase", calls);
  const cases: [Kind, object, object][] = [
    ["workspace", { slug: "new-clinic", name: "Clinic", environment: "staging", deletionProtection: false }, { name: "Other" }],
    ["service", { ...desk, name: "Third" }, { toolCapacity: 4 }],
    ["versionSet", { workspaceId, serviceId: service.id, name: "trial", agentVersionNumber: 1 }, { agentVersionNumber: 2 }],
    ["useCase", { ...calls, name: "Second" }, {}],
    ["serviceBinding", { workspaceId, useCaseId: useCase.id, serviceId: service.id }, { serviceId: other.id }],
    ["testCallerNumbers", { workspaceId, numbers: ["+14155550100"] }, { numbers: ["+14155550101"] }],
  ];
  for (const [kind, news, change] of cases) {
    let made: Managed | undefined;
    const measured = async (name: string, act: () => Promise<unknown>) => {
      bench.emulator.clearRequests();
      await act();
      console.log(kind, name, [...new Set(bench.emulator.requests.map(({ operation }) => operation))].join(", "));
    };
    await measured("create", async () => { made = await bench.run().create(kind, { ...news }); });
    await measured("read", () => bench.run().refresh(made as Managed));
    await measured("update", () => bench.run().update(made as Managed, { ...news, ...change }));
    await measured("remove", () => bench.run().remove(made as Managed));
  }
  await bench.close();
});
