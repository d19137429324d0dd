import { type Answer, type Call, isKnown, listMoment, pathId, readMoment, timestamp } from "./call.js";
import { ApiError, conflict, forbidden, notFound, unusable } from "./errors.js";
import { page } from "./pages.js";
import type { WorkspaceRecord } from "./records.js";
import { seedIds } from "./seed.js";

interface CreateBody {
  slug: string;
  name: string;
  environment: string;
  region?: string;
  backend_org_id?: string | null;
}

/** The workspace of the path: in the caller's organisation and not archived. */
export function requireWorkspace(call: Call): Readonly<WorkspaceRecord> {
  const workspace = usable(call, call.store.workspaces.get(pathId(call, "workspace_id")));
  if (!isKnown(call, workspace)) throw notFound("Workspace");
  return workspace;
}

export function listWorkspaces(call: Call): Answer {
  const visible = call.store.workspaces
    .list(listMoment(call))
    .filter(
      (workspace) => workspace.organisation_id === call.principal?.organisation && workspace.archived_at === null,
    );
  return page(call, visible, view);
}

/** Bootstrap: nobody owns the workspace, so nobody can archive it. */
export function createWorkspace(call: Call): Answer {
  return create(call, null);
}

export function createSelfServiceWorkspace(call: Call): Answer {
  const { principal } = call;
  if (principal === undefined || !principal.isPerson) {
    throw forbidden("unsupported_principal", "Unsupported principal type: only a person can own a workspace.");
  }
  return create(call, principal.name);
}

export function getWorkspace(call: Call): Answer {
  const workspace = requireWorkspace(call);
  const shown = call.store.workspaces.get(workspace.id, readMoment(call));
  return { status: 200, body: view(usable(call, shown)) };
}

/** Absent and null both leave a field as it is. */
export function updateWorkspace(call: Call): Answer {
  const workspace = requireWorkspace(call);
  const body = call.body as Partial<Record<"name" | "environment" | "region" | "connector_type", string | null>>;
  if (call.dialect.regionImmutable && typeof body.region === "string") {
    throw unusable("region", "The region of a workspace cannot be changed", body.region);
  }
  const updated = call.store.workspaces.update(workspace.id, {
    name: body.name ?? workspace.name,
    environment: body.environment ?? workspace.environment,
    region: body.region ?? workspace.region,
    connector_type: body.connector_type ?? workspace.connector_type,
    updated_at: timestamp(),
  });
  return { status: 200, body: view(updated) };
}

/** Idempotent: the first call sets `provisioned_at`, later ones change nothing. */
export function provisionWorkspace(call: Call): Answer {
  const workspace = requireWorkspace(call);
  if (workspace.provisioned_at !== null) return { status: 200, body: { workspace: view(workspace) } };
  const now = timestamp();
  const provisioned = call.store.workspaces.update(workspace.id, { provisioned_at: now, updated_at: now });
  return { status: 200, body: { workspace: view(provisioned) } };
}

export function archiveWorkspace(call: Call): Answer {
  const workspace = requireWorkspace(call);
  if (workspace.owner === null || workspace.owner !== call.principal?.name) {
    throw forbidden("not_owner", "Only owners can archive a workspace.");
  }
  const { slug } = call.body as { slug: string };
  if (slug !== workspace.slug) throw unusable("slug", "Workspace slug confirmation did not match.", slug);
  const now = timestamp();
  const archived = call.store.workspaces.update(workspace.id, { archived_at: now, updated_at: now });
  return { status: 200, body: view(archived) };
}

function create(call: Call, owner: string | null): Answer {
  const body = call.body as CreateBody;
  // Archived workspaces keep their slug for ever.
  if (call.store.workspaces.find((workspace) => workspace.slug === body.slug) !== undefined) {
    throw conflict("slug_taken", `Workspace slug already taken: ${body.slug}`);
  }
  const created = call.store.addWorkspace({
    slug: body.slug,
    name: body.name,
    environment: body.environment,
    region: body.region ?? "us-east-1",
    backend_org_id: body.backend_org_id ?? null,
    organisation_id: call.principal?.organisation ?? seedIds.organisation,
    owner,
    created_by: call.principal?.name ?? "bootstrap",
  });
  return { status: 201, body: view(created) };
}

function usable(call: Call, workspace: Readonly<WorkspaceRecord> | undefined): Readonly<WorkspaceRecord> {
  if (workspace === undefined || workspace.organisation_id !== call.principal?.organisation)
    throw notFound("Workspace");
  if (workspace.archived_at !== null) {
    const gone = call.dialect.archivedStatus === 404;
    throw new ApiError(
      call.dialect.archivedStatus,
      gone ? "not_found" : "workspace_archived",
      gone ? "Workspace not found." : "Workspace is archived.",
    );
  }
  return workspace;
}

function view(workspace: Readonly<WorkspaceRecord>): Record<string, unknown> {
  const { organisation_id, owner, created_by, archived_at, test_caller_numbers, ...shown } = workspace;
  return shown;
}
