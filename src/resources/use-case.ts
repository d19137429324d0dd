import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { AmigoError, ConflictError } from "../api/errors.js";
import type { CreateUseCaseBody, Listed, UseCaseResponse } from "../api/index.js";
import { findById } from "../api/listed.js";
import { asText, mismatches } from "../engine/compare.js";
import { unique, workspaceOrigin } from "../engine/conflicts.js";
import type { ProviderContext } from "../engine/context.js";
import { knownValue } from "../engine/inspect.js";
import type { Existing, Lifecycle, Problem, Values } from "../engine/lifecycle.js";
import { AmigoResource, type ClassFacts, isOfType, typeToken } from "../engine/resource.js";
import { isUnknown } from "../engine/unknown.js";
import { fromWire, toWire } from "../engine/wire.js";
import { findInWorkspace, removeFromWorkspace, workspaceOf } from "./children.js";
import * as fields from "./fields.js";
import { intents, journalled, takeClaimed } from "./journalled.js";
import { outcomeUnknown, settleCreated } from "./settle.js";

interface UseCaseCommonArgs {
  /** Workspace of the use case. @default the provider's workspace */
  workspaceId?: pulumi.Input<string>;
  /** Whom or what the messages are about; 1 to 31 letters, spaces and hyphens. */
  entityName: pulumi.Input<string>;
  /** 1 to 31 letters, spaces and hyphens. */
  name: pulumi.Input<string>;
  /** The approved channel setup; a UUID. */
  setupId: pulumi.Input<string>;
  /** At most 2,000 characters. @default none */
  description?: pulumi.Input<string>;
  /** Take over an identical use case that exists. Only this provider knows it; changing it replaces nothing. @default false */
  adopt?: pulumi.Input<boolean>;
}

/** Arguments of a voice {@link UseCase}. */
export interface VoiceUseCaseArgs extends UseCaseCommonArgs {
  channel: pulumi.Input<"outbound_voice" | "inbound_voice" | "ringless_voicemail">;
  senderEmailAddress?: never;
  emailType?: never;
}

/** Arguments of an email {@link UseCase}. */
export interface EmailUseCaseArgs extends UseCaseCommonArgs {
  channel: pulumi.Input<"email">;
  /** The address that mails come from. */
  senderEmailAddress: pulumi.Input<string>;
  emailType: pulumi.Input<"transactional" | "marketing">;
}

/**
 * Arguments of a {@link UseCase}. The API changes none of them, so a change of any replaces: where channel, entity name or name
 * change, the new use case is made first, its binding moved, the old one deleted last; else the old one goes first.
 */
export type UseCaseArgs = VoiceUseCaseArgs | EmailUseCaseArgs;

const inputs = z.strictObject({
  workspaceId: fields.uuid,
  channel: z.enum(["outbound_voice", "inbound_voice", "ringless_voicemail", "email"]),
  entityName: fields.useCaseName,
  name: fields.useCaseName,
  setupId: fields.uuid,
  description: fields.description.optional(),
  senderEmailAddress: z.email({ error: "must be an email address" }).optional(),
  emailType: z.enum(["transactional", "marketing"]).optional(),
  adopt: z.boolean().optional(),
});

const remote = inputs
  .omit({ workspaceId: true, adopt: true })
  .extend({ channel: z.string(), emailType: z.string().optional() });

const NATURAL_KEY = ["workspaceId", "channel", "entityName", "name"] as const;

const computed = ["configurationSetName", "tier", "createdAt", "updatedAt"] as const;

/** @internal */
export const useCaseLifecycle: Lifecycle = {
  kind: "UseCase",
  inputs,
  inWorkspace: true,
  computed,
  properties: {
    workspaceId: { change: "replace" },
    channel: { change: "replace" },
    entityName: { change: "replace" },
    name: { change: "replace" },
    setupId: { change: "replace" },
    description: { change: "replace", normalise: (value) => asText(value) || undefined },
    senderEmailAddress: { change: "replace", normalise: (value) => String(value ?? "").toLowerCase() },
    emailType: { change: "replace" },
    adopt: { change: "local" },
  },
  describe: ({ channel, entityName, name }) => `UseCase "${String(entityName)} / ${String(name)}" (${String(channel)})`,
  rules: emailRules,
  // Under the same key the old one stands in the way; under another the line stays up until the new one is there.
  deleteFirst: (replaces) => !NATURAL_KEY.some((name) => replaces.includes(name)),
  create,
  read,
  update: async (context, { id, wanted }) => {
    const found = await read(context, id, wanted);
    if (!found)
      throw new Error(`use case ${id} is gone; run \`pulumi refresh\` and then \`pulumi up\` to make it again`);
    return found.live;
  },
  remove,
};

