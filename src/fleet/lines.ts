import { NotFoundError } from "../api/errors.js";
import { canonicalId } from "../api/index.js";
import { declaredBy, workspaceOf } from "../environment/stack-environment.js";
import type { Accounts } from "../stack/accounts.js";
import { nameOf, type StateResource } from "../stack/state.js";

/** What the API shows of the lines that a stack declares. */
export interface LinesRead {
  /** How many were read. */
  readonly read: number;
  /** What is not as declared, each as a sentence. */
  readonly problems: readonly string[];
}

/** Reads each line back: its use case is bound to the service that the stack declares, and that service is active. */
export async function readLines(
  resources: readonly StateResource[],
  accounts: Pick<Accounts, "of">,
): Promise<LinesRead> {
  const bindings = declaredBy(resources).filter(({ kind }) => kind.name === "ServiceBinding");
  const problems = await Promise.all(
    bindings.map(async (binding) => {
      const context = await accounts.of(binding.resource.provider);
      const workspaceId = workspaceOf(binding);
      const name = nameOf(binding.resource.urn);
      const declared = canonicalId(String(binding.live.serviceId));
      try {
        const bound = canonicalId((await context.client.getServiceBinding(workspaceId, binding.id)).service_id);
        if (bound !== declared) return `line ${name} is bound to service ${bound}, and the stack declares ${declared}`;
        const service = await context.workspace(workspaceId).services.read(declared);
        return service.is_active ? [] : `line ${name}: its service "${service.name}" is not active`;
      } catch (error) {
        if (!NotFoundError.isInstance(error)) throw error;
        return `line ${name} is not bound, or its service is gone: ${context.messageOf(error)}`;
      }
    }),
  );
  return { read: bindings.length, problems: problems.flat() };
}
