import type { EmulatorStore } from "./store.js";

/**
 * Adds to an answer what a newer server might: keys that the contract lacks, and enum members that it lacks on things
 * that the caller did not make. Done after the answer was checked against the contract.
 */
export function withExtras(body: unknown, store: EmulatorStore, principal: string | undefined): unknown {
  if (Array.isArray(body)) return body.map((item) => withExtras(item, store, principal));
  if (typeof body !== "object" || body === null) return body;
  const entries = Object.entries(body).map(([key, part]) =>
    key === "items" || key === "workspace" ? [key, withExtras(part, store, principal)] : [key, part],
  );
  const copy: Record<string, unknown> = Object.fromEntries(entries);
  return { ...copy, ...newerMembers(copy, store, principal), lifecycle_stage: "general", links: { self: "" } };
}

function newerMembers(
  body: Record<string, unknown>,
  store: EmulatorStore,
  principal: string | undefined,
): Record<string, string> {
  const id = typeof body.id === "string" ? body.id : "";
  const isForeign = (record: { created_by: string } | undefined) =>
    record !== undefined && record.created_by !== principal;
  if (isForeign(store.services.get(id))) return { environment: "preview", channel_type: "chat" };
  if (isForeign(store.workspaces.get(id))) return { environment: "preview", region: "sa-east-1" };
  if (isForeign(store.useCases.get(id))) return { channel: "sms", tier: "preview" };
  return {};
}
