import { afterEach } from "vitest";
import { AmigoClient } from "../../src/api/index.js";
import { demoKey, type Emulator, type RequestLogEntry, seedIds, startEmulator } from "../../src/emulator/index.js";
import { ProviderContext } from "../../src/engine/provider/context.js";
import { readSettings } from "../../src/engine/settings.js";
import { parseDocument } from "../../src/environment/document.js";
import type { Environment } from "../../src/environment/environment.js";
import { documentText } from "../../src/environment/export.js";
import { environmentOf, readWorkspace } from "../../src/environment/live.js";
import { References } from "../../src/environment/references.js";
import { SourceText } from "../../src/environment/source-text.js";

export const ids = seedIds;
const open: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** An emulator with a workspace, its client, and the account that commands would use. */
export async function makeScene(options: Parameters<typeof startEmulator>[0] = {}) {
  const requests: RequestLogEntry[] = [];
  const emulator: Emulator = await startEmulator({ port: 0, onRequest: (entry) => requests.push(entry), ...options });
  open.push(() => emulator.close());
  const client = new AmigoClient({ baseUrl: emulator.url, apiKey: () => demoKey });
  open.push(() => client.close());
  const settings = readSettings({
    config: () => undefined,
    environment: { AMIGO_API_KEY: demoKey, AMIGO_BASE_URL: emulator.url },
    explicit: false,
  });
  const newContext = () => {
    const made = new ProviderContext(settings, () => {});
    open.push(() => made.close());
    return made;
  };
  const context = newContext();
  const workspace = seedIds.workspace;
  return {
    emulator,
    client,
    context,
    newContext,
    workspace,
    requests,
    service: (name: string, more: object = {}) =>
      client.createService(workspace, {
        name,
        agent_id: seedIds.agents.frontDesk,
        context_graph_id: seedIds.contextGraphs.scheduling,
        ...more,
      } as Parameters<AmigoClient["createService"]>[1]),
    useCase: (name: string, more: object = {}) =>
      client.createUseCase(workspace, {
        channel: "inbound_voice",
        entity_name: "Riverside",
        name,
        setup_id: seedIds.setups.voiceApproved,
        ...more,
      } as Parameters<AmigoClient["createUseCase"]>[1]),
    export: (references = References.none()): Promise<Environment> =>
      readWorkspace(context, workspace).then((inventory) =>
        environmentOf("staging", inventory, references.copy(workspace)),
      ),
  };
}

export function parse(text: string): Environment {
  return parseDocument(SourceText.parse("clinic.yaml", text));
}

export function yamlOf(environment: Environment): string {
  return documentText(environment, "yaml");
}
