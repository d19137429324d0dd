import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { type Declaration, type Kind, type Options, Ref, type Values } from "../lab/engine/program.js";
import type { RunResult } from "../lab/engine/stack.js";
import { World } from "../lab/stories/world.js";
import { seedIds } from "../src/emulator/index.js";

const desk = resource("service", "desk", {
  name: "Desk",
  agentId: seedIds.agents.frontDesk,
  contextGraphId: seedIds.contextGraphs.scheduling,
});
const line = useCase("line", "Line", seedIds.setups.voiceApproved);
const bind = resource("serviceBinding", "bind", {
  useCaseId: new Ref("line", "useCase"),
  serviceId: new Ref("desk", "service"),
});
const bad = useCase("bad", "Bad", "5e700000-0000-4000-8000-0000000000ff");

let world: World;

beforeAll(async () => {
  world = await World.open();
});

beforeEach(() => world.reset());

afterAll(() => world.close());

function resource(kind: Kind, name: string, inputs: Values, options: Options = {}): Declaration {
  return { kind, name, inputs, options };
}

function useCase(name: string, title: string, setupId: string, more: Values = {}): Declaration {
  return resource("useCase", name, { channel: "inbound_voice", entityName: "Clinic", name: title, setupId, ...more });
}

function stack() {
  const [shop] = world.shops;
  if (!shop) throw new Error("the world has no stack");
  return shop.stack;
}

function stepsOf({ steps }: RunResult): string[] {
  return steps.filter(({ type }) => type !== "same").map(({ type, urn }) => `${type} ${urn.split("::").at(-1)}`);
}

it("makes what others depend on first", async () => {
  const result = await stack().up([desk, line, bind]);
  expect(result.outcome).toBe("succeeded");
  expect(stepsOf(result).at(-1)).toBe("create bind");
  expect(stack().state.entries).toHaveLength(3);
});

it("deletes dependents first when it deletes before it replaces, and makes them again last", async () => {
  await stack().up([desk, line, bind]);
  const changed = useCase("line", "Line", seedIds.setups.voiceApproved, { description: "other" });
  const result = await stack().up([desk, changed, bind]);
  expect(stepsOf(result)).toEqual(["delete bind", "delete line", "replace line", "replace bind"]);
});

it("makes the new one first where the provider does not ask for the other order", async () => {
  await stack().up([desk, line, bind]);
  const result = await stack().up([desk, useCase("line", "Other", seedIds.setups.voiceApproved), bind]);
  expect(stepsOf(result)).toEqual(["replace line", "replace bind", "delete bind", "delete line"]);
});

it("deletes nothing at the end of a run that failed", async () => {
  await stack().up([desk, line, bind]);
  const result = await stack().up([desk, line, bad]);
  expect(result).toMatchObject({ outcome: "failed", failedIn: "run" });
  expect(stepsOf(result)).toEqual(["create bad"]);
  expect(world.store.bindings.list()).toHaveLength(1);
});

it("takes a resource under an alias for the same one", async () => {
  await stack().up([desk]);
  const result = await stack().up([resource("service", "front", desk.inputs, { aliases: ["desk"] })]);
  expect(stepsOf(result)).toEqual([]);
  expect(stack().state.entries.map(({ name }) => name)).toEqual(["front"]);
});

it("fails in the preview, with nothing sent, when something protected would go", async () => {
  await stack().up([resource("service", "desk", desk.inputs, { protect: true })]);
  world.emulator.clearRequests();
  expect(await stack().up([])).toMatchObject({ outcome: "failed", failedIn: "preview" });
  expect(world.emulator.requests).toEqual([]);
});

it("keeps a resource that failed half-way, and updates it in the next run", async () => {
  world.emulator.faults.add({
    operation: "provision-workspace",
    when: "before",
    action: { kind: "status", status: 422 },
  });
  const lab = resource("workspace", "lab", { slug: "lab", name: "Lab", environment: "staging" });
  expect((await stack().up([lab])).outcome).toBe("failed");
  expect(stack().state.entries[0]?.initErrors).toHaveLength(1);
  world.emulator.faults.clear();
  expect(stepsOf(await stack().up([lab]))).toEqual(["update lab"]);
});

it("leaves ignored properties as state has them, also where the program changes them", async () => {
  const described = (text: string) =>
    resource("service", "desk", { ...desk.inputs, description: text }, { ignoreChanges: ["description"] });
  await stack().up([described("one")]);
  expect(stepsOf(await stack().up([described("two")]))).toEqual([]);
  expect(stack().state.entries[0]?.inputs.description).toBe("one");
});

it("remembers what was under way when the process was killed", async () => {
  let kill: () => void = () => undefined;
  const killed = new Promise<void>((resolve) => {
    kill = resolve;
  });
  world.emulator.faults.add({ operation: "create-service", when: "after", action: { kind: "call", fn: () => kill() } });
  const result = await stack().up([desk], { killed });
  expect(result.outcome).toBe("killed");
  expect(stack().state.entries).toEqual([]);
  expect(stack().state.pendingOperations).toMatchObject([{ type: "creating" }]);
});

it("touches targets only", async () => {
  await stack().up([desk, line]);
  const renamed = resource("service", "desk", { ...desk.inputs, name: "Other" });
  const urn = stack().state.entries.find(({ name }) => name === "line")?.urn ?? "";
  expect(stepsOf(await stack().up([renamed], { targets: [urn] }))).toEqual(["delete line"]);
});

it("reports what the program declares outside the targets as the same", async () => {
  await stack().up([desk, line]);
  const urn = stack().state.entries.find(({ name }) => name === "line")?.urn ?? "";
  const { steps } = await stack().up([desk, line], { targets: [urn] });
  expect(steps.map(({ type, urn: of }) => `${type} ${of.split("::").at(-1)}`)).toEqual(["same desk", "same line"]);
});
