import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { ServiceBindingResponse } from "../api/index.js";
import { IMPORT_OPTION } from "../engine/advice.js";
import type { Change, Existing, Lifecycle, Properties, Values } from "../engine/lifecycle.js";
import { stackOf } from "../engine/owner.js";
import { type ConflictCheck, originOf, unique } from "../engine/program/conflicts.js";
import { knownValue } from "../engine/program/inspect.js";
import { AmigoResource, classFacts, isOfType } from "../engine/program/resource.js";
import type { ProviderContext } from "../engine/provider/context.js";
import { typeToken } from "../engine/tokens.js";
import { isUnknown } from "../engine/unknown.js";
import { becomesMoved, bindingBefore, disturbedBy, isDisturbed } from "./binding-lines.js";
import { bind, unbind } from "./binding-moves.js";
import { bindingOf, boundByThisRun } from "./bindings.js";
import { misfit } from "./channels.js";
import { findInWorkspace, removeFromWorkspace, workspaceOf } from "./children.js";
import * as fields from "./fields.js";
import { Service } from "./service.js";
import { ownerOf, serviceMark } from "./service-writes.js";
import { UseCase } from "./use-case.js";

/** Arguments of a {@link ServiceBinding}. */
export interface ServiceBindingArgs {
  /** The id of the workspace of both, a UUID; changing it replaces the binding. @default the provider's workspace */
  workspaceId?: pulumi.Input<string>;
  /** The id of the use case, a UUID; changing it replaces the binding. The new line is up before the run ends, or the former one is restored. */
  useCaseId: pulumi.Input<string>;
  /** The id of the service that answers, a UUID. Updated in place: the line moves. */
  serviceId: pulumi.Input<string>;
  /**
   * Take the line even if it is bound to a service that this stack does not know of, or seems to be managed elsewhere. Only this
   * provider knows it. @default false
   */
  allowRebind?: pulumi.Input<boolean>;
}

const properties = {
  workspaceId: { schema: fields.uuid, change: "replace", isId: true },
  useCaseId: { schema: fields.uuid, change: "replace", isId: true },
  serviceId: { schema: fields.uuid, change: "update", isId: true, unknownReplaces: true },
  allowRebind: { schema: z.boolean().optional(), change: "local", default: false },
} as const satisfies Properties;

/** @internal */
export const serviceBindingLifecycle = {
  kind: "ServiceBinding",
  inWorkspace: true,
  computed: ["channel", "createdAt", "updatedAt"] as const,
  properties,
  document: {
    place: 5,
    section: "service",
    guarded: true,
    shape: "value",
    within: { kind: "UseCase", property: "useCaseId" },
    key: [],
    fields: ["serviceId"],
    references: { serviceId: { as: "service", kind: "Service" } },
    list: async (context, workspaceId, useCases) => {
      const found = await Promise.all(useCases.map(({ id }) => bindingOf(context, workspaceId, id)));
      return found.flatMap((binding) => (binding ? [existing(binding)] : []));
    },
  },
  describe: ({ useCaseId, serviceId }) =>
    `ServiceBinding of use case ${String(useCaseId)} to service ${String(serviceId)}`,
  idFrom: ({ useCaseId }) => String(useCaseId),
  // The create takes the former line down itself, and puts it back where it fails; but what is unknown may be going away.
  deleteFirst: (_replaces, _olds, { useCaseId, serviceId }) => isUnknown(useCaseId) || isUnknown(serviceId),
  movesOthers: true,
  // A failed move has left lines of others down or elsewhere.
  unfinished: (state) => disturbedBy(state).length > 0,
  serviceMark,
  create,
  read,
  update,
  remove,
} satisfies Lifecycle;

const facts = classFacts(serviceBindingLifecycle);

/**
 * Which service answers for a use case: this routes live calls and mails. A use case is never taken from another service
 * without `allowRebind`, and a binding that somebody else has moved meanwhile is left alone on deletion.
 */
export class ServiceBinding extends AmigoResource {
  static readonly __pulumiType: string = typeToken("ServiceBinding");
  /** @internal */
  static readonly __lifecycle = serviceBindingLifecycle;

