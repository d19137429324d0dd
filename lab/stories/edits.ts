import { type Kind, Ref, type Values } from "../engine/program.js";
import type { Command, Verb } from "./command.js";
import { clash, renamedRefs, requiredValues, resolved, withDependents } from "./drafts.js";
import { liveValues, PROPERTIES, type Property } from "./kinds.js";
import type { Draft, Shop, World } from "./world.js";

/** A change to a program: the new drafts and what happened in plain words; undefined where it has no meaning. */
type Edit = (world: World, shop: Shop, command: Command) => { drafts: Draft[]; words: string } | undefined;

const NAMES: Partial<Record<Kind, readonly string[]>> = {
  service: ["desk", "night", "front"],
  useCase: ["line", "second", "third"],
};

const KINDS: readonly Kind[] = [
  "service",
  "useCase",
  "serviceBinding",
  "serviceBinding",
  "versionSet",
  "testCallerNumbers",
  "workspace",
];

function nth<T>(items: readonly T[], index: number): T | undefined {
  return items.length === 0 ? undefined : items[index % items.length];
}

function replaceDraft(shop: Shop, draft: Draft, changes: Partial<Draft>): Draft[] {
  return shop.drafts.map((other) => (other === draft ? { ...other, ...changes } : other));
}

function refTo(shop: Shop, kind: Kind, index: number): Ref | undefined {
  const target = nth(
    shop.drafts.filter((draft) => draft.kind === kind),
    index,
  );
  return target && new Ref(target.name, kind);
}

export function show(value: unknown): string {
  if (value instanceof Ref) return value.name;
  return JSON.stringify(value) ?? "nothing";
}

/** A new resource, complete with what it must have; undefined where it would need one that is not there. */
export function newDraft(shop: Shop, kind: Kind, pick: number, other: number, value: number): Draft | undefined {
  const inputs: Values = requiredValues(kind, value);
  let name = nth(NAMES[kind] ?? [], value);
  if (kind === "useCase") inputs.channel = PROPERTIES.useCase.channel?.values[other % 2];
  if (kind === "serviceBinding" || kind === "versionSet") {
    inputs.serviceId = refTo(shop, "service", other);
    if (!inputs.serviceId) return undefined;
    name = `${String(inputs.name)}-set`;
  }
  if (kind === "serviceBinding") {
    const useCase = refTo(shop, "useCase", pick);
    if (!useCase) return undefined;
    inputs.useCaseId = useCase;
    name = `${useCase.name}-bind`;
  }
  if (kind === "versionSet") inputs.agentVersionNumber = 1 + (value % 3);
  if (kind === "testCallerNumbers") inputs.numbers = PROPERTIES.testCallerNumbers.numbers?.values[value % 3];
  if (kind === "workspace") {
    Object.assign(inputs, { deletionProtection: value % 3 === 0 ? undefined : false });
    if (pick % 2 === 1) inputs.provision = false;
  }
  if (kind === "testCallerNumbers") name = "numbers";
  if (kind === "workspace") name = String(inputs.slug);
  const options = kind === "versionSet" && value % 2 === 1 ? { deletedWith: inputs.serviceId as Ref } : {};
  return { name: name ?? kind, kind, inputs, options };
}

const declare: Edit = (_world, shop, { pick, other, value }) => {
  const draft = newDraft(shop, nth(KINDS, pick) as Kind, value, other, value);
  return draft && { drafts: [...shop.drafts, draft], words: `declare ${describe(draft)}` };
};

export function describe({ kind, name, inputs, options }: Draft): string {
  const values = Object.entries(inputs).filter(([, value]) => value !== undefined);
  const shown = values.map(([key, value]) => `${key}: ${show(value)}`).join(", ");
  const chosen = Object.keys(options).length > 0 ? ` with ${JSON.stringify(options)}` : "";
  return `${kind} "${name}" { ${shown} }${chosen}`;
}

const change: Edit = (_world, shop, { pick, other, value }) => {
  const draft = nth(shop.drafts, pick);
  const [name, property] = nth(Object.entries(draft ? PROPERTIES[draft.kind] : {}), other) ?? [];
  if (!draft || !name || !property) return undefined;
  const kind = name === "serviceId" ? "service" : "useCase";
  const next =
    name.endsWith("viceId") || name === "useCaseId"
      ? refTo(shop, kind, value)
      : nth(others(property, draft.inputs[name]), value);
  if (next === undefined || show(next) === show(draft.inputs[name])) return undefined;
  return changed(shop, draft, name, next);
};

/** The values that a property could have in place of this one. */
export function others({ values }: Property, present: unknown): unknown[] {
  return values.filter((value) => show(value) !== show(present));
}

