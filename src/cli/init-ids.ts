import { canonicalId, type ServiceResponse, type WorkspaceResponse, wholeOf } from "../api/index.js";
import { isLoopback } from "../api/url.js";
import { demoKey } from "../emulator-keys.js";
import { PUBLIC_SERVER, readSettings } from "../engine/settings.js";
import { openContext } from "../environment/account.js";
import type { ProjectIds } from "./init-files.js";

/** What the options say. */
export type GivenIds = Partial<ProjectIds>;

export interface Choice {
  readonly ids: ProjectIds;
  /** Whether the ids are the emulator's. */
  readonly isEmulator: boolean;
  /** The server, where a project must name it; where the emulator is meant, its address if it is known. */
  readonly baseUrl?: string;
  /** Where the ids come from, a sentence each. */
  readonly notes: readonly string[];
}

const OPTIONS = {
  workspaceId: "--workspace-id",
  agentId: "--agent-id",
  contextGraphId: "--context-graph-id",
} as const;
const ALL_OPTIONS = { ...OPTIONS, setupId: "--setup-id" };

/** Asks the account of the environment for the ids that are not given; it must have a key. */
export async function chooseIds(given: GivenIds, environment = process.env): Promise<Choice> {
  const context = openContext({ environment }, () => undefined);
  try {
    return await found(context, given);
  } catch (error) {
    throw new Error(context.messageOf(error), { cause: error });
  } finally {
    await context.close();
  }
}

/** Takes what is given, and asks the API for the rest where there is a key for it; else the ids are the emulator's. */
export async function idsFor(given: GivenIds, wantsEmulator: boolean): Promise<Choice> {
  const { baseUrl, apiKey, problems } = readSettings({
    config: () => undefined,
    environment: process.env,
    explicit: false,
  });
  if (problems.length > 0) throw new Error(problems.join("\n"));
  const isHere = isLoopback(new URL(baseUrl).hostname);
  const isEmulators = isHere && [undefined, demoKey].includes(apiKey());
  if (wantsEmulator || isEmulators) return { ...(await emulatorChoice(given)), ...(isHere ? { baseUrl } : {}) };
  const own = baseUrl === PUBLIC_SERVER ? undefined : baseUrl;
  const missing = missingIn(given);
  if (missing.length === 0) return { ids: given as ProjectIds, isEmulator: false, baseUrl: own, notes: [] };
  if (apiKey() !== undefined) return { ...(await chooseIds(given)), baseUrl: own };
  if (Object.keys(given).length === 0) return emulatorChoice(given);
  throw new Error(
    `${missing.join(", ")}: not given, and there is no key in AMIGO_API_KEY to look for it with. ` +
      "Give all three ids, or set the key, or give no id to start with the emulator's",
  );
}

function missingIn(given: GivenIds): string[] {
  return Object.entries(OPTIONS).flatMap(([name, option]) => (given[name as keyof GivenIds] ? [] : [option]));
}

async function emulatorChoice(given: GivenIds): Promise<Choice> {
  const { seedIds } = await import("../emulator/index.js");
  const known = {
    workspaceId: [seedIds.workspace],
    agentId: Object.values(seedIds.agents),
    contextGraphId: Object.values(seedIds.contextGraphs),
    setupId: Object.values(seedIds.setups),
  };
  const unknown = Object.entries(ALL_OPTIONS).flatMap(([name, option]) => {
    const [id, ids] = [given[name as keyof GivenIds], known[name as keyof GivenIds]];
    return id === undefined || ids.includes(id) ? [] : [`${option} ${id}: the emulator starts with ${ids.join(", ")}`];
  });
  if (unknown.length > 0) {
    throw new Error(
      `${unknown.join("\n")}\nNothing was written. Leave the option out, or set AMIGO_API_KEY and AMIGO_BASE_URL of the account that has it. ` +
        "The id of what you made in an emulator goes into the project afterwards",
    );
  }
  const seed = {
    workspaceId: seedIds.workspace,
    agentId: seedIds.agents.frontDesk,
    contextGraphId: seedIds.contextGraphs.scheduling,
    setupId: seedIds.setups.voiceApproved,
  };
  return { ids: { ...seed, ...given }, isEmulator: true, notes: ["The ids are the emulator's."] };
}

async function found({ client }: ReturnType<typeof openContext>, given: GivenIds): Promise<Choice> {
  const notes: string[] = [];
  let { workspaceId } = given;
  if (!workspaceId) {
    const workspace = onlyOne(wholeOf(await client.listWorkspaces()));
    workspaceId = canonicalId(workspace.id);
    notes.push(`Workspace: ${workspace.name}, the only one that this key sees.`);
  }
  const { agentId, contextGraphId, setupId } = given;
  if (agentId && contextGraphId) {
    return { ids: { workspaceId, agentId, contextGraphId, setupId }, isEmulator: false, notes };
  }
  const services = wholeOf(await client.listServices(workspaceId));
  const model = services.find(({ is_system }) => !is_system) ?? services[0];
  if (!model) {
    throw new Error(
      `workspace ${workspaceId} has no service to take an agent and a context graph from. Give ` +
        "--agent-id and --context-graph-id; the Amigo console shows both ids",
    );
  }
  notes.push(`Agent and context graph: those of the service "${model.name}".`, ...others(services, model));
  const ids = {
    workspaceId,
    agentId: agentId ?? canonicalId(model.agent_id),
    contextGraphId: contextGraphId ?? canonicalId(model.context_graph_id),
    setupId,
  };
  return { ids, isEmulator: false, notes };
}

function onlyOne(workspaces: WorkspaceResponse[]): WorkspaceResponse {
  const [first, ...rest] = workspaces;
  if (!first) {
    throw new Error(
      "this key sees no workspace: make one in the Amigo console, or is the key for another account or server?",
    );
  }
  if (rest.length === 0) return first;
  const lines = workspaces.map(({ id, name, slug }) => `  --workspace-id ${id}   ${name} (${slug})`);
  throw new Error(
    `this key sees ${workspaces.length} workspaces. Run init again with one of these:\n${lines.join("\n")}`,
  );
}

/** What other services run, so that the reader can choose. */
function others(services: readonly ServiceResponse[], model: ServiceResponse): string[] {
  const pairs = new Map(
    services
      .filter(({ agent_id, context_graph_id }) => {
        return agent_id !== model.agent_id || context_graph_id !== model.context_graph_id;
      })
      .map((service) => [`${service.agent_id} ${service.context_graph_id}`, service]),
  );
  return [...pairs.values()].slice(0, 10).map((service) => {
    const agent = `agent ${service.agent_name ?? "without a name"} ${service.agent_id}`;
    const graph = `context graph ${service.context_graph_name ?? "without a name"} ${service.context_graph_id}`;
    return `Service "${service.name}" has ${agent} and ${graph}.`;
  });
}