const facts: ClassFacts = {
  kind: "UseCase",
  provider: "useCase",
  owned: true,
  outputs: Object.fromEntries([...Object.keys(inputs.shape), ...computed].map((name) => [name, undefined])),
};

/** A reason to reach people over one channel: calls in, calls out, voicemail or email, on an approved channel setup. */
export class UseCase extends AmigoResource {
  static readonly __pulumiType: string = typeToken("UseCase");

  declare readonly workspaceId: pulumi.Output<string>;
  declare readonly channel: pulumi.Output<string>;
  declare readonly entityName: pulumi.Output<string>;
  declare readonly name: pulumi.Output<string>;
  declare readonly setupId: pulumi.Output<string>;
  declare readonly description: pulumi.Output<string | undefined>;
  declare readonly senderEmailAddress: pulumi.Output<string | undefined>;
  declare readonly emailType: pulumi.Output<string | undefined>;
  declare readonly adopt: pulumi.Output<boolean | undefined>;
  declare readonly configurationSetName: pulumi.Output<string | undefined>;
  declare readonly tier: pulumi.Output<string | undefined>;
  declare readonly createdAt: pulumi.Output<string>;
  declare readonly updatedAt: pulumi.Output<string>;

  constructor(name: string, args: UseCaseArgs, opts?: pulumi.CustomResourceOptions) {
    super(facts, name, args, opts, [
      unique(
        "name",
        "use case",
        name,
        () => naturalKey(args, opts),
        (holder) =>
          `found a second use case of this channel, entity name and name in the workspace: "${holder}" declares it too`,
      ),
    ]);
  }

