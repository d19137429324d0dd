import * as pulumi from "@pulumi/pulumi";
import { canonicalId } from "../api/ids.js";
import type { ServiceResponse } from "../api/index.js";
import { matchesIn, wholeOf } from "../api/listed.js";
import type { Existing } from "../engine/lifecycle.js";
import { programContext } from "../engine/program/program-context.js";
import { programError, requireArguments, requireKnown } from "../engine/program/program-error.js";
import type { Provider } from "../engine/program/provider.js";
import type { ProviderContext } from "../engine/provider/context.js";
import { messageOf } from "../engine/provider/failure.js";
import type { LookupResult, ResourceClass, Shown } from "./agreement.js";
import { workspaceOf } from "./children.js";
import type { Service } from "./service.js";
import { existing as bindingThere, type ServiceBinding } from "./service-binding.js";
import { existing as serviceThere } from "./service-form.js";
import type { UseCase } from "./use-case.js";
import { existing as useCaseThere } from "./use-case-form.js";
import { type Workspace, existing as workspaceThere } from "./workspace.js";

/** Options of a look-up. */
export interface LookupOptions {
  /** The account to look in. @default stack config and environment */
  provider?: Provider;
}

/** A workspace as it exists. */
export interface WorkspaceResult extends LookupResult<Workspace, "provision" | "creation" | "deletionProtection"> {}

/** A service as it exists; `tags` without the owner mark. */
export interface ServiceResult extends LookupResult<Service, "adopt", "versionSets"> {}

/** A use case as it exists. */
export interface UseCaseResult extends LookupResult<UseCase, "adopt"> {}

/** The binding of a use case as it exists. */
export interface ServiceBindingResult extends LookupResult<ServiceBinding, "allowRebind"> {}

interface InWorkspace {
  /** The id of the workspace to look in. @default the provider's workspace */
  workspaceId?: string;
}

/** By id, or by slug. */
export type GetWorkspaceArgs = { id: string } | { slug: string };
/** By id, or by name. */
export type GetServiceArgs = InWorkspace & ({ id: string } | { name: string });
/** Which services to list. */
export interface ListServicesArgs extends InWorkspace {
  /** Only active or only inactive ones. @default both */
  isActive?: boolean;
}
/** By id, or by name and, where the name alone is not unique, channel and entity name. */
export type GetUseCaseArgs = InWorkspace & ({ id: string } | { name: string; channel?: string; entityName?: string });
/** Which use cases to list. */
export interface ListUseCasesArgs extends InWorkspace {
  /** Only those of this channel. @default all */
  channel?: string;
  /** Only those with this entity name. @default all */
  entityName?: string;
  /** Only those on this channel setup. @default all */
  setupId?: string;
}
/** By the use case. */
export interface GetServiceBindingArgs extends InWorkspace {
  /** The id of the use case that is bound. */
  useCaseId: string;
}

/** Finds one workspace by id or slug; fails when there is none. */
export async function getWorkspace(args: GetWorkspaceArgs, opts: LookupOptions = {}): Promise<WorkspaceResult> {
  return answer("getWorkspace", args, opts, async ({ client }) => {
    if (has(args, "id")) return result<typeof Workspace>(workspaceThere(await client.getWorkspace(args.id)));
    const found = matchesIn(await client.listWorkspaces(), ({ slug }) => slug === args.slug);
    return result<typeof Workspace>(workspaceThere(only("workspace", args, found)));
  });
}

/** Finds one service by id or name; fails when there is none. */
export async function getService(args: GetServiceArgs, opts: LookupOptions = {}): Promise<ServiceResult> {
  return answer("getService", args, opts, async (context) => {
    const { services } = context.workspace(workspaceOf(context, { ...args }));
    if (has(args, "id")) return serviceResult(await services.read(args.id));
    return serviceResult(
      only(
        "service",
        args,
        matchesIn(await services.fresh(), ({ name }) => name === args.name),
      ),
    );
  });
}

/** All services of a workspace. */
export async function listServices(args: ListServicesArgs = {}, opts: LookupOptions = {}): Promise<ServiceResult[]> {
  return answer("listServices", args, opts, async (context) => {
    const services = wholeOf(await context.workspace(workspaceOf(context, { ...args })).services.fresh());
    return services
      .filter(({ is_active }) => args.isActive === undefined || is_active === args.isActive)
      .map(serviceResult);
  });
}

/** Finds one use case by id or name; fails when there is none, or more than one of that name. */
export async function getUseCase(args: GetUseCaseArgs, opts: LookupOptions = {}): Promise<UseCaseResult> {
  return answer("getUseCase", args, opts, async (context) => {
    const workspaceId = workspaceOf(context, { ...args });
    const listed = await context.workspace(workspaceId).useCases.fresh();
    const found = matchesIn(listed, (useCase) =>
      has(args, "id")
        ? useCase.id === canonicalId(args.id)
        : useCase.name === args.name &&
          useCase.channel === (args.channel ?? useCase.channel) &&
          useCase.entity_name === (args.entityName ?? useCase.entity_name),
    );
    return result<typeof UseCase>(useCaseThere(only("use case", args, found), workspaceId));
  });
}

