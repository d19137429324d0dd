import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { ServiceBindingResponse } from "../api/index.js";
import { type ConflictCheck, originOf, unique } from "../engine/conflicts.js";
import type { ProviderContext } from "../engine/context.js";
import { knownValue } from "../engine/inspect.js";
import type { Change, Existing, Lifecycle, Values } from "../engine/lifecycle.js";
import { AmigoResource, type ClassFacts, isOfType, typeToken } from "../engine/resource.js";
import { isUnknown } from "../engine/unknown.js";
import { bind, recordMove } from "./binding-moves.js";
import { findInWorkspace, removeFromWorkspace, workspaceOf } from "./children.js";
import * as fields from "./fields.js";
import { bindingOf } from "./service-deletion.js";
import { UseCase } from "./use-case.js";

/** Arguments of a {@link ServiceBinding}. */
export interface ServiceBindingArgs {
  /** Workspace of both; changing it replaces the binding. @default the provider's workspace */
  workspaceId?: pulumi.Input<string>;
  /** The use case; changing it replaces the binding, the old one first. */
  useCaseId: pulumi.Input<string>;
  /**
   * The service that answers. A known other one is an update: the line moves. One that is not made yet shows as a replacement in
   * the preview and is an update in the run.
   */
  serviceId: pulumi.Input<string>;
  /** Move the line even if it is bound to a service that this stack does not know of. Only this provider knows it. @default false */
  allowRebind?: pulumi.Input<boolean>;
}

const inputs = z.strictObject({
  workspaceId: fields.uuid,
  useCaseId: fields.uuid,
  serviceId: fields.uuid,
  allowRebind: z.boolean().optional(),
});

const computed = ["channel", "createdAt", "updatedAt"] as const;

/** @internal */
export const serviceBindingLifecycle: Lifecycle = {
  kind: "ServiceBinding",
  inputs,
  inWorkspace: true,
  computed,
  properties: {
    workspaceId: { change: "replace" },
    useCaseId: { change: "replace" },
    serviceId: { change: "update", unknownReplaces: true },
    allowRebind: { change: "local" },
  },
  describe: ({ useCaseId, serviceId }) =>
    `ServiceBinding of use case ${String(useCaseId)} to service ${String(serviceId)}`,
  intend: (context, news, olds) => {
    const { workspaceId, useCaseId, serviceId } = news as Record<string, string>;
    const from = olds?.serviceId as string | undefined;
    if (!workspaceId || !useCaseId || !serviceId || !from || from === serviceId || isUnknown(serviceId)) return;
    recordMove(context, { workspaceId, useCaseId, from, to: serviceId });
  },
  deleteFirst: () => true,
  create,
  read,
  update,
  remove,
};

const facts: ClassFacts = {
  kind: "ServiceBinding",
  provider: "serviceBinding",
  outputs: Object.fromEntries([...Object.keys(inputs.shape), ...computed].map((name) => [name, undefined])),
};

/**
 * Which service answers for a use case: this routes live calls and mails. A use case is never taken from another service
 * without `allowRebind`, and a binding that somebody else has moved meanwhile is left alone on deletion.
 */
export class ServiceBinding extends AmigoResource {
  static readonly __pulumiType: string = typeToken("ServiceBinding");

  declare readonly workspaceId: pulumi.Output<string>;
  declare readonly useCaseId: pulumi.Output<string>;
  declare readonly serviceId: pulumi.Output<string>;
  declare readonly allowRebind: pulumi.Output<boolean | undefined>;
  /** The use case's channel; a service answers for one use case of each. */
  declare readonly channel: pulumi.Output<string>;
  declare readonly createdAt: pulumi.Output<string>;
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
        const [{ resource }, service] = await Promise.all([useCase(), originOf(args.serviceId, typeToken("Service"))]);
        const channel = UseCase.isInstance(resource) ? await knownValue(pulumi.output(resource.channel)) : undefined;
        return service.key && channel && `${service.key} ${channel}`;
      },
      (holder) =>
        `found a second binding of this channel on the service: "${holder}" binds a use case of the same channel to it, and a service answers for one of each`,
    ),
  ];
}

async function create(context: ProviderContext, news: Values): Promise<Existing> {
  const { workspaceId, useCaseId, serviceId } = news as Record<"workspaceId" | "useCaseId" | "serviceId", string>;
  const current = context.memory.wasMade("UseCase", useCaseId)
    ? undefined
    : await bindingOf(context, workspaceId, useCaseId);
  if (current?.service_id === serviceId) {
    context.warn(
      `use case ${useCaseId} was bound to service ${serviceId} already; the binding is managed here from now on`,
    );
    return existing(current);
  }
  if (current) refuseTakeover(context, current, news);
  return existing(await bind(context, workspaceId, useCaseId, serviceId, undefined));
}

async function read(context: ProviderContext, id: string, state: Values): Promise<Existing | undefined> {
  const workspaceId = workspaceOf(context, state);
  return findInWorkspace(context, workspaceId, async () =>
    existing(await context.client.getServiceBinding(workspaceId, id)),
  );
}

async function update(context: ProviderContext, { id, olds, wanted }: Change): Promise<Values> {
  const workspaceId = String(wanted.workspaceId);
  const serviceId = String(wanted.serviceId);
  const current = await bindingOf(context, workspaceId, id);
  if (current?.service_id === serviceId) return existing(current).live;
  if (current && current.service_id !== olds.serviceId) refuseTakeover(context, current, wanted);
  return existing(await bind(context, workspaceId, id, serviceId, current?.service_id)).live;
}

async function remove(context: ProviderContext, id: string, state: Values): Promise<void> {
  const workspaceId = String(state.workspaceId);
  await removeFromWorkspace(context, workspaceId, async () => {
    const current = await context.client.getServiceBinding(workspaceId, id);
    if (current.service_id !== state.serviceId) {
      context.warn(
        `use case ${id} is now bound to service ${current.service_id} and not to ${String(state.serviceId)}: somebody moved it, so the binding was left alone`,
      );
      context.memory.left("ServiceBinding", id);
      return;
    }
    await context.client.unbindUseCase(workspaceId, id);
  });
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
