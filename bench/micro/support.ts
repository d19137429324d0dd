import { readdirSync, statSync } from "node:fs";
import * as path from "node:path";
import { dynamicProvider } from "../../src/engine/adapter.js";
import { ProviderContext } from "../../src/engine/context.js";
import type { Lifecycle, Values } from "../../src/engine/lifecycle.js";
import { readSettings } from "../../src/engine/settings.js";
import { lifecycles } from "../../src/resources/index.js";
import { fleet } from "../fleet.js";

const { workspaceId, agentId, contextGraphId, setupId } = fleet(0);

/** Checked inputs of each kind that the fleet has, and a service with everything that can be declared. */
export const samples: Record<string, { lifecycle: Lifecycle; inputs: Values }> = {
  "a small service": {
    lifecycle: lifecycles.service,
    inputs: { workspaceId, name: "Desk", agentId, contextGraphId, description: "Books visits" },
  },
  "a full service": {
    lifecycle: lifecycles.service,
    inputs: {
      workspaceId,
      name: "Desk",
      agentId,
      contextGraphId,
      description: "Books visits",
      keyterms: Array.from({ length: 100 }, (_, index) => `term ${index}`),
      tags: Array.from({ length: 10 }, (_, index) => ({ key: `key-${index}`, value: "value" })),
      versionSets: { release: { agentVersionNumber: 3, contextGraphVersionNumber: 4 } },
      voiceConfig: { ttsModel: "sonic-3", fillerVocabulary: ["well", "so"] },
    },
  },
  "a use case": {
    lifecycle: lifecycles.useCase,
    inputs: { workspaceId, channel: "inbound_voice", entityName: "Clinic", name: "Line", setupId },
  },
  "a binding": {
    lifecycle: lifecycles.serviceBinding,
    inputs: { workspaceId, useCaseId: setupId, serviceId: agentId },
  },
};

const environment = { AMIGO_API_KEY: "amigo-bench-key" };
const context = new ProviderContext(readSettings({ config: () => undefined, environment, explicit: false }));

/** The provider of a lifecycle, configured, with nothing sent by check and diff. */
export function providerOf(lifecycle: Lifecycle) {
  return dynamicProvider(lifecycle, async () => context);
}

/** A service as the API answers it. */
export function serviceAnswer(index: number): Values {
  const id = `0a1b2c3d-aaaa-4bbb-8ccc-${String(index).padStart(12, "0")}`;
  const times = { created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-02T00:00:00Z" };
  const ids = { id, workspace_id: workspaceId, agent_id: agentId, context_graph_id: contextGraphId };
  const set = { agent_version_number: 3, llm_model_preferences: {} };
  const lists = {
    keyterms: ["visit", "refill"],
    tags: [{ key: "team", value: "desk" }],
    version_sets: { release: set },
  };
  return { ...ids, ...lists, ...times, name: `Desk ${index}`, description: "", is_active: true, tool_capacity: 3 };
}

const root = path.resolve(__dirname, "..", "..");

/** A file of the compiled library; throws when it is missing or older than its source, since it would measure something else. */
export function compiled(file: string): string {
  const [built, sources] = [path.join(root, "dist", file), path.join(root, "src")];
  const newest = Math.max(
    ...readdirSync(sources, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => statSync(path.join(sources, name)).mtimeMs),
  );
  const found = statSync(built, { throwIfNoEntry: false });
  if (!found || found.mtimeMs < newest)
    throw new Error(`${built} is missing or older than src: run \`npm run build\` first`);
  return built;
}
