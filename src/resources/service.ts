import * as pulumi from "@pulumi/pulumi";
import { ConflictError } from "../api/errors.js";
import type { CreateServiceBody, ServiceResponse, UpdateServiceBody } from "../api/index.js";
import { COMMAND } from "../command.js";
import { IMPORT_OPTION } from "../engine/advice.js";
import { same } from "../engine/compare.js";
import { HIDDEN } from "../engine/hidden.js";
import type { Change, Existing, Lifecycle, Values } from "../engine/lifecycle.js";
import { stackOf } from "../engine/owner.js";
import { unique, workspaceOrigin } from "../engine/program/conflicts.js";
import { knownValue } from "../engine/program/inspect.js";
import { AmigoResource, classFacts, isOfType } from "../engine/program/resource.js";
import type { ProviderContext } from "../engine/provider/context.js";
import { factsOf, messageOf } from "../engine/provider/failure.js";
import { typeToken } from "../engine/tokens.js";
import { snakeCase } from "../engine/wire.js";
import { rememberChannelType } from "./channels.js";
import { findInWorkspace, removeFromWorkspace, workspaceOf } from "./children.js";
import * as fields from "./fields.js";
import { ownSets, rememberInlineSets } from "./inline-sets.js";
import { intentOf, journalled, takeClaimed } from "./journalled.js";
import type { ServiceTagArgs, VersionSetBodyArgs, VoiceConfigArgs } from "./nested.js";
import { refuseWhileInUse } from "./service-deletion.js";
import { bodyOf, document, existing, properties, recovery, remoteInputs, tagsOf } from "./service-form.js";
import { becomesFree, holderOf, makeWay, nameBefore, underNewName, withNameKept } from "./service-names.js";
import {
  droppedSets,
  ownerOf,
  readForWrite,
  refuseForeignOwner,
  withOwnWrites,
  withService,
  writeService,
} from "./service-writes.js";
import { afterOwnWrites, confirmed, outcomeUnknown, settleCreated } from "./settle.js";

/**
 * Arguments of a {@link Service}. Every one is updated in place, but for `workspaceId`. One that is withdrawn from the program
 * goes back to its default; one that was never declared is never compared.
 */
export interface ServiceArgs {
  /** The id of the workspace that the service lives in, a UUID; changing it replaces the service. @default the provider's workspace */
  workspaceId?: pulumi.Input<string>;
  /** The name, unique in its workspace: 1 to 256 characters without white space at the ends. Updated in place. */
  name: pulumi.Input<string>;
  /** The id of the agent that speaks, a UUID. Updated in place. */
  agentId: pulumi.Input<string>;
  /** The id of the context graph that leads the conversation, a UUID. Updated in place. */
  contextGraphId: pulumi.Input<string>;
  /** What the service is for, at most 2,000 characters. Updated in place. @default "" */
  description?: pulumi.Input<string>;
  /** At most 500 words that speech recognition should know, each once; order means nothing. Updated in place. @default [] */
  keyterms?: pulumi.Input<pulumi.Input<string>[]>;
  /** Whether the service answers. Updated in place. @default true */
  isActive?: pulumi.Input<boolean>;
  /**
   * Version sets by name, for programs that declare them here and not as {@link VersionSet}. Updated in place; sets that are not
   * declared are left alone. @default none
   */
  versionSets?: pulumi.Input<Record<string, pulumi.Input<VersionSetBodyArgs>>>;
  /** At most 49 labels, each once; order means nothing. Updated in place. @default [] */
  tags?: pulumi.Input<pulumi.Input<ServiceTagArgs>[]>;
  /** How many tools may run at once, from 1 to 10. Updated in place. @default 3 */
  toolCapacity?: pulumi.Input<number>;
  /** Whether the safety filters are on. Updated in place. @default true */
  safetyFiltersEnabled?: pulumi.Input<boolean>;
  /** The kind of conversation. Updated in place. @default "voice" */
  channelType?: pulumi.Input<"voice" | "text" | "scribe">;
  /** The environment that the service belongs to. Updated in place. @default "production" */
  environment?: pulumi.Input<"sandbox" | "production">;
  /** The id of the agent's persona, a UUID. Updated in place. @default none */
  personaId?: pulumi.Input<string>;
  /** How a voice service speaks and listens. Updated in place; compared with the API's defaults filled in. @default none */
  voiceConfig?: pulumi.Input<VoiceConfigArgs>;
  /** Take over a service of this name that exists, writing what differs. Only this provider knows it. @default false */
  adopt?: pulumi.Input<boolean>;
}

