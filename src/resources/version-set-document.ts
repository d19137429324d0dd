import type { DocumentForm } from "../engine/document-form.js";
import type { Values } from "../engine/lifecycle.js";

type Preferences = Record<string, { params?: object }>;

/** How version sets stand in an environment document: in the entry of their service. */
export const document: DocumentForm = {
  section: "versionSets",
  shape: "map",
  within: { kind: "Service", property: "serviceId" },
  key: ["name"],
  fields: ["name", "agentVersionNumber", "contextGraphVersionNumber", "llmModelPreferences"],
  versions: { agentVersionNumber: "agentId", contextGraphVersionNumber: "contextGraphId" },
  brief: { llmModelPreferences: withoutEmptyParams },
  // `edge` is the platform's, and each service has a `release`, which pins nothing until somebody says so.
  isBuiltIn: ({ name, agentVersionNumber, contextGraphVersionNumber, llmModelPreferences }) =>
    name === "edge" ||
    (name === "release" &&
      [agentVersionNumber, contextGraphVersionNumber].every((value) => (value ?? undefined) === undefined) &&
      Object.keys((llmModelPreferences as object | undefined) ?? {}).length === 0),
  inside: ({ id: serviceId, live: { workspaceId, versionSets } }) =>
    Object.entries((versionSets ?? {}) as Record<string, Values>).map(([name, set]) => ({
      id: `${serviceId}/${name}`,
      live: { ...set, workspaceId, serviceId, name },
    })),
};

function withoutEmptyParams(value: unknown): unknown {
  return Object.fromEntries(
    Object.entries(value as Preferences).map(([purpose, { params, ...preference }]) => [
      purpose,
      params && Object.keys(params).length > 0 ? { ...preference, params } : preference,
    ]),
  );
}