/** All use cases of a workspace that match. */
export async function listUseCases(args: ListUseCasesArgs = {}, opts: LookupOptions = {}): Promise<UseCaseResult[]> {
  return answer("listUseCases", args, opts, async (context) => {
    const workspaceId = workspaceOf(context, { ...args });
    const useCases = wholeOf(await context.workspace(workspaceId).useCases.fresh());
    return useCases
      .filter(({ channel }) => channel === (args.channel ?? channel))
      .filter(({ entity_name }) => entity_name === (args.entityName ?? entity_name))
      .filter(({ setup_id }) => setup_id === (args.setupId ?? setup_id))
      .map((useCase) => result<typeof UseCase>(useCaseThere(useCase, workspaceId)));
  });
}

/** Finds the binding of a use case; fails when it is not bound. */
export async function getServiceBinding(
  args: GetServiceBindingArgs,
  opts: LookupOptions = {},
): Promise<ServiceBindingResult> {
  return answer("getServiceBinding", args, opts, async (context) => {
    const workspaceId = workspaceOf(context, { ...args });
    return result<typeof ServiceBinding>(
      bindingThere(await context.client.getServiceBinding(workspaceId, args.useCaseId)),
    );
  });
}

/** What each look-up takes: one of the first, and any of the others. */
const TAKES: Readonly<Record<string, { oneOf: readonly string[]; others: readonly string[] }>> = {
  getWorkspace: { oneOf: ["id", "slug"], others: [] },
  getService: { oneOf: ["id", "name"], others: ["workspaceId"] },
  listServices: { oneOf: [], others: ["workspaceId", "isActive"] },
  getUseCase: { oneOf: ["id", "name"], others: ["workspaceId", "channel", "entityName"] },
  listUseCases: { oneOf: [], others: ["workspaceId", "channel", "entityName", "setupId"] },
  getServiceBinding: { oneOf: ["useCaseId"], others: ["workspaceId"] },
};

/** Looks in the account; whatever fails, ends the program with one message that names the look-up. */
async function answer<Result>(
  lookup: string,
  args: object,
  { provider }: LookupOptions,
  look: (context: ProviderContext) => Promise<Result>,
): Promise<Result> {
  const call = `amigo.${lookup}`;
  const { oneOf = [], others = [] } = TAKES[lookup] ?? {};
  requireArguments(call, args, oneOf.join(" or "));
  requireKnown(call, args, [...oneOf, ...others]);
  if (oneOf.length > 0 && !oneOf.some((name) => has(args, name))) {
    throw programError(`${call}: needs ${oneOf.join(" or ")}; found ${JSON.stringify(args)}`);
  }
  // The run waits for the answer, also where the program does not: a failure after it would end an Automation API process.
  const done = pulumi.runtime.rpcKeepAlive();
  let context: ProviderContext | undefined;
  try {
    context = await programContext(provider);
    return await look(context);
  } catch (error) {
    throw programError(`${call}: ${context ? context.messageOf(error) : messageOf(error)}`, error);
  } finally {
    done();
  }
}

function has<Name extends string>(args: object, name: Name): args is Record<Name, string> {
  return ((args as Record<string, unknown>)[name] ?? undefined) !== undefined;
}

/** {@link getWorkspace} for arguments that are outputs. */
export const getWorkspaceOutput = outputTwin(getWorkspace);
/** {@link getService} for arguments that are outputs. */
export const getServiceOutput = outputTwin(getService);
/** {@link listServices} for arguments that are outputs. */
export const listServicesOutput = outputTwin(listServices);
/** {@link getUseCase} for arguments that are outputs. */
export const getUseCaseOutput = outputTwin(getUseCase);
/** {@link listUseCases} for arguments that are outputs. */
export const listUseCasesOutput = outputTwin(listUseCases);
/** {@link getServiceBinding} for arguments that are outputs. */
export const getServiceBindingOutput = outputTwin(getServiceBinding);

function outputTwin<Args extends object, Result>(lookup: (args: Args, opts?: LookupOptions) => Promise<Result>) {
  return (args: pulumi.Input<Wrapped<Args>> = {} as Wrapped<Args>, opts: LookupOptions = {}): pulumi.Output<Result> =>
    pulumi
      // The settings are waited for; the key among them makes no secret of what is found.
      .all([pulumi.output(args as pulumi.Input<object>), opts.provider && pulumi.unsecret(opts.provider.settings)])
      .apply(([known]) => lookup(known as Args, opts)) as pulumi.Output<Result>;
}

type Wrapped<Args> = Args extends unknown ? { [Key in keyof Args]: pulumi.Input<Args[Key]> } : never;

function only<T extends { id: string }>(kind: string, args: object, found: readonly T[]): T {
  const [first, ...others] = found;
  if (first && others.length === 0) return first;
  const wanted = JSON.stringify(args);
  if (!first) throw new Error(`there is no ${kind} with ${wanted}; is it the right workspace and account?`);
  throw new Error(
    `${found.length} of kind ${kind} match ${wanted}: ${found.map(({ id }) => id).join(", ")}. Name one by its id`,
  );
}

function serviceResult(service: ServiceResponse): ServiceResult {
  return { ...result<typeof Service>(serviceThere(service, {})), isSystem: service.is_system };
}

function result<Class extends ResourceClass>({ id, live }: Existing): Shown<Class> {
  const entries = Object.entries(live).filter(([, value]) => value !== null && value !== undefined);
  return { ...Object.fromEntries(entries), id } as Shown<Class>;
}
