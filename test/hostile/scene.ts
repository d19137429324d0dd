import { afterAll, beforeAll } from "vitest";
import { type Emulator, type RequestLogEntry, type StoreSnapshot, seedIds } from "../../src/emulator/index.js";
import { type Bench, type Kind, type Managed, Run, startBench } from "../support/lifecycle.js";

export type Values = Record<string, unknown>;

export const ids = {
  workspace: seedIds.workspace,
  service: "5e5e0000-0000-4000-8000-000000000001",
  other: "5e5e0000-0000-4000-8000-000000000002",
  useCase: "00c00000-0000-4000-8000-000000000001",
};

const inWorkspace = { workspaceId: ids.workspace };

/** Inputs of each kind that are right, with every property that a test may spoil. */
export const right: Record<Kind, Values> = {
  workspace: {
    slug: "hostile-clinic",
    name: "Clinic",
    environment: "staging",
    region: "eu-central-1",
    backendOrgId: "org",
    connectorType: "epic",
    provision: true,
    creation: "self-service",
    deletionProtection: false,
  },
  service: {
    ...inWorkspace,
    name: "Desk",
    agentId: seedIds.agents.frontDesk,
    contextGraphId: seedIds.contextGraphs.scheduling,
    description: "Answers",
    keyterms: ["checkup"],
    isActive: true,
    versionSets: {
      canary: { agentVersionNumber: 1, llmModelPreferences: { main: { llmName: "m", params: { a: 1 } } } },
    },
    tags: [{ key: "team", value: "desk" }],
    toolCapacity: 4,
    safetyFiltersEnabled: true,
    channelType: "voice",
    environment: "production",
    personaId: seedIds.personas.warm,
    voiceConfig: { ttsModel: "sonic-3", eagerEotThreshold: 0.5, fillerVocabulary: ["well"], bargeInCooldownS: 1 },
    adopt: false,
  },
  versionSet: {
    ...inWorkspace,
    serviceId: ids.service,
    name: "pilot",
    agentVersionNumber: 1,
    contextGraphVersionNumber: 2,
    llmModelPreferences: { main: { llmName: "m", params: { a: 1 } } },
    onDelete: "remove",
  },
  useCase: {
    ...inWorkspace,
    channel: "email",
    entityName: "Clinic",
    name: "Reminders",
    setupId: seedIds.setups.emailApproved,
    description: "Reminds",
    senderEmailAddress: "desk@clinic.example",
    emailType: "transactional",
    adopt: false,
  },
  serviceBinding: { ...inWorkspace, useCaseId: ids.useCase, serviceId: ids.service, allowRebind: false },
  testCallerNumbers: { ...inWorkspace, numbers: ["+14155550100"], adopt: false },
};

export const kinds = Object.keys(right) as Kind[];

/** A server with a service and a use case of somebody else, which goes back to its first state before each run. */
export class Scene {
  private first: StoreSnapshot | undefined;
  private last: Run | undefined;

  private constructor(readonly bench: Bench) {}

  static async start(): Promise<Scene> {
    const scene = new Scene(await startBench());
    const { store } = scene.emulator;
    const service = {
      workspace_id: ids.workspace,
      agent_id: seedIds.agents.frontDesk,
      context_graph_id: seedIds.contextGraphs.intake,
    };
    store.addService({ id: ids.service, name: "Theirs", ...service });
    store.addService({ id: ids.other, name: "Other", ...service });
    store.addUseCase({
      id: ids.useCase,
      workspace_id: ids.workspace,
      channel: "inbound_voice",
      entity_name: "Clinic",
      name: "Theirs",
      setup_id: seedIds.setups.voiceApproved,
    });
    scene.first = structuredClone(store.snapshot());
    return scene;
  }

  get emulator(): Emulator {
    return this.bench.emulator;
  }

