import { expect, it } from "vitest";
import { seedIds } from "../../src/emulator/index.js";
import { deploy, writes } from "../support/engine.js";
import { sixResources } from "../support/program.js";

const { agents, contextGraphs, setups, workspace: workspaceId } = seedIds;

/** A program for what the test finds in the demo workspace; `options` are those of the resource of each kind. */
const program = (
  options: (kind: string) => string,
  description = "Found here",
) => `const amigo = require("pulumi-amigo");
const workspaceId = "${workspaceId}";
const desk = new amigo.Service("desk", { workspaceId, name: "Old desk", description: "${description}", agentId: "${agents.frontDesk}", contextGraphId: "${contextGraphs.intake}", keyterms: ["b", "a"] }, ${options("service")});
new amigo.VersionSet("canary", { workspaceId, serviceId: desk.id, name: "canary", agentVersionNumber: 2 }, ${options("versionSet")});
const calls = new amigo.UseCase("calls", { workspaceId, channel: "inbound_voice", entityName: "Clinic", name: "Old line", setupId: "${setups.voiceApproved}" }, ${options("useCase")});
new amigo.ServiceBinding("line", { workspaceId, useCaseId: calls.id, serviceId: desk.id }, ${options("binding")});
new amigo.TestCallerNumbers("qa", { workspaceId, numbers: ["+14155550100"] }, ${options("numbers")});
new amigo.Workspace("clinic", { slug: "demo-clinic", name: "Demo Clinic", environment: "development" }, ${options("workspace")});`;

function furnish(emulator: import("../../src/emulator/index.js").Emulator) {
  const { store } = emulator;
  const service = store.addService({
    workspace_id: workspaceId,
    name: "Old desk",
    description: "Found here",
    agent_id: agents.frontDesk,
    context_graph_id: contextGraphs.intake,
    keyterms: ["a", "b"],
    version_sets: {
      canary: { agent_version_number: 2, context_graph_version_number: null, llm_model_preferences: {} },
    },
  });
  const useCase = store.addUseCase({
    workspace_id: workspaceId,
    channel: "inbound_voice",
    entity_name: "Clinic",
    name: "Old line",
    setup_id: setups.voiceApproved,
  });
  store.bind(useCase.id, service.id);
  store.workspaces.update(workspaceId, { test_caller_numbers: ["+14155550100"] });
  const demo = store.workspaces.get(workspaceId);
  if (!demo) throw new Error("the demo workspace is missing");
  return {
    ids: {
      service: service.id,
      versionSet: `${service.id}/canary`,
      useCase: useCase.id,
      binding: useCase.id,
      numbers: workspaceId,
      workspace: workspaceId,
    } as Record<string, string>,
    demo,
  };
}

it("adopts every kind with the import option, and writes nothing", async () => {
  await deploy({ name: "adopt", program: "" }, async ({ stack, emulator, operations }) => {
    const { ids, demo } = furnish(emulator);
    const withDemo = (text: string) =>
      text.replace(
        'name: "Demo Clinic", environment: "development"',
        `name: "${demo.name}", environment: "${demo.environment}"`,
      );
    const adopting = (kind: string) => `{ import: "${ids[kind]}" }`;

    stack.program(
      withDemo(program((kind) => (kind === "service" ? `{ import: "${ids.service}" }` : "{}"), "Wished for")),
    );
    const refused = await stack.up({ outcome: "fails", args: ["--target", "**desk**"] });
    expect(refused.output).toMatch(/description: declared "Wished for", exists as "Found here"/);

    stack.program(withDemo(program(adopting)));
    const preview = await stack.preview();
    expect(preview.output).toContain(`desk: will import ${ids.service}; compared at up`);
    await stack.up();
    await stack.preview({ args: ["--expect-no-changes"] });
    expect((await stack.preview()).output).not.toContain("will import");
    expect(writes(operations())).toEqual([]);
    expect(JSON.stringify((await stack.resource("desk")).outputs)).not.toContain("__import");
    const state = await stack.exportState();
    expect(state.deployment.resources?.find(({ type }) => type.endsWith(":Workspace"))?.protect).toBe(true);

    stack.program(withDemo(program(() => "{}")));
    await stack.preview({ args: ["--expect-no-changes", "--refresh"] });

    stack.program(
      withDemo(program((kind) => (kind === "useCase" ? adopting(kind) : "{}"))).replace("Old line", "New line"),
    );
    const replaced = await stack.preview({ outcome: "fails" });
    expect(replaced.output).toContain("remove the import option");
    expect(writes(operations())).toEqual([]);

    stack.program(
      withDemo(program((kind) => (kind === "service" ? '{ ignoreChanges: ["description"] }' : "{}"), "Wished for")),
    );
    await stack.preview({ args: ["--expect-no-changes"] });
  });
});

