import { NotFoundError, PermissionError } from "../api/errors.js";
import type { Values } from "../engine/lifecycle.js";
import type { ProviderContext } from "../engine/provider/context.js";
import { messageOf } from "../engine/provider/failure.js";
import { WORKSPACE_MISSING } from "../engine/settings.js";

/** The workspace of a resource; what `get` is given may leave it to the provider's settings. */
export function workspaceOf(context: ProviderContext, values: Values): string {
  const id = values.workspaceId ?? context.settings.workspaceId;
  if (typeof id === "string") return id;
  throw new Error(`workspaceId ${WORKSPACE_MISSING}`);
}

/**
 * What `look` finds inside a workspace, or undefined when it is gone: a thing counts as gone only while its workspace can be
 * seen, since an archived workspace and a wrong key or address answer 404 for everything.
 */
export async function findInWorkspace<T>(
  context: ProviderContext,
  workspaceId: string,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  let found: T | undefined;
  try {
    found = await look();
  } catch (error) {
    if (!NotFoundError.isInstance(error) && !PermissionError.isInstance(error)) throw error;
    await workspaceMustBeVisible(context, workspaceId);
    if (PermissionError.isInstance(error)) throw error;
    return undefined;
  }
  if (found === undefined) await workspaceMustBeVisible(context, workspaceId);
  return found;
}

/** Deletes, and takes "not found" for done while the workspace can be seen. */
export async function removeFromWorkspace(
  context: ProviderContext,
  workspaceId: string,
  remove: () => Promise<void>,
): Promise<void> {
  await findInWorkspace(context, workspaceId, async () => {
    await remove();
    return true;
  });
}

async function workspaceMustBeVisible(context: ProviderContext, workspaceId: string): Promise<void> {
  try {
    await context.workspace(workspaceId).visible();
  } catch (error) {
    if (!NotFoundError.isInstance(error) && !PermissionError.isInstance(error)) throw error;
    throw new Error(
      `workspace ${workspaceId} is archived, or this key cannot see it: is it the right account and the right base URL ` +
        `(${context.settings.baseUrl})? If the workspace is gone for good, take the resource out of state with ` +
        `\`pulumi state delete\`. ${messageOf(error)}`,
      { cause: error },
    );
  }
}
