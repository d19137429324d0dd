import { expect } from "vitest";
import type { Dialect, EmulatorStore } from "../../../src/emulator/index.js";
import type { Managed } from "../../support/lifecycle.js";

type Values = Record<string, unknown>;

/** Properties that no server holds. */
const LOCAL = [
  "__undeclared",
  "adopt",
  "provision",
  "creation",
  "deletionProtection",
  "allowRebind",
  "onDelete",
  "isSystem",
];
const OWNER = "__owner";
const OWNER_TAG = "pulumi-owner";

const voiceDefaults = { fillerStyle: "backchannel", backchannelDelayMs: 400, forwardCallEnabled: false };

/** Asserts that what state says of a resource is what the server holds; written without the provider's own conversions. */
export function expectTrue(store: EmulatorStore, dialect: Dialect, resource: Managed, name: string): void {
  const stored = storedValues(store, resource);
  expect(stored, `${name} exists`).toBeDefined();
  const strip = dialect.trimStrings;
  const declared = Object.entries(resource.outputs).filter(([key]) => !LOCAL.includes(key) && key !== OWNER);
  for (const [key, value] of declared) {
    const [state, server] = [value, stored?.[key]].map((side) => plain(filled(key, side, resource.outputs), strip));
    expect(state, `${key} of ${name}: state, and what the server holds`).toEqual(server);
  }
}

function storedValues(store: EmulatorStore, { kind, id, outputs }: Managed): Values | undefined {
  const record = (found: object | undefined) => found && (camel(found) as Values);
  switch (kind) {
    case "workspace":
      return record(store.workspaces.get(id));
    case "service": {
      const { agents, contextGraphs, personas } = store;
      const found = store.services.get(id);
      const names = found && {
        agentName: agents.get(found.agent_id)?.name,
        contextGraphName: contextGraphs.get(found.context_graph_id)?.name,
        personaName: found.persona_id === null ? undefined : personas.get(found.persona_id)?.name,
        tags: found.tags.filter(({ key }) => key !== OWNER_TAG),
      };
      return found && { ...record(found), ...names };
    }
    case "versionSet": {
      const service = store.services.get(String(outputs.serviceId));
      const set = service?.version_sets[String(outputs.name)];
      const { workspaceId, serviceId, name } = outputs;
      return service && set && { ...record(set), workspaceId, serviceId, name };
    }
    case "useCase":
      return record(store.useCases.get(id));
    case "serviceBinding":
      return record(store.bindings.get(id));
    case "testCallerNumbers":
      return { workspaceId: id, numbers: store.workspaces.get(id)?.test_caller_numbers };
  }
}

/** Fills in what the contract gives for what is left out inside a property; of inline sets only the declared ones count. */
function filled(key: string, value: unknown, { versionSets }: Values): unknown {
  if (value === undefined || value === null) return undefined;
  if (key === "voiceConfig") return { ...voiceDefaults, ...plainRecord(value) };
  if (key === "llmModelPreferences") return preferences(value);
  if (key !== "versionSets") return value;
  const declared = Object.keys((versionSets as object | undefined) ?? {});
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => declared.includes(name))
      .map(([name, set]) => [name, { ...set, llmModelPreferences: preferences(set.llmModelPreferences ?? {}) }]),
  );
}

function preferences(value: unknown): unknown {
  return Object.fromEntries(
    Object.entries(value as Record<string, object>).map(([purpose, one]) => [purpose, { params: {}, ...one }]),
  );
}

function plainRecord(value: unknown): Values {
  return Object.fromEntries(Object.entries(value as Values).filter(([, part]) => part !== null && part !== undefined));
}

/** Without null, with lists in a fixed order, and with the ends of texts as this server keeps them. */
function plain(value: unknown, strip: boolean): unknown {
  if (typeof value === "string") return strip ? value.trim() : value;
  if (Array.isArray(value)) return value.map((item) => plain(item, strip)).sort(byText);
  if (value === null || typeof value !== "object") return value ?? undefined;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, part]) => {
      const inner = plain(part, strip);
      return inner === undefined ? [] : [[key, inner]];
    }),
  );
}

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}

function camel(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camel);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      camel(part),
    ]),
  );
}
