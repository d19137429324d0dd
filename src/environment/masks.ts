import { withoutKeys } from "../api/redact.js";

/** What stands in place of a value that nobody may read. */
export const MASK = "[redacted]";

const WORDS = new Set([
  "secret",
  "secrets",
  "password",
  "passwords",
  "passwd",
  "pwd",
  "passphrase",
  "credential",
  "credentials",
  "authorization",
  "bearer",
  "apikey",
  "apikeys",
]);
const PAIRS = /(^| )((api|access|private|secret|signing|encryption|auth) keys?)( |$)/;

/** Whether a field of this name is likely to hold a credential. The name decides, never the value. */
export function isCredential(name: string): boolean {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter(Boolean);
  // `maxTokens` and `max_token` count; `authToken` opens a door.
  const isToken = words.at(-1) === "token" && !words.some((word) => /^(max|min|per|end|stop|start|pad)$/.test(word));
  return isToken || words.some((word) => WORDS.has(word)) || PAIRS.test(words.join(" "));
}

/** The value with credentials in it masked; `path` are the names that lead to it. */
export function masked(value: unknown, path: readonly PropertyKey[] = []): unknown {
  if (value === undefined || value === null) return value;
  if (path.some((step) => isCredential(String(step)))) return MASK;
  if (typeof value === "string") return withoutKeys(value);
  if (typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((item) => masked(item));
  const { key } = value as { key?: unknown };
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const isNamedSo = name === "value" && typeof key === "string" && isCredential(key);
      return [name, isNamedSo && inner !== undefined ? MASK : masked(inner, [name])];
    }),
  );
}
