import { type EmulatorStore, seedIds } from "../../../src/emulator/index.js";
import type { Kind, Values } from "./program.js";
import type { Random } from "./random.js";

/** Something of somebody else's, in the place where a create wants to put its own. */
export interface Plant {
  /** Under which a stack that has taken it over would hold it. */
  readonly id: string;
  /** What is there, as the store shows it: to be found unchanged after the create. */
  readonly there: () => unknown;
  readonly before: string;
  /** Where what is there is as declared, it may be taken over if the provider says so in these words. */
  readonly mayBeTakenOver?: RegExp;
  /** What its owner does once the create has been refused. */
  readonly remove: () => void;
}

/** Puts an identical thing, or one that differs, where the resolved arguments point; undefined where nothing can be put. */
export function plant(
  store: EmulatorStore,
  kind: Kind,
  values: Values,
  foreign: string | undefined,
  random: Random,
): Plant | undefined {
  const text = (name: string) => String(values[name]);
  const planted = (id: string, there: () => unknown, remove: () => void, mayBeTakenOver?: RegExp): Plant => ({
    id,
    there,
    before: JSON.stringify(there()),
    remove,
    mayBeTakenOver,
  });
  switch (kind) {
    case "workspace": {
      const { slug, name, environment } = values as Record<string, string>;
      const { id } = store.addWorkspace({
        slug: slug ?? "",
        name: name ?? "",
        environment: environment ?? "",
        organisation_id: seedIds.organisation,
        owner: "somebody-else",
      });
      return planted(
        id,
        () => store.workspaces.get(id),
        () => void store.workspaces.delete(id),
      );
    }
    case "service": {
      const owner = [{ key: "pulumi-owner", value: "pulumi/organization/other/prod/amigo:Service/desk" }];
      const { id } = store.addService({
        workspace_id: text("workspaceId"),
        name: text("name"),
        agent_id: text("agentId"),
        context_graph_id: text("contextGraphId"),
        tags: random.chance(0.5) ? owner : [],
      });
      return planted(
        id,
        () => store.services.get(id),
        () => void store.services.delete(id),
      );
    }
    case "useCase": {
      const { id } = store.addUseCase({
        workspace_id: text("workspaceId"),
        channel: values.channel as "inbound_voice",
        entity_name: text("entityName"),
        name: text("name"),
        setup_id: text("setupId"),
      });
      return planted(
        id,
        () => store.useCases.get(id),
        () => void store.useCases.delete(id),
      );
    }
    case "versionSet": {
      const [id, name] = [text("serviceId"), text("name")];
      const isSame = random.chance(0.5);
      const set = {
        agent_version_number: isSame ? Number(values.agentVersionNumber) : null,
        context_graph_version_number: isSame ? Number(values.contextGraphVersionNumber) : null,
        llm_model_preferences: {},
      };
      const sets = () => ({ ...store.services.get(id)?.version_sets });
      store.services.update(id, { version_sets: { ...sets(), [name]: set } });
      const remove = () => {
        const { [name]: _removed, ...others } = sets();
        store.services.update(id, { version_sets: others });
      };
      return planted(
        `${id}/${name}`,
        () => withoutDefaults(sets()[name]),
        remove,
        isSame ? /existed as declared/ : undefined,
      );
    }
    case "serviceBinding": {
      if (foreign === undefined) return undefined;
      const id = text("useCaseId");
      store.bind(id, foreign);
      return planted(
        id,
        () => store.bindings.get(id)?.service_id,
        () => void store.bindings.delete(id),
      );
    }
    case "testCallerNumbers": {
      const id = text("workspaceId");
      const numbers = random.chance(0.5) ? (values.numbers as string[]) : ["+14155550199"];
      store.workspaces.update(id, { test_caller_numbers: numbers });
      const there = () => store.workspaces.get(id)?.test_caller_numbers;
      return planted(id, there, () => void store.workspaces.update(id, { test_caller_numbers: [] }));
    }
  }
}

/** A version set reads the same with its contract's defaults spelt out and left out, and a write may do either. */
function withoutDefaults(set: object | undefined): unknown {
  if (!set) return undefined;
  const isDefault = (value: unknown) => value === null || JSON.stringify(value) === "{}";
  return Object.fromEntries(Object.entries(set).filter(([, value]) => !isDefault(value)));
}
