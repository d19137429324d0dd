import type { Kind, Operation, Values } from "./program.js";

/** The server's state as its control plane shows it; read here with none of the provider's code. */
export interface Truth {
  readonly workspaces: readonly Values[];
  readonly services: readonly Values[];
  readonly useCases: readonly Values[];
  readonly bindings: readonly Values[];
}

/** What one stack holds, by kind and id. */
export interface Held {
  readonly kind: Kind;
  readonly name: string;
  readonly id: string;
  /** The declared arguments with ids in the place of references. */
  readonly reached: Values;
}

export interface Finding {
  readonly what: "duplicate" | "orphan" | "lost update";
  readonly kind: Kind;
  readonly id: string;
  /** By which an operation is found: see `keyOf`. */
  readonly key: string;
  readonly text: string;
}

/** The principal under whose name the subjects write. */
export const PRINCIPAL = "owner";

/** By what people tell things of one kind from each other. */
export function keyOf(kind: Kind, values: Values): string {
  const parts: Record<Kind, unknown[]> = {
    workspace: [values.slug],
    service: [values.workspaceId, values.name],
    useCase: [values.workspaceId, values.channel, values.entityName, values.name],
    versionSet: [values.serviceId, values.name],
    serviceBinding: [values.useCaseId],
    testCallerNumbers: [values.workspaceId],
  };
  return [kind, ...parts[kind]].join(" ");
}

interface Thing {
  readonly kind: Kind;
  readonly id: string;
  readonly key: string;
}

/** Things that the subject made and that the server holds twice, or that no stack knows of. */
export function strays(truth: Truth, held: readonly Held[]): Finding[] {
  const known = new Set(held.map(({ kind, id }) => `${kind} ${id}`));
  const byKey = new Map<string, Thing[]>();
  for (const thing of madeHere(truth)) byKey.set(thing.key, [...(byKey.get(thing.key) ?? []), thing]);
  const findings: Finding[] = [];
  for (const [key, things] of byKey) {
    const strange = things.filter(({ kind, id }) => !known.has(`${kind} ${id}`));
    strange.forEach(({ kind, id }, index) => {
      const isSecond = strange.length < things.length || index > 0;
      const text = `${kind} ${id} (${key}) is in no stack${isSecond ? ", and another has its name" : ""}`;
      findings.push({ what: isSecond ? "duplicate" : "orphan", kind, id, key, text });
    });
  }
  return findings;
}

function madeHere({ workspaces, services, useCases }: Truth): Thing[] {
  const mine = (things: readonly Values[]) => things.filter(({ created_by }) => created_by === PRINCIPAL);
  const thing = (kind: Kind, record: Values, values: Values): Thing => ({
    kind,
    id: String(record.id),
    key: keyOf(kind, values),
  });
  return [
    ...mine(workspaces)
      .filter(({ archived_at }) => archived_at === null)
      .map((one) => thing("workspace", one, one)),
    ...mine(services).map((one) => thing("service", one, { ...one, workspaceId: one.workspace_id })),
    ...mine(useCases).map((one) =>
      thing("useCase", one, { ...one, workspaceId: one.workspace_id, entityName: one.entity_name }),
    ),
  ];
}

/** What the server holds under this id, in the arguments' own words; undefined where it holds nothing. */
export function shownAs(truth: Truth, kind: Kind, id: string): Values | undefined {
  const byId = (things: readonly Values[]) => things.find((one) => one.id === id);
  switch (kind) {
    case "workspace": {
      const found = byId(truth.workspaces);
      return found && found.archived_at === null ? camel(found) : undefined;
    }
    case "service": {
      const found = byId(truth.services);
      const tags = (found?.tags as Values[] | undefined)?.filter(({ key }) => key !== "pulumi-owner");
      return found && { ...camel(found), tags };
    }
    case "versionSet": {
      const [serviceId = "", name = ""] = id.split("/");
      const host = truth.services.find((service) => service.id === serviceId);
      const set = (host?.version_sets as Record<string, Values> | undefined)?.[name];
      return set && { ...camel(set), serviceId, name, workspaceId: host?.workspace_id };
    }
    case "useCase":
      return byId(truth.useCases) && camel(byId(truth.useCases) ?? {});
    case "serviceBinding": {
      const found = truth.bindings.find(({ use_case_id }) => use_case_id === id);
      return found && camel(found);
    }
    case "testCallerNumbers": {
      const found = byId(truth.workspaces);
      const numbers = found?.test_caller_numbers as unknown[] | undefined;
      return found && numbers && numbers.length > 0 ? { workspaceId: id, numbers } : undefined;
    }
  }
}

/** What the API fills in where nothing is declared, and what is known to the provider alone. */
const DEFAULTS: Partial<Record<Kind, Values>> = {
  service: { description: "", tags: [], keyterms: [], toolCapacity: 3, isActive: true },
};
const LOCAL = new Set(["deletionProtection"]);
const UNORDERED = new Set(["tags", "keyterms", "numbers"]);

/** The declared values that the server does not hold, each as a sentence. */
export function differing(kind: Kind, declared: Values, shown: Values): string[] {
  return Object.entries({ ...DEFAULTS[kind], ...declared })
    .filter(([name]) => !LOCAL.has(name) && !name.startsWith("__"))
    .filter(([name, value]) => text(name, value) !== text(name, shown[name]))
    .map(([name, value]) => `${name}: ${text(name, value)} was acknowledged, ${text(name, shown[name])} is there`);
}

/** An acknowledged operation that the server does not show. */
export function lostUpdate(
  truth: Truth,
  operation: Operation,
  held: Held | undefined,
  formerId?: string,
): string | undefined {
  const { action, kind } = operation;
  if (action === "delete") {
    const left = formerId === undefined ? undefined : shownAs(truth, kind, formerId);
    return left && `${kind} ${formerId} was acknowledged as deleted and is there`;
  }
  const shown = held && shownAs(truth, kind, held.id);
  if (!held || !shown) return `${kind} ${held?.id} was acknowledged and is not there`;
  const found = differing(kind, held.reached, shown);
  return found.length > 0 ? `${kind} ${held.id}: ${found.join("; ")}` : undefined;
}

function camel(record: Values): Values {
  const name = (key: string) => key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [name(key), value]));
}

function text(name: string, value: unknown): string {
  const plain = (inner: unknown): unknown => {
    if (Array.isArray(inner)) return inner.map(plain);
    if (inner === null || typeof inner !== "object") return inner;
    const entries = Object.entries(inner).filter(([, part]) => part !== null && part !== undefined);
    return Object.fromEntries(entries.map(([key, part]) => [key, plain(part)]).sort());
  };
  const items =
    UNORDERED.has(name) && Array.isArray(value) ? value.map(plain).map((item) => JSON.stringify(item)) : undefined;
  return items ? items.sort().join() : (JSON.stringify(plain(value ?? undefined)) ?? "nothing");
}
