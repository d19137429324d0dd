import { NotFoundError } from "../api/errors.js";
import type { Listed, ServiceResponse } from "../api/index.js";
import { findById } from "../api/listed.js";
import type { ProviderContext } from "../engine/context.js";
import { refuseForeignOwner } from "./service-writes.js";

interface Scan {
  readonly services: Listed<ServiceResponse>;
  readonly bindings: readonly { useCaseId: string; name: string; serviceId: string }[];
}

const SCANS = Symbol("scans before deletions of services");

/**
 * The API does not say what becomes of the bindings of a deleted service, so a service is not deleted while somebody
 * else's use case is bound to it. Own bindings are gone by then: the engine deletes dependants first.
 */
export async function refuseWhileInUse(
  context: ProviderContext,
  workspaceId: string,
  serviceId: string,
  owner: unknown,
): Promise<void> {
  const scans = context.store(SCANS, () => new Map<string, Promise<Scan>>());
  let scan = scans.get(workspaceId);
  if (!scan) {
    scan = scanWorkspace(context, workspaceId);
    scans.set(workspaceId, scan);
    scan.catch(() => scans.delete(workspaceId));
  }
  const { services, bindings } = await scan;
  const service = findById(services, serviceId);
  if (service?.is_system)
    throw new Error(`service ${service.name} is one of the platform's own (is_system) and is never deleted from here`);
  if (service) refuseForeignOwner(service, owner);
  const left = bindings.filter(
    (binding) =>
      binding.serviceId === serviceId && context.memory.wasRemoved("ServiceBinding", binding.useCaseId) === undefined,
  );
  if (left.length === 0) return;
  throw new Error(
    `the service still answers for ${left.map(({ name, useCaseId }) => `use case "${name}" (${useCaseId})`).join(", ")}, bound by somebody else. ` +
      "Deleting it could drop live calls: unbind or rebind these first, or bring the bindings into this program.",
  );
}

/** One list of the services, one of the use cases and one read per binding, shared by all deletions of the run. */
async function scanWorkspace(context: ProviderContext, workspaceId: string): Promise<Scan> {
  const reads = context.workspace(workspaceId);
  const [services, useCases] = await Promise.all([reads.services.shared(), reads.useCases.shared()]);
  const strange = useCases.unreadable.map(({ id, error }) => {
    if (id === undefined) throw error;
    return { id, entity_name: "unreadable", name: "unreadable" };
  });
  const unsettled = [...useCases, ...strange].filter(
    ({ id }) => context.memory.wasRemoved("ServiceBinding", id) === undefined,
  );
  const bindings = await Promise.all(
    unsettled.map(async ({ id, entity_name, name }) => {
      const serviceId = await boundService(context, workspaceId, id);
      return serviceId === undefined ? [] : [{ useCaseId: id, name: `${entity_name} / ${name}`, serviceId }];
    }),
  );
  return { services, bindings: bindings.flat() };
}

/** The service that the use case is bound to, if any. */
export async function boundService(context: ProviderContext, workspaceId: string, useCaseId: string) {
  return (await bindingOf(context, workspaceId, useCaseId))?.service_id;
}

export async function bindingOf(context: ProviderContext, workspaceId: string, useCaseId: string) {
  try {
    return await context.client.getServiceBinding(workspaceId, useCaseId);
  } catch (error) {
    if (NotFoundError.isInstance(error)) return undefined;
    throw error;
  }
}
