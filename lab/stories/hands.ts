import { seedIds } from "../../src/emulator/index.js";
import type { Command } from "./command.js";
import { others, show } from "./edits.js";
import { liveValues, PROPERTIES, SECRET } from "./kinds.js";
import { declaredOf } from "./observation.js";
import type { Shop, World } from "./world.js";

/** What somebody does on the server by hand; the sentence that says so, or undefined where there is nothing to do it to. */
export function byHand(world: World, shop: Shop, command: Command): string | undefined {
  switch (command.verb) {
    case "consoleChange":
      return changeByHand(world, shop, command);
    case "consoleMake":
      return makeByHand(world, command);
    case "consoleDelete":
      return deleteByHand(world, command);
    case "consoleMove":
      return moveByHand(world, command);
    default:
      return undefined;
  }
}

function nth<T>(items: readonly T[], index: number): T | undefined {
  return items.length === 0 ? undefined : items[index % items.length];
}

/** All that stories may touch by hand, as a user would name it. */
function things(world: World) {
  const { store } = world;
  const services = store.services.list().filter(({ is_system }) => !is_system);
  return [
    ...services.map(({ id }) => ({ kind: "service" as const, id })),
    ...services.flatMap(({ id, version_sets }) =>
      Object.keys(version_sets)
        .filter((name) => name !== "edge")
        .map((name) => ({ kind: "versionSet" as const, id: `${id}/${name}` })),
    ),
    { kind: "testCallerNumbers" as const, id: seedIds.workspace },
    ...store.workspaces
      .list()
      .filter(({ id, archived_at }) => id !== seedIds.workspace && archived_at === null)
      .map(({ id }) => ({ kind: "workspace" as const, id })),
  ];
}

function changeByHand(world: World, shop: Shop, { pick, other, value }: Command): string | undefined {
  const { store } = world;
  const own = nth(declaredOf(shop, shop.stack.state.entries, shop.stack.state.entries), pick)?.before;
  const thing = value < 8 ? own : nth(things(world), pick);
  if (!thing || !liveValues(store, thing.kind, thing.id)) return undefined;
  const { kind, id } = thing;
  const [name, property] = nth(Object.entries(PROPERTIES[kind]), other) ?? [];
  if (kind === "useCase" || property?.replaces || property?.values.length === 0) return undefined;
  if (!name || !property || property.partial) return undefined;
  const before = liveValues(store, kind, id)?.[name];
  const next = nth(
    others(property, before ?? property.default).filter((one) => !JSON.stringify(one).includes(SECRET)),
    value,
  );
  if (next === undefined) return undefined;
  if (show(before) === show(next)) return undefined;
  if (name === "name" && store.services.find((service) => service.name === next)) return undefined;
  const changes = { [property.wire]: toServer(next) };
  if (kind === "service") store.services.update(id, changes);
  if (kind === "testCallerNumbers") store.workspaces.update(id, { test_caller_numbers: next as string[] });
  if (kind === "workspace") store.workspaces.update(id, changes);
  if (kind === "versionSet") {
    const [serviceId = "", set = ""] = id.split("/");
    const sets = store.services.get(serviceId)?.version_sets ?? {};
    store.services.update(serviceId, { version_sets: { ...sets, [set]: { ...sets[set], ...changes } } });
  }
  return `by hand: ${kind} ${nameOf(world, id)}: ${name} ${show(before)} → ${show(next)}`;
}

function toServer(value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      toServer(inner),
    ]),
  );
}

function makeByHand(world: World, { pick, other, value }: Command): string | undefined {
  const { store } = world;
  const ordinal = store.services.list().length + store.useCases.list().length;
  const id = `f0000000-0000-4000-8000-${String(ordinal).padStart(12, "0")}`;
  if (store.services.get(id) ?? store.useCases.get(id)) return undefined;
  const workspace_id = seedIds.workspace;
  if (pick % 2 === 0) {
    const name = nth(["Old Desk", "Desk", "Night"], value) ?? "";
    if (store.services.find((service) => service.name === name)) return undefined;
    store.addService({
      id,
      workspace_id,
      name,
      agent_id: seedIds.agents.frontDesk,
      context_graph_id: seedIds.contextGraphs.scheduling,
      version_sets: { edge: {}, release: {} },
      ...(other % 2 === 0 ? {} : { tool_capacity: 7, keyterms: ["alpha"], description: "by hand" }),
    });
    return `by hand: make service "${name}" (${id})`;
  }
  const name = nth(["Old Line", "Line", "Second"], value) ?? "";
  const channel = other % 2 === 0 ? "inbound_voice" : "outbound_voice";
  if (store.useCases.find((useCase) => useCase.name === name && useCase.channel === channel)) return undefined;
  store.addUseCase({
    id,
    workspace_id,
    channel,
    entity_name: "Clinic",
    name,
    setup_id: seedIds.setups.voiceApproved,
    ...(value % 2 === 0 ? {} : { description: "old" }),
  });
  return `by hand: make use case "${name}" (${channel}, ${id})`;
}

function deleteByHand(world: World, { pick, other }: Command): string | undefined {
  const { store } = world;
  const binding = nth(store.bindings.list(), other);
  if (pick % 3 === 0 && binding) {
    store.bindings.delete(binding.use_case_id);
    return `by hand: unbind use case ${nameOf(world, binding.use_case_id)}`;
  }
  if (pick % 3 === 1) {
    const useCase = nth(store.useCases.list(), other);
    if (!useCase) return undefined;
    const name = nameOf(world, useCase.id);
    store.bindings.delete(useCase.id);
    store.useCases.delete(useCase.id);
    // A list that lacks what was made a moment ago says nothing; what people delete by hand has stood for a while.
    for (const { stack } of world.shops) stack.age(useCase.id);
    return `by hand: delete use case ${name} and its binding`;
  }
  const service = nth(
    store.services.list().filter(({ is_system }) => !is_system),
    other,
  );
  if (!service) return undefined;
  for (const { use_case_id } of store.bindings.list().filter(({ service_id }) => service_id === service.id)) {
    store.bindings.delete(use_case_id);
  }
  store.services.delete(service.id);
  return `by hand: delete service "${service.name}" and its bindings`;
}

function moveByHand(world: World, { pick, other }: Command): string | undefined {
  const { store } = world;
  const useCase = nth(store.useCases.list(), pick);
  const service = nth(
    store.services.list().filter(({ is_system }) => !is_system),
    other,
  );
  if (!useCase || !service || store.bindings.get(useCase.id)?.service_id === service.id) return undefined;
  const taken = store.bindings.find(
    (binding) => binding.service_id === service.id && binding.channel === useCase.channel,
  );
  if (taken) return undefined;
  store.bind(useCase.id, service.id);
  return `by hand: bind use case ${nameOf(world, useCase.id)} to service "${service.name}"`;
}

/** A thing by the name that it has on the server. */
export function nameOf({ store }: World, id: string): string {
  const [first = "", set] = id.split("/");
  const name = store.services.get(first)?.name ?? store.useCases.get(first)?.name ?? store.workspaces.get(first)?.slug;
  return `"${name ?? first}${set ? `/${set}` : ""}"`;
}
