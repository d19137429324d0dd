import type { Dialect } from "./dialects.js";

/** A name as the server stores it. */
export function storedName(dialect: Dialect, name: string): string {
  if (dialect.nameForm === "nfc") return name.normalize("NFC");
  // What is escaped already stays as it is.
  if (dialect.nameForm === "entities") return name.replaceAll(/&(?!amp;)/g, "&amp;");
  return name;
}

/** A checked body as the server takes it: names in its form, lists without what it drops. */
export function storedBody(dialect: Dialect, body: unknown): unknown {
  if (typeof body !== "object" || body === null) return body;
  const entries = Object.entries(body).map(([key, value]) => {
    if (key === "name" && typeof value === "string") return [key, storedName(dialect, value)];
    const isSet = dialect.keyterms === "deduplicated" && (key === "keyterms" || key === "tags");
    return [key, isSet && Array.isArray(value) ? withoutRepeats(value) : value];
  });
  return Object.fromEntries(entries);
}

function withoutRepeats(values: unknown[]): unknown[] {
  const identities = values.map(identityOf);
  return values.filter((_, index) => identities.indexOf(identities[index] ?? "") === index);
}

function identityOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const { key, value: text } = value as { key?: unknown; value?: unknown };
  return JSON.stringify([key, text ?? null]);
}
