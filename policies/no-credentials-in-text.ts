import type { ResourceValidationPolicy } from "@pulumi/policy";
import { credentialIn, isCredentialName } from "./credentials";
import { findingOn } from "./finding";
import { strict } from "./strict";
import { UNKNOWN, valueAt } from "./values";

interface Config {
  ignoredParameters?: string[];
}

/** Everybody who may read a service sees these texts, and state keeps them in clear. */
export const noCredentialsInText: ResourceValidationPolicy = strict({
  name: "no-credentials-in-text",
  displayName: "No credentials in texts",
  description: "Descriptions, key terms, tags and model parameters hold no keys, tokens or passwords.",
  enforcementLevel: "mandatory",
  severity: "critical",
  remediationSteps: "Remove the credential, replace it where it was issued, and keep the new one in a secret store.",
  configSchema: {
    properties: {
      ignoredParameters: {
        type: "array",
        items: { type: "string" },
        description: "Names of model parameters that are no credentials, though they are called like one.",
      },
    },
  },
  validateResource: (args, reportViolation) => {
    if (!args.type.startsWith("pulumi-nodejs:dynamic/amigo:")) args.notApplicable("only for the Amigo platform");
    const { ignoredParameters = [] } = args.getConfig<Config>();
    const label = `${args.type.slice(args.type.lastIndexOf(":") + 1)} "${args.name}"`;

    for (const { path, text } of textsIn(args.props, PLACES)) {
      const names = path.includes("params") ? path.slice(path.indexOf("params") + 1) : [];
      const isNamedLikeOne = names.some((name) => isCredentialName(name) && !ignoredParameters.includes(name));
      const kind = credentialIn(text) ?? (isNamedLikeOne && text !== "" ? "a credential, by its name" : undefined);
      if (kind === undefined) continue;
      const action = "Remove it, replace it where it was issued, and keep the new one in a secret store.";
      const finding = { property: path.join("."), found: `text that holds ${kind}`, allowed: "no credentials", action };
      reportViolation(findingOn({ label }, finding), args.urn);
    }
  },
});

const PLACES = ["description", "keyterms", "tags", "versionSets", "llmModelPreferences"];

/** All texts below these properties, with their paths. What is not known yet is left out. */
function textsIn(values: unknown, names: readonly string[], above: string[] = []): { path: string[]; text: string }[] {
  return names.flatMap((name) => {
    const value = valueAt(values, name);
    const path = [...above, name];
    if (typeof value === "string" || typeof value === "number") return [{ path, text: String(value) }];
    return value !== UNKNOWN && value instanceof Object ? textsIn(value, Object.keys(value), path) : [];
  });
}
