import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { AmigoClient } from "../../src/api/client.js";
import { seedIds, startEmulator } from "../../src/emulator/index.js";
import { dynamicProvider } from "../../src/engine/provider/adapter.js";
import { lifecycles } from "../../src/resources/index.js";
import { workspaceLifecycle } from "../../src/resources/workspace.js";
import { owner, useLab } from "./support.js";

const lab = useLab();

it("takes a deadline that is no whole number of milliseconds", async () => {
  const emulator = await startEmulator();
  const client = new AmigoClient({ baseUrl: emulator.url, apiKey: () => "amigo-demo-key", timeoutSeconds: 2.01 });
  await expect(client.listWorkspaces()).resolves.toHaveLength(1);
  await client.close();
  await emulator.close();
});

it.each([
  ["useCase", "create-use-case", "list-use-cases"],
  ["workspace", "create-self-service-workspace", "list-workspaces"],
] as const)("keeps the journal's entry of a %s open when the look-up fails as well", async (kind, create, list) => {
  const { emulator } = lab();
  const context = lab().process();
  const workspaceId = seedIds.workspace;
  if (kind === "useCase") await context.workspace(workspaceId).useCasesBefore();
  emulator.faults.add({ operation: create, when: "after", action: { kind: "status", status: 504 } });
  emulator.faults.add({ operation: list, when: "before", action: { kind: "status", status: 403 } });
  const inputs = {
    useCase: {
      workspaceId,
      channel: "inbound_voice",
      entityName: "Clinic",
      name: "Line",
      setupId: seedIds.setups.voiceApproved,
    },
    workspace: { slug: "north", name: "North", environment: "staging" },
  };
  const failure = await lab()
    .create(context, kind, inputs[kind])
    .catch((error: Error) => error.message);
  expect(failure).toContain("The outcome is unknown, and looking it up failed: ");
  expect(context.journal?.entries()).toMatchObject([{ state: "asked" }]);
});

async function archiveWith(fault?: { when: "before" | "after" }): Promise<string> {
  const { emulator } = lab();
  const state = { slug: "north", name: "North", environment: "staging", deletionProtection: false };
  const id = await lab().create(lab().process(), "workspace", state);
  emulator.dialect.archivedStatus = 403;
  if (fault) {
    const action = { kind: "status" as const, status: 504 };
    emulator.faults.add({ operation: "archive-workspace", times: 1, action, ...fault });
  } else emulator.store.workspaces.update(id, { archived_at: new Date().toISOString() });
  const context = lab().process();
  const provider = dynamicProvider(workspaceLifecycle, async () => context);
  return provider.delete(id, state).then(
    () => "done",
    (error: Error) => error.message,
  );
}

it("takes a 403 for done where an attempt of the same archiving lost its answer", async () => {
  expect(await archiveWith({ when: "after" })).toBe("done");
});

it("does not take a 403 for done that it cannot explain, and says what to do", async () => {
  expect(await archiveWith()).toMatch(/Only owners.*has archived it and lost the answer.*pulumi state delete/s);
});

it("archives after an answer that was lost before the work", async () => {
  expect(await archiveWith({ when: "before" })).toBe("done");
  expect(lab().emulator.store.workspaces.find(({ slug }) => slug === "north")?.archived_at).not.toBeNull();
});

const useCase = {
  workspaceId: seedIds.workspace,
  channel: "inbound_voice",
  entityName: "Clinic",
  name: "Line",
  setupId: seedIds.setups.voiceApproved,
};
const service = {
  workspaceId: seedIds.workspace,
  name: "Desk",
  agentId: seedIds.agents.frontDesk,
  contextGraphId: seedIds.contextGraphs.scheduling,
  __owner: owner("desk"),
};

const kinds = {
  useCase: { inputs: useCase, operation: "create-use-case", list: "list-use-cases" },
  service: { inputs: service, operation: "create-service", list: "list-services" },
};

it.each([
  ["useCase", true],
  ["useCase", false],
  ["service", false],
] as const)("does not take a deleted %s for the one whose answer was lost, where lists are behind (journal: %s)", async (kind, hasJournal) => {
  const { emulator, process: run, create } = lab();
  const { inputs, operation, list } = kinds[kind];
  for (const when of ["before", "after"] as const) {
    const context = run({ settleSeconds: 2, hasJournal });
    // Older than what is made and deleted next, as a list that is behind.
    await context.workspace(seedIds.workspace).useCasesBefore();
    const gone = await create(run({ hasJournal }), kind, inputs);
    await sleep(800);
    await dynamicProvider(lifecycles[kind], async () => run()).delete(gone, inputs);
    emulator.faults.add({ operation: list, when: "before", action: { kind: "staleList", ms: 500 } });
    emulator.faults.add({ operation, when, times: 1, action: { kind: "reset" } });
    const made = await create(context, kind, inputs).catch((error: Error) => error.message);
    emulator.faults.clear();
    if (when === "before") expect(made).toContain("nothing was sent again. Run `pulumi up` once more");
    else {
      const { services, useCases } = emulator.store;
      const live = kind === "useCase" ? useCases.list() : services.list().filter(({ name }) => name === service.name);
      expect(live.map(({ id }) => id)).toEqual([made]);
    }
  }
});
