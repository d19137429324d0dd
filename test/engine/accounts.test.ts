import { readFileSync } from "node:fs";
import * as path from "node:path";
import { expect, it } from "vitest";
import { seedIds } from "../../src/emulator/index.js";
import { deploy } from "../support/engine.js";

it("runs two accounts in one stack, and keeps their keys out of state and logs", async () => {
  const keys = { "planted-key-first": "owner", "planted-key-second": "owner@second" };
  const { second } = seedIds;
  const program = `const amigo = require("pulumi-amigo");
const pulumi = require("@pulumi/pulumi");
const baseUrl = process.env.AMIGO_BASE_URL;
const first = new amigo.Provider("first", { baseUrl, apiKey: "planted-key-first", settleSeconds: 2 });
const other = new amigo.Provider("second", { baseUrl, apiKeyEnv: "SECOND_KEY" });
function clinic(name, provider, agentId, contextGraphId) {
  const workspace = new amigo.Workspace(name, { slug: name, name, environment: "staging", deletionProtection: false }, { provider });
  return new amigo.Service(name, { workspaceId: workspace.id, name, agentId, contextGraphId }, { provider });
}
clinic("clinic-one", first, "${seedIds.agents.frontDesk}", "${seedIds.contextGraphs.intake}");
clinic("clinic-two", other, "${second.agents.frontDesk}", "${second.contextGraphs.intake}");
new amigo.Workspace("default", { slug: "clinic-three", name: "Default", environment: "staging", deletionProtection: false });`;
  await deploy(
    {
      name: "accounts",
      program,
      emulator: { apiKeys: { ...keys, "planted-key-default": "owner", "planted-key-rotated": "rotated" } },
      env: { AMIGO_API_KEY: "", SECOND_KEY: "planted-key-second", AMIGO_LOG: "trace" },
    },
    async ({ stack, emulator }) => {
      await stack.config("amigo:apiKey", "planted-key-default", { secret: true });
      const up = await stack.up();
      const workspaces = emulator.store.workspaces.list();
      const organisation = (slug: string) => workspaces.find((workspace) => workspace.slug === slug)?.organisation_id;
      expect(organisation("clinic-one")).toBe(organisation("clinic-three"));
      expect(organisation("clinic-one")).not.toBe(organisation("clinic-two"));
      expect(up.output).toMatch(/amigo: POST .*\/services 201, .* request id req_/);

      const refreshed = await stack.refresh();
      const state = JSON.stringify(await stack.exportState());
      const backend = ["dev.json"].map((file) =>
        readFileSync(path.join(stack.folder, "backend", ".pulumi", "stacks", "accounts", file), "utf8"),
      );
      for (const text of [up.output, refreshed.output, state, ...backend]) expect(text).not.toContain("planted-key");
      await stack.preview({ args: ["--expect-no-changes"] });

      // The stored config of the default provider holds the old key; a rotated one comes from the environment first.
      emulator.clearRequests();
      await stack.refresh({ env: { AMIGO_API_KEY: "planted-key-rotated" } });
      expect(new Set(emulator.requests.map(({ principal }) => principal))).toContain("rotated");
      await stack.destroy();
      expect(emulator.store.services.list().filter(({ name }) => name.startsWith("clinic-"))).toEqual([]);
    },
  );
});
