import { z } from "zod";
import { type CreateServiceBody, type ServiceResponse, wholeOf } from "../api/index.js";
import { matchesIn } from "../api/listed.js";
import { asSet, asText } from "../engine/compare.js";
import type { DocumentForm } from "../engine/document-form.js";
import { HIDDEN } from "../engine/hidden.js";
import { type Existing, inputsSchema, type Properties, type Recovery, type Values } from "../engine/lifecycle.js";
import { fromWire, toWire } from "../engine/wire.js";
import * as fields from "./fields.js";
import { ownerOf } from "./service-writes.js";

const id = { schema: fields.uuid, change: "update", isId: true } as const;

/** The one table of what a service declares. */
export const properties = {
  workspaceId: { schema: fields.uuid, change: "replace", isId: true },
  name: { schema: fields.plainText(1, 256), change: "update" },
  agentId: id,
  contextGraphId: id,
  description: { schema: fields.description.optional(), change: "update", default: "", normalise: asText },
  keyterms: { schema: fields.keyterms.optional(), change: "update", default: [], normalise: asSet },
  isActive: { schema: z.boolean().optional(), change: "update", default: true },
  versionSets: {
    schema: z.record(fields.versionSetName, fields.versionSet).optional(),
    change: "update",
    withdrawn: "unmanaged",
    declaredOnly: true,
    normalise: withSetDefaults,
  },
  tags: { schema: fields.tags.optional(), change: "update", default: [], normalise: asSet },
  toolCapacity: { schema: z.int().min(1).max(10).optional(), change: "update", default: 3 },
  safetyFiltersEnabled: { schema: z.boolean().optional(), change: "update", default: true },
  channelType: { schema: z.enum(["voice", "text", "scribe"]).optional(), change: "update", default: "voice" },
  environment: { schema: z.enum(["sandbox", "production"]).optional(), change: "update", default: "production" },
  personaId: { ...id, schema: fields.uuid.optional() },
  voiceConfig: { schema: fields.voiceConfig.optional(), change: "update", normalise: withVoiceDefaults },
  adopt: { schema: z.boolean().optional(), change: "local", default: false },
} as const satisfies Properties;

/** How services stand in an environment document. */
export const document: DocumentForm = {
  place: 2,
  section: "services",
  guarded: true,
  shape: "map",
  key: ["name"],
  fields: [
    "name",
    "agentId",
    "contextGraphId",
    "personaId",
    "description",
    "channelType",
    "environment",
    "isActive",
    "toolCapacity",
    "safetyFiltersEnabled",
    "keyterms",
    "tags",
    "voiceConfig",
    "versionSets",
  ],
  references: {
    agentId: { as: "agent", aliases: "agents", nameFrom: "agentName" },
    contextGraphId: { as: "contextGraph", aliases: "contextGraphs", nameFrom: "contextGraphName" },
    personaId: { as: "persona", aliases: "personas", nameFrom: "personaName" },
  },
  brief: { voiceConfig: withoutVoiceDefaults },
  isBuiltIn: ({ isSystem }) => isSystem === true,
  list: async (context, workspaceId) =>
    wholeOf(await context.client.listServices(workspaceId)).map((service) => existing(service, {})),
};

export const recovery: Recovery = {
  keyOf: ({ name }) => [name],
  inputsOf: ([name]) => ({ name }),
  find: async ({ client }, { workspaceId, ...wanted }) => {
    const found = matchesIn(await client.listServices(String(workspaceId)), ({ name }) => name === wanted.name);
    return found.map((service) => existing(service, {}));
  },
};

const inputs = inputsSchema(properties);
export const remoteInputs = inputs.omit({ workspaceId: true, adopt: true });

/** The contract's body of the declared properties. */
export function bodyOf(values: Values): Record<string, unknown> {
  return toWire(remoteInputs, values) as Record<string, unknown>;
}

export function tagsOf(
  tags: unknown,
  { [HIDDEN.owner]: owner }: Values,
  current?: ServiceResponse,
): CreateServiceBody["tags"] {
  const own = (tags ?? []) as { key: string; value?: string }[];
  const mark = owner ?? (current && ownerOf(current));
  return mark === undefined ? own : [...own, { key: fields.OWNER_TAG, value: String(mark) }];
}

/** What exists, as the program sees it: without the owner mark, and of the version sets only those that are declared. */
export function existing(service: ServiceResponse, declared: Values): Existing {
  const live = fromWire(inputs, service) as Values;
  const names = Object.keys((declared.versionSets as object | undefined) ?? service.version_sets);
  const sets = live.versionSets as Values;
  return {
    id: service.id,
    live: {
      ...live,
      [HIDDEN.owner]: ownerOf(service),
      workspaceId: service.workspace_id,
      tags: service.tags.filter(({ key }) => key !== fields.OWNER_TAG),
      versionSets: Object.fromEntries(
        names.filter((name) => Object.hasOwn(sets, name)).map((name) => [name, sets[name]]),
      ),
      agentName: service.agent_name,
      contextGraphName: service.context_graph_name,
      personaName: service.persona_name,
      isSystem: service.is_system || undefined,
      createdAt: service.created_at,
      updatedAt: service.updated_at,
    },
  };
}

function withVoiceDefaults(value: unknown): unknown {
  return value ? { ...fields.VOICE_CONFIG_DEFAULTS, ...(value as object) } : value;
}

function withoutVoiceDefaults(value: unknown): unknown {
  const defaults: Values = fields.VOICE_CONFIG_DEFAULTS;
  return Object.fromEntries(Object.entries(value as Values).filter(([name, inner]) => defaults[name] !== inner));
}

function withSetDefaults(value: unknown): unknown {
  if (!value || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, set]) => [name, fields.withSetDefaults(set)]));
}