  /** A new provider process, as far as memory goes, before the server in its first state. */
  async again(config: Record<string, string> = {}): Promise<Run> {
    await this.last?.context.close();
    if (this.first) this.emulator.store.load(structuredClone(this.first));
    this.emulator.clearRequests();
    this.last = new Run(this.emulator, { settleSeconds: "0", maxAttempts: "2", ...config });
    return this.last;
  }

  async close(): Promise<void> {
    await this.last?.context.close();
    await this.bench.close();
  }
}

/** The scene of a test file. */
export function sceneOfFile(): () => Scene {
  let scene: Scene | undefined;
  beforeAll(async () => {
    scene = await Scene.start();
  });
  afterAll(async () => {
    await scene?.close();
  });
  return () => {
    if (!scene) throw new Error("the scene is not set yet");
    return scene;
  };
}

/** Where the contract has a request with these ids; a path that is none of these was made by an odd value. */
export function expectedPaths(kind: Kind, id: string, inputs: Values): string[] {
  const child = `/v1/${String(inputs.workspaceId)}`;
  const workspace = `/v1/workspaces/${kind === "workspace" ? id : String(inputs.workspaceId)}`;
  const service = `${child}/services/${kind === "service" ? id : String(inputs.serviceId)}`;
  const useCase = `${child}/use-cases/${kind === "useCase" ? id : String(inputs.useCaseId)}`;
  const name = encodeURIComponent(Buffer.from(String(inputs.name)).toString());
  return {
    workspace: ["/v1/workspaces", "/v1/workspaces/self-service", workspace, `${workspace}/provision`],
    service: [`${child}/services`, service, `${child}/use-cases`],
    // A refused number is named with those that the workspace's services pin.
    versionSet: [`${child}/services`, service, `${service}/version-sets/${name}`],
    useCase: [`${child}/use-cases`, useCase],
    serviceBinding: [`${useCase}/service-binding`, `${child}/use-cases`],
    testCallerNumbers: [`${workspace}/test-caller-numbers`],
  }[kind].concat(workspace);
}

export function pathOf(entry: RequestLogEntry): string {
  return entry.path.split("?")[0] ?? "";
}

/** What the server holds of a resource, in the contract's names. */
export function storedOf({ store }: Emulator, kind: Kind, { id, inputs }: Managed): Values | undefined {
  switch (kind) {
    case "workspace":
      return store.workspaces.get(id) as Values | undefined;
    case "service":
      return store.services.get(id) as Values | undefined;
    case "versionSet": {
      const sets = store.services.get(String(inputs.serviceId))?.version_sets ?? {};
      return Object.hasOwn(sets, String(inputs.name)) ? (sets[String(inputs.name)] as Values) : undefined;
    }
    case "useCase":
      return store.useCases.get(id) as Values | undefined;
    case "serviceBinding":
      return store.bindings.get(id) as Values | undefined;
    case "testCallerNumbers":
      return { numbers: store.workspaces.get(id)?.test_caller_numbers };
  }
}

const notSent = ["workspaceId", "provision", "creation", "deletionProtection", "adopt", "onDelete", "allowRebind"];
const inPath = { versionSet: ["serviceId", "name"], serviceBinding: ["useCaseId"] } as Record<string, string[]>;

/** The declared inputs as the contract names them; maps keep the keys that the program gave. */
export function onTheWire(kind: Kind, inputs: Values): Values {
  const left = [...notSent, ...(inPath[kind] ?? [])];
  const sent = Object.entries(inputs).filter(
    ([name, value]) => !left.includes(name) && value !== undefined && value !== null,
  );
  return Object.fromEntries(sent.map(([name, value]) => [snake(name), wire(name, value)]));
}

function wire(name: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => wire("", item));
  // JSON has one zero only.
  if (typeof value === "number") return value === 0 ? 0 : value;
  if (value === null || typeof value !== "object") return value;
  if (name === "params") return JSON.parse(JSON.stringify(value));
  const isMap = name === "versionSets" || name === "llmModelPreferences";
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => [isMap ? key : snake(key), wire(isMap ? "" : key, inner)]),
  );
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
