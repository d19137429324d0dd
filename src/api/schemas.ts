import { z } from "zod";

/** Responses are read tolerantly: enums and ids are plain strings, unknown keys are dropped (kept where a PUT sends them back), optional ones may lack. */

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
  id: z.string(),
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
  id: z.string(),
  workspace_id: z.string(),
  name: z.string(),
  description: z.string(),
  agent_id: z.string(),
  context_graph_id: z.string(),
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
  persona_id: nullableText,
  is_system: z.boolean().default(false),
  created_at: z.string(),
  updated_at: z.string(),
});

export const useCaseSchema = z.object({
  id: z.string(),
  channel: z.string(),
  entity_name: z.string(),
  name: z.string(),
  description: nullableText,
  setup_id: z.string(),
  configuration_set_name: nullableText,
  sender_email_address: nullableText,
  email_type: nullableText,
  tier: nullableText,
  created_at: z.string(),
  updated_at: z.string(),
});

export const serviceBindingSchema = z.object({
  use_case_id: z.string(),
  service_id: z.string(),
  workspace_id: z.string(),
  channel: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
});

export const testCallerNumbersSchema = z.object({ numbers: list(z.string()) });
export const provisionSchema = z.object({ workspace: workspaceSchema });
export const useCaseListSchema = z.object({ items: list(useCaseSchema) });

function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: list(item),
    has_more: z.boolean(),
    continuation_token: z.number().nullable().default(null),
    total: z.number().nullable().default(null),
  });
}

export const workspacePageSchema = pageOf(workspaceSchema);
export const servicePageSchema = pageOf(serviceSchema);

export type WorkspaceResponse = z.infer<typeof workspaceSchema>;
export type ServiceResponse = z.infer<typeof serviceSchema>;
export type UseCaseResponse = z.infer<typeof useCaseSchema>;
export type ServiceBindingResponse = z.infer<typeof serviceBindingSchema>;
export type TestCallerNumbersResponse = z.infer<typeof testCallerNumbersSchema>;

/** One page of at most 20 items. */
export interface Page<Item> {
  items: Item[];
  has_more: boolean;
  continuation_token: number | null;
  /** How many there are in all, where the server tells. */
  total: number | null;
}
