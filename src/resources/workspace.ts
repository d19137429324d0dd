import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { ConflictError, NotFoundError, PermissionError, ValidationError } from "../api/errors.js";
import type { UpdateWorkspaceBody, WorkspaceResponse } from "../api/index.js";
import { matchesIn } from "../api/listed.js";
import { isOlderThan } from "../api/times.js";
import { COMMAND } from "../command.js";
import { same } from "../engine/compare.js";
import {
  type Change,
  type Existing,
  inputsSchema,
  type Lifecycle,
  type Problem,
  type Properties,
  type Values,
} from "../engine/lifecycle.js";
import { AmigoResource, classFacts, isOfType } from "../engine/program/resource.js";
import type { ProviderContext } from "../engine/provider/context.js";
import { messageOf, Unfinished } from "../engine/provider/failure.js";
import { typeToken } from "../engine/tokens.js";
import { isUnknown } from "../engine/unknown.js";
import { fromWire, toWire } from "../engine/wire.js";
import * as fields from "./fields.js";
import { claimedId, intentOf, journalled, takeClaimed } from "./journalled.js";
import { afterOwnWrites, confirmed, outcomeUnknown, settleCreated } from "./settle.js";

const CONNECTORS = [
  "revolution",
  "epic",
  "cerner",
  "allscripts",
  "fhir_store",
  "hubspot",
  "athenahealth",
  "charmhealth",
  "eclinicalworks",
  "meditab",
] as const;

/** The record systems that a workspace can be connected to. */
export type Connector = (typeof CONNECTORS)[number];

/** Arguments of a {@link Workspace}. */
export interface WorkspaceArgs {
  /**
   * The unique short name: 2 to 63 lower-case letters, digits and inner hyphens. An archived workspace keeps its slug for ever.
   * Changing it replaces the workspace.
   */
  slug: pulumi.Input<string>;
  /** The name that people see, without white space at its ends. Updated in place. */
  name: pulumi.Input<string>;
  /** The environment that the workspace is for. Updated in place. */
  environment: pulumi.Input<"production" | "staging" | "development">;
  /** The region that the data is in. Updated in place where the API allows it; it may refuse. @default "us-east-1" */
  region?: pulumi.Input<"us-east-1" | "ap-southeast-2" | "eu-central-1" | "ca-central-1">;
  /** The id of the organisation in the backend. Changing it replaces the workspace, which needs a new slug too. @default none */
  backendOrgId?: pulumi.Input<string>;
  /** The clinic's record system. Updated in place; once set it cannot be cleared. @default none */
  connectorType?: pulumi.Input<Connector>;
  /** Whether the workspace is provisioned after it was made; from false to true provisions it. @default true */
  provision?: pulumi.Input<boolean>;
  /**
   * Which way it is made. `self-service` makes the caller its owner. `bootstrap` makes a workspace without an owner, which nobody can archive.
   * Read at creation only. @default "self-service"
   */
  creation?: pulumi.Input<"self-service" | "bootstrap">;
  /**
   * Refuses to archive the workspace; also sets the engine's `protect` unless the options do. To remove the workspace, set it to
   * false and run `up`, then remove the resource: two runs. @default true
   */
  deletionProtection?: boolean;
}

const properties = {
  slug: {
    schema: z
      .string()
      .min(2)
      .max(63)
      .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, {
        error: "must consist of lower-case letters, digits and inner hyphens",
      }),
    change: "replace",
  },
  name: { schema: fields.plainText(1, Number.MAX_SAFE_INTEGER), change: "update" },
  environment: { schema: z.enum(["production", "staging", "development"]), change: "update" },
  region: {
    schema: z.enum(["us-east-1", "ap-southeast-2", "eu-central-1", "ca-central-1"]).optional(),
    change: "update",
    default: "us-east-1",
    withdrawn: "unmanaged",
  },
  backendOrgId: { schema: fields.plainText(1, Number.MAX_SAFE_INTEGER).optional(), change: "replace" },
  connectorType: { schema: z.enum(CONNECTORS).optional(), change: "update", withdrawn: "refuse" },
  provision: { schema: z.boolean().optional(), change: "action", default: true },
  creation: { schema: z.enum(["self-service", "bootstrap"]).optional(), change: "local", default: "self-service" },
  deletionProtection: { schema: z.boolean().optional(), change: "local", default: true },
} as const satisfies Properties;

const inputs = inputsSchema(properties);
const createBody = inputs.pick({ slug: true, name: true, environment: true, region: true, backendOrgId: true });
const updateBody = inputs.pick({ name: true, environment: true, region: true, connectorType: true });
const remote = inputs.omit({ provision: true, creation: true, deletionProtection: true });

