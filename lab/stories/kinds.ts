import type { EmulatorStore } from "../../src/emulator/index.js";
import { seedIds } from "../../src/emulator/index.js";
import type { Kind, Values } from "../engine/program.js";

/** What a careful user knows of one input: written from the contract, not from the provider. */
export interface Property {
  /** Its name on the server. */
  readonly wire: string;
  /** Values that stories give it. */
  readonly values: readonly unknown[];
  /** A change makes another thing. */
  readonly replaces?: boolean;
  readonly required?: boolean;
  /** What the server holds where nobody ever said anything. */
  readonly default?: unknown;
  /** Cannot go back to nothing. */
  readonly stays?: boolean;
  readonly isSet?: boolean;
  /** A map of which only the declared keys count. */
  readonly partial?: boolean;
  /** Fills in what the contract says of parts that are left out. */
  readonly filled?: (value: unknown) => unknown;
}

const { agents, contextGraphs, setups, personas } = seedIds;

/** A word that is a secret of the program: it stands in an argument and must never show in state or messages. */
export const SECRET = "sesame-open";

export const PROPERTIES: Readonly<Record<Kind, Readonly<Record<string, Property>>>> = {
  service: {
    name: { wire: "name", values: ["Desk", "Night", "Front"], required: true },
    agentId: { wire: "agent_id", values: [agents.frontDesk, agents.nightNurse], required: true },
    contextGraphId: { wire: "context_graph_id", values: [contextGraphs.scheduling], required: true },
    description: { wire: "description", values: ["one", "two", "", "three"], default: "" },
    keyterms: {
      wire: "keyterms",
      values: [["alpha"], ["beta", "alpha"], [], ["alpha", SECRET]],
      default: [],
      isSet: true,
    },
    toolCapacity: { wire: "tool_capacity", values: [5, 3, 7], default: 3 },
    isActive: { wire: "is_active", values: [false, true], default: true },
    versionSets: {
      wire: "version_sets",
      values: [
        { canary: { agentVersionNumber: 2 } },
        { canary: { agentVersionNumber: 3 }, beta: {} },
        { canary: { agentVersionNumber: 1 } },
      ],
      partial: true,
      stays: true,
    },
    personaId: { wire: "persona_id", values: [personas.warm, personas.brisk], default: null },
  },
  useCase: {
    channel: { wire: "channel", values: ["inbound_voice", "outbound_voice"], required: true, replaces: true },
    entityName: { wire: "entity_name", values: ["Clinic"], required: true, replaces: true },
    name: { wire: "name", values: ["Line", "Second", "Third"], required: true, replaces: true },
    setupId: { wire: "setup_id", values: [setups.voiceApproved], required: true, replaces: true },
    description: { wire: "description", values: ["old", "new", ""], default: "", replaces: true },
  },
  serviceBinding: {
    useCaseId: { wire: "use_case_id", values: [], required: true, replaces: true },
    serviceId: { wire: "service_id", values: [], required: true },
  },
  versionSet: {
    serviceId: { wire: "service_id", values: [], required: true, replaces: true },
    name: { wire: "name", values: ["canary", "beta", "release"], required: true, replaces: true },
    agentVersionNumber: { wire: "agent_version_number", values: [1, 2, 3], default: null },
    contextGraphVersionNumber: { wire: "context_graph_version_number", values: [2, 3, 4], default: null },
    llmModelPreferences: {
      wire: "llm_model_preferences",
      values: [{ main: { llmName: "small" } }, { main: { llmName: "large" } }],
      default: {},
      filled: (value) =>
        Object.fromEntries(Object.entries(value as object).map(([key, inner]) => [key, { params: {}, ...inner }])),
    },
  },
  testCallerNumbers: {
    numbers: {
      wire: "numbers",
      values: [["+14155550100"], ["+14155550100", "+14155550101"], ["+14155550102"]],
      required: true,
      isSet: true,
    },
  },
  workspace: {
    slug: { wire: "slug", values: ["lab", "lab-two"], required: true, replaces: true },
    name: { wire: "name", values: ["Lab", "Laboratory"], required: true },
    environment: { wire: "environment", values: ["development", "staging"], required: true },
    connectorType: { wire: "connector_type", values: ["epic", "cerner"], default: null, stays: true },
  },
};

/** What the server holds under an id, by the program's property names; undefined when there is nothing. */
export function liveValues(store: EmulatorStore, kind: Kind, id: string): Values | undefined {
  const record = recordOf(
    store,
    kind,
    id.replace(/^[^/]+/, (part) => part.toLowerCase()),
  );
  if (!record) return undefined;
  const named = Object.entries(PROPERTIES[kind]).map(([name, { wire }]) => [name, fromServer(record[wire])]);
  return Object.fromEntries(named.filter(([, value]) => value !== undefined && value !== null));
}

function recordOf(store: EmulatorStore, kind: Kind, id: string): Record<string, unknown> | undefined {
  const plain = (record: object | undefined) => record as Record<string, unknown> | undefined;
  switch (kind) {
    case "service":
      return plain(store.services.get(id));
    case "useCase":
      return plain(store.useCases.get(id));
    case "serviceBinding":
      return plain(store.bindings.get(id));
    case "versionSet": {
      const [serviceId = "", name = ""] = id.split("/");
      const sets = store.services.get(serviceId)?.version_sets ?? {};
      return Object.hasOwn(sets, name) ? { ...sets[name], service_id: serviceId, name } : undefined;
    }
    case "testCallerNumbers": {
      const workspace = store.workspaces.get(id);
      return workspace && { numbers: workspace.test_caller_numbers };
    }
    case "workspace": {
      const workspace = store.workspaces.get(id);
      return workspace?.archived_at === null ? plain(workspace) : undefined;
    }
  }
}

function fromServer(value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      fromServer(inner),
    ]),
  );
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether two values of a property mean the same to a user; the first is what is wanted. */
export function means(property: Property, a: unknown, b: unknown): boolean {
  const normal = (value: unknown): unknown => {
    if (value === undefined || value === null) return normal(property.default ?? "nothing");
    if (typeof value === "string") return UUID.test(value) ? value.toLowerCase() : value;
    if (Array.isArray(value)) return property.isSet ? value.toSorted() : value;
    return property.filled && typeof value === "object" ? property.filled(value) : value;
  };
  if (property.partial)
    return a === undefined || Object.entries(a as object).every(([name, set]) => sameSet(set, b, name));
  return JSON.stringify(normal(a)) === JSON.stringify(normal(b));
}

function sameSet(declared: object, sets: unknown, name: string): boolean {
  const live = (sets as Record<string, object> | undefined)?.[name];
  if (!live) return false;
  return Object.entries(PROPERTIES.versionSet).every(([key, property]) => {
    if (property.required) return true;
    return means(property, (declared as Values)[key], (live as Values)[key]);
  });
}
