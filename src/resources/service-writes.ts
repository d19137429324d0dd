import type { z } from "zod";
import { type Problem, ValidationError } from "../api/errors.js";
import type { ServiceResponse, UpdateServiceBody, VersionSetBody } from "../api/index.js";
import { IMPORT_OPTION, renameAdvice } from "../engine/advice.js";
import { same } from "../engine/compare.js";
import type { Values } from "../engine/lifecycle.js";
import { nameIn, stackOf } from "../engine/owner.js";
import { valueAt } from "../engine/property-path.js";
import type { ProviderContext } from "../engine/provider/context.js";
import { settle } from "../engine/provider/settle.js";
import { fromWire, toWire } from "../engine/wire.js";
import { OWNER_TAG, versionSet, voiceConfig, withSetDefaults } from "./fields.js";
import { afterOwnWrites } from "./settle.js";

/** How long a read may lag behind a write of this process, at most. */
const LAG_MS = 10_000;

interface Written {
  fields: Partial<ServiceResponse>;
  /** Version sets by name; null for one that was removed. */
  sets: Map<string, VersionSetBody | null>;
  until: number;
}

function writtenTo({ run }: ProviderContext, serviceId: string): Written {
  const before = run.written<Written>("Service", serviceId);
  if (before && before.until >= Date.now()) return before;
  const written: Written = { fields: {}, sets: new Map(), until: 0 };
  run.wrote("Service", serviceId, written);
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
  return context.run.locks.run(serviceLock(serviceId), work);
}

export function serviceLock(serviceId: string): string {
  return `service ${serviceId}`;
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
  const answer = await send(context, workspaceId, current.id, body);
  reads.services.touched();
  remember(context, current, answer, changes);
  return changes.version_sets ? untilSetsShow(context, answer, changes.version_sets) : answer;
}

/** Sends a full body. */
function send(context: ProviderContext, workspaceId: string, id: string, body: UpdateServiceBody) {
  return withRefusedKeysLeftOut(context, id, body, ofContract, (sent) =>
    afterOwnWrites(context, { refersTo: [["Service", id]] }, () => context.client.updateService(workspaceId, id, sent)),
  );
}

/**
 * What the API answers beyond its contract is sent back, since a full replacement would lose it; where it refuses its own keys by
 * name, they are left out.
 */
export async function withRefusedKeysLeftOut<Body extends object, Answer>(
  context: ProviderContext,
  serviceId: string,
  body: Body,
  ofContract: (body: Body) => Body,
  put: (body: Body) => Promise<Answer>,
): Promise<Answer> {
  const known = ofContract(body);
  const refused = "keys beyond the contract";
  if (same(undefined, body, known)) return put(body);
  if (context.run.written(refused, "any")) return put(known);
  try {
    return await put(body);
  } catch (error) {
    const isStrange = ({ path }: Problem) => valueAt(body, path) !== undefined && valueAt(known, path) === undefined;
    if (!ValidationError.isInstance(error) || error.problems.length === 0 || !error.problems.every(isStrange))
      throw error;
    const answer = await put(known);
    context.run.wrote(refused, "any", true);
    context.warn(
      `service ${serviceId}: the API answers with keys that it refuses in requests (${error.problems.map(({ path }) => path).join(", ")}); ` +
        "such keys are left out from here on",
    );
    return answer;
  }
}

function ofContract(body: UpdateServiceBody): UpdateServiceBody {
  const sets = Object.entries(body.version_sets ?? {}).map(([name, set]) => [name, knownPart(versionSet, set)]);
  const voice = body.voice_config ? { voice_config: knownPart(voiceConfig, body.voice_config) } : {};
  return { ...body, ...voice, version_sets: Object.fromEntries(sets) } as UpdateServiceBody;
}

/** Without the keys that the schema does not know. */
export function knownPart(schema: z.ZodType, value: unknown): unknown {
  return toWire(schema, fromWire(schema, value));
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
  return same({ normalise }, a, b);
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

/** The mark of the service with the id in these values, unless this program manages it. */
export async function serviceMark(context: ProviderContext, { workspaceId, serviceId }: Values) {
  if (context.run.manages("Service", String(serviceId))) return undefined;
  return ownerOf(await context.workspace(String(workspaceId)).services.read(String(serviceId)));
}

/** The owner mark that the service carries. */
export function ownerOf(service: Pick<ServiceResponse, "tags">): string | undefined {
  return service.tags.find(({ key }) => key === OWNER_TAG)?.value ?? undefined;
}

/** Two stacks that write the same service undo each other's work; the second gets an error that names the first. */
export function refuseForeignOwner(
  { run }: ProviderContext,
  service: ServiceResponse,
  mine: unknown,
  takenFrom?: unknown,
): void {
  const owner = ownerOf(service);
  if (mine === undefined || owner === undefined || owner === mine || owner === takenFrom) return;
  const stack = stackOf(mine) ?? run.stack;
  if (stack !== undefined && stackOf(owner) === stack) {
    throw new Error(
      `service ${service.name} (${service.id}) is this stack's own resource "${nameIn(owner)}". ${renameAdvice(nameIn(owner))} ` +
        `If the state of this stack does not hold that one, take the service over with ${IMPORT_OPTION}: "${service.id}". ` +
        `(Its tag ${OWNER_TAG} is ${owner}.)`,
    );
  }
  throw new Error(
    `service ${service.name} (${service.id}) belongs to ${owner} (its tag ${OWNER_TAG}), this resource is ${String(mine)}. Manage it in one place: remove it here, or give it up there (\`pulumi state delete\`, which leaves the service as it is) ` +
      `and take it over with \`adopt: true\` and ${IMPORT_OPTION}: "${service.id}".`,
  );
}

/** The version sets that the last run declared inline, and that neither this program's service nor a resource of it declares. */
export function droppedSets(context: ProviderContext, current: ServiceResponse, olds: Values, news: Values): string[] {
  if (news.versionSets === undefined) return [];
  const declared = news.versionSets as object;
  const elsewhere = context.run.declarationOf("Service", news)?.elsewhere ?? [];
  return Object.keys((olds.versionSets as object | undefined) ?? {}).filter(
    (name) =>
      !Object.hasOwn(declared, name) &&
      !elsewhere.includes(name) &&
      name !== "release" &&
      Object.hasOwn(current.version_sets, name) &&
      !context.run.isHeld("VersionSet", `${current.id}/${name}`),
  );
}
