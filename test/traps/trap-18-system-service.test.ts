import { expect, test } from "vitest";
import type { Managed } from "../support/lifecycle.js";
import { failureOf, type Scene, scene } from "./support/scene.js";

const REFUSAL = /one of the platform's own \(is_system\) and is never/;

/** Asserts that nothing but reads was sent. */
function expectNoWrite(set: Scene, ...expected: string[]): void {
  expect(set.emulator.requests.filter(({ method }) => method !== "GET")).toEqual([]);
  set.sentInAnyOrder(...expected);
}

function setOf(set: Scene, changes: Record<string, unknown> = {}): Managed {
  const inputs = set.versionSet(set.ids.systemService, { name: "release", ...changes });
  return { kind: "versionSet", id: `${set.ids.systemService}/release`, inputs, outputs: inputs };
}

/** As it stands in state after an import. */
async function imported(set: Scene) {
  const { agents, contextGraphs, systemService } = set.ids;
  const inputs = {
    workspaceId: set.workspaceId,
    name: "Platform Assistant",
    agentId: agents.frontDesk,
    contextGraphId: contextGraphs.intake,
  };
  const assistant = await set.run().create("service", { ...inputs, __import: { id: systemService, ignore: [] } });
  set.clear();
  return { inputs, assistant };
}

test("trap 18: a system service can be read", async () => {
  const set = await scene();
  const { assistant } = await imported(set);
  expect(assistant.outputs.isSystem).toBe(true);
  expect(await set.run().refresh(assistant)).toBe(true);
  expectNoWrite(set, "get-service");
});

test("trap 18: a system service is never updated", async () => {
  const set = await scene();
  const { assistant, inputs } = await imported(set);
  const failure = await failureOf(set.run().update(assistant, { ...inputs, description: "Mine" }));
  expect(failure.message).toMatch(REFUSAL);
  expectNoWrite(set, "get-service");
});

test("trap 18: a system service is never deleted", async () => {
  const set = await scene();
  const { assistant } = await imported(set);
  expect((await failureOf(set.run().remove(assistant))).message).toMatch(REFUSAL);
  expectNoWrite(set, "list-services", "list-use-cases");
});

test("trap 18: a system service is not taken over by its name", async () => {
  const set = await scene();
  const inputs = set.service({ name: "Platform Assistant", adopt: true });
  expect((await failureOf(set.run().create("service", inputs))).message).toMatch(REFUSAL);
  set.sent("create-service", "list-services", "get-service");
});

test("trap 18: version sets of a system service are left alone", async () => {
  const set = await scene();
  const run = set.run();
  for (const name of ["release", "canary"]) {
    const failure = await failureOf(run.create("versionSet", set.versionSet(set.ids.systemService, { name })));
    expect(failure.message, name).toMatch(REFUSAL);
    expectNoWrite(set, "get-service");
  }
  const changed = set.versionSet(set.ids.systemService, { name: "release", agentVersionNumber: 2 });
  expect((await failureOf(run.update(setOf(set), changed))).message).toMatch(REFUSAL);
  expectNoWrite(set, "get-service");
  expect((await failureOf(set.run().remove(setOf(set, { onDelete: "reset" })))).message).toMatch(REFUSAL);
  expectNoWrite(set, "get-service");

  const canary = { ...setOf(set), id: `${set.ids.systemService}/canary` };
  expect((await failureOf(set.run().remove(canary))).message).toMatch(REFUSAL);
  expectNoWrite(set, "get-service");
});