const computed = ["agentName", "contextGraphName", "personaName", "isSystem", "createdAt", "updatedAt"] as const;

/** @internal */
export const serviceLifecycle = {
  kind: "Service",
  marked: true,
  owned: true,
  inWorkspace: true,
  computed,
  properties,
  document,
  describe: ({ name }) => `Service "${String(name)}"`,
  recovery,
  rules: ({ keyterms, tags }) => [...fields.repeated("keyterms", keyterms), ...fields.repeated("tags", tags)],
  // Its name is taken as long as it exists, and what hangs on it must go first.
  deleteFirst: () => true,
  parts: (id, { versionSets }) =>
    Object.keys((versionSets as object | undefined) ?? {}).map((name) => ["VersionSet", `${id}/${name}`]),
  create,
  read,
  update,
  remove,
} satisfies Lifecycle;

const facts = classFacts(serviceLifecycle, { isSystem: false });

/**
 * A voice, text or scribe service: an agent, a context graph and the way they speak. Deleting it is refused while somebody
 * else's use case is bound to it. A replacement deletes first, bindings and version sets before the service.
 */
export class Service extends AmigoResource {
  static readonly __pulumiType: string = typeToken("Service");
  /** @internal */
  static readonly __lifecycle = serviceLifecycle;

  /** The id of the workspace that the service lives in. */
  declare readonly workspaceId: pulumi.Output<string>;
  /** The name, unique in its workspace. */
  declare readonly name: pulumi.Output<string>;
  /** The id of the agent that speaks. */
  declare readonly agentId: pulumi.Output<string>;
  /** The id of the context graph that leads the conversation. */
  declare readonly contextGraphId: pulumi.Output<string>;
  /** What the service is for; empty where nobody said. */
  declare readonly description: pulumi.Output<string>;
  /** Words that speech recognition should know. */
  declare readonly keyterms: pulumi.Output<string[]>;
  /** Whether the service answers. */
  declare readonly isActive: pulumi.Output<boolean>;
  /** The declared version sets; undefined where the program declares none. */
  declare readonly versionSets: pulumi.Output<Record<string, pulumi.Unwrap<VersionSetBodyArgs>> | undefined>;
  /** The labels, without the owner mark. */
  declare readonly tags: pulumi.Output<pulumi.Unwrap<ServiceTagArgs>[]>;
  /** How many tools may run at once. */
  declare readonly toolCapacity: pulumi.Output<number>;
  /** Whether the safety filters are on. */
  declare readonly safetyFiltersEnabled: pulumi.Output<boolean>;
  /** The kind of conversation: `voice`, `text` or `scribe`. */
  declare readonly channelType: pulumi.Output<string>;
  /** The environment: `sandbox` or `production`. */
  declare readonly environment: pulumi.Output<string>;
  /** The id of the agent's persona; undefined where it has none. */
  declare readonly personaId: pulumi.Output<string | undefined>;
  /** How the service speaks and listens; undefined where the program declares nothing. */
  declare readonly voiceConfig: pulumi.Output<pulumi.Unwrap<VoiceConfigArgs> | undefined>;
  /** Whether a service of this name may be taken over. */
  declare readonly adopt: pulumi.Output<boolean | undefined>;
  /** The agent's name, where the API shows one. */
  declare readonly agentName: pulumi.Output<string | undefined>;
  /** The context graph's name, where the API shows one. */
  declare readonly contextGraphName: pulumi.Output<string | undefined>;
  /** The persona's name, where the API shows one. */
  declare readonly personaName: pulumi.Output<string | undefined>;
  /** Whether the service is one of the platform's own, which are never changed from here. */
  declare readonly isSystem: pulumi.Output<boolean>;
  /** When the API made it, as an ISO 8601 time. */
  declare readonly createdAt: pulumi.Output<string>;
  /** When the API last changed it, as an ISO 8601 time; when it was made, if it never was changed. */
  declare readonly updatedAt: pulumi.Output<string>;

