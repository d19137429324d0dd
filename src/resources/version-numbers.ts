import { ApiError } from "../api/errors.js";
import { type ServiceResponse, wholeOf } from "../api/index.js";
import type { ProviderContext } from "../engine/provider/context.js";

const numbers = [
  ["agent", "agent_id", "agent_version_number"],
  ["context graph", "context_graph_id", "context_graph_version_number"],
] as const;

/** A refused number with the service by its name, and with the numbers that are known to be there: no read lists them. */
export async function withKnownNumbers<T>(
  context: ProviderContext,
  workspaceId: string,
  serviceId: string,
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!ApiError.isInstance(error) || error.reason !== "no-such-version") throw error;
    const services = await context
      .workspace(workspaceId)
      .services.shared()
      .then(wholeOf)
      .catch(() => []);
    const own = services.find(({ id }) => id === serviceId);
    if (own) error.addSentence(`The service is "${own.name}"${inUse(own, services)}.`);
    throw error;
  }
}

function inUse(own: ServiceResponse, services: readonly ServiceResponse[]): string {
  const texts = numbers.flatMap(([word, idField, numberField]) => {
    const sets = services
      .filter((one) => one[idField] === own[idField])
      .flatMap((one) => Object.values(one.version_sets));
    const pinned = sets.map((set) => set[numberField]).filter((number) => typeof number === "number");
    const sorted = [...new Set(pinned)].sort((a, b) => a - b);
    return sorted.length > 0 ? [`${word} version ${sorted.join(", ")}`] : [];
  });
  return texts.length > 0 ? `; version sets of this workspace pin its ${texts.join(", and its ")}` : "";
}
