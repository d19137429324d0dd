import { type Answer, type Call, isKnown, pathId, readMoment } from "./call.js";
import { ApiError, conflict, notFound, unusable } from "./errors.js";
import type { BindingRecord, ServiceChannelType, UseCaseChannel } from "./records.js";
import { requireUseCase } from "./use-cases.js";
import { requireWorkspace } from "./workspaces.js";

const supportedChannels: Record<ServiceChannelType, readonly UseCaseChannel[]> = {
  voice: ["inbound_voice", "outbound_voice", "ringless_voicemail"],
  text: ["email"],
  scribe: [],
};

export function getServiceBinding(call: Call): Answer {
  return { status: 200, body: requireBinding(call, readMoment(call)) };
}

/** Binds, or moves an existing binding to another service without a word. */
export function bindUseCase(call: Call): Answer {
  const workspace = requireWorkspace(call);
  const useCase = requireUseCase(call, workspace.id);
  const serviceId = (call.body as { service_id: string }).service_id.toLowerCase();
  const service = call.store.services.get(serviceId);
  if (service?.workspace_id !== workspace.id || !isKnown(call, service)) throw notFound("Service");
  if (!supportedChannels[service.channel_type].includes(useCase.channel)) {
    const msg = `Unsupported use case channel: a ${service.channel_type} service cannot serve ${useCase.channel}`;
    throw unusable("service_id", msg, serviceId);
  }
  const holder = call.store.bindings.find(
    (binding) => binding.service_id === serviceId && binding.channel === useCase.channel,
  );
  if (holder !== undefined && holder.use_case_id !== useCase.id) {
    throw conflict("channel_taken", "Service already has a different use case bound for this channel.");
  }
  return { status: 200, body: call.store.bind(useCase.id, serviceId) };
}

export function unbindUseCase(call: Call): Answer {
  const binding = requireBinding(call);
  call.store.bindings.delete(binding.use_case_id);
  return { status: 204 };
}

function requireBinding(call: Call, at?: number): Readonly<BindingRecord> {
  const workspace = requireWorkspace(call);
  const binding = call.store.bindings.get(pathId(call, "use_case_id"), at);
  if (binding === undefined || binding.workspace_id !== workspace.id) {
    throw new ApiError(404, "not_bound", "Use case is not bound to a service in this workspace.");
  }
  return binding;
}