  constructor(name: string, args: ServiceArgs, opts?: pulumi.CustomResourceOptions) {
    const own = args?.versionSets === undefined ? undefined : ownSets();
    super(
      facts,
      name,
      args,
      { deleteBeforeReplace: true, ...opts },
      [
        unique(
          "name",
          "service name",
          name,
          () => nameInWorkspace(args, opts),
          (holder) =>
            `found a second service of this name in the workspace: "${holder}" declares it too; names are unique, so give one of them another name or remove it`,
        ),
      ],
      own?.names,
    );
    own?.of(this);
    rememberInlineSets(this, args.versionSets);
    rememberChannelType(this, args.channelType);
  }

  /** Looks up an existing service by its id; fails when there is none. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    state: Partial<ServiceArgs> = {},
    opts?: pulumi.CustomResourceOptions,
  ): Service {
    return new Service(name, state as ServiceArgs, { ...opts, id });
  }

  static override isInstance(value: unknown): value is Service {
    return isOfType(value, Service.__pulumiType);
  }
}

async function nameInWorkspace(args: ServiceArgs, opts?: pulumi.CustomResourceOptions): Promise<string | undefined> {
  const workspace = await workspaceOrigin(args.workspaceId, opts, typeToken("Workspace"));
  const name = await knownValue(pulumi.output(args.name));
  return workspace && name && `${workspace} ${name}`;
}

async function create(context: ProviderContext, news: Values, mayMakeWay = true): Promise<Existing> {
  const workspaceId = String(news.workspaceId);
  const body = { ...bodyOf(news), tags: tagsOf(news.tags, news) } as CreateServiceBody;
  const reads = context.workspace(workspaceId);
  const wasOurs = ({ name, ...state }: Values) => name === news.name && state.workspaceId === workspaceId;
  const freesName = async () =>
    context.run.removedWith("Service", wasOurs) !== undefined && !(await holderOf(context, news));
  try {
    const made = await journalled(context, intentOf(serviceLifecycle, news), () =>
      afterOwnWrites(context, { refersTo: [["Workspace", workspaceId]], removed: freesName }, () =>
        context.client.createService(workspaceId, body),
      ),
    );
    context.run.made("Service", made.id);
    return existing(made, news);
  } catch (error) {
    if (ConflictError.isInstance(error)) return takeOver(context, news, error, mayMakeWay);
    if (!outcomeUnknown(error)) throw error;
    const found = await settleCreated(context.settings.settleSeconds, error, async () => {
      const listed = await holderOf(context, news);
      return listed && confirmed(() => context.client.getService(workspaceId, listed.id));
    });
    if (found && news[HIDDEN.owner] !== undefined && ownerOf(found) === news[HIDDEN.owner])
      return existing(found, news);
    throw new Error(
      `${messageOf(error)} The outcome is unknown: ` +
        (found
          ? `a service of this name exists (${found.id}, created ${found.created_at}) and does not carry this resource's owner mark. It was left alone; if it is this one, set \`adopt: true\`.`
          : `no service of this name appeared within ${context.settings.settleSeconds} s, so nothing was sent again. Run \`pulumi up\` once more.`),
      { cause: error },
    );
  } finally {
    reads.services.touched();
  }
}

/** The name is taken. By whom decides what happens: nothing foreign is taken over without being asked for. */
async function takeOver(
  context: ProviderContext,
  news: Values,
  refusal: Error,
  mayMakeWay: boolean,
): Promise<Existing> {
  const holder = await holderOf(context, news);
  if (!holder) throw refusal;
  const isOfThisStack = context.run.stack !== undefined && stackOf(ownerOf(holder)) === context.run.stack;
  const isAnother = isOfThisStack && ownerOf(holder) !== news[HIDDEN.owner];
  if (mayMakeWay && isAnother && (await becomesFree(context, news.name))) {
    return makeWay(context, news, () => create(context, news, false));
  }
  if (context.run.manages("Service", holder.id)) {
    throw new Error(`${messageOf(refusal)} Another resource of this program manages that service (${holder.id}).`, {
      cause: refusal,
    });
  }
  refuseForeignOwner(context, holder, news[HIDDEN.owner]);
  const claimed = takeClaimed(context, intentOf(serviceLifecycle, news), holder.id);
  if (news.adopt !== true && !claimed) {
    const mine = news[HIDDEN.owner] !== undefined && ownerOf(holder) === news[HIDDEN.owner];
    throw new Error(
      `${factsOf(refusal)} The service ${holder.id} has this name` +
        (mine
          ? " and carries this resource's own owner mark: an earlier run was interrupted, or the resource was taken out of state. " +
            `If another stack has it now, take it out of this program. Else run \`${COMMAND} recover\`, or take it over with ${IMPORT_OPTION}: "${holder.id}".`
          : ` and carries no owner mark. Take it over with \`adopt: true\` or ${IMPORT_OPTION}: "${holder.id}", or choose another name.`),
      { cause: refusal },
    );
  }
  if (!claimed) context.warn(`service "${holder.name}" (${holder.id}) existed and was taken over (adopt: true)`);
  const names = Object.keys(remoteInputs.shape).filter((name) => news[name] !== undefined);
  const over = (live: Values) => {
    const differing = names.filter(
      (name) => !same(properties[name as keyof typeof properties], news[name], live[name]),
    );
    return Object.fromEntries(differing.map((name) => [name, news[name]]));
  };
  return { id: holder.id, live: await update(context, { id: holder.id, olds: {}, news, over }) };
}

async function read(context: ProviderContext, id: string, state: Values): Promise<Existing | undefined> {
  const workspaceId = workspaceOf(context, state);
  const service = await findInWorkspace(context, workspaceId, () => context.workspace(workspaceId).services.read(id));
  return service && existing(withOwnWrites(context, service), state);
}

function update(context: ProviderContext, change: Change): Promise<Values> {
  return withService(context, change.id, async () => {
    try {
      return await write(context, change);
    } catch (error) {
      throw withNameKept(context, change, error);
    }
  });
}

async function write(context: ProviderContext, { id, olds, news, over }: Change): Promise<Values> {
  const workspaceId = String(news.workspaceId);
  const current = await readForWrite(context, workspaceId, id);
  refuseForeignOwner(context, current, news[HIDDEN.owner], olds[HIDDEN.takenFrom]);
  const { live } = existing(current, news);
  const written = over({ ...live, name: nameBefore(context, current) });
  const dropped = droppedSets(context, current, olds, news);
  if (Object.keys(written).length === 0 && dropped.length === 0) return live;

  const changes = bodyOf(written) as UpdateServiceBody;
  changes.tags = tagsOf("tags" in written ? written.tags : live.tags, news, current);
  if (changes.version_sets || dropped.length > 0) {
    changes.version_sets = { ...current.version_sets, ...changes.version_sets } as UpdateServiceBody["version_sets"];
    for (const name of dropped) delete changes.version_sets?.[name];
  }
  const answer = await underNewName(context, { id, workspaceId, name: changes.name }, () =>
    writeService(context, workspaceId, current, changes),
  );
  warnOfOthers(context, current, answer, changes);
  for (const name of dropped.filter((name) => Object.hasOwn(answer.version_sets, name))) {
    context.warn(
      `version set "${name}" of service "${answer.name}" could not be removed: the API keeps sets that a write leaves out (or shows their removal late)`,
    );
  }
  return existing(answer, news).live;
}

async function remove(context: ProviderContext, id: string, state: Values): Promise<void> {
  const workspaceId = String(state.workspaceId);
  await removeFromWorkspace(context, workspaceId, () =>
    withService(context, id, async () => {
      await refuseWhileInUse(context, workspaceId, id, state);
      await context.client.deleteService(workspaceId, id);
    }),
  );
  context.workspace(workspaceId).services.touched();
}

/** Fields that were sent as they had been read and came back otherwise: somebody wrote at the same time. */
function warnOfOthers(
  context: ProviderContext,
  before: ServiceResponse,
  after: ServiceResponse,
  changes: UpdateServiceBody,
) {
  for (const name of Object.keys(properties).map(snakeCase) as (keyof ServiceResponse)[]) {
    if (name in changes || !(name in before) || same(undefined, before[name], after[name])) continue;
    context.warn(
      `service "${after.name}" (${after.id}): ${name} changed while it was written: now ${JSON.stringify(after[name])}`,
    );
  }
}
