import { expect, it } from "vitest";
import { seedIds } from "../../src/emulator/index.js";
import { deploy, writes } from "../support/engine.js";
import { sixResources } from "../support/program.js";

const useCase = (name: string, more = "") =>
  `const calls = new amigo.UseCase("calls", { workspaceId, channel: "inbound_voice", entityName: "Clinic", name: "${name}", setupId: "${seedIds.setups.voiceApproved}"${more} });`;

const before = (order: string[], first: string, second: string) => {
  expect(order).toContain(first);
  expect(order).toContain(second);
  expect(order.indexOf(first)).toBeLessThan(order.indexOf(second));
};

it("unbinds first: in a use-case replacement under the same key, a service replacement, and removal from the program", async () => {
  await deploy({ name: "order", program: sixResources() }, async ({ stack, operations }) => {
    await stack.up();
    operations();

    stack.program(sixResources({ useCase: useCase("Line", ', description: "Books visits"') }));
    await stack.up();
    expect(writes(operations())).toEqual([
      "unbind-use-case-from-service",
      "delete-use-case",
      "create-use-case",
      "bind-use-case-to-service",
    ]);

    await stack.up({ args: ["--replace", (await stack.resource("desk")).urn] });
    const replaced = writes(operations());
    before(replaced, "unbind-use-case-from-service", "delete-service");
    before(replaced, "update-service", "delete-service");
    before(replaced, "delete-service", "create-service");
    before(replaced, "create-service", "bind-use-case-to-service");

    stack.program(sixResources({ service: "", versionSet: "", useCase: "", binding: "", exports: "" }));
    await stack.up();
    const removed = writes(operations());
    before(removed, "unbind-use-case-from-service", "delete-use-case");
    before(removed, "unbind-use-case-from-service", "delete-service");
    before(removed, "update-service", "delete-service");
    await stack.destroy();
  });
});

it("makes a use case of another name first, moves its line and deletes the old one last", async () => {
  await deploy({ name: "rename", program: sixResources() }, async ({ stack, emulator, operations }) => {
    await stack.up();
    operations();
    stack.program(sixResources({ useCase: useCase("Reception") }));
    await stack.up({ preview: true });
    expect(writes(operations())).toEqual([
      "create-use-case",
      "unbind-use-case-from-service",
      "bind-use-case-to-service",
      "delete-use-case",
    ]);

    emulator.faults.add({
      id: "no",
      operation: "create-use-case",
      when: "before",
      action: { kind: "status", status: 409, body: { detail: "setup is not approved" } },
    });
    stack.program(sixResources({ useCase: useCase("Night desk") }));
    const failed = await stack.up({ outcome: "fails" });
    expect(failed.output).toContain("not approved");
    expect(writes(operations())).toEqual(["create-use-case"]);
    emulator.faults.remove("no");
    stack.program(sixResources({ useCase: useCase("Reception") }));
    await stack.destroy();
  });
});

it("moves everything to a workspace of another slug, and archives the old one last", async () => {
  await deploy({ name: "moved", program: sixResources() }, async ({ stack, emulator, operations }) => {
    await stack.up();
    operations();
    stack.program(sixResources().replace('slug: "engine-clinic"', 'slug: "engine-clinic-two"'));
    await stack.up({ preview: true });
    const order = writes(operations());
    before(order, "create-self-service-workspace", "unbind-use-case-from-service");
    before(order, "unbind-use-case-from-service", "delete-service");
    before(order, "create-service", "bind-use-case-to-service");
    before(order, "unbind-use-case-from-service", "delete-use-case");
    expect(order.at(-1)).toBe("archive-workspace");
    expect(order.filter((operation) => operation === "update-test-caller-numbers")).toHaveLength(2);
    const moved = emulator.store.workspaces.find(({ slug }) => slug === "engine-clinic-two");
    expect(emulator.store.services.list().filter(({ workspace_id }) => workspace_id === moved?.id)).toHaveLength(1);
    expect(emulator.store.bindings.list().map(({ workspace_id }) => workspace_id)).toEqual([moved?.id]);
    await stack.preview({ args: ["--expect-no-changes", "--refresh"] });
    await stack.destroy();
  });
});

it("renames of resources without an alias leave what the new one holds alone", async () => {
  await deploy({ name: "aliases", program: sixResources() }, async ({ stack, emulator, operations }) => {
    await stack.up();
    operations();
    stack.program(
      sixResources({
        binding: `const line = new amigo.ServiceBinding("line2", { workspaceId, useCaseId: calls.id, serviceId: desk.id });`,
      }),
    );
    const renamed = await stack.up();
    expect(writes(operations())).toEqual([]);
    expect(renamed.output).toContain("aliases");
    expect(emulator.store.bindings.list()).toHaveLength(1);
    await stack.destroy();
  });
});

for (const parallel of ["1", "16"]) {
  it(`swaps two bindings in one run at --parallel ${parallel}`, async () => {
    const program = (first: string, second: string) => `const amigo = require("pulumi-amigo");
const { id: workspaceId } = new amigo.Workspace("clinic", { slug: "swap-clinic", name: "Swap", environment: "staging", deletionProtection: false });
const service = (name) => new amigo.Service(name, { workspaceId, name, agentId: "${seedIds.agents.frontDesk}", contextGraphId: "${seedIds.contextGraphs.scheduling}" });
const useCase = (name) => new amigo.UseCase(name, { workspaceId, channel: "inbound_voice", entityName: "Clinic", name, setupId: "${seedIds.setups.voiceApproved}" });
const [day, night] = [service("day"), service("night")];
const [front, back] = [useCase("front"), useCase("back")];
new amigo.ServiceBinding("one", { workspaceId, useCaseId: front.id, serviceId: ${first}.id });
new amigo.ServiceBinding("two", { workspaceId, useCaseId: back.id, serviceId: ${second}.id });
module.exports = { front: front.id, back: back.id, day: day.id, night: night.id };`;
    await deploy({ name: `swap${parallel}`, program: program("day", "night") }, async ({ stack, emulator }) => {
      await stack.up();
      const ids = (await stack.outputs()) as Record<string, string>;
      stack.program(program("night", "day"));
      const swapped = await stack.up({ args: ["--parallel", parallel] });
      expect(swapped.output).toContain("2 updated");
      expect(emulator.store.bindings.get(ids.front ?? "")?.service_id).toBe(ids.night);
      expect(emulator.store.bindings.get(ids.back ?? "")?.service_id).toBe(ids.day);
      await stack.preview({ args: ["--expect-no-changes", "--refresh"] });
      await stack.destroy();
    });
  });
}
