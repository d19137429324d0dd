export type ServiceChannelType = "voice" | "text" | "scribe";
export type UseCaseChannel = "inbound_voice" | "outbound_voice" | "ringless_voicemail" | "email";

export interface OrganisationRecord {
  id: string;
  name: string;
}

/** An agent or a context graph: made elsewhere, known here by id, name and the numbers of its versions. */
export interface VersionedRecord {
  id: string;
  organisation_id: string;
  name: string;
  versions: number[];
}

export interface PersonaRecord {
  id: string;
  organisation_id: string;
  name: string;
}

/** A channel setup: the phone or email account that a use case needs, approved by the vendor or not yet. */
export interface SetupRecord {
  id: string;
  organisation_id: string;
  name: string;
  kind: "voice" | "email";
  approved: boolean;
}

export interface WorkspaceRecord {
  id: string;
  organisation_id: string;
  slug: string;
  name: string;
  environment: string;
  backend_org_id: string | null;
  region: string;
  connector_type: string | null;
  provisioned_at: string | null;
  created_at: string;
  updated_at: string;
  /** The principal that made it by self-service; null for a bootstrap workspace, which nobody can archive. */
  owner: string | null;
  created_by: string;
  archived_at: string | null;
  test_caller_numbers: string[];
}

export interface LlmConfig {
  llm_name: string;
  params?: Record<string, unknown>;
}

export interface VersionSetRecord {
  agent_version_number?: number | null;
  context_graph_version_number?: number | null;
  llm_model_preferences?: Record<string, LlmConfig>;
  /** A key that the contract lacks; null where a request has removed it. */
  x_internal?: string | null;
}

export interface ServiceTagRecord {
  key: string;
  value?: string | null;
}

export interface ServiceRecord {
  id: string;
  workspace_id: string;
  name: string;
  description: string;
  agent_id: string;
  context_graph_id: string;
  keyterms: string[];
  is_active: boolean;
  version_sets: Record<string, VersionSetRecord>;
  tags: ServiceTagRecord[];
  tool_capacity: number;
  safety_filters_enabled: boolean;
  channel_type: ServiceChannelType;
  environment: string;
  persona_id: string | null;
  voice_config: Record<string, unknown> | null;
  is_system: boolean;
  created_at: string;
  updated_at: string;
  created_by: string;
}

export interface UseCaseRecord {
  id: string;
  workspace_id: string;
  channel: UseCaseChannel;
  entity_name: string;
  name: string;
  description: string | null;
  setup_id: string;
  configuration_set_name: string | null;
  sender_email_address: string | null;
  email_type: string | null;
  tier: string | null;
  created_at: string;
  updated_at: string;
  created_by: string;
  /** Phone numbers are assigned outside this API; while true the use case cannot be deleted. */
  phone_assigned: boolean;
}

export interface BindingRecord {
  use_case_id: string;
  service_id: string;
  workspace_id: string;
  channel: UseCaseChannel;
  created_at: string;
  updated_at: string;
}