it("leaves ignored properties out of the comparison", async () => {
  await deploy({ name: "ignore", program: "" }, async ({ stack, emulator, operations }) => {
    const { ids } = furnish(emulator);
    stack.program(
      program(() => "{}", "Wished for")
        .split("\n")
        .slice(0, 3)
        .join("\n")
        .replace(/, \{\}\);$/, `, { import: "${ids.service}", ignoreChanges: ["description"] });`),
    );
    await stack.up();
    await stack.preview({ args: ["--expect-no-changes"] });
    expect(writes(operations())).toEqual([]);
  });
});

it("adopts every kind by an import file, as the engine itself does it", async () => {
  await deploy({ name: "importfile", program: sixResources() }, async ({ stack, operations }) => {
    await stack.up();
    const { resources = [] } = (await stack.exportState()).deployment;
    const other = await stack.sibling("other");
    operations();
    const ours = resources.filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic/amigo:"));
    expect(ours).toHaveLength(6);
    await other.importFile({
      resources: ours.map(({ type, urn, id, inputs, outputs }) => ({
        type,
        name: urn.slice(urn.lastIndexOf("::") + 2),
        id,
        inputs,
        outputs,
      })),
    });
    await other.preview({ args: ["--expect-no-changes"] });
    await other.refresh();
    await other.preview({ args: ["--expect-no-changes"] });
    expect(writes(operations())).toEqual([]);
    // An import file carries no dependencies: the next up learns them from the program, and destroy keeps to them.
    await other.up();
    expect(writes(operations())).toEqual([]);
    await other.destroy();
    expect(writes(operations()).at(-1)).toBe("archive-workspace");
  });
});

it("looks things up, by class and by function, and fails where there is nothing", async () => {
  await deploy({ name: "lookups", program: "" }, async ({ stack, emulator, operations }) => {
    const { ids } = furnish(emulator);
    stack.program(`const amigo = require("pulumi-amigo");
const pulumi = require("@pulumi/pulumi");
const workspaceId = "${workspaceId}";
module.exports = async () => {
  const desk = amigo.Service.get("desk", "${ids.service}", { workspaceId });
  const calls = amigo.UseCase.get("calls", "${ids.useCase}", { workspaceId });
  const line = amigo.ServiceBinding.get("line", "${ids.useCase}", { workspaceId });
  const canary = amigo.VersionSet.get("canary", "${ids.versionSet}", { workspaceId });
  const qa = amigo.TestCallerNumbers.get("qa", workspaceId);
  const clinic = amigo.Workspace.get("clinic", workspaceId);
  const byName = await amigo.getService({ workspaceId, name: "Old desk" });
  const bySlug = await amigo.getWorkspace({ slug: "demo-clinic" });
  const useCase = amigo.getUseCaseOutput({ workspaceId, name: pulumi.output("Old line") });
  return {
    agent: desk.agentName, capacity: desk.toolCapacity, setup: calls.setupId, to: line.serviceId, pinned: canary.agentVersionNumber,
    numbers: qa.numbers, slug: clinic.slug, byName: byName.id, bySlug: bySlug.id, useCase: useCase.id,
    services: (await amigo.listServices({ workspaceId })).map(({ name, isSystem }) => name + isSystem), useCases: (await amigo.listUseCases({ workspaceId, channel: "email" })).length,
    binding: (await amigo.getServiceBinding({ workspaceId, useCaseId: "${ids.useCase}" })).channel,
    isInstance: [amigo.Service.isInstance(desk), amigo.UseCase.isInstance(desk)],
  };
};`);
    await stack.up();
    expect(await stack.outputs()).toMatchObject({
      agent: "Front Desk",
      capacity: 3,
      setup: setups.voiceApproved,
      to: ids.service,
      pinned: 2,
      numbers: ["+14155550100"],
      slug: "demo-clinic",
      byName: ids.service,
      bySlug: workspaceId,
      useCase: ids.useCase,
      services: expect.arrayContaining(["Old deskfalse"]),
      useCases: 0,
      binding: "inbound_voice",
      isInstance: [true, false],
    });
    expect(writes(operations())).toEqual([]);

    stack.program(`const amigo = require("pulumi-amigo");
amigo.UseCase.get("calls", "00000000-0000-4000-8000-000000000000", { workspaceId: "${workspaceId}" });`);
    expect((await stack.up({ outcome: "fails" })).output).toContain("there is no UseCase with the id");
    // Nothing waits for this one, the process outlives the run, and the answer is late.
    emulator.faults.add({ operation: "list-services", when: "before", action: { kind: "stallHeaders", ms: 1500 } });
    stack.program(`require("pulumi-amigo").getService({ workspaceId: "${workspaceId}", name: "Nope" });`);
    expect((await stack.up({ outcome: "fails" })).output).toContain("amigo.getService: there is no service with");
  });
});
