import { type Answer, answerBody, type Call, isKnown, listMoment, pathId } from "./call.js";
import { conflict, notFound, unusable } from "./errors.js";
import { page } from "./pages.js";
import type { SetupRecord, UseCaseChannel, UseCaseRecord, WorkspaceRecord } from "./records.js";
import { requireWorkspace } from "./workspaces.js";

interface CreateBody {
  channel: UseCaseChannel;
  entity_name: string;
  name: string;
  description?: string | null;
  setup_id: string;
  sender_email_address?: string;
  email_type?: string;
}

/** The use case of the path, in the given workspace. */
export function requireUseCase(call: Call, workspaceId: string): Readonly<UseCaseRecord> {
  const useCase = call.store.useCases.get(pathId(call, "use_case_id"));
  if (useCase?.workspace_id !== workspaceId || !isKnown(call, useCase)) throw notFound("Use case");
  return useCase;
}

/** All of them at once, since the contract has no pages here; or in pages as services are. */
export function listUseCases(call: Call): Answer {
  const workspace = requireWorkspace(call);
  const filters = call.query as { entity_name?: string; channel?: string; setup_id?: string };
  const found = call.store.useCases
    .list(listMoment(call))
    .filter((useCase) => useCase.workspace_id === workspace.id)
    .filter((useCase) => filters.entity_name == null || useCase.entity_name === filters.entity_name)
    .filter((useCase) => filters.channel == null || useCase.channel === filters.channel)
    .filter((useCase) => filters.setup_id == null || useCase.setup_id === filters.setup_id.toLowerCase());
  if (call.dialect.useCasePages) {
    const { limit, continuation_token } = call.rawQuery;
    const query = { limit: Math.min(Number(limit) || 20, 20), continuation_token: Number(continuation_token) || 0 };
    return page({ ...call, query }, found, (useCase) => view(call, useCase));
  }
  const shown = found.slice(Math.max(call.lists.shift, 0));
  return { status: 200, body: { items: shown.map((useCase) => view(call, useCase)) } };
}

export function createUseCase(call: Call): Answer {
  const workspace = requireWorkspace(call);
  const body = call.body as CreateBody;
  const setup = requireSetup(call, workspace, body);
  if (call.dialect.useCaseUnique && identical(call, workspace, body)) {
    throw conflict(
      "use_case_exists",
      `Use case already exists: ${body.entity_name} / ${body.name} on ${body.channel}.`,
    );
  }
  const created = call.store.addUseCase({
    workspace_id: workspace.id,
    channel: body.channel,
    entity_name: body.entity_name,
    name: body.name,
    description: body.description ?? null,
    setup_id: setup.id,
    sender_email_address: body.sender_email_address ?? null,
    email_type: body.email_type ?? null,
    created_by: call.principal?.name ?? "",
  });
  return { status: 201, body: view(call, created) };
}

export function deleteUseCase(call: Call): Answer {
  const workspace = requireWorkspace(call);
  const useCase = requireUseCase(call, workspace.id);
  if (call.store.bindings.get(useCase.id) !== undefined) {
    throw conflict("use_case_bound", "Use case is bound to a service.");
  }
  if (useCase.phone_assigned) {
    throw conflict("phone_assigned", "Use case still has active phone assignments.");
  }
  call.store.useCases.delete(useCase.id);
  return { status: 204 };
}

function requireSetup(call: Call, workspace: Readonly<WorkspaceRecord>, body: CreateBody): Readonly<SetupRecord> {
  const setup = call.store.setups.get(body.setup_id.toLowerCase());
  if (setup === undefined || setup.organisation_id !== workspace.organisation_id) throw notFound("Setup");
  const kind = body.channel === "email" ? "email" : "voice";
  if (setup.kind !== kind) {
    throw unusable("setup_id", `Setup is for ${setup.kind}, the use case's channel is ${body.channel}`, body.setup_id);
  }
  if (!setup.approved) throw conflict("setup_not_approved", `Setup not approved: ${setup.id}.`);
  return setup;
}

function identical(call: Call, workspace: Readonly<WorkspaceRecord>, body: CreateBody): boolean {
  const isSame = (useCase: Readonly<UseCaseRecord>) =>
    useCase.name === body.name &&
    useCase.entity_name === body.entity_name &&
    useCase.channel === body.channel &&
    useCase.workspace_id === workspace.id;
  const { useCases } = call.store;
  const removed = useCases.removedSince(Date.now() - call.dialect.freesNameAfter + 1);
  return useCases.find(isSame) !== undefined || removed.some(isSame);
}

function view(call: Call, useCase: Readonly<UseCaseRecord>): Record<string, unknown> {
  const { id, channel, entity_name, name, description, setup_id, created_at, updated_at } = useCase;
  const { configuration_set_name, sender_email_address, email_type, tier } = useCase;
  return answerBody(
    call.dialect,
    { id, channel, entity_name, name, description, setup_id, created_at, updated_at },
    { configuration_set_name, sender_email_address, email_type, tier },
  );
}
