import { z } from "zod";
import { canonicalId } from "./ids.js";
import type { Unreadable } from "./listed.js";

/**
 * Responses are read tolerantly: enums and ids are plain strings (a UUID in lower case), unknown
 * keys are dropped (kept where a PUT sends them back), optional ones may lack.
 */

/**
 * Arrays and maps that stop at their first wrong entry: of an answer with millions, zod's own would fill the memory with
 * complaints.
 */
function list<Item extends z.ZodType>(item: Item) {
  return z.array(z.unknown()).transform((values, context) => values.map(entryParser(item, context)));
}

function map<Item extends z.ZodType>(item: Item) {
  return z.record(z.string(), z.unknown()).transform((values, context) => {
    const parse = entryParser(item, context);
    return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, parse(value, key)]));
  });
}

function entryParser<Item extends z.ZodType>(item: Item, context: z.core.$RefinementCtx) {
  let failed = false;
  return (value: unknown, key: PropertyKey): z.infer<Item> => {
    const result = failed ? undefined : item.safeParse(value);
    const issue = result?.error?.issues[0];
    if (issue) context.addIssue({ code: "custom", message: issue.message, path: [key, ...issue.path] });
    failed ||= !result?.success;
    return result?.success ? result.data : z.NEVER;
  };
}

/** So many strange entries may stand in one list; with more, the list itself is strange. */
const mostUnreadable = 100;

/**
 * The entries of an answer's list. One that does not fit is left out and reported beside the
 * others.
 */
function listed<Item extends z.ZodType>(item: Item) {
  return z.array(z.unknown()).transform((values, context) => {
    const items: z.infer<Item>[] = [];
    const unreadable: Unreadable[] = [];
    for (const [index, value] of values.entries()) {
      const result = item.safeParse(value);
      if (result.success) {
        items.push(result.data);
        continue;
      }
      const { path = [], message = "invalid" } = result.error.issues[0] ?? {};
      unreadable.push({ index, id: idIn(value), path, message });
      if (unreadable.length <= mostUnreadable) continue;
      const [first] = unreadable as [Unreadable];
      context.addIssue({ code: "custom", message: first.message, path: [first.index, ...first.path] });
      return z.NEVER;
    }
    // Not enumerable, so that it is no part of the items' own value.
    return Object.defineProperty(items, "unreadable", { value: unreadable }) as typeof items & {
      readonly unreadable?: readonly Unreadable[];
    };
  });
}

function idIn(value: unknown): string | undefined {
  const id = (value as { id?: unknown } | null | undefined)?.id;
  return typeof id === "string" ? canonicalId(id) : undefined;
}

const id = z.string().transform(canonicalId);
const nullableId = id.nullable().default(null);
const nullableText = z.string().nullable().default(null);

const llmConfig = z.looseObject({
  llm_name: z.string(),
  params: z.record(z.string(), z.unknown()).optional(),
});

const versionSet = z.looseObject({
  agent_version_number: z.number().nullable().optional(),
  context_graph_version_number: z.number().nullable().optional(),
  llm_model_preferences: map(llmConfig).optional(),
});

const voiceConfig = z.looseObject({
  tts_model: z.string().nullable().optional(),
  max_buffer_delay_ms: z.number().nullable().optional(),
  eager_eot_threshold: z.number().nullable().optional(),
  eot_timeout_ms: z.number().nullable().optional(),
  filler_style: z.string().optional(),
  filler_vocabulary: list(z.string()).nullable().optional(),
  backchannel_delay_ms: z.number().optional(),
  max_response_sentences: z.number().nullable().optional(),
  max_response_words: z.number().nullable().optional(),
  barge_in_min_speech_s: z.number().nullable().optional(),
  barge_in_cooldown_s: z.number().nullable().optional(),
  forward_call_enabled: z.boolean().optional(),
});

const serviceTag = z.object({ key: z.string(), value: z.string().nullable().optional() });

export const workspaceSchema = z.object({
  id,
  slug: z.string(),
  name: z.string(),
  environment: z.string(),
  backend_org_id: nullableText,
  region: z.string(),
  connector_type: nullableText,
  provisioned_at: nullableText,
  created_at: z.string(),
  updated_at: z.string(),
});

export const serviceSchema = z.object({
  id,
  workspace_id: id,
  name: z.string(),
  description: z.string(),
  agent_id: id,
  context_graph_id: id,
  agent_name: nullableText,
  context_graph_name: nullableText,
  persona_name: nullableText,
  keyterms: list(z.string()),
  is_active: z.boolean(),
  version_sets: map(versionSet),
  tags: list(serviceTag),
  tool_capacity: z.number(),
  safety_filters_enabled: z.boolean().default(true),
  channel_type: z.string().default("voice"),
  environment: z.string().default("production"),
  voice_config: voiceConfig.nullable().default(null),
  persona_id: nullableId,
  is_system: z.boolean().default(false),
  created_at: z.string(),
  updated_at: z.string(),
});

export const useCaseSchema = z.object({
  id,
  channel: z.string(),
  entity_name: z.string(),
  name: z.string(),
  description: nullableText,
  setup_id: id,
  configuration_set_name: nullableText,
  sender_email_address: nullableText,
  email_type: nullableText,
  tier: nullableText,
  created_at: z.string(),
  updated_at: z.string(),
});

export const serviceBindingSchema = z.object({
  use_case_id: id,
  service_id: id,
  workspace_id: id,
  channel: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
});

export const testCallerNumbersSchema = z.object({ numbers: list(z.string()) });
export const provisionSchema = z.object({ workspace: workspaceSchema });
/** The contract gives whole numbers; texts cost nothing to follow. */
const continuationToken = z
  .union([z.number(), z.string().min(1)])
  .nullable()
  .catch(null);
const total = z.number().nullable().default(null);

function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: listed(item),
    has_more: z.boolean(),
    continuation_token: continuationToken,
    total,
  });
}

export const workspacePageSchema = pageOf(workspaceSchema);
export const servicePageSchema = pageOf(serviceSchema);
/** Documented as one list without pages, so that only the items are certain. */
export const useCasePageSchema = pageOf(useCaseSchema).extend({
  has_more: z
    .boolean()
    .nullish()
    .transform((more) => more ?? false),
  total: total.catch(null),
});

export type WorkspaceResponse = z.infer<typeof workspaceSchema>;
export type ServiceResponse = z.infer<typeof serviceSchema>;
export type UseCaseResponse = z.infer<typeof useCaseSchema>;
export type ServiceBindingResponse = z.infer<typeof serviceBindingSchema>;
export type TestCallerNumbersResponse = z.infer<typeof testCallerNumbersSchema>;

export type ContinuationToken = number | string;

/** One page of at most 20 items. */
export interface Page<Item> {
  items: Item[] & { readonly unreadable?: readonly Unreadable[] };
  has_more: boolean;
  continuation_token: ContinuationToken | null;
  /** How many there are in all, where the server tells. */
  total: number | null;
}
