import { type Kind, Ref, urnOf, type Values } from "../engine/program.js";
import { refsIn, resolve } from "../engine/values.js";
import { PROPERTIES } from "./kinds.js";
import type { Draft, Shop } from "./world.js";

/** The ids that a program's values stand for, as far as the state knows them. */
export function resolved(shop: Shop, values: Values, entries = shop.stack.state.entries): Values {
  return resolve(values, (ref) => {
    const draft = shop.drafts.find(({ kind, name }) => kind === ref.kind && name === ref.name);
    const names = [ref.name, ...(draft?.options.aliases ?? [])];
    const urns = names.map((name) => urnOf(shop.stack.name, ref.kind, name));
    return entries.find((entry) => urns.includes(entry.urn) && !entry.pendingDelete)?.id ?? `new ${ref.name}`;
  }) as Values;
}

/** The first value of each required property, as a new draft needs it. */
export function requiredValues(kind: Kind, value: number): Values {
  const required = Object.entries(PROPERTIES[kind]).filter(([, property]) => property.required);
  return Object.fromEntries(
    required.map(([name, { values }]) => [
      name,
      values[name === "name" || name === "slug" ? value % values.length : 0],
    ]),
  );
}

/** What two resources of one program must not share, since the program would fail before anything is sent. */
export function clash(shop: Shop, drafts: readonly Draft[]): boolean {
  const keys = drafts.flatMap((draft) => keysOf(shop, drafts, draft));
  return new Set(keys).size < keys.length;
}

function keysOf(shop: Shop, drafts: readonly Draft[], draft: Draft): string[] {
  const { kind, name } = draft;
  const inputs = resolved({ ...shop, drafts: [...drafts] }, draft.inputs);
  const id = (value: unknown) => String(value).toLowerCase();
  // The engine takes an alias for a name.
  const keys = [name, ...(draft.options.aliases ?? [])].map((called) => `${kind} called ${called}`);
  if (kind === "service") keys.push(`service ${String(inputs.name)}`);
  if (kind === "service") {
    const self = resolved({ ...shop, drafts: [...drafts] }, { id: new Ref(name, kind) }).id;
    for (const set of Object.keys(inputs.versionSets ?? {})) keys.push(`set ${id(self)} ${set}`);
  }
  if (kind === "useCase") keys.push(`use case ${String(inputs.channel)} ${String(inputs.name)}`);
  if (kind === "testCallerNumbers") keys.push("numbers");
  if (kind === "workspace") keys.push(`workspace ${String(inputs.slug)}`);
  if (kind === "versionSet") keys.push(`set ${id(inputs.serviceId)} ${String(inputs.name)}`);
  if (kind === "serviceBinding") {
    keys.push(`line ${id(inputs.useCaseId)}`);
    keys.push(`channel ${id(inputs.serviceId)} ${channelOf(shop, drafts, draft)}`);
  }
  return keys;
}

/** The channel of the use case that a binding names. */
export function channelOf(shop: Shop, drafts: readonly Draft[], binding: Draft): string {
  const named = binding.inputs.useCaseId;
  if (named instanceof Ref) {
    return String(drafts.find(({ kind, name }) => kind === "useCase" && name === named.name)?.inputs.channel);
  }
  const entry = shop.stack.state.entries.find(({ id }) => id === String(named).toLowerCase());
  return String(entry?.inputs.channel ?? "inbound_voice");
}

/** A draft and all that name it. */
export function withDependents(drafts: readonly Draft[], root: Draft): Draft[] {
  const names = (draft: Draft, other: Draft) =>
    refsIn([draft.inputs, draft.options.deletedWith]).some(
      ({ kind, name }) => kind === other.kind && name === other.name,
    );
  return [root, ...drafts.filter((draft) => names(draft, root)).flatMap((draft) => withDependents(drafts, draft))];
}

/** The values with every reference to a resource under its new name. */
export function renamedRefs<T>(value: T, kind: Kind, from: string, to: string): T {
  return resolve(value, (ref) =>
    ref.kind === kind && ref.name === from ? new Ref(to, ref.kind, ref.output) : ref,
  ) as T;
}
