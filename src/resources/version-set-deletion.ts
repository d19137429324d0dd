import { ValidationError } from "../api/errors.js";
import type { ServiceResponse, UpdateServiceBody } from "../api/index.js";
import type { Values } from "../engine/lifecycle.js";
import { stackOf } from "../engine/owner.js";
import type { ProviderContext } from "../engine/provider/context.js";
import { messageOf } from "../engine/provider/failure.js";
import { ownerOf, readForWrite, writeService } from "./service-writes.js";

/** Writes the service without the set; a warning says where the set stays all the same. */
export async function removeSet(
  context: ProviderContext,
  workspaceId: string,
  serviceId: string,
  name: string,
): Promise<void> {
  const current = await readForWrite(context, workspaceId, serviceId);
  if (!Object.hasOwn(current.version_sets, name)) return;
  const { [name]: _removed, ...others } = current.version_sets;
  let answer: ServiceResponse;
  try {
    const changes = { version_sets: others as UpdateServiceBody["version_sets"] };
    answer = await writeService(context, workspaceId, current, changes);
  } catch (error) {
    if (!ValidationError.isInstance(error)) throw error;
    // A stack can be destroyed whatever state its services are in: the set needs no write of its own to go with its service.
    context.warn(
      `version set "${name}" of service "${current.name}" stays: the API refuses to write the service as it is. The set goes with its service. ${messageOf(error)}`,
    );
    return;
  }
  if (!Object.hasOwn(answer.version_sets, name)) return;
  const after = await context.client.getService(workspaceId, serviceId);
  if (Object.hasOwn(after.version_sets, name)) {
    context.warn(
      `version set "${name}" of service "${current.name}" stays: the API keeps sets that a write leaves out (or shows their removal late). It goes with its service; onDelete: "reset" would empty it`,
    );
  }
}

/** Says that a set stays, unless its service goes in the same run and takes the set along. */
export async function warnIfLeft(
  context: ProviderContext,
  state: Values,
  message: (service: string) => string,
): Promise<void> {
  const [workspaceId, serviceId] = [String(state.workspaceId), String(state.serviceId)];
  const { run } = context;
  let name = run.declared("Service").find(({ id }) => id === serviceId)?.inputs.name;
  if (!run.manages("Service", serviceId, ({ replaced }) => !replaced)) {
    // A destroy checks nothing. What this stack owns and the program does not declare goes.
    if (run.stack === undefined) return;
    const service = await context
      .workspace(workspaceId)
      .services.read(serviceId)
      .catch(() => undefined);
    if (!service || stackOf(ownerOf(service)) === run.stack) return;
    ({ name } = service);
  }
  context.warn(message(name === undefined ? serviceId : `"${String(name)}" (${serviceId})`));
}
