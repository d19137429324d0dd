import { expect, it } from "vitest";
import { startStateService } from "../../bench/journal/process.js";
import { seedIds } from "../../src/emulator/index.js";
import { deploy, writes } from "../support/engine.js";

const { workspace, agents, contextGraphs, setups } = seedIds;

const service = (name: string, more = "") =>
  `new amigo.Service("${name}", { workspaceId: "${workspace}", name: "${name} journal", agentId: "${agents.frontDesk}", contextGraphId: "${contextGraphs.intake}"${more} })`;
const calls = (name: string) =>
  `new amigo.UseCase("calls", { workspaceId: "${workspace}", channel: "inbound_voice", entityName: "Clinic", name: "${name}", setupId: "${setups.voiceApproved}" })`;
const program = (changes: { desk?: string; line: string }) => `const amigo = require("pulumi-amigo");
const desk = ${service("desk", changes.desk)};
const ward = ${service("ward")};
const line = ${calls(changes.line)};
new amigo.ServiceBinding("line", { workspaceId: "${workspace}", useCaseId: line.id, serviceId: desk.id });`;

it("keeps a stack's whole life in a journal, as Pulumi Cloud does", async () => {
  const state = await startStateService(0);
  try {
    const stackOptions = { name: "journal", program: program({ line: "Line" }), env: state.env };
    await deploy(stackOptions, async ({ stack, emulator, operations }) => {
      await stack.up();
      const { deployment } = await stack.exportState();
      expect(deployment.resources?.map(({ urn }) => urn.split("::").at(-1)).slice(-4)).toContain("line");

      // An update, a replacement, and a resource that is gone, all found by the same refreshing update.
      const ward = emulator.store.services.find(({ name }) => name === "ward journal");
      emulator.store.services.delete(ward?.id ?? "");
      operations();
      stack.program(program({ desk: `, description: "Days"`, line: "Other Line" }));
      await stack.up({ args: ["--refresh"] });
      expect(writes(operations()).sort()).toEqual([
        "bind-use-case-to-service",
        "create-service",
        "create-use-case",
        "delete-use-case",
        "unbind-use-case-from-service",
        "update-service",
      ]);

      await stack.preview({ args: ["--expect-no-changes"] });
      await stack.destroy();
      expect((await state.export("bench/journal/dev")).deployment.resources).toEqual([]);
      await stack.command(["stack", "rm", "--yes"]);
    });
    const { journalEntries, checkpoints, refused } = await state.traffic();
    expect(refused).toEqual([]);
    expect(checkpoints).toBe(0);
    expect(journalEntries).toBeGreaterThan(30);
  } finally {
    state.stop();
  }
});
