import { type Call, isKnown, pathId } from "./call.js";
import { forbidden, notFound } from "./errors.js";
import type { ServiceRecord } from "./records.js";

/** The service of the path, in the given workspace. */
export function requireService(call: Call, workspaceId: string): Readonly<ServiceRecord> {
  const service = call.store.services.get(pathId(call, "service_id"));
  if (service?.workspace_id !== workspaceId || !isKnown(call, service)) throw notFound("Service");
  return service;
}

/** The same, refused where it is the platform's own. */
export function requireOwnService(call: Call, workspaceId: string): Readonly<ServiceRecord> {
  const service = requireService(call, workspaceId);
  if (service.is_system) throw forbidden("system_service", "System services cannot be changed.");
  return service;
}
