import { isDeepStrictEqual } from "node:util";
import { type Answer, type Call, pathParameter, timestamp } from "./call.js";
import { conflict, invalid, type ValidationIssue } from "./errors.js";
import { withInternalKey } from "./internal-key.js";
import type { ServiceRecord, VersionSetRecord } from "./records.js";
import { requireOwnService } from "./service-lookup.js";
import { requireWorkspace } from "./workspaces.js";

export type VersionSets = Record<string, VersionSetRecord>;

/** Creates or replaces one version set of a service. */
export function upsertServiceVersionSet(call: Call): Answer {
  const workspace = requireWorkspace(call);
  const service = requireOwnService(call, workspace.id);
  const name = pathParameter(call, "name");
  const { version_set } = call.body as { version_set: VersionSetRecord };
  const sets = { [name]: withInternalKey(call.dialect, version_set, service.version_sets[name]) };
  refuseEdgeChange(service.version_sets, sets);
  requireVersions(call, service, sets, ["version_set"]);
  call.store.services.update(service.id, {
    version_sets: { ...service.version_sets, ...sets },
    updated_at: timestamp(),
  });
  return { status: 204 };
}

/** The sets that a new service has: what was asked for, and the server's own. */
export function initialSets(call: Call, asked: VersionSets): VersionSets {
  refuseEdgeChange({}, asked);
  return call.dialect.serverMadeSets ? { edge: {}, release: {}, ...asked } : asked;
}

/** The sets after a write of the whole map: `edge` and `release` cannot be removed. */
export function replacedSets(call: Call, current: VersionSets, asked: VersionSets): VersionSets {
  refuseEdgeChange(current, asked);
  const written = Object.fromEntries(
    Object.entries(asked).map(([name, set]) => [name, withInternalKey(call.dialect, set, current[name])]),
  );
  if (call.dialect.putVersionSets === "merges") return { ...current, ...written };
  const kept = Object.entries(current).filter(([name]) => name === "edge" || name === "release");
  return { ...Object.fromEntries(kept), ...written };
}

/** Pinned versions must exist: those of the service's own agent and context graph. */
export function requireVersions(
  call: Call,
  service: Pick<ServiceRecord, "agent_id" | "context_graph_id">,
  sets: VersionSets,
  at?: string[],
): void {
  const agentVersions = call.store.agents.get(service.agent_id)?.versions ?? [];
  const graphVersions = call.store.contextGraphs.get(service.context_graph_id)?.versions ?? [];
  const issues = Object.entries(sets).flatMap(([name, set]) => {
    const place = ["body", ...(at ?? ["version_sets", name])];
    return [
      ...missingVersion(place, "agent_version_number", set.agent_version_number, agentVersions),
      ...missingVersion(place, "context_graph_version_number", set.context_graph_version_number, graphVersions),
    ];
  });
  if (issues.length > 0) throw invalid(issues);
}

/** How a version set looks in an answer. */
export function versionSetView(set: VersionSetRecord, withDefaults: boolean): VersionSetRecord {
  if (!withDefaults) {
    const entries = Object.entries(set).filter(([, value]) => value !== null && value !== undefined);
    return Object.fromEntries(entries);
  }
  const preferences = Object.entries(set.llm_model_preferences ?? {});
  return {
    agent_version_number: set.agent_version_number ?? null,
    context_graph_version_number: set.context_graph_version_number ?? null,
    llm_model_preferences: Object.fromEntries(
      preferences.map(([purpose, config]) => [purpose, { llm_name: config.llm_name, params: config.params ?? {} }]),
    ),
  };
}

function refuseEdgeChange(current: VersionSets, asked: VersionSets): void {
  if (!Object.hasOwn(asked, "edge")) return;
  const before = versionSetView(current.edge ?? {}, true);
  const after = versionSetView(asked.edge ?? {}, true);
  if (!isDeepStrictEqual(before, after)) {
    throw conflict(
      "edge_immutable",
      "The version set edge always points to the newest versions and cannot be changed.",
    );
  }
}

function missingVersion(
  place: string[],
  field: string,
  version: number | null | undefined,
  versions: number[],
): ValidationIssue[] {
  if (version === null || version === undefined || versions.includes(version)) return [];
  return [{ loc: [...place, field], msg: `Version ${version} does not exist`, type: "value_error", input: version }];
}
