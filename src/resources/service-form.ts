import { z } from "zod";
import type { CreateServiceBody, ServiceResponse } from "../api/index.js";
import { HIDDEN } from "../engine/hidden.js";
import type { Existing, Values } from "../engine/lifecycle.js";
import { fromWire, toWire } from "../engine/wire.js";
import * as fields from "./fields.js";
import { ownerOf } from "./service-writes.js";

export const inputs = z.strictObject({
  workspaceId: fields.uuid,
  name: fields.plainText(1, 256),
  agentId: fields.uuid,
  contextGraphId: fields.uuid,
  description: fields.description.optional(),
  keyterms: fields.keyterms.optional(),
  isActive: z.boolean().optional(),
  versionSets: z.record(fields.versionSetName, fields.versionSet).optional(),
  tags: fields.tags.optional(),
  toolCapacity: z.int().min(1).max(10).optional(),
  safetyFiltersEnabled: z.boolean().optional(),
  channelType: z.enum(["voice", "text", "scribe"]).optional(),
  environment: z.enum(["sandbox", "production"]).optional(),
  personaId: fields.uuid.optional(),
  voiceConfig: fields.voiceConfig.optional(),
  adopt: z.boolean().optional(),
});

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

export function withVoiceDefaults(value: unknown): unknown {
  return value ? { ...fields.VOICE_CONFIG_DEFAULTS, ...(value as object) } : value;
}

export function withSetDefaults(value: unknown): unknown {
  if (!value || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, set]) => [name, fields.withSetDefaults(set)]));
}
