import { expect, it } from "vitest";
import { AmigoClient } from "../../src/api/client.js";
import { seedIds, startEmulator } from "../../src/emulator/index.js";
import { dynamicProvider } from "../../src/engine/provider/adapter.js";
import { workspaceLifecycle } from "../../src/resources/workspace.js";
import { useLab } from "./support.js";

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
