import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { NotFoundError } from "../api/errors.js";
import type { ServiceResponse, VersionSetBody } from "../api/index.js";
import { IMPORT_OPTION } from "../engine/advice.js";
import { mismatches, same } from "../engine/compare.js";
import type { Change, Existing, Lifecycle, Properties, Values } from "../engine/lifecycle.js";
import { stackOf } from "../engine/owner.js";
import { type ConflictCheck, originOf, unique } from "../engine/program/conflicts.js";
import { knownValue } from "../engine/program/inspect.js";
import { AmigoResource, classFacts, isOfType } from "../engine/program/resource.js";
import type { ProviderContext } from "../engine/provider/context.js";
import { settle } from "../engine/provider/settle.js";
import { typeToken } from "../engine/tokens.js";
import { fromWire, toWire } from "../engine/wire.js";
import { findInWorkspace, workspaceOf } from "./children.js";
import * as fields from "./fields.js";
import { declaresInline, rememberOwnSet } from "./inline-sets.js";
import type { ModelPreference, VersionSetBodyArgs } from "./nested.js";
import {
  knownPart,
  ownerOf,
  readForWrite,
  rememberSet,
  serviceMark,
  setOf,
  withOwnWrites,
  withRefusedKeysLeftOut,
  withService,
} from "./service-writes.js";
import { afterOwnWrites } from "./settle.js";
import { withKnownNumbers } from "./version-numbers.js";
import { removeSet, warnIfLeft } from "./version-set-deletion.js";
import { document } from "./version-set-document.js";

/** Arguments of a {@link VersionSet}. */
export interface VersionSetArgs extends VersionSetBodyArgs {
  /** The id of the workspace of the service, a UUID; changing it replaces the version set. @default the provider's workspace */
  workspaceId?: pulumi.Input<string>;
  /** The id of the service, a UUID; changing it replaces the version set. */
  serviceId: pulumi.Input<string>;
  /**
   * The name: at most 40 letters, digits, `_` and `-`; changing it replaces the version set. `release` is the set that calls
   * run on: declaring it takes over the existing one. `edge` belongs to the platform and is refused.
   */
  name: pulumi.Input<string>;
  /**
   * What deleting does; the API has no deletion of its own. Only this provider knows it. `remove` writes the service without the set, and leaves it with a
   * warning where the API keeps it; `retain` leaves it; `reset` empties it. `release` is never removed. @default "remove"
   */
  onDelete?: pulumi.Input<"remove" | "retain" | "reset">;
}

const body = fields.versionSet;

const number = { schema: body.shape.agentVersionNumber, change: "update" } as const;

const properties = {
  workspaceId: { schema: fields.uuid, change: "replace", isId: true },
  serviceId: { schema: fields.uuid, change: "replace", isId: true },
  name: { schema: fields.versionSetName, change: "replace" },
  agentVersionNumber: number,
  contextGraphVersionNumber: number,
  llmModelPreferences: {
    schema: body.shape.llmModelPreferences,
    change: "update",
    default: {},
    normalise: (value) => (fields.withSetDefaults({ llmModelPreferences: value }) as Values).llmModelPreferences,
  },
  onDelete: { schema: z.enum(["remove", "retain", "reset"]).optional(), change: "local", default: "remove" },
} as const satisfies Properties;

/** @internal */
export const versionSetLifecycle = {
  kind: "VersionSet",
  inWorkspace: true,
  computed: [] as const,
  properties,
  document,
  describe: ({ name, serviceId }) => `VersionSet "${String(name)}" of service ${String(serviceId)}`,
  idFrom: ({ serviceId, name }) => `${serviceId}/${name}`,
  deleteFirst: (replaces) => replaces.includes("serviceId") || replaces.includes("workspaceId"),
  serviceMark,
  create,
  read,
  update,
  remove,
} satisfies Lifecycle;

const facts = classFacts(versionSetLifecycle);

/** One named version set of a service: which versions of its agent and context graph it runs, and with which models. */
export class VersionSet extends AmigoResource {
  static readonly __pulumiType: string = typeToken("VersionSet");
  /** @internal */
  static readonly __lifecycle = versionSetLifecycle;

  /** The id of the workspace of the service. */
  declare readonly workspaceId: pulumi.Output<string>;
  /** The id of the service. */
  declare readonly serviceId: pulumi.Output<string>;
  /** The name, unique in its service. */
  declare readonly name: pulumi.Output<string>;
  /** The pinned agent version; undefined for the newest. */
  declare readonly agentVersionNumber: pulumi.Output<number | undefined>;
  /** The pinned context graph version; undefined for the newest. */
  declare readonly contextGraphVersionNumber: pulumi.Output<number | undefined>;
  /** The models by purpose. */
  declare readonly llmModelPreferences: pulumi.Output<Record<string, pulumi.Unwrap<ModelPreference>>>;
  /** What deleting does: `remove`, `retain` or `reset`. */
  declare readonly onDelete: pulumi.Output<string>;

