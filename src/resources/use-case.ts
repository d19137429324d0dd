import * as pulumi from "@pulumi/pulumi";
import { AmigoError, type ConflictError } from "../api/errors.js";
import type { Listed, UseCaseResponse } from "../api/index.js";
import { findById } from "../api/listed.js";
import { timeOf } from "../api/times.js";
import type { Existing, Lifecycle, Problem, Values } from "../engine/lifecycle.js";
import { unique, workspaceOrigin } from "../engine/program/conflicts.js";
import { knownValue } from "../engine/program/inspect.js";
import { AmigoResource, classFacts, isOfType } from "../engine/program/resource.js";
import type { ProviderContext } from "../engine/provider/context.js";
import { settle, WAIT_FOR_OTHERS_SECONDS } from "../engine/provider/settle.js";
import { typeToken } from "../engine/tokens.js";
import { isUnknown } from "../engine/unknown.js";
import { orderAdvice } from "./bindings.js";
import { findInWorkspace, removeFromWorkspace, workspaceOf } from "./children.js";
import { afterOwnWrites } from "./settle.js";
import { create } from "./use-case-creation.js";
import { document, existing, NATURAL_KEY, properties, recovery } from "./use-case-form.js";

interface UseCaseCommonArgs {
  /** The id of the workspace that the use case lives in, a UUID; changing it replaces the use case. @default the provider's workspace */
  workspaceId?: pulumi.Input<string>;
  /** Whom or what the messages are about: 1 to 31 letters, spaces and hyphens. Changing it replaces the use case. */
  entityName: pulumi.Input<string>;
  /**
   * The name, unique together with channel and entity name: 1 to 31 letters, spaces and hyphens. Changing it replaces the use
   * case.
   */
  name: pulumi.Input<string>;
  /** The id of the approved channel setup, a UUID; changing it replaces the use case. */
  setupId: pulumi.Input<string>;
  /** What the use case is for, at most 2,000 characters; changing it replaces the use case. @default none */
  description?: pulumi.Input<string>;
  /** Take over an identical use case that exists. Only this provider knows it; changing it replaces nothing. @default false */
  adopt?: pulumi.Input<boolean>;
}

/** Arguments of a voice {@link UseCase}. */
export interface VoiceUseCaseArgs extends UseCaseCommonArgs {
  /** The channel: calls out, calls in, or voicemail without a ring. Changing it replaces the use case. */
  channel: pulumi.Input<"outbound_voice" | "inbound_voice" | "ringless_voicemail">;
  /** For email only. */
  senderEmailAddress?: never;
  /** For email only. */
  emailType?: never;
}

/** Arguments of an email {@link UseCase}. */
export interface EmailUseCaseArgs extends UseCaseCommonArgs {
  /** The channel: email. Changing it replaces the use case. */
  channel: pulumi.Input<"email">;
  /** The address that mails come from; the case of letters means nothing. Changing it replaces the use case. */
  senderEmailAddress: pulumi.Input<string>;
  /** The kind of mails. Changing it replaces the use case. */
  emailType: pulumi.Input<"transactional" | "marketing">;
}

/**
 * Arguments of a {@link UseCase}. The API changes none of them, so a change of any replaces: where channel, entity name or name
 * change, the new use case is made first, its binding moved, the old one deleted last; else the old one goes first.
 */
export type UseCaseArgs = VoiceUseCaseArgs | EmailUseCaseArgs;

/** @internal */
export const useCaseLifecycle = {
  kind: "UseCase",
  owned: true,
  inWorkspace: true,
  computed: ["configurationSetName", "tier", "createdAt", "updatedAt"] as const,
  properties,
  document,
  describe: ({ channel, entityName, name }) => `UseCase "${String(entityName)} / ${String(name)}" (${String(channel)})`,
  recovery,
  rules: emailRules,
  // Under the same key the old one stands in the way; under another the line stays up until the new one is there.
  deleteFirst: (replaces) => !NATURAL_KEY.some((name) => replaces.includes(name)),
  meanwhile:
    "the API cannot change a use case and takes no second one of the same name, so the old one is unbound and deleted first. " +
    "Nobody answers there until the new one is made and bound. If the API refuses the new one, as where a setup is not approved, nobody answers " +
    "until you restore the former arguments. Under another `name` the new one is made first, and its line moves right after the former binding is removed.",
  create,
  read,
  update: async (context, { id, news, over }) => {
    const found = await read(context, id, news);
    if (!found)
      throw new Error(`use case ${id} is gone; run \`pulumi refresh\` and then \`pulumi up\` to make it again`);
    over(found.live);
    return found.live;
  },
  remove,
} satisfies Lifecycle;

