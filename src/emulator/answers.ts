import type { Dialect } from "./dialects.js";
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

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** An answer with its ids and times in the dialect's form. */
export function inForm(body: unknown, dialect: Dialect): unknown {
  if (dialect.idCase === "lower" && dialect.timeZone === "utc") return body;
  if (Array.isArray(body)) return body.map((item) => inForm(item, dialect));
  if (typeof body !== "object" || body === null) return body;
  const entries = Object.entries(body).map(([key, value]) => {
    if (key === "items" || key === "workspace") return [key, inForm(value, dialect)];
    if (typeof value !== "string") return [key, value];
    if (/^(id|.*_id)$/.test(key) && dialect.idCase === "upper" && uuid.test(value)) return [key, value.toUpperCase()];
    if (key.endsWith("_at") && dialect.timeZone === "none") return [key, value.replace(/Z$/, "")];
    return [key, value];
  });
  return Object.fromEntries(entries);
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
