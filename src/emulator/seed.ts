import type { EmulatorStore, StoreSnapshot } from "./store.js";

interface CatalogueIds {
  organisation: string;
  /** Version numbers 1 to 3. */
  agents: { frontDesk: string; nightNurse: string };
  /** Version numbers 1 to 4. */
  contextGraphs: { scheduling: string; intake: string };
  personas: { warm: string; brisk: string };
  setups: { voiceApproved: string; voiceUnapproved: string; emailApproved: string; emailUnapproved: string };
}

/** The fixed ids of the demo seed. The catalogue belongs to the organisation, so every workspace of it sees it. */
export interface DemoSeed extends CatalogueIds {
  /** The workspace `demo-clinic`. */
  workspace: string;
  /** The platform's own service in `demo-clinic`. */
  systemService: string;
  /** Another organisation, with a catalogue of the same names and no workspace; its key is `amigo-second-key`. */
  second: CatalogueIds;
}

export const seedIds: DemoSeed = {
  ...catalogueIds(0),
  workspace: fixedId("d0c00000", 0, 1),
  systemService: fixedId("5e400000", 0, 1),
  second: catalogueIds(2),
};

/**
 * Fills an empty store.
 * @param seed "demo": both organisations with their catalogues, the workspace and its system service; "empty": the
 * same without the workspace (no operation of the API can make the catalogue).
 */
export function fillStore(store: EmulatorStore, seed: "demo" | "empty"): void {
  const empty: StoreSnapshot = {
    organisations: [],
    agents: [],
    contextGraphs: [],
    personas: [],
    setups: [],
    workspaces: [],
    services: [],
    useCases: [],
    bindings: [],
  };
  store.load(empty);
  addCatalogue(store, "Demo Clinic Group", seedIds);
  addCatalogue(store, "Second Clinic Group", seedIds.second);
  if (seed === "demo") addWorkspace(store);
  store.load(store.snapshot());
}

function addCatalogue(store: EmulatorStore, name: string, ids: CatalogueIds): void {
  const organisation_id = ids.organisation;
  store.organisations.put({ id: organisation_id, name });
  store.agents.put({ id: ids.agents.frontDesk, organisation_id, name: "Front Desk", versions: [1, 2, 3] });
  store.agents.put({ id: ids.agents.nightNurse, organisation_id, name: "Night Nurse", versions: [1, 2, 3] });
  store.contextGraphs.put({
    id: ids.contextGraphs.scheduling,
    organisation_id,
    name: "Scheduling",
    versions: [1, 2, 3, 4],
  });
  store.contextGraphs.put({ id: ids.contextGraphs.intake, organisation_id, name: "Intake", versions: [1, 2, 3, 4] });
  store.personas.put({ id: ids.personas.warm, organisation_id, name: "Warm" });
  store.personas.put({ id: ids.personas.brisk, organisation_id, name: "Brisk" });
  const { setups } = ids;
  store.setups.put({ id: setups.voiceApproved, organisation_id, name: "Main line", kind: "voice", approved: true });
  store.setups.put({ id: setups.voiceUnapproved, organisation_id, name: "New line", kind: "voice", approved: false });
  store.setups.put({ id: setups.emailApproved, organisation_id, name: "Main mail", kind: "email", approved: true });
  store.setups.put({ id: setups.emailUnapproved, organisation_id, name: "New mail", kind: "email", approved: false });
}

function addWorkspace(store: EmulatorStore): void {
  const since = "2026-01-05T09:00:00.000Z";
  store.addWorkspace({
    id: seedIds.workspace,
    organisation_id: seedIds.organisation,
    slug: "demo-clinic",
    name: "Demo Clinic",
    environment: "development",
    owner: "owner",
    provisioned_at: since,
    created_at: since,
    updated_at: since,
    created_by: "platform",
  });
  store.addService({
    id: seedIds.systemService,
    workspace_id: seedIds.workspace,
    name: "Platform Assistant",
    description: "Made and kept by the platform.",
    agent_id: seedIds.agents.frontDesk,
    context_graph_id: seedIds.contextGraphs.intake,
    version_sets: { edge: {}, release: {} },
    is_system: true,
    created_at: since,
    updated_at: since,
    created_by: "platform",
  });
}

function catalogueIds(organisation: number): CatalogueIds {
  const id = (kind: string, ordinal: number) => fixedId(kind, organisation, ordinal);
  return {
    organisation: id("0a000000", 1),
    agents: { frontDesk: id("a9e00000", 1), nightNurse: id("a9e00000", 2) },
    contextGraphs: { scheduling: id("c9000000", 1), intake: id("c9000000", 2) },
    personas: { warm: id("9e500000", 1), brisk: id("9e500000", 2) },
    setups: {
      voiceApproved: id("5e700000", 1),
      voiceUnapproved: id("5e700000", 2),
      emailApproved: id("5e700000", 3),
      emailUnapproved: id("5e700000", 4),
    },
  };
}

function fixedId(kind: string, organisation: number, ordinal: number): string {
  return `${kind}-0000-4000-8000-${organisation}${String(ordinal).padStart(11, "0")}`;
}