function changed(shop: Shop, draft: Draft, name: string, next: unknown) {
  return {
    drafts: replaceDraft(shop, draft, { inputs: { ...draft.inputs, [name]: next } }),
    words: `change ${draft.kind} "${draft.name}": ${name} ${show(draft.inputs[name])} → ${show(next)}`,
  };
}

/** Declares what was never declared, exactly as it is. */
const match: Edit = (world, shop, { pick, other }) => {
  const draft = nth(shop.drafts, pick);
  const entry = draft && shop.stack.state.entries.find(({ kind, name }) => kind === draft.kind && name === draft.name);
  const live = entry && liveValues(world.store, entry.kind, entry.id);
  if (!draft || !live) return undefined;
  const open = Object.entries(PROPERTIES[draft.kind]).filter(
    ([name, { partial }]) => draft.inputs[name] === undefined && !partial,
  );
  const [name, property] = nth(open, other) ?? [];
  const value = name && (live[name] ?? property?.default ?? undefined);
  return name && value !== undefined ? changed(shop, draft, name, value) : undefined;
};

const withdraw: Edit = (_world, shop, { pick, other }) => {
  const draft = nth(shop.drafts, pick);
  const optional = Object.keys(draft?.inputs ?? {}).filter(
    (name) => draft && draft.inputs[name] !== undefined && PROPERTIES[draft.kind][name]?.required === undefined,
  );
  const name = nth(optional, other);
  if (!draft || !name) return undefined;
  const { [name]: value, ...inputs } = draft.inputs;
  return {
    drafts: replaceDraft(shop, draft, { inputs }),
    words: `${draft.kind} "${draft.name}" no longer declares ${name} (it was ${show(value)})`,
  };
};

const remove: Edit = (_world, shop, { pick }) => {
  const draft = nth(shop.drafts, pick);
  if (!draft) return undefined;
  const going = withDependents(shop.drafts, draft);
  return {
    drafts: shop.drafts.filter((other) => !going.includes(other)),
    words: `remove ${going.map(({ kind, name }) => `${kind} "${name}"`).join(" and ")} from the program`,
  };
};

function renames(withAlias: boolean): Edit {
  return (_world, shop, { pick }) => {
    const draft = nth(shop.drafts, pick);
    if (!draft) return undefined;
    const name = draft.name.endsWith("2") ? draft.name.slice(0, -1) : `${draft.name}2`;
    const aliases = withAlias ? [...(draft.options.aliases ?? []), draft.name] : undefined;
    const { aliases: _former, ...options } = draft.options;
    const drafts = shop.drafts.map((other) =>
      other === draft
        ? { ...other, name, options: { ...options, ...(aliases && { aliases }) } }
        : {
            ...other,
            inputs: renamedRefs(other.inputs, draft.kind, draft.name, name),
            options: renamedRefs(other.options, draft.kind, draft.name, name),
          },
    );
    return {
      drafts,
      words: `rename ${draft.kind} "${draft.name}" to "${name}" with${withAlias ? " an" : "out"} alias`,
    };
  };
}

const ignore: Edit = (_world, shop, { pick, other }) => {
  const draft = nth(shop.drafts, pick);
  const name = draft && nth(Object.keys(PROPERTIES[draft.kind]), other);
  if (!draft || !name) return undefined;
  const before = draft.options.ignoreChanges ?? [];
  const on = !before.includes(name);
  const ignoreChanges = on ? [...before, name] : before.filter((path) => path !== name);
  return {
    drafts: replaceDraft(shop, draft, { options: { ...draft.options, ignoreChanges } }),
    words: `${draft.kind} "${draft.name}" ${on ? "now ignores" : "no longer ignores"} changes of ${name}`,
  };
};

const protect: Edit = (_world, shop, { pick }) => {
  const draft = nth(shop.drafts, pick);
  if (!draft) return undefined;
  const on = !draft.options.protect;
  return {
    drafts: replaceDraft(shop, draft, { options: { ...draft.options, protect: on } }),
    words: `${on ? "protect" : "unprotect"} ${draft.kind} "${draft.name}"`,
  };
};

/** A workspace that is to be provisioned, or no longer. */
const provision: Edit = (_world, shop, { pick }) => {
  const draft = nth(
    shop.drafts.filter(({ kind }) => kind === "workspace"),
    pick,
  );
  return draft && changed(shop, draft, "provision", draft.inputs.provision === false);
};

/** Says that what exists may be taken over. */
const adopt: Edit = (_world, shop, { pick }) => {
  const draft = nth(
    shop.drafts.filter(({ kind }) => !["versionSet", "workspace"].includes(kind)),
    pick,
  );
  return draft && changed(shop, draft, draft.kind === "serviceBinding" ? "allowRebind" : "adopt", true);
};

