import { expect, it } from "vitest";
import { seedIds } from "../../src/emulator/index.js";
import { deploy, writes } from "../support/engine.js";
import { sixResources } from "../support/program.js";

const useCase = (name: string, more = "") =>
  `const calls = new amigo.UseCase("calls", { workspaceId, channel: "inbound_voice", entityName: "Clinic", name: "${name}", setupId: "${seedIds.setups.voiceApproved}"${more} });`;

const clinic = (slug: string) =>
  `const clinic = new amigo.Workspace("clinic", { slug: "${slug}", name: "Engine Clinic", environment: "staging", connectorType: "epic", deletionProtection: false });
const workspaceId = clinic.id;`;

const before = (order: string[], first: string, second: string) => {
  expect(order).toContain(first);
  expect(order).toContain(second);
  expect(order.indexOf(first)).toBeLessThan(order.indexOf(second));
};

it("unbinds before it deletes: in replacements, renames, a move to another workspace, and removal from the program", async () => {
  // A server that deletes no service with a line shows each deletion that comes too early.
  const strict = { dialect: { deleteBoundService: "refused" } } as const;
  await deploy(
    { name: "order", program: sixResources(), emulator: strict },
    async ({ stack, emulator, operations }) => {
      await stack.up();
      operations();
      const run = async (more: Parameters<typeof sixResources>[0], options: Parameters<typeof stack.up>[0] = {}) => {
        stack.program(sixResources(more));
        return { ...(await stack.up(options)), wrote: writes(operations()) };
      };

      // Another use case under the same key.
      const described = { useCase: useCase("Line", ', description: "Books visits"') };
      expect((await run(described)).wrote).toEqual([
        "unbind-use-case-from-service",
        "delete-use-case",
        "create-use-case",
        "bind-use-case-to-service",
      ]);

      const replaced = (await run(described, { args: ["--replace", (await stack.resource("desk")).urn] })).wrote;
      before(replaced, "unbind-use-case-from-service", "delete-service");
      before(replaced, "update-service", "delete-service");
      before(replaced, "delete-service", "create-service");
      before(replaced, "create-service", "bind-use-case-to-service");

      // A use case of another name is made first, its line moves, and the old one goes last.
      expect((await run({ useCase: useCase("Reception") }, { preview: true })).wrote).toEqual([
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
      const failed = await run({ useCase: useCase("Night desk") }, { outcome: "fails" });
      expect(failed.output).toContain("not approved");
      expect(failed.wrote).toEqual(["create-use-case"]);
      emulator.faults.remove("no");

      // A rename without an alias leaves what the new one holds alone.
      const line2 =
        'const line = new amigo.ServiceBinding("line2", { workspaceId, useCaseId: calls.id, serviceId: desk.id });';
      const renamed = await run({ useCase: useCase("Reception"), binding: line2 });
      expect(renamed.wrote).toEqual([]);
      expect(renamed.output).toContain("aliases");
      expect(emulator.store.bindings.list()).toHaveLength(1);

      // To a workspace of another slug; the old one is archived last.
      const two = clinic("engine-clinic-two");
      const order = (await run({ workspace: two, useCase: useCase("Reception") }, { preview: true })).wrote;
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
      operations();

      const nothing = { service: "", versionSet: "", useCase: "", binding: "", exports: "" };
      const removed = (await run({ workspace: two, ...nothing })).wrote;
      before(removed, "unbind-use-case-from-service", "delete-use-case");
      before(removed, "unbind-use-case-from-service", "delete-service");
      before(removed, "update-service", "delete-service");
      await stack.destroy();
    },
  );
});

it("swaps two bindings in one run, at --parallel 1 and 16", async () => {
  const program = (first: string, second: string) => `const amigo = require("pulumi-amigo");
const { id: workspaceId } = new amigo.Workspace("clinic", { slug: "swap-clinic", name: "Swap", environment: "staging", deletionProtection: false });
const service = (name) => new amigo.Service(name, { workspaceId, name, agentId: "${seedIds.agents.frontDesk}", contextGraphId: "${seedIds.contextGraphs.scheduling}" });
const useCase = (name) => new amigo.UseCase(name, { workspaceId, channel: "inbound_voice", entityName: "Clinic", name, setupId: "${seedIds.setups.voiceApproved}" });
const [day, night] = [service("day"), service("night")];
const [front, back] = [useCase("front"), useCase("back")];
new amigo.ServiceBinding("one", { workspaceId, useCaseId: front.id, serviceId: ${first}.id });
new amigo.ServiceBinding("two", { workspaceId, useCaseId: back.id, serviceId: ${second}.id });
module.exports = { front: front.id, back: back.id, day: day.id, night: night.id };`;
  await deploy({ name: "swap", ownProcess: true, program: program("day", "night") }, async ({ stack, emulator }) => {
    await stack.up();
    const ids = (await stack.outputs()) as Record<string, string>;
    for (const [parallel, front, back] of [
      ["1", "night", "day"],
      ["16", "day", "night"],
    ] as const) {
      stack.program(program(front, back));
      const swapped = await stack.up({ args: ["--parallel", parallel] });
      expect(swapped.output).toContain("2 updated");
      expect(emulator.store.bindings.get(ids.front ?? "")?.service_id).toBe(ids[front]);
      expect(emulator.store.bindings.get(ids.back ?? "")?.service_id).toBe(ids[back]);
      await stack.preview({ args: ["--expect-no-changes", "--refresh"] });
    }
    await stack.destroy();
  });
});
