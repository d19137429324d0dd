import { type Answer, answerBody, type Call, listMoment, pathId, readMoment, timestamp, withoutNulls } from "./call.js";
import type { Dialect } from "./dialects.js";
import { conflict, invalid, notFound } from "./errors.js";
import { internalKey, internalKeyView, withInternalKey } from "./internal-key.js";
import { storedName } from "./names.js";
import { page } from "./pages.js";
import type { ServiceRecord, WorkspaceRecord } from "./records.js";
import { requireOwnService } from "./service-lookup.js";
import { serviceDefaults } from "./store.js";
import { initialSets, replacedSets, requireVersions, type VersionSets, versionSetView } from "./version-sets.js";
import { requireWorkspace } from "./workspaces.js";

type ServiceFields = Omit<
  ServiceRecord,
  "id" | "workspace_id" | "is_system" | "created_at" | "updated_at" | "created_by"
>;
type CreateBody = Pick<ServiceFields, "name" | "agent_id" | "context_graph_id"> & Partial<ServiceFields>;
type UpdateBody = { [Field in keyof ServiceFields]?: ServiceFields[Field] | null };

export function listServices(call: Call): Answer {
  const workspace = requireWorkspace(call);
  const { search, is_active, sort_by } = call.query as { search?: string; is_active?: boolean; sort_by?: string };
  const name = search == null ? undefined : storedName(call.dialect, search).toLowerCase();
  const found = call.store.services
    .list(listMoment(call))
    .filter((service) => service.workspace_id === workspace.id)
    .filter((service) => name === undefined || service.name.toLowerCase().includes(name))
    .filter((service) => is_active == null || service.is_active === is_active);
  return page(call, sort_by == null ? found : sorted(found, sort_by), (service) => view(call, service));
}

export function createService(call: Call): Answer {
  const workspace = requireWorkspace(call);
  const body = withLowerCaseIds(call.body as CreateBody);
  requireReferences(call, workspace, body);
  requireFreeName(call, workspace.id, body.name);
  requireForgottenName(call, workspace.id, body.name);
  const version_sets = initialSets(call, body.version_sets ?? {});
  requireVersions(call, body, version_sets);
  const created = call.store.addService({
    ...body,
    workspace_id: workspace.id,
    version_sets,
    persona_id: body.persona_id ?? null,
    voice_config: body.voice_config ?? null,
    created_by: call.principal?.name ?? "",
  });
  return { status: 201, body: view(call, created) };
}

export function getService(call: Call): Answer {
  const workspace = requireWorkspace(call);
  const shown = call.store.services.get(pathId(call, "service_id"), readMoment(call));
  if (shown === undefined || shown.workspace_id !== workspace.id) throw notFound("Service");
  return { status: 200, body: view(call, shown) };
}

export function updateService(call: Call): Answer {
  const workspace = requireWorkspace(call);
  const service = requireOwnService(call, workspace.id);
  const body = withLowerCaseIds(call.body as UpdateBody);
  const changes = changedFields(call, service, body);
  requireReferences(call, workspace, changes);
  requireFreeName(call, workspace.id, changes.name, service.id);
  if (typeof body.version_sets === "object") requireVersions(call, changes, body.version_sets ?? {});
  const updated = call.store.services.update(service.id, { ...changes, updated_at: timestamp() });
  return { status: 200, body: view(call, updated) };
}

export function deleteService(call: Call): Answer {
  const workspace = requireWorkspace(call);
  const service = requireOwnService(call, workspace.id);
  const bindings = call.store.bindings.list().filter((binding) => binding.service_id === service.id);
  if (bindings.length > 0 && call.dialect.deleteBoundService === "refused") {
    throw conflict("service_bound", "Service still has use cases bound to it.");
  }
  call.store.services.delete(service.id);
  if (call.dialect.deleteBoundService === "cascades") {
    for (const binding of bindings) call.store.bindings.delete(binding.use_case_id);
  }
  return { status: 204 };
}

function changedFields(call: Call, service: Readonly<ServiceRecord>, body: UpdateBody): ServiceFields {
  const { putAbsent, putNull } = call.dialect;
  const defaults: Partial<ServiceFields> = serviceDefaults();
  const { id, workspace_id, is_system, created_at, updated_at, created_by, ...current } = service;
  const fields = Object.entries(current).map(([key, value]) => {
    const field = key as keyof ServiceFields;
    const asked = body[field];
    if (asked !== null && asked !== undefined) return [field, asked];
    const resets = asked === null ? putNull === "clears" : putAbsent === "default";
    return [field, resets && Object.hasOwn(defaults, field) ? defaults[field] : value];
  });
  const next = Object.fromEntries(fields) as ServiceFields;
  if (next.voice_config !== service.voice_config && next.voice_config !== null) {
    next.voice_config = withInternalKey(call.dialect, next.voice_config, service.voice_config);
  }
  const unchangedSets = next.version_sets === service.version_sets;
  return unchangedSets ? next : { ...next, version_sets: replacedSets(call, service.version_sets, next.version_sets) };
}

