import { expect, it } from "vitest";
import type { RunResult } from "../../lab/cli/stack.js";
import { type Emulator, seedIds } from "../../src/emulator/index.js";
import { deploy, writes } from "../support/engine.js";
import { sixResources } from "../support/program.js";

const { workspace: workspaceId, agents, contextGraphs, setups } = seedIds;

const service = `const desk = new amigo.Service("desk", { workspaceId, name: "Front desk", agentId: "${agents.frontDesk}", contextGraphId: "${contextGraphs.intake}" });`;
const useCase = `const calls = new amigo.UseCase("calls", { workspaceId, channel: "inbound_voice", entityName: "Clinic", name: "Line", setupId: "${setups.voiceApproved}" });`;
const program = (...lines: string[]) =>
  [`const amigo = require("pulumi-amigo"); const workspaceId = "${workspaceId}";`, ...lines].join("\n");

/** What a program of the demo workspace has made: the platform's own service is left out. */
const made = ({ store }: Emulator) => ({
  services: store.services.list().filter((one) => one.workspace_id === workspaceId && !one.is_system),
  useCases: store.useCases.list().filter((one) => one.workspace_id === workspaceId),
});

it("refuses the second of two runs on one stack, and doubles nothing", async () => {
  await deploy({ name: "twice", program: sixResources() }, async ({ stack, emulator, operations }) => {
    let second: Promise<RunResult> | undefined;
    const fn = async () => {
      second ??= stack.up({ outcome: "fails" });
      await second;
    };
    // The second begins and ends while the first waits for an answer.
    emulator.faults.add({ operation: "create-service", when: "before", times: 1, action: { kind: "call", fn } });
    await stack.up();
    expect((await second)?.output).toContain("the stack is currently locked");
    expect(writes(operations()).toSorted()).toEqual([
      "bind-use-case-to-service",
      "create-self-service-workspace",
      "create-service",
      "create-use-case",
      "provision-workspace",
      "update-test-caller-numbers",
      "upsert-service-version-set",
    ]);
    await stack.preview({ args: ["--expect-no-changes", "--refresh"] });
    await stack.destroy();
  });
});

it("gives a name that two stacks of one workspace want at once to one of them, and neither destroys the other's", async () => {
  await deploy({ name: "twins", program: program(service, useCase) }, async ({ stack, emulator, operations }) => {
    const other = await stack.sibling("other");
    const stacks = [stack, other] as const;
    const runs: RunResult[] = await Promise.all(stacks.map((one) => one.up({ outcome: "any" })));
    // Each of the two names has one winner; it may be a different one for each.
    expect(runs.some(({ code }) => code !== 0)).toBe(true);
    const { services, useCases } = made(emulator);
    expect([services.length, useCases.length]).toEqual([1, 1]);
    const output = runs.map((run) => run.output).join("\n");
    expect(output).toMatch(
      /service Front desk \(\S+\) belongs to pulumi\/\S+\/twins\/(dev|other)\/\S+ .*this resource is pulumi\/\S+\/twins\/(dev|other)\//,
    );
    expect(output).toMatch(
      /use case \S+ has this channel, entity name and name already.*not known to be this resource's/s,
    );
    expect(writes(operations()).filter((operation) => /^(delete|update)-/.test(operation))).toEqual([]);

    const holds = await Promise.all(
      stacks.map(async (one) => ((await one.exportState()).deployment.resources ?? []).map(({ id }) => id)),
    );
    const ids = [services[0]?.id, useCases[0]?.id];
    for (const id of ids) expect(holds.filter((held) => held.includes(id))).toHaveLength(1);

    await other.destroy();
    const left = made(emulator);
    const kept = [...left.services, ...left.useCases].map(({ id }) => id);
    expect(kept).toEqual(ids.filter((id) => holds[0]?.includes(id)));
    await stack.destroy();
    expect(made(emulator)).toEqual({ services: [], useCases: [] });
  });
});

it("loses none of 30 version sets of one service that are made, changed and deleted at once", async () => {
  const sets = (versions: Record<string, number>) =>
    program(
      service,
      `for (const [name, agentVersionNumber] of Object.entries(${JSON.stringify(versions)})) new amigo.VersionSet(name, { workspaceId, serviceId: desk.id, name, agentVersionNumber });`,
    );
  const named = (from: number, to: number, version: number) =>
    Object.fromEntries(Array.from({ length: to - from }, (_, index) => [`set-${from + index}`, version]));
  const steps = [
    named(0, 30, 1),
    named(0, 30, 2),
    // Ten are deleted, ten changed, ten left alone and ten made, in one run.
    { ...named(10, 20, 3), ...named(20, 30, 2), ...named(30, 40, 1) },
    {},
  ];
  await deploy({ name: "sets", program: "" }, async ({ stack, emulator, operations }) => {
    for (const versions of steps) {
      stack.program(sets(versions));
      await stack.up({ args: ["--parallel", "32"] });
      const [desk] = made(emulator).services;
      const own = Object.entries(desk?.version_sets ?? {}).filter(([name]) => name.startsWith("set-"));
      expect(Object.fromEntries(own.map(([name, set]) => [name, set.agent_version_number]))).toEqual(versions);
      expect(operations()).not.toEqual([]);
    }
    await stack.destroy();
  });
});
