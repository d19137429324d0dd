import type { Dialect } from "./dialects.js";

/** The key that the contract lacks, inside the voice config and the version sets of a service. */
export const internalKey = "x_internal";

type Part = Partial<Record<typeof internalKey, unknown>>;

/** A part as it is stored after a write. One that stood there before and is sent without the key loses it. */
export function withInternalKey<Sent extends object>(
  dialect: Dialect,
  sent: Sent,
  before: Part | null | undefined,
): Sent {
  if (dialect.extraKeys !== "kept" || before == null) return sent;
  return { ...sent, [internalKey]: (sent as Part)[internalKey] ?? null };
}

/** What an answer shows of the key: the server sets it on what nobody has written yet. */
export function internalKeyView(dialect: Dialect, stored: Part): Part {
  if (typeof dialect.extraKeys === "boolean" || stored[internalKey] === null) return {};
  return { [internalKey]: stored[internalKey] ?? "set-by-server" };
}

/** Whether a path in a request's body leads to the key. */
export function isInternalKey(path: readonly (string | number)[]): boolean {
  return path.at(-1) === internalKey && ["voice_config", "version_sets", "version_set"].includes(String(path[0]));
}
