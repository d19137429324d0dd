import { expect, it } from "vitest";
import { seedIds } from "../../src/emulator/index.js";
import { deploy, writes } from "../support/engine.js";
import { sixResources } from "../support/program.js";

const { agents, contextGraphs } = seedIds;

it("creates, keeps, updates, finds drift in, refreshes, repairs and destroys each resource", async () => {
  await deploy({ name: "lifecycle", program: sixResources() }, async ({ stack, emulator, operations }) => {
    const preview = await stack.preview();
    expect(preview.output).toContain("7 to create");
    expect(operations()).toEqual([]);

    await stack.up();
    expect(writes(operations()).sort()).toEqual(
      [
        "create-self-service-workspace",
        "provision-workspace",
        "create-service",
        "upsert-service-version-set",
        "create-use-case",
        "bind-use-case-to-service",
        "update-test-caller-numbers",
      ].sort(),
    );
    expect(await stack.outputs()).toMatchObject({ toolCapacity: 3, channel: "inbound_voice", agent: "Front Desk" });

    const noop = await stack.up({ preview: true });
    expect(noop.output).toContain("7 unchanged");
    await stack.preview({ args: ["--expect-no-changes"] });
    expect(operations()).toEqual([]);

    stack.program(
      sixResources({
        workspace: `const clinic = new amigo.Workspace("clinic", { slug: "engine-clinic", name: "Engine Clinic II", environment: "staging", connectorType: "epic", deletionProtection: false });
const workspaceId = clinic.id;`,
        service: `const desk = new amigo.Service("desk", { workspaceId, name: "Front desk", agentId: "${agents.nightNurse}", contextGraphId: "${contextGraphs.scheduling}", description: "Days", keyterms: ["b", "a"] });`,
        versionSet: `new amigo.VersionSet("release", { workspaceId, serviceId: desk.id, name: "canary", agentVersionNumber: 3, llmModelPreferences: { default: { llmName: "large" } } });`,
        numbers: `new amigo.TestCallerNumbers("qa", { workspaceId, numbers: ["+14155550101", "+14155550100"] });`,
      }),
    );
    const updated = await stack.up();
    expect(updated.output).toContain("4 updated");
    expect(writes(operations()).sort()).toEqual([
      "update-service",
      "update-test-caller-numbers",
      "update-workspace",
      "upsert-service-version-set",
    ]);
    const service = () => emulator.store.services.find(({ name }) => name === "Front desk");
    expect(service()).toMatchObject({ description: "Days", keyterms: ["b", "a"], agent_id: agents.nightNurse });
    expect(service()?.tags).toEqual([
      { key: "pulumi-owner", value: expect.stringMatching(/^pulumi\/organization\/lifecycle\/dev\/.*\/desk$/) },
    ]);

    emulator.store.services.update(service()?.id ?? "", { description: "Nights", keyterms: ["a", "b"] });
    const workspace = emulator.store.workspaces.find(({ slug }) => slug === "engine-clinic");
    emulator.store.workspaces.update(workspace?.id ?? "", { test_caller_numbers: ["+14155550100"] });
    const drifted = await stack.preview({ args: ["--refresh"] });
    expect(drifted.output).toMatch(/description\s*: "Nights" => "Days"/);
    expect(drifted.output).toContain("2 to update");
    expect(drifted.output).not.toMatch(/[~+-] keyterms/);
    expect(writes(operations())).toEqual([]);

    await stack.refresh();
    expect((await stack.resource("desk")).inputs).toMatchObject({ description: "Nights" });
    const reads = operations().sort();
    const isOfServices = (operation: string) => /^(get-service|list-services)$/.test(operation);
    expect(reads.filter((operation) => !isOfServices(operation))).toEqual([
      "get-test-caller-numbers",
      "get-use-case-service-binding",
      "get-workspace",
      "list-use-cases",
    ]);
    // One list, where both reads come at the same time; on a busy machine the engine sends the second later.
    expect([["list-services"], ["get-service", "get-service"]]).toContainEqual(reads.filter(isOfServices));
    await stack.up();
    expect(service()?.description).toBe("Days");
    expect(writes(operations()).sort()).toEqual(["update-service", "update-test-caller-numbers"]);

    for (const { use_case_id } of emulator.store.bindings.list()) emulator.store.bindings.delete(use_case_id);
    const gone = await stack.refresh();
    expect(gone.output).toContain("1 deleted");
    await stack.up();
    expect(writes(operations())).toEqual(["bind-use-case-to-service"]);

    const destroyed = await stack.destroy();
    expect(destroyed.output).not.toMatch(/warning/i);
    const order = writes(operations());
    expect(order.indexOf("unbind-use-case-from-service")).toBeLessThan(order.indexOf("delete-use-case"));
    expect(order.indexOf("unbind-use-case-from-service")).toBeLessThan(order.indexOf("delete-service"));
    expect(order.indexOf("update-service")).toBeLessThan(order.indexOf("delete-service"));
    expect(order.at(-1)).toBe("archive-workspace");
    expect((await stack.exportState()).deployment.resources ?? []).toEqual([]);
  });
});