function withLowerCaseIds<Body extends UpdateBody>(body: Body): Body {
  const ids = (["agent_id", "context_graph_id", "persona_id"] as const).flatMap((field) => {
    const id = body[field];
    return typeof id === "string" ? [[field, id.toLowerCase()]] : [];
  });
  return { ...body, ...Object.fromEntries(ids) };
}

function requireReferences(
  call: Call,
  workspace: Readonly<WorkspaceRecord>,
  fields: Pick<ServiceFields, "agent_id" | "context_graph_id"> & { persona_id?: string | null },
): void {
  const { agents, contextGraphs, personas } = call.store;
  const here = (found: { organisation_id: string } | undefined) => found?.organisation_id === workspace.organisation_id;
  if (!here(agents.get(fields.agent_id))) throw notFound(`Agent ${fields.agent_id}`);
  if (!here(contextGraphs.get(fields.context_graph_id))) throw notFound(`Context graph ${fields.context_graph_id}`);
  if (fields.persona_id != null && !here(personas.get(fields.persona_id)))
    throw notFound(`Persona ${fields.persona_id}`);
}

function requireFreeName(call: Call, workspaceId: string, name: string, except?: string): void {
  const taken = call.store.services.find(
    (service) => service.name === name && service.workspace_id === workspaceId && service.id !== except,
  );
  if (taken !== undefined) throw conflict("name_taken", `Name already taken: ${name}`);
}

/** The name of a deleted service may stay taken for a while. */
function requireForgottenName(call: Call, workspaceId: string, name: string): void {
  const removed = call.store.services.removedSince(Date.now() - call.dialect.freesNameAfter + 1);
  if (removed.some((service) => service.name === name && service.workspace_id === workspaceId)) {
    throw conflict("name_taken", `Name already taken: ${name}`);
  }
}

const sortable = ["name", "created_at", "updated_at"] as const;

function sorted(services: Readonly<ServiceRecord>[], sortBy: string): Readonly<ServiceRecord>[] {
  const [, sign, name] = /^([+ -]?)(.+)$/.exec(sortBy) ?? [];
  const field = sortable.find((candidate) => candidate === name);
  if (field === undefined) {
    const msg = `Input should be one of ${sortable.join(", ")}, with - before it for descending`;
    throw invalid([{ loc: ["query", "sort_by"], msg, type: "value_error", input: sortBy }]);
  }
  const direction = sign === "-" ? -1 : 1;
  return services.toSorted((a, b) => direction * (a[field] < b[field] ? -1 : a[field] > b[field] ? 1 : 0));
}

function view(call: Call, service: Readonly<ServiceRecord>): Record<string, unknown> {
  const { created_by, persona_id, voice_config, version_sets, tags, ...shown } = service;
  const { defaultsInAnswers } = call.dialect;
  return answerBody(
    call.dialect,
    {
      ...shown,
      tags: tags.map((tag) =>
        defaultsInAnswers ? { key: tag.key, value: tag.value ?? null } : withoutNulls({ ...tag }),
      ),
      version_sets: Object.fromEntries(
        Object.entries(visibleSets(call, service)).map(([name, set]) => [
          name,
          { ...versionSetView(set, defaultsInAnswers), ...internalKeyView(call.dialect, set) },
        ]),
      ),
    },
    {
      agent_name: call.store.agents.get(service.agent_id)?.name ?? null,
      context_graph_name: call.store.contextGraphs.get(service.context_graph_id)?.name ?? null,
      persona_name: persona_id === null ? null : (call.store.personas.get(persona_id)?.name ?? null),
      persona_id,
      voice_config: voice_config === null ? null : voiceConfigView(voice_config, call.dialect),
    },
  );
}

/** Version sets may show later than the rest of the service. */
function visibleSets(call: Call, service: Readonly<ServiceRecord>): VersionSets {
  const lag = call.dialect.versionSetLagMs;
  if (lag === 0) return service.version_sets;
  const { services } = call.store;
  return (services.get(service.id, Date.now() - lag) ?? services.oldest(service.id) ?? service).version_sets;
}

function voiceConfigView(stored: Record<string, unknown>, dialect: Dialect): Record<string, unknown> {
  const { [internalKey]: _, ...known } = stored;
  const config: Record<string, unknown> = { ...known, ...internalKeyView(dialect, stored) };
  if (!dialect.defaultsInAnswers) return withoutNulls(config);
  return {
    tts_model: null,
    max_buffer_delay_ms: null,
    eager_eot_threshold: null,
    eot_timeout_ms: null,
    filler_style: "backchannel",
    filler_vocabulary: null,
    backchannel_delay_ms: 400,
    max_response_sentences: null,
    max_response_words: null,
    barge_in_min_speech_s: null,
    barge_in_cooldown_s: null,
    forward_call_enabled: false,
    ...config,
  };
}
