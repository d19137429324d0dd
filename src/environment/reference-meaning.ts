import type { Environment } from "./environment.js";

/** An alias as one environment uses it. */
interface Use {
  readonly alias: string;
  readonly environment: Environment;
}

/**
 * Whether two aliases stand for the same thing. Ids decide where both sides know the same ids; else the alias itself, then the name
 * that the API shows. `unknown`: an alias was made up, since no references file has one, and nothing shows a name.
 */
export function meaningOf(table: string, a: Use, b: Use): "same" | "different" | "unknown" {
  const [left, right] = [entryOf(table, a), entryOf(table, b)];
  if (left && right) {
    if (left.id === right.id) return "same";
    const isOneWorkspace =
      a.environment.workspaceId !== undefined && a.environment.workspaceId === b.environment.workspaceId;
    if (isOneWorkspace || knows(table, b, left.id) || knows(table, a, right.id)) return "different";
  }
  if (a.alias === b.alias) return "same";
  if (left?.name !== undefined && right?.name !== undefined) return left.name === right.name ? "same" : "different";
  return isMadeUp(table, a) || isMadeUp(table, b) ? "unknown" : "different";
}

function entryOf(table: string, { alias, environment }: Use) {
  return environment.references.get(table, alias);
}

function knows(table: string, { environment }: Use, id: string): boolean {
  return environment.references.aliasOf(table, id) !== undefined;
}

/** Whether it is an ordinal, such as `setup-1`, that depends on what else there is. */
function isMadeUp(table: string, use: Use): boolean {
  const entry = entryOf(table, use);
  if (!entry || entry.name !== undefined) return false;
  const written = use.environment.references.source?.value as Record<string, Record<string, unknown>> | undefined;
  return !Object.hasOwn(written?.[table] ?? {}, use.alias);
}
