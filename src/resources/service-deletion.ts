import { PermissionError, paragraph } from "../api/errors.js";
import type { Listed, ServiceResponse } from "../api/index.js";
import { findById } from "../api/listed.js";
import { HIDDEN } from "../engine/hidden.js";
import type { Values } from "../engine/lifecycle.js";
import { nameIn } from "../engine/owner.js";
import type { ProviderContext } from "../engine/provider/context.js";
import { settle, WAIT_FOR_OTHERS_SECONDS } from "../engine/provider/settle.js";
import { boundByThisRun, boundService, orderAdvice } from "./bindings.js";
import { refuseForeignOwner } from "./service-writes.js";

interface Scan {
  readonly services: Listed<ServiceResponse>;
  readonly bindings: readonly Line[];
}

/** A use case that is bound. */
interface Line {
  readonly useCaseId: string;
  readonly name: string;
  readonly serviceId: string;
}

/**
 * The API does not say what becomes of the bindings of a deleted service, so a service is not deleted while somebody
 * else's use case is bound to it. Own bindings go first, or at the same time.
 */
export async function refuseWhileInUse(
  context: ProviderContext,
  workspaceId: string,
  serviceId: string,
  state: Values,
): Promise<void> {
  const { run } = context;
  const { services, bindings } = await run.once(`bindings of ${workspaceId}`, () =>
    scanWorkspace(context, workspaceId),
  );
  const service = findById(services, serviceId);
  if (service?.is_system)
    throw new Error(`service ${service.name} is one of the platform's own (is_system) and is never deleted from here`);
  if (service) refuseForeignOwner(context, service, state[HIDDEN.owner], state[HIDDEN.takenFrom]);
  const left = () =>
    bindings.filter(({ useCaseId, serviceId: scanned }) => {
      // This run may have moved or removed the line since the scan.
      const own = run.wasRemoved("ServiceBinding", useCaseId) === undefined ? boundByThisRun(context, useCaseId) : null;
      return (own === undefined ? scanned : own) === serviceId;
    });
  // Of a binding that names its service by a written id, the engine knows no order: it deletes both at the same time.
  const patience = Math.min(WAIT_FOR_OTHERS_SECONDS, context.settings.settleSeconds);
  if (await settle(patience, async () => left().length === 0 || undefined)) return;
  const lines = left();
  const declared = run
    .declared("ServiceBinding")
    .filter(({ inputs, replaced }) => !replaced && inputs.serviceId === serviceId);
  const isDeclared = ({ useCaseId }: Line) => declared.some(({ inputs }) => inputs.useCaseId === useCaseId);
  const others = lines.filter((line) => !isDeclared(line));
  const facts = `the service still answers for ${textOf(lines)}, which this run has not unbound. Deleting it could drop live calls.`;
  const sentences = declared.map(({ mark }) => {
    const name = mark === undefined ? "" : `"${nameIn(mark)}" `;
    return `ServiceBinding ${name}of this stack still binds it: take it out too, or give it another serviceId.`;
  });
  if (others.length > 0) {
    const whose = others.length < lines.length ? textOf(others) : "these";
    sentences.push(`Unbind or rebind ${whose} first, or bring the bindings into this program.`);
    sentences.push(orderAdvice(context, "serviceId: service.id"));
  }
  throw new Error(sentences.reduce(paragraph, facts));
}

function textOf(lines: readonly Line[]): string {
  return lines.map(({ name, useCaseId }) => `use case "${name}" (${useCaseId})`).join(", ");
}

/** One list of the services, one of the use cases and one read per binding, shared by all deletions of the run. */
async function scanWorkspace(context: ProviderContext, workspaceId: string): Promise<Scan> {
  const reads = context.workspace(workspaceId);
  const [services, useCases] = await Promise.all([reads.services.shared(), reads.useCases.shared()]).catch(explain);
  const strange = useCases.unreadable.map(({ id, error }) => {
    if (id === undefined) throw error;
    return { id, entity_name: "unreadable", name: "unreadable" };
  });
  const unsettled = [...useCases, ...strange].filter(
    ({ id }) => context.run.wasRemoved("ServiceBinding", id) === undefined,
  );
  const bindings = await Promise.all(
    unsettled.map(async ({ id, entity_name, name }) => {
      const serviceId = await boundService(context, workspaceId, id);
      return serviceId === undefined ? [] : [{ useCaseId: id, name: `${entity_name} / ${name}`, serviceId }];
    }),
  );
  return { services, bindings: bindings.flat() };
}

function explain(error: unknown): never {
  if (PermissionError.isInstance(error)) {
    error.addSentence(
      "Before a service is deleted, the provider looks for use cases that still answer through it: the key must be able to list " +
        "services and use cases and to read bindings. Use a key with these rights; or delete the service in the Amigo console, and take it out of state " +
        "with `pulumi state delete`.",
    );
  }
  throw error;
}
