import type { ServiceResponse, UpdateServiceBody, VersionSetBody } from "../api/index.js";
import { same } from "../engine/compare.js";
import type { ProviderContext } from "../engine/context.js";
import { fromWire } from "../engine/wire.js";
import { OWNER_TAG, versionSet, withSetDefaults } from "./fields.js";
import { settle } from "./settle.js";

/** How long a read may lag behind a write of this process, at most. */
const LAG_MS = 10_000;

interface Written {
  fields: Partial<ServiceResponse>;
  /** Version sets by name; null for one that was removed. */
  sets: Map<string, VersionSetBody | null>;
  until: number;
}

const WRITTEN = Symbol("what this process wrote to services");

function writtenTo(context: ProviderContext, serviceId: string): Written {
  const all = context.store(WRITTEN, () => new Map<string, Written>());
  let written = all.get(serviceId);
  if (!written || written.until < Date.now()) {
    written = { fields: {}, sets: new Map(), until: 0 };
    all.set(serviceId, written);
  }
  return written;
}

/** What was read, with what this process has just written laid over it. */
export function withOwnWrites(context: ProviderContext, service: ServiceResponse): ServiceResponse {
  const { fields, sets } = writtenTo(context, service.id);
  const version_sets = { ...service.version_sets };
  for (const [name, body] of sets) {
    if (body === null) delete version_sets[name];
    else version_sets[name] = body as ServiceResponse["version_sets"][string];
  }
  return { ...service, ...fields, version_sets };
}

export function rememberSet(context: ProviderContext, serviceId: string, name: string, body: VersionSetBody | null) {
  const written = writtenTo(context, serviceId);
  written.sets.set(name, body);
  written.until = Date.now() + LAG_MS;
}

/** All writes to one service, those of its version sets included, go one after another. */
export function withService<T>(context: ProviderContext, serviceId: string, work: () => Promise<T>): Promise<T> {
  return context.locks.run(`service ${serviceId}`, work);
}

/** A read of its own, never from a list: the basis of a full write must not be older than the write. */
export async function readForWrite(context: ProviderContext, workspaceId: string, serviceId: string) {
  const service = withOwnWrites(context, await context.client.getService(workspaceId, serviceId));
  if (service.is_system) {
    throw new Error(
      `service ${service.name} (${serviceId}) is one of the platform's own (is_system) and is never changed or deleted from here; remove it from the program and from state`,
    );
  }
  return service;
}

/**
 * Writes a service in full: every field as read, with the changes laid over it. Right whether the API takes an absent
 * field as unchanged or as the default. To be called under the service's lock.
 */
export async function writeService(
  context: ProviderContext,
  workspaceId: string,
  current: ServiceResponse,
  changes: UpdateServiceBody,
): Promise<ServiceResponse> {
  const body = { ...fullBody(current), ...changes };
  const reads = context.workspace(workspaceId);
  reads.services.touched();
  const answer = await context.client.updateService(workspaceId, current.id, body);
  reads.services.touched();
  remember(context, current, answer, changes);
  return changes.version_sets ? untilSetsShow(context, answer, changes.version_sets) : answer;
}

/** Version sets may show later than the rest of the service, in the answer of their own write too. */
async function untilSetsShow(
  context: ProviderContext,
  answer: ServiceResponse,
  asked: Record<string, VersionSetBody>,
): Promise<ServiceResponse> {
  const shows = ({ version_sets }: ServiceResponse) =>
    Object.entries(asked).every(([name, set]) => sameSet(set, setOf({ version_sets }, name)));
  if (shows(answer)) return answer;
  const later = await settle(context.settings.settleSeconds, async () => {
    const read = await context.client.getService(answer.workspace_id, answer.id);
    return shows(read) ? read : undefined;
  });
  return later ?? answer;
}

/** The version set of this name; one may be called `constructor`. */
export function setOf({ version_sets }: Pick<ServiceResponse, "version_sets">, name: string) {
  return Object.hasOwn(version_sets, name) ? version_sets[name] : undefined;
}

/** Whether both say the same, with the contract's defaults filled in. */
function sameSet(a: unknown, b: unknown): boolean {
  const normalise = (value: unknown) => withSetDefaults(fromWire(versionSet, value));
  return same({ change: "update", normalise }, a, b);
}

function remember(
  context: ProviderContext,
  before: ServiceResponse,
  answer: ServiceResponse,
  changes: UpdateServiceBody,
): void {
  const written = writtenTo(context, answer.id);
  for (const name of Object.keys(changes) as (keyof UpdateServiceBody)[]) {
    if (name !== "version_sets") Object.assign(written.fields, { [name]: answer[name] });
  }
  const asked = changes.version_sets ?? before.version_sets;
  for (const name of Object.keys({ ...before.version_sets, ...asked })) {
    const now = Object.hasOwn(asked, name) ? asked[name] : undefined;
    if (!same(undefined, setOf(before, name), now)) written.sets.set(name, now ?? null);
  }
  written.until = Date.now() + LAG_MS;
}

function fullBody(service: ServiceResponse): UpdateServiceBody {
  const body: UpdateServiceBody = {
    name: service.name,
    description: service.description,
    agent_id: service.agent_id,
    context_graph_id: service.context_graph_id,
    keyterms: service.keyterms,
    is_active: service.is_active,
    version_sets: service.version_sets as Record<string, VersionSetBody>,
    tags: service.tags,
    tool_capacity: service.tool_capacity,
    safety_filters_enabled: service.safety_filters_enabled,
    channel_type: service.channel_type,
    environment: service.environment,
    persona_id: service.persona_id,
    voice_config: service.voice_config as UpdateServiceBody["voice_config"],
  };
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

/** The owner mark that the service carries. */
export function ownerOf(service: Pick<ServiceResponse, "tags">): string | undefined {
  return service.tags.find(({ key }) => key === OWNER_TAG)?.value ?? undefined;
}

/** Two stacks that write the same service undo each other's work; the second is told who the first is. */
export function refuseForeignOwner(service: ServiceResponse, mine: unknown): void {
  const owner = ownerOf(service);
  if (mine === undefined || owner === undefined || owner === mine) return;
  throw new Error(
    `service ${service.name} (${service.id}) belongs to ${owner} (its tag ${OWNER_TAG}), this resource is ${String(mine)}. ` +
      "Manage it in one place: remove it there (with `pulumi state delete`, which leaves the service as it is) and delete the tag, or remove it here.",
  );
}