  /** The id of the workspace of both. */
  declare readonly workspaceId: pulumi.Output<string>;
  /** The id of the use case. */
  declare readonly useCaseId: pulumi.Output<string>;
  /** The id of the service that answers. */
  declare readonly serviceId: pulumi.Output<string>;
  /** Whether the line may be taken from a service that this stack does not know of. */
  declare readonly allowRebind: pulumi.Output<boolean | undefined>;
  /** The use case's channel; a service answers for one use case of each. */
  declare readonly channel: pulumi.Output<string>;
  /** When the API made it, as an ISO 8601 time. */
  declare readonly createdAt: pulumi.Output<string>;
  /** When the API last changed it, as an ISO 8601 time; when it was made, if it never was changed. */
  declare readonly updatedAt: pulumi.Output<string>;

  constructor(name: string, args: ServiceBindingArgs, opts?: pulumi.CustomResourceOptions) {
    super(facts, name, args, opts, bindingConflicts(name, args));
  }

  /** Looks up the binding of an existing use case, whose id it has; fails when it is not bound. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    state: Partial<ServiceBindingArgs> = {},
    opts?: pulumi.CustomResourceOptions,
  ): ServiceBinding {
    return new ServiceBinding(name, state as ServiceBindingArgs, { ...opts, id });
  }

  static override isInstance(value: unknown): value is ServiceBinding {
    return isOfType(value, ServiceBinding.__pulumiType);
  }
}

function bindingConflicts(name: string, args: ServiceBindingArgs): ConflictCheck[] {
  const useCase = () => originOf(args.useCaseId, typeToken("UseCase"));
  const service = () => originOf(args.serviceId, typeToken("Service"));
  const channel = async () => {
    const { resource } = await useCase();
    return UseCase.isInstance(resource) ? knownValue(pulumi.output(resource.channel)) : undefined;
  };
  return [
    unique(
      "useCaseId",
      "binding of a use case",
      name,
      async () => (await useCase()).key,
      (holder) =>
        `found a second binding of this use case: "${holder}" binds it too, and a use case has one service only`,
    ),
    unique(
      "serviceId",
      "binding of a channel",
      name,
      async () => {
        const [{ key }, ofUseCase] = await Promise.all([service(), channel()]);
        return key && ofUseCase && `${key} ${ofUseCase}`;
      },
      (holder) =>
        `found a second binding of this channel on the service: "${holder}" binds a use case of the same channel to it, and a service answers for one of each`,
    ),
    {
      property: "serviceId",
      find: async () => {
        const [{ resource }, ofUseCase] = await Promise.all([service(), channel()]);
        return Service.isInstance(resource) && ofUseCase ? misfit(resource, ofUseCase) : undefined;
      },
    },
  ];
}

async function create(context: ProviderContext, news: Values): Promise<Existing> {
  const { workspaceId, useCaseId, serviceId } = news as Record<"workspaceId" | "useCaseId" | "serviceId", string>;
  const known = bindingBefore(context, news);
  const current = context.run.wasMade("UseCase", useCaseId)
    ? undefined
    : await bindingOf(context, workspaceId, useCaseId);
  if (current?.service_id === serviceId) {
    await refuseOthersBinding(context, current, news);
    if (disturbedBy(known).length === 0) return existing(current);
  }
  const isOwn = current?.service_id === known?.serviceId && useCaseId === known?.useCaseId;
  if (current && current.service_id !== serviceId && !isOwn && !(await isMoving(context, current, news))) {
    refuseTakeover(context, current, news);
  }
  return existing(await bind(context, workspaceId, { useCaseId, serviceId }, known));
}

/** Whether another binding of the program gives this line up in this run, or a failed move has put it there. */
async function isMoving(context: ProviderContext, current: ServiceBindingResponse, news: Values): Promise<boolean> {
  if (news.allowRebind === true) return false;
  if (isDisturbed(context, current.use_case_id, current.service_id)) return true;
  return becomesMoved(context, { useCaseId: current.use_case_id, serviceId: current.service_id });
}

/**
 * The line is there as declared, and the API has no place for an owner mark on it: it counts as this stack's where the service
 * is, and as somebody else's otherwise.
 */
async function refuseOthersBinding(
  context: ProviderContext,
  { use_case_id: id, service_id, workspace_id }: ServiceBindingResponse,
  news: Values,
): Promise<void> {
  const { run } = context;
  const isOurs = run.manages("ServiceBinding", id) || run.isHeld("ServiceBinding", id);
  if (isOurs || boundByThisRun(context, id) !== undefined) return;
  if (news.allowRebind !== true) {
    const owner = ownerOf(await context.workspace(workspace_id).services.read(service_id));
    if (owner === undefined || stackOf(owner) !== run.stack) {
      throw new Error(
        `use case ${id} is bound to service ${service_id} already, and that service ${owner ? `belongs to ${owner}` : "carries no owner mark of this stack"}: ` +
          "somebody else seems to manage this binding. Nothing was written. Where it was only renamed here, use the resource option `aliases`. " +
          `To manage it here from now on, use ${IMPORT_OPTION}: "${id}", or allowRebind: true.`,
      );
    }
  }
  context.warn(`use case ${id} was bound to service ${service_id} already; the binding is managed here from now on`);
}

async function read(context: ProviderContext, id: string, state: Values): Promise<Existing | undefined> {
  const workspaceId = workspaceOf(context, state);
  return findInWorkspace(context, workspaceId, async () =>
    existing(await context.client.getServiceBinding(workspaceId, id)),
  );
}

async function update(context: ProviderContext, { id, olds, news, over }: Change): Promise<Values> {
  const workspaceId = String(news.workspaceId);
  const current = await bindingOf(context, workspaceId, id);
  const live = current ? existing(current).live : { ...olds, serviceId: undefined };
  const written = over(live).serviceId;
  const isOurs = isDisturbed(context, id, current?.service_id);
  if (written === undefined && !isOurs && disturbedBy(olds).length === 0) return live;
  if (current && written !== undefined && current.service_id !== olds.serviceId && !isOurs) {
    refuseTakeover(context, current, news);
  }
  const serviceId = String(written ?? live.serviceId ?? news.serviceId);
  return existing(await bind(context, workspaceId, { useCaseId: id, serviceId }, olds)).live;
}

async function remove(context: ProviderContext, id: string, state: Values): Promise<unknown> {
  const workspaceId = String(state.workspaceId);
  const own = boundByThisRun(context, id);
  if (own === null) return;
  let outcome: "left" | undefined;
  await removeFromWorkspace(context, workspaceId, async () => {
    const current = await context.client.getServiceBinding(workspaceId, id);
    if (current.service_id === state.serviceId) return unbind(context, workspaceId, id);
    outcome = "left";
    if (own === current.service_id) return;
    context.warn(
      `use case ${id} is now bound to service ${current.service_id} and not to ${String(state.serviceId)}: somebody moved it, so the binding was left alone`,
    );
  });
  return outcome;
}

/** A PUT would move the line without a word. */
function refuseTakeover(
  context: ProviderContext,
  current: ServiceBindingResponse,
  { serviceId, allowRebind }: Values,
): void {
  const facts = `use case ${current.use_case_id} (${current.channel}) is bound to service ${current.service_id}, which this resource did not bind`;
  if (allowRebind !== true) {
    throw new Error(
      `${facts}. Nothing was written: moving it to ${String(serviceId)} takes live traffic from that service. If that is meant, set allowRebind: true.`,
    );
  }
  context.warn(`${facts}; moved to ${String(serviceId)} (allowRebind: true)`);
}

/** @internal */
export function existing(binding: ServiceBindingResponse): Existing {
  return {
    id: binding.use_case_id,
    live: {
      workspaceId: binding.workspace_id,
      useCaseId: binding.use_case_id,
      serviceId: binding.service_id,
      channel: binding.channel,
      createdAt: binding.created_at,
      updatedAt: binding.updated_at,
    },
  };
}