  constructor(name: string, args: VersionSetArgs, opts?: pulumi.CustomResourceOptions) {
    super(facts, name, args, opts, [
      unique(
        "name",
        "version set",
        name,
        () => setKey(args),
        (holder) => `found a second version set of this name on the service: "${holder}" declares it too`,
      ),
      notInline(args),
    ]);
    rememberOwnSet(args.serviceId, args.name);
  }

  /** Looks up an existing version set by `<serviceId>/<name>`; fails when there is none. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    state: Partial<VersionSetArgs> = {},
    opts?: pulumi.CustomResourceOptions,
  ): VersionSet {
    return new VersionSet(name, state as VersionSetArgs, { ...opts, id });
  }

  static override isInstance(value: unknown): value is VersionSet {
    return isOfType(value, VersionSet.__pulumiType);
  }
}

async function setKey({ serviceId, name }: VersionSetArgs): Promise<string | undefined> {
  const { key } = await originOf(serviceId, typeToken("Service"));
  const known = await knownValue(pulumi.output(name));
  return key && known && `${key} ${known}`;
}

function notInline({ serviceId, name }: VersionSetArgs): ConflictCheck {
  return {
    property: "name",
    find: async () => {
      const { resource } = await originOf(serviceId, typeToken("Service"));
      const known = await knownValue(pulumi.output(name));
      if (!resource || known === undefined || !(await declaresInline(resource, known))) return undefined;
      return "the service declares this version set inline in its versionSets: declare it in one place only";
    },
  };
}

async function create(context: ProviderContext, news: Values): Promise<Existing> {
  const { workspaceId, serviceId, name } = namesOf(news);
  const id = `${serviceId}/${name}`;
  return withService(context, serviceId, async () => {
    if (context.run.wasMade("Service", serviceId)) return { id, live: await write(context, news, {}, pickBody(news)) };
    const service = await readForWrite(context, workspaceId, serviceId);
    const found = setOf(service, name);
    if (found === undefined) return { id, live: await write(context, news, {}, pickBody(news)) };
    const live = { ...(fromWire(body, found) as Values), ...namesOf(news) };
    const { run } = context;
    const wasInline = run
      .declared("Service")
      .some((one) => one.id === serviceId && Object.hasOwn((one.former?.versionSets as object) ?? {}, name));
    const isOurs = wasInline || run.isHeld("VersionSet", id) || run.manages("VersionSet", id);
    if (!isOurs) refuseOthersSet(context, service, news, live);
    const differing = differingOf(news, live);
    return { id, live: differing.length === 0 ? live : await write(context, news, found, pickBody(news)) };
  });
}

function differingOf(news: Values, live: Values): string[] {
  return mismatches({ properties }, pickBody(news), live);
}

/** A set of that name may be somebody's; `release` is there for everyone, and meant to be declared. */
function refuseOthersSet(context: ProviderContext, service: ServiceResponse, news: Values, live: Values): void {
  const { name } = namesOf(news);
  if (name === "release") return;
  const advice = `Take it over with ${IMPORT_OPTION}: "${service.id}/${name}" and its values, or choose another name.`;
  const differing = differingOf(news, live);
  if (differing.length > 0) {
    throw new Error(
      `the service has a version set "${name}" already, with other values: ${differing.join("; ")}. Nothing was written. ${advice}`,
    );
  }
  const owner = ownerOf(service);
  if (owner === undefined || stackOf(owner) !== context.run.stack) {
    throw new Error(
      `the service has a version set "${name}" already, and the service ${owner ? `belongs to ${owner}` : "carries no owner mark of this stack"}: ` +
        `somebody else seems to manage the set. Nothing was written. ${advice}`,
    );
  }
  context.warn(`version set "${name}" existed as declared and is managed here from now on`);
}

async function read(context: ProviderContext, id: string, state: Values): Promise<Existing | undefined> {
  const workspaceId = workspaceOf(context, state);
  const [serviceId, name] = partsOf(id);
  return findInWorkspace(context, workspaceId, async () => {
    const listed = withOwnWrites(context, await context.workspace(workspaceId).services.read(serviceId));
    // A list may be stale: what it does not show is read once more before it is called gone.
    const service = Object.hasOwn(listed.version_sets, name)
      ? listed
      : withOwnWrites(context, await context.client.getService(workspaceId, serviceId));
    if (!Object.hasOwn(service.version_sets, name)) return undefined;
    return { id, live: { ...(fromWire(body, service.version_sets[name]) as Values), workspaceId, serviceId, name } };
  });
}

async function update(context: ProviderContext, { news, over }: Change): Promise<Values> {
  const names = namesOf(news);
  const { workspaceId, serviceId, name } = names;
  return withService(context, serviceId, async () => {
    const found = setOf(await readForWrite(context, workspaceId, serviceId), name) ?? {};
    const live = { ...(fromWire(body, found) as Values), ...names };
    const written = over(live);
    return Object.keys(written).length > 0 ? write(context, news, found, written) : live;
  });
}

/**
 * Writes a set whole: `values` over what is there. The answer is an empty 204, so the set is read back; the read may lag. To be
 * called under the service's lock.
 */
async function write(context: ProviderContext, news: Values, there: object, values: Values): Promise<Values> {
  const names = namesOf(news);
  const { workspaceId, serviceId, name } = names;
  const changes = toWire(body, values) as Record<string, unknown>;
  const laid = Object.entries({ ...there, ...changes }).filter(([, value]) => (value ?? undefined) !== undefined);
  await put(context, workspaceId, serviceId, name, Object.fromEntries(laid) as VersionSetBody);

  let live: Values = {};
  let notShown: unknown;
  await settle(context.settings.settleSeconds, async () => {
    const service = await context.client.getService(workspaceId, serviceId).catch((error: unknown) => {
      // What this run has just made may show late as a whole.
      if (!NotFoundError.isInstance(error) || !context.run.wasMade("Service", serviceId)) throw error;
      notShown = error;
    });
    if (!service) return undefined;
    notShown = undefined;
    live = (fromWire(body, setOf(service, name)) as Values | undefined) ?? {};
    const isThere = (key: string) => same(properties[key as keyof typeof properties], values[key], live[key]);
    return Object.keys(values).every(isThere) || undefined;
  });
  if (notShown !== undefined) throw notShown;
  return { ...live, ...names };
}

async function remove(context: ProviderContext, id: string, state: Values): Promise<void> {
  const workspaceId = String(state.workspaceId);
  const [serviceId, name] = partsOf(id);
  const policy = state.onDelete ?? "remove";
  if (policy === "retain" || (policy === "remove" && name === "release")) {
    const why = policy === "retain" ? " (onDelete: retain)" : `: the platform needs it. ${callsGoOn(state)}`;
    await warnIfLeft(context, state, (service) => `version set "${name}" of service ${service} stays as it is${why}`);
    return;
  }
  await findInWorkspace(context, workspaceId, () =>
    withService(context, serviceId, async () => {
      if (policy === "reset") await resetSet(context, workspaceId, serviceId, name);
      else await removeSet(context, workspaceId, serviceId, name);
      return true;
    }),
  );
}

/** On which versions, and the way back to the newest: a set that is declared anew without numbers keeps those that are there. */
function callsGoOn({ agentVersionNumber: agent, contextGraphVersionNumber: contextGraph }: Values): string {
  const numbers = Object.entries({ agent, "context graph": contextGraph }).flatMap(([of, number]) =>
    typeof number === "number" ? [`${of} version ${number}`] : [],
  );
  if (numbers.length === 0) return "Its calls go on with the newest versions";
  return (
    `Its calls go on with ${numbers.join(" and ")}. To go back to the newest versions: declare it with ` +
    "these numbers, run `pulumi up`, take the numbers out, and run `pulumi up` again"
  );
}

async function resetSet(context: ProviderContext, workspaceId: string, serviceId: string, name: string): Promise<void> {
  await readForWrite(context, workspaceId, serviceId);
  await put(context, workspaceId, serviceId, name, {});
}

async function put(
  context: ProviderContext,
  workspaceId: string,
  serviceId: string,
  name: string,
  versionSet: VersionSetBody,
): Promise<void> {
  const known = (set: VersionSetBody) => knownPart(body, set) as VersionSetBody;
  await withKnownNumbers(context, workspaceId, serviceId, () =>
    withRefusedKeysLeftOut(context, serviceId, versionSet, known, (sent) =>
      afterOwnWrites(context, { refersTo: [["Service", serviceId]] }, () =>
        context.client.upsertVersionSet(workspaceId, serviceId, name, sent),
      ),
    ),
  );
  const reads = context.workspace(workspaceId);
  reads.services.touched();
  rememberSet(context, serviceId, name, versionSet);
}

function namesOf(values: Values) {
  return { workspaceId: String(values.workspaceId), serviceId: String(values.serviceId), name: String(values.name) };
}

function pickBody(values: Values): Values {
  return Object.fromEntries(Object.keys(body.shape).map((name) => [name, values[name]]));
}

function partsOf(id: string): [serviceId: string, name: string] {
  const slash = id.indexOf("/");
  if (slash < 0) throw new Error(`the id of a VersionSet is <serviceId>/<name>; found "${id}"`);
  return [id.slice(0, slash), id.slice(slash + 1)];
}