/** @internal */
export const workspaceLifecycle = {
  kind: "Workspace",
  owned: true,
  inWorkspace: false,
  computed: ["provisionedAt", "createdAt", "updatedAt"] as const,
  properties,
  document: {
    place: 1,
    section: "workspace",
    shape: "object",
    key: [],
    fields: ["name", "environment", "region", "connectorType"],
    list: async ({ client }, id) => [existing(await client.getWorkspace(id))],
  },
  describe: ({ slug }) => `Workspace "${String(slug)}"`,
  recovery: {
    called: "slug",
    keyOf: ({ slug }) => [slug],
    inputsOf: ([slug]) => ({ slug }),
    find: async ({ client }, { slug }) =>
      matchesIn(await client.listWorkspaces(), (one) => one.slug === slug).map(existing),
    firstSent: ({ connectorType, ...sent }) => sent,
  },
  rules,
  // A new slug is free, and the old workspace may be protected: what replaces it is made first.
  deleteFirst: () => false,
  unfinished: (state, { provision }) => provision !== false && (state.provisionedAt ?? undefined) === undefined,
  create,
  read,
  update,
  remove,
} satisfies Lifecycle;

const facts = classFacts(workspaceLifecycle);

/** A workspace: everything else lives in one. Deleting it archives it, which only its owner may, and keeps its slug taken. */
export class Workspace extends AmigoResource {
  static readonly __pulumiType: string = typeToken("Workspace");
  /** @internal */
  static readonly __lifecycle = workspaceLifecycle;

  /** The unique short name, kept for ever. */
  declare readonly slug: pulumi.Output<string>;
  /** The name that people see. */
  declare readonly name: pulumi.Output<string>;
  /** The environment: `production`, `staging` or `development`. */
  declare readonly environment: pulumi.Output<string>;
  /** The region that the data is in. */
  declare readonly region: pulumi.Output<string>;
  /** The id of the organisation in the backend (`backend_org_id`); undefined where there is none. */
  declare readonly backendOrgId: pulumi.Output<string | undefined>;
  /** The clinic's record system; undefined where there is none. */
  declare readonly connectorType: pulumi.Output<string | undefined>;
  /** Whether the workspace is provisioned after it was made. */
  declare readonly provision: pulumi.Output<boolean>;
  /** Which way it was made: `self-service` or `bootstrap`. */
  declare readonly creation: pulumi.Output<string>;
  /** Whether the provider refuses to archive it. */
  declare readonly deletionProtection: pulumi.Output<boolean>;
  /** When it was provisioned, as an ISO 8601 time; undefined before. */
  declare readonly provisionedAt: pulumi.Output<string | undefined>;
  /** When the API made it, as an ISO 8601 time. */
  declare readonly createdAt: pulumi.Output<string>;
  /** When the API last changed it, as an ISO 8601 time; when it was made, if it never was changed. */
  declare readonly updatedAt: pulumi.Output<string>;

  constructor(name: string, args: WorkspaceArgs, opts?: pulumi.CustomResourceOptions) {
    // Two lines of defence: the engine refuses before anything is deleted, the provider refuses the archiving itself.
    const protect = opts?.id ? undefined : (args?.deletionProtection ?? true);
    super(facts, name, args, { protect, ...opts });
  }

