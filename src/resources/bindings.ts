import { NotFoundError } from "../api/errors.js";
import type { ProviderContext } from "../engine/provider/context.js";

/** What this run has bound the use case to; null when it has unbound it, undefined when it has not touched it. */
export function boundByThisRun({ run }: ProviderContext, useCaseId: string): string | null | undefined {
  return run.written<string | null>("ServiceBinding", useCaseId);
}

/** Notes what this run has bound the use case to, or that it has unbound it. */
export function noteBound({ run }: ProviderContext, useCaseId: string, serviceId: string | null): void {
  run.wrote("ServiceBinding", useCaseId, serviceId);
}

/** The service that the use case is bound to, if any. */
export async function boundService(context: ProviderContext, workspaceId: string, useCaseId: string) {
  return (await bindingOf(context, workspaceId, useCaseId))?.service_id;
}

export async function bindingOf(context: ProviderContext, workspaceId: string, useCaseId: string) {
  try {
    return await context.client.getServiceBinding(workspaceId, useCaseId);
  } catch (error) {
    if (NotFoundError.isInstance(error)) return undefined;
    throw error;
  }
}

/** What to do where a binding of this very stack may only come later: where the engine does one thing after the other. */
export function orderAdvice({ run }: ProviderContext, ownId: string): string {
  if (run.wasParallel) return "";
  return (
    "A binding of this stack with the id written out may come later in this run: give it the resource's own id " +
    `(${ownId}), or run without \`--parallel 1\`.`
  );
}
