import { randomUUID } from "node:crypto";
import type {
  BindingRecord,
  OrganisationRecord,
  PersonaRecord,
  ServiceRecord,
  SetupRecord,
  UseCaseRecord,
  VersionedRecord,
  WorkspaceRecord,
} from "./records.js";
import { Table } from "./table.js";

/** Everything the server knows, as plain JSON. */
export interface StoreSnapshot {
  organisations: OrganisationRecord[];
  agents: VersionedRecord[];
  contextGraphs: VersionedRecord[];
  personas: PersonaRecord[];
  setups: SetupRecord[];
  workspaces: WorkspaceRecord[];
  services: ServiceRecord[];
  useCases: UseCaseRecord[];
  bindings: BindingRecord[];
}

type NewWorkspace = Pick<WorkspaceRecord, "slug" | "name" | "environment" | "organisation_id"> &
  Partial<WorkspaceRecord>;
type NewService = Pick<ServiceRecord, "workspace_id" | "name" | "agent_id" | "context_graph_id"> &
  Partial<ServiceRecord>;
type NewUseCase = Pick<UseCaseRecord, "workspace_id" | "channel" | "entity_name" | "name" | "setup_id"> &
  Partial<UseCaseRecord>;

/** The server's truth. Tests read it, and edit it to play somebody else who changes things behind the caller's back. */
export class EmulatorStore {
  /** Grows with every change. */
  revision = 0;
  readonly #listeners = new Set<() => void>();
  readonly #changed = (): void => {
    this.revision += 1;
    for (const listener of this.#listeners) listener();
  };

  readonly organisations = new Table<OrganisationRecord>((record) => record.id, this.#changed);
  readonly agents = new Table<VersionedRecord>((record) => record.id, this.#changed);
  readonly contextGraphs = new Table<VersionedRecord>((record) => record.id, this.#changed);
  readonly personas = new Table<PersonaRecord>((record) => record.id, this.#changed);
  readonly setups = new Table<SetupRecord>((record) => record.id, this.#changed);
  readonly workspaces = new Table<WorkspaceRecord>((record) => record.id, this.#changed);
  readonly services = new Table<ServiceRecord>((record) => record.id, this.#changed);
  readonly useCases = new Table<UseCaseRecord>((record) => record.id, this.#changed);
  /** Keyed by the use case's id. */
  readonly bindings = new Table<BindingRecord>((record) => record.use_case_id, this.#changed);

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Adds a workspace; what is left out gets the contract's default, an id and the time. */
  addWorkspace(workspace: NewWorkspace): Readonly<WorkspaceRecord> {
    return this.workspaces.put({
      ...identity(),
      backend_org_id: null,
      region: "us-east-1",
      connector_type: null,
      provisioned_at: null,
      owner: null,
      created_by: "somebody-else",
      archived_at: null,
      test_caller_numbers: [],
      ...workspace,
    });
  }

  /** Adds a service; what is left out gets the contract's default, an id and the time. */
  addService(service: NewService): Readonly<ServiceRecord> {
    return this.services.put({
      ...identity(),
      ...serviceDefaults(),
      is_system: false,
      created_by: "somebody-else",
      ...service,
    });
  }

  /** Adds a use case; what is left out is null or made by the server. */
  addUseCase(useCase: NewUseCase): Readonly<UseCaseRecord> {
    const isEmail = useCase.channel === "email";
    return this.useCases.put({
      ...identity(),
      description: null,
      configuration_set_name: isEmail ? configurationSetName(useCase) : null,
      sender_email_address: null,
      email_type: null,
      tier: isEmail ? null : "standard",
      created_by: "somebody-else",
      phone_assigned: false,
      ...useCase,
    });
  }

  /** Binds a use case to a service, or moves its binding, with none of the API's checks. */
  bind(useCaseId: string, serviceId: string): Readonly<BindingRecord> {
    const useCase = this.useCases.get(useCaseId);
    if (useCase === undefined) throw new Error(`no use case ${useCaseId}`);
    const now = new Date().toISOString();
    return this.bindings.put({
      use_case_id: useCaseId,
      service_id: serviceId,
      workspace_id: useCase.workspace_id,
      channel: useCase.channel,
      created_at: this.bindings.get(useCaseId)?.created_at ?? now,
      updated_at: now,
    });
  }

  /** Gives a use case a phone number, as somebody does in the vendor's console: deleting it is then a 409. */
  assignPhone(useCaseId: string): void {
    this.useCases.update(useCaseId, { phone_assigned: true });
  }

  releasePhone(useCaseId: string): void {
    this.useCases.update(useCaseId, { phone_assigned: false });
  }

  snapshot(): StoreSnapshot {
    return structuredClone({
      organisations: this.organisations.list(),
      agents: this.agents.list(),
      contextGraphs: this.contextGraphs.list(),
      personas: this.personas.list(),
      setups: this.setups.list(),
      workspaces: this.workspaces.list(),
      services: this.services.list(),
      useCases: this.useCases.list(),
      bindings: this.bindings.list(),
    });
  }

  load(snapshot: StoreSnapshot): void {
    this.organisations.load(snapshot.organisations);
    this.agents.load(snapshot.agents);
    this.contextGraphs.load(snapshot.contextGraphs);
    this.personas.load(snapshot.personas);
    this.setups.load(snapshot.setups);
    this.workspaces.load(snapshot.workspaces);
    this.services.load(snapshot.services);
    this.useCases.load(snapshot.useCases);
    this.bindings.load(snapshot.bindings);
  }
}

/** The contract's defaults of a service's body, and null for what it leaves optional. */
export function serviceDefaults() {
  return {
    description: "",
    keyterms: [],
    is_active: true,
    version_sets: {},
    tags: [],
    tool_capacity: 3,
    safety_filters_enabled: true,
    channel_type: "voice",
    environment: "production",
    persona_id: null,
    voice_config: null,
  } satisfies Partial<ServiceRecord>;
}

function identity(): { id: string; created_at: string; updated_at: string } {
  const now = new Date().toISOString();
  return { id: randomUUID(), created_at: now, updated_at: now };
}

function configurationSetName(useCase: NewUseCase): string {
  return `${useCase.entity_name} ${useCase.name}`.toLowerCase().replaceAll(/[^a-z]+/g, "-");
}