  /** Looks up an existing workspace by its id; fails when there is none, or the key cannot see it. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    state: Partial<WorkspaceArgs> = {},
    opts?: pulumi.CustomResourceOptions,
  ): Workspace {
    return new Workspace(name, state as WorkspaceArgs, { ...opts, id });
  }

  static override isInstance(value: unknown): value is Workspace {
    return isOfType(value, Workspace.__pulumiType);
  }
}

function rules(news: Values, olds: Values | undefined): Problem[] {
  const { slug, backendOrgId } = news;
  if (!olds || isUnknown(slug) || isUnknown(backendOrgId)) return [];
  if (olds.slug !== slug || olds.backendOrgId === backendOrgId) return [];
  const reason =
    "must change together with backendOrgId: that replaces the workspace, and an archived workspace keeps its slug for ever";
  return [{ property: "slug", reason }];
}

async function create(context: ProviderContext, news: Values): Promise<Existing> {
  const made =
    (await ownFromBefore(context, news)) ??
    (await journalled(context, intentOf(workspaceLifecycle, news), () => post(context, news)));
  context.run.made("Workspace", made.id);
  const { connectorType } = news;
  const isThere = connectorType === undefined || connectorType === made.connector_type;
  const missing = isThere ? {} : { connectorType };
  return { id: made.id, live: await reach(context, made.id, existing(made).live, missing, news) };
}

/** Writes what is missing and provisions; a failure keeps what was reached. */
async function reach(
  context: ProviderContext,
  id: string,
  live: Values,
  missing: Values,
  news: Values,
): Promise<Values> {
  const isNew = { refersTo: [["Workspace", id]] } as const;
  let reached = live;
  try {
    if (Object.keys(missing).length > 0) {
      reached = await afterOwnWrites(context, isNew, () => patch(context, id, missing));
    }
    if (news.provision !== false && reached.provisionedAt === undefined) {
      reached = existing(await afterOwnWrites(context, isNew, () => context.client.provisionWorkspace(id))).live;
    }
  } catch (error) {
    throw new Unfinished(id, reached, error);
  }
  return reached;
}

/** The workspace that an interrupted run made, where `recover` has found it. */
async function ownFromBefore(context: ProviderContext, news: Values): Promise<WorkspaceResponse | undefined> {
  const intent = intentOf(workspaceLifecycle, news);
  const claimed = claimedId(context, intent);
  if (claimed === undefined) return undefined;
  const found = (await context.client.listWorkspaces()).find(({ id }) => id === claimed);
  if (found) takeClaimed(context, intent, found.id);
  return found;
}

async function post(context: ProviderContext, news: Values): Promise<WorkspaceResponse> {
  const body = toWire(createBody, news) as Parameters<typeof context.client.createWorkspace>[0];
  const startedAt = Date.now();
  try {
    return news.creation === "bootstrap"
      ? await context.client.createWorkspace(body)
      : await context.client.createSelfServiceWorkspace(body);
  } catch (error) {
    if (ConflictError.isInstance(error)) {
      error.addSentence(`Where an interrupted run of this stack made it, \`${COMMAND} recover\` finds that out.`);
    }
    if (!outcomeUnknown(error)) throw error;
    const found = await settleCreated(context.settings.settleSeconds, error, async () => {
      const listed = (await context.client.listWorkspaces()).find(({ slug }) => slug === news.slug);
      return listed && confirmed(() => context.client.getWorkspace(listed.id));
    });
    // A workspace has no place for a mark: it is ours only if it is as asked for and no older than the request.
    const asAsked = found && Object.entries(body).every(([key, value]) => same(undefined, value, found[key as "slug"]));
    if (found && asAsked && !isOlderThan(found.created_at, startedAt)) return found;
    throw new Error(
      `${messageOf(error)} The outcome is unknown: ` +
        (found
          ? `a workspace with this slug exists (${found.id}, created ${found.created_at}) and is not known to be this one. It was left alone; if it is, take it over with the resource option import: "${found.id}".`
          : `no workspace with this slug appeared within ${context.settings.settleSeconds} s, so nothing was sent again. Run \`pulumi up\` once more.`),
      { cause: error },
    );
  }
}

async function read(context: ProviderContext, id: string): Promise<Existing> {
  try {
    return existing(await context.client.getWorkspace(id));
  } catch (error) {
    if (!NotFoundError.isInstance(error) && !PermissionError.isInstance(error)) throw error;
    throw new Error(
      `workspace ${id} is archived, or this key cannot see it: is it the right account and the right base URL (${context.settings.baseUrl})? ` +
        `State was kept. If it is gone for good, take it out with \`pulumi state delete\`. ${messageOf(error)}`,
      { cause: error },
    );
  }
}

async function update(context: ProviderContext, { id, news, over }: Change): Promise<Values> {
  const { live } = await read(context, id);
  return reach(context, id, live, over(live), news);
}

async function patch(context: ProviderContext, id: string, values: Values): Promise<Values> {
  const body = toWire(updateBody, values) as UpdateWorkspaceBody;
  try {
    return existing(await context.client.updateWorkspace(id, body)).live;
  } catch (error) {
    if (body.region !== undefined && ValidationError.isInstance(error)) {
      error.addSentence(`Perhaps the region is immutable here: then a workspace in ${body.region} needs a new slug.`);
    }
    throw error;
  }
}

async function remove(context: ProviderContext, id: string, state: Values): Promise<void> {
  if (state.deletionProtection !== false) {
    throw new Error(
      "deletionProtection is on. Archiving takes its lines down and its slug for ever. If that is meant, it takes two runs: " +
        "set deletionProtection: false and run `pulumi up`, then remove the resource or run `pulumi destroy`.",
    );
  }
  try {
    await context.client.archiveWorkspace(id, String(state.slug));
  } catch (error) {
    if (NotFoundError.isInstance(error)) return;
    // An earlier attempt of this very call may have archived it; a 403 alone may as well be a lack of rights.
    if (!PermissionError.isInstance(error)) throw error;
    if (error.outcome === "unknown" && !(await isVisible(context, id))) return;
    error.addSentence(
      "Or an earlier run has archived it and lost the answer: if it is archived, take it out of state with `pulumi state delete`.",
    );
    throw error;
  }
}

async function isVisible(context: ProviderContext, id: string): Promise<boolean> {
  try {
    await context.client.getWorkspace(id);
    return true;
  } catch (error) {
    if (NotFoundError.isInstance(error) || PermissionError.isInstance(error)) return false;
    throw error;
  }
}

/** @internal */
export function existing(workspace: WorkspaceResponse): Existing {
  const inputsThere = fromWire(remote.partial(), workspace) as Values;
  return {
    id: workspace.id,
    live: {
      ...inputsThere,
      provisionedAt: workspace.provisioned_at ?? undefined,
      createdAt: workspace.created_at,
      updatedAt: workspace.updated_at,
    },
  };
}
