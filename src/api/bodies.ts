/** Request bodies, exact to the contract. A key that is left out takes the contract's default (create) or stays as the API reads it (update). */

export interface LlmConfigBody {
  llm_name: string;
  params?: Record<string, unknown>;
}

export interface VersionSetBody {
  agent_version_number?: number | null;
  context_graph_version_number?: number | null;
  llm_model_preferences?: Record<string, LlmConfigBody>;
}

/** Enums stand as strings here, because a whole voice config that was read is sent back as it came. */
export interface VoiceConfigBody {
  /** `sonic-turbo` or `sonic-3`. */
  tts_model?: string | null;
  /** Milliseconds. */
  max_buffer_delay_ms?: number | null;
  eager_eot_threshold?: number | null;
  /** Milliseconds. */
  eot_timeout_ms?: number | null;
  /** `backchannel`, `phrase` or `silent`. @default "backchannel" */
  filler_style?: string;
  filler_vocabulary?: string[] | null;
  /** Milliseconds. @default 400 */
  backchannel_delay_ms?: number;
  max_response_sentences?: number | null;
  max_response_words?: number | null;
  /** Seconds. */
  barge_in_min_speech_s?: number | null;
  /** Seconds. */
  barge_in_cooldown_s?: number | null;
  /** @default false */
  forward_call_enabled?: boolean;
}

export interface ServiceTag {
  key: string;
  value?: string | null;
}

export interface CreateWorkspaceBody {
  slug: string;
  name: string;
  /** `production`, `staging` or `development`. */
  environment: string;
  /** `us-east-1`, `ap-southeast-2`, `eu-central-1` or `ca-central-1`. @default "us-east-1" */
  region?: string;
  backend_org_id?: string | null;
}

export interface UpdateWorkspaceBody {
  name?: string | null;
  environment?: string | null;
  region?: string | null;
  connector_type?: string | null;
}

export interface CreateServiceBody {
  name: string;
  agent_id: string;
  context_graph_id: string;
  /** @default "" */
  description?: string;
  /** @default [] */
  keyterms?: string[];
  /** @default true */
  is_active?: boolean;
  /** @default {} */
  version_sets?: Record<string, VersionSetBody>;
  /** @default [] */
  tags?: ServiceTag[];
  /** 1 to 10. @default 3 */
  tool_capacity?: number;
  /** @default true */
  safety_filters_enabled?: boolean;
  /** `voice`, `text` or `scribe`. @default "voice" */
  channel_type?: string;
  /** `sandbox` or `production`. @default "production" */
  environment?: string;
  persona_id?: string | null;
  voice_config?: VoiceConfigBody | null;
}

export type UpdateServiceBody = { [Key in keyof CreateServiceBody]?: CreateServiceBody[Key] | null };

interface UseCaseBody {
  entity_name: string;
  name: string;
  setup_id: string;
  description?: string | null;
}

export interface CreateVoiceUseCaseBody extends UseCaseBody {
  channel: "outbound_voice" | "inbound_voice" | "ringless_voicemail";
}

export interface CreateEmailUseCaseBody extends UseCaseBody {
  channel: "email";
  sender_email_address: string;
  email_type: "transactional" | "marketing";
}

export type CreateUseCaseBody = CreateVoiceUseCaseBody | CreateEmailUseCaseBody;

export interface UseCaseFilters {
  entity_name?: string;
  channel?: string;
  setup_id?: string;
}

export interface PageRequest {
  /** 1 to 20. @default 20 */
  limit?: number;
  /** As the page before gave it. */
  continuationToken?: number | string;
}

export interface ServiceFilters {
  /** 1 to 200 characters; the contract does not say what is searched. */
  search?: string;
  isActive?: boolean;
}
