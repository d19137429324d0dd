import type { ExportedState, StateResource } from "../../cli/stack.js";
import type { Kind, Values } from "../../engine/program.js";
import type { Entry, PendingOperation } from "../../engine/state.js";

const TYPE = "pulumi-nodejs:dynamic/amigo:";
/** The key, and the value for a secret, by which the engine marks an object in place of a plain value. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** The library's own resources in an exported state, with secrets shown. */
export function entriesOf({ deployment }: ExportedState): Entry[] {
  return (deployment.resources ?? []).filter(({ type }) => type.startsWith(TYPE)).map(entryOf);
}

export function pendingOf({ deployment }: ExportedState): PendingOperation[] {
  return (deployment.pending_operations ?? []).map(({ type, resource }) => ({
    type: type as PendingOperation["type"],
    urn: resource.urn,
    inputs: inClear(resource.inputs),
  }));
}

function entryOf(resource: StateResource): Entry {
  const { urn, type, id = "", inputs, outputs, protect = false, deletedWith, initErrors = [] } = resource;
  const kind = type.slice(TYPE.length);
  const dependencies = Object.entries(resource.propertyDependencies ?? {}).filter(([, urns]) => urns?.length);
  return {
    urn,
    kind: `${kind[0]?.toLowerCase()}${kind.slice(1)}` as Kind,
    name: urn.split("::").at(-1) ?? "",
    id,
    inputs: inClear(inputs),
    outputs: inClear(outputs),
    dependencies: Object.fromEntries(dependencies) as Record<string, string[]>,
    protect,
    deletedWith: deletedWith || undefined,
    initErrors,
    pendingDelete: resource.delete ?? false,
    pendingReplacement: resource.pendingReplacement ?? false,
  };
}

function inClear(values: Values = {}): Values {
  return shown(values) as Values;
}

function shown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shown);
  if (value === null || typeof value !== "object") return value;
  const { [SIGNATURE]: signature, plaintext } = value as Values;
  if (signature === SECRET) return JSON.parse(String(plaintext));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shown(inner)]));
}