/** Writes an id by hand, in capitals. */
const capitals: Edit = (_world, shop, { pick, other }) => {
  const draft = nth(shop.drafts, pick);
  const name =
    draft &&
    nth(
      Object.keys(draft.inputs).filter((key) => key.endsWith("Id") && draft.inputs[key] !== undefined),
      other,
    );
  if (!draft || !name) return undefined;
  const next = String(resolved(shop, { id: draft.inputs[name] }).id);
  return next.startsWith("new ") ? undefined : changed(shop, draft, name, next.toUpperCase());
};

/** Two of one kind exchange a value: services or use cases their names, bindings their services or use cases. */
const swap: Edit = (_world, shop, { pick, value }) => {
  const kind = nth(["serviceBinding", "serviceBinding", "service", "useCase"] as const, pick) as Kind;
  const [one, two] = shop.drafts.filter((draft) => draft.kind === kind);
  const name = kind === "serviceBinding" ? (value % 2 === 0 ? "serviceId" : "useCaseId") : "name";
  if (!one || !two || show(one.inputs[name]) === show(two.inputs[name])) return undefined;
  const exchange = (draft: Draft) =>
    draft === one || draft === two
      ? { ...draft, inputs: { ...draft.inputs, [name]: (draft === one ? two : one).inputs[name] } }
      : draft;
  return { drafts: shop.drafts.map(exchange), words: `${kind} "${one.name}" and "${two.name}" exchange their ${name}` };
};

/** Brings what somebody made by hand into the program. */
const importExisting: Edit = (world, shop, { pick, other, value }) => {
  const { store } = world;
  const kind = nth(["service", "useCase", "serviceBinding"] as const, pick) as Kind;
  const idsIn = (shops: readonly Shop[]) => shops.flatMap(({ stack }) => stack.state.entries.map(({ id }) => id));
  const known = new Set(idsIn(world.shops));
  // Who imports another stack's line is warned, and has told us to.
  const foreign = new Set(kind === "serviceBinding" ? idsIn(world.shops.filter((other) => other !== shop)) : []);
  const ids = {
    service: store.services
      .list()
      .filter(({ is_system }) => !is_system)
      .map(({ id }) => id),
    useCase: store.useCases.list().map(({ id }) => id),
    serviceBinding: store.bindings.list().map(({ use_case_id }) => use_case_id),
  }[kind as "service"];
  const id = nth(
    ids.filter((candidate) => !foreign.has(candidate) && (!known.has(candidate) || value % 4 === 0)),
    other,
  );
  const live = id && liveValues(store, kind, id);
  if (!live) return undefined;
  const inputs = Object.fromEntries(
    Object.entries(PROPERTIES[kind]).flatMap(([name, { required }], index) =>
      required || (name !== "versionSets" && (value + index) % 2 === 0) ? [[name, live[name]]] : [],
    ),
  );
  const draft: Draft = { name: `found-${kind}`, kind, inputs, options: { import: id } };
  return { drafts: [...shop.drafts, draft], words: `declare ${describe(draft)}` };
};

/** Declares what the other stack manages, by its ids. */
const share: Edit = (world, shop, { pick }) => {
  const others = world.shops.filter((other) => other !== shop).flatMap(({ stack }) => stack.state.entries);
  const entry = nth(
    others.filter(({ kind }) => ["serviceBinding", "versionSet", "testCallerNumbers"].includes(kind)),
    pick,
  );
  if (!entry) return undefined;
  const inputs = Object.fromEntries(Object.entries(entry.inputs).filter(([name]) => !/^(__|workspaceId$)/.test(name)));
  const draft: Draft = { name: `shared-${entry.name}`, kind: entry.kind, inputs, options: {} };
  return { drafts: [...shop.drafts, draft], words: `declare what the other stack manages: ${describe(draft)}` };
};

const EDITS: Partial<Record<Verb, Edit>> = {
  declare,
  change,
  match,
  withdraw,
  remove,
  rename: renames(false),
  renameWithAlias: renames(true),
  ignore,
  protect,
  provision,
  adopt,
  capitals,
  swap,
  import: importExisting,
  share,
};

/** Changes the program; the sentence that says so, or undefined where nothing was changed. */
export function edit(world: World, shop: Shop, command: Command): string | undefined {
  if (command.verb === "bad") {
    shop.bad = !shop.bad;
    return shop.bad ? "declare a use case that fails when it is created (BAD)" : "remove BAD from the program";
  }
  const made = EDITS[command.verb]?.(world, shop, command);
  if (!made || clash(shop, made.drafts)) return undefined;
  shop.drafts = made.drafts;
  return made.words;
}