const facts = classFacts(useCaseLifecycle);

/** A reason to reach people over one channel: calls in, calls out, voicemail or email, on an approved channel setup. */
export class UseCase extends AmigoResource {
  static readonly __pulumiType: string = typeToken("UseCase");
  /** @internal */
  static readonly __lifecycle = useCaseLifecycle;

  /** The id of the workspace that the use case lives in. */
  declare readonly workspaceId: pulumi.Output<string>;
  /** The channel: `outbound_voice`, `inbound_voice`, `ringless_voicemail` or `email`. */
  declare readonly channel: pulumi.Output<string>;
  /** Whom or what the messages are about. */
  declare readonly entityName: pulumi.Output<string>;
  /** The name, unique together with channel and entity name. */
  declare readonly name: pulumi.Output<string>;
  /** The id of the channel setup. */
  declare readonly setupId: pulumi.Output<string>;
  /** What the use case is for; undefined where nobody said. */
  declare readonly description: pulumi.Output<string | undefined>;
  /** The address that mails come from; undefined for voice. */
  declare readonly senderEmailAddress: pulumi.Output<string | undefined>;
  /** The kind of mails: `transactional` or `marketing`; undefined for voice. */
  declare readonly emailType: pulumi.Output<string | undefined>;
  /** Whether an identical use case may be taken over. */
  declare readonly adopt: pulumi.Output<boolean | undefined>;
  /** The name of the configuration set that mails are sent with, where the API shows one. */
  declare readonly configurationSetName: pulumi.Output<string | undefined>;
  /** The tier, where the API shows one. */
  declare readonly tier: pulumi.Output<string | undefined>;
  /** When the API made it, as an ISO 8601 time. */
  declare readonly createdAt: pulumi.Output<string>;
  /** When the API last changed it, as an ISO 8601 time; when it was made, if it never was changed. */
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
  if (useCase) return existing(useCase, workspaceId);
  if (!isYoung(state, await useCases.shared())) return undefined;
  context.warn(
    `${useCaseLifecycle.describe(state)} (${id}) was made a moment ago and no list shows it yet; it is kept in state as it was`,
  );
  return { id, live: state };
}

/** Lists may lag: what is younger than this is not gone because a list does not show it. */
const LIST_LAG_MS = 30_000;

/** Whether the use case may be too young for the list. A list that shows a younger one is not too old to show it. */
function isYoung({ createdAt }: Values, listed: readonly UseCaseResponse[]): boolean {
  if (typeof createdAt !== "string") return false;
  const madeAt = timeOf(createdAt);
  return Date.now() - madeAt < LIST_LAG_MS && !listed.some(({ created_at }) => timeOf(created_at) > madeAt);
}

async function remove(context: ProviderContext, id: string, state: Values): Promise<void> {
  const workspaceId = String(state.workspaceId);
  const { useCases } = context.workspace(workspaceId);
  const unbound = () => context.run.wasRemoved("ServiceBinding", id);
  const patience = Math.min(WAIT_FOR_OTHERS_SECONDS, context.settings.settleSeconds);
  useCases.touched();
  try {
    // Of a binding that names its use case by a written id, the engine knows no order: it deletes both at the same time.
    const removed = async (error: ConflictError) => {
      if (error.reason !== "still-bound" && error.reason !== "still-bound-or-phone-assigned") return false;
      if ((await settle(patience, async () => unbound())) !== undefined) return true;
      error.addSentence(orderAdvice(context, "useCaseId: useCase.id"));
      return false;
    };
    await removeFromWorkspace(context, workspaceId, () =>
      afterOwnWrites(context, { removed }, () => context.client.deleteUseCase(workspaceId, id)),
    );
  } catch (error) {
    const binding = unbound();
    if (binding !== undefined && AmigoError.isInstance(error)) {
      error.addSentence(
        `${binding} was removed in this run: restore the former arguments and run \`pulumi up\` to bind it again.`,
      );
    }
    throw error;
  } finally {
    useCases.touched();
  }
}