  /** Looks up an existing use case by its id; fails when there is none. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    state: Partial<UseCaseArgs> = {},
    opts?: pulumi.CustomResourceOptions,
  ): UseCase {
    return new UseCase(name, state as UseCaseArgs, { ...opts, id });
  }

  static override isInstance(value: unknown): value is UseCase {
    return isOfType(value, UseCase.__pulumiType);
  }
}

async function naturalKey(args: UseCaseArgs, opts?: pulumi.CustomResourceOptions): Promise<string | undefined> {
  const workspace = await workspaceOrigin(args.workspaceId, opts, typeToken("Workspace"));
  const parts = await Promise.all(
    [args.channel, args.entityName, args.name].map((part) => knownValue(pulumi.output(part))),
  );
  return workspace && parts.every(Boolean) ? JSON.stringify([workspace, ...parts]) : undefined;
}

/** What the contract's union says: a sender and a type for email, and for nothing else. */
function emailRules({ channel, ...values }: Values): Problem[] {
  if (typeof channel !== "string" || isUnknown(channel)) return [];
  return ["senderEmailAddress", "emailType"].flatMap((property) => {
    const given = values[property] !== undefined;
    if (given === (channel === "email")) return [];
    const reason = given
      ? `belongs to email use cases only; this one is ${channel}`
      : "is required for an email use case";
    return [{ property, reason }];
  });
}

async function create(context: ProviderContext, news: Values): Promise<Existing> {
  const workspaceId = String(news.workspaceId);
  const reads = context.workspace(workspaceId);
  const before = await reads.useCasesBefore();
  const standing = before.find(
    (useCase) => sameKey(useCase, news) && context.memory.wasRemoved("UseCase", useCase.id) === undefined,
  );
  if (standing) return takeOver(context, news, standing);

  reads.useCases.touched();
  const sameBefore = before.filter((useCase) => sameKey(useCase, news)).map(({ id }) => id);
  return journalled(context, intents.UseCase(news, sameBefore), () => post(context, news, before));
}

async function post(context: ProviderContext, news: Values, before: readonly UseCaseResponse[]): Promise<Existing> {
  const workspaceId = String(news.workspaceId);
  const reads = context.workspace(workspaceId);
  try {
    const made = await context.client.createUseCase(workspaceId, bodyOf(news));
    context.memory.made("UseCase", made.id);
    return existing(made, workspaceId);
  } catch (error) {
    if (ConflictError.isInstance(error)) {
      const holder = (await reads.useCases.fresh()).find((useCase) => sameKey(useCase, news));
      if (holder) return takeOver(context, news, holder, error);
    }
    if (!outcomeUnknown(error)) throw error;
    return settleCreate(context, news, before, error);
  } finally {
    reads.useCases.touched();
  }
}

/** A second POST could cost a second carrier approval: the one that may have been carried out is looked up, never repeated. */
async function settleCreate(
  context: ProviderContext,
  news: Values,
  before: readonly UseCaseResponse[],
  error: AmigoError,
): Promise<Existing> {
  const workspaceId = String(news.workspaceId);
  const known = new Set(before.map(({ id }) => id));
  const found = await settleCreated(context.settings.settleSeconds, error, async () => {
    const listed = await context.workspace(workspaceId).useCases.fresh();
    const matches = listed.filter(
      (useCase) => sameKey(useCase, news) && !known.has(useCase.id) && !context.memory.isHeld("UseCase", useCase.id),
    );
    return matches.length > 0 ? matches : undefined;
  });
  const only = found?.length === 1 ? found[0] : undefined;
  if (only && differencesOf(news, only).length === 0) {
    context.memory.made("UseCase", only.id);
    return existing(only, workspaceId);
  }
  throw new Error(
    `${error.message} The outcome is unknown: ` +
      (found
        ? `${found.map(({ id, created_at }) => `use case ${id} (created ${created_at})`).join(" and ")} appeared with the same channel, entity name and name, and it is not certain which is this one. Nothing was sent again.`
        : `no such use case appeared within ${context.settings.settleSeconds} s, so nothing was sent again. Run \`pulumi up\` once more; it looks again before it asks for one.`),
    { cause: error },
  );
}

/** An identical use case exists. It has no place for an owner mark, so only the program can say that it is meant. */
function takeOver(context: ProviderContext, news: Values, holder: UseCaseResponse, refusal?: Error): Existing {
  const differing = differencesOf(news, holder);
  if (differing.length === 0 && takeClaimed(context, intents.UseCase(news), holder.id)) {
    return existing(holder, String(news.workspaceId));
  }
  if (news.adopt === true && differing.length === 0) {
    context.warn(
      `use case "${holder.entity_name} / ${holder.name}" (${holder.id}) existed and was taken over (adopt: true)`,
    );
    return existing(holder, String(news.workspaceId));
  }
  const advice =
    differing.length > 0
      ? `It differs, and the API cannot change it:\n  ${differing.join("\n  ")}`
      : `If it is meant, take it over with \`adopt: true\` or the resource option import: "${holder.id}"; after an interrupted run, \`pulumi-amigo recover\` finds out. ` +
        "If the resource was only renamed in the program, give it the resource option `aliases`. With `--replace`, set the resource option deleteBeforeReplace.";
  throw new Error(
    `${refusal ? `${refusal.message} ` : ""}use case ${holder.id} has this channel, entity name and name already (created ${holder.created_at}) and is not known to be this resource's. ${advice}`,
    { cause: refusal },
  );
}

async function read(context: ProviderContext, id: string, state: Values): Promise<Existing | undefined> {
  const workspaceId = workspaceOf(context, state);
  const { useCases } = context.workspace(workspaceId);
  const byId = (listed: Listed<UseCaseResponse>) => findById(listed, id);
  const useCase = await findInWorkspace(
    context,
    workspaceId,
    // There is no GET for one: what a list does not show is looked for in another before it is called gone.
    async () => byId(await useCases.shared()) ?? byId(await useCases.fresh()),
  );
  return useCase && existing(useCase, workspaceId);
}

async function remove(context: ProviderContext, id: string, state: Values): Promise<void> {
  const workspaceId = String(state.workspaceId);
  const { useCases } = context.workspace(workspaceId);
  useCases.touched();
  try {
    await removeFromWorkspace(context, workspaceId, () => context.client.deleteUseCase(workspaceId, id));
  } catch (error) {
    const unbound = context.memory.wasRemoved("ServiceBinding", id);
    if (unbound !== undefined && AmigoError.isInstance(error)) {
      error.addSentence(
        `${unbound} was removed in this run: restore the former arguments and run \`pulumi up\` to bind it again.`,
      );
    }
    throw error;
  } finally {
    useCases.touched();
  }
}

function sameKey(useCase: UseCaseResponse, values: Values): boolean {
  return (
    useCase.channel === values.channel && useCase.entity_name === values.entityName && useCase.name === values.name
  );
}

function differencesOf(news: Values, found: UseCaseResponse): string[] {
  return mismatches(useCaseLifecycle, news, existing(found, String(news.workspaceId)).live);
}

function bodyOf(values: Values): CreateUseCaseBody {
  return toWire(remote, values) as CreateUseCaseBody;
}

/** @internal */
export function existing(useCase: UseCaseResponse, workspaceId: string): Existing {
  const inputsThere = fromWire(remote, useCase) as Values;
  return {
    id: useCase.id,
    live: {
      ...inputsThere,
      workspaceId,
      configurationSetName: useCase.configuration_set_name,
      tier: useCase.tier,
      createdAt: useCase.created_at,
      updatedAt: useCase.updated_at,
    },
  };
}
