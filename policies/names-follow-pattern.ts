import type { PolicyConfigSchema, ResourceValidationPolicy } from "@pulumi/policy";
import { findingOn } from "./finding";
import { strict } from "./strict";
import { valueAt } from "./values";

/** The names that people read, by the setting that holds their pattern. */
const NAMES = [
  { setting: "workspaceSlug", kind: "Workspace", property: "slug" },
  { setting: "workspace", kind: "Workspace", property: "name" },
  { setting: "service", kind: "Service", property: "name" },
  { setting: "useCaseEntity", kind: "UseCase", property: "entityName" },
  { setting: "useCase", kind: "UseCase", property: "name" },
  { setting: "versionSet", kind: "VersionSet", property: "name" },
] as const;

const properties: PolicyConfigSchema["properties"] = Object.fromEntries(
  NAMES.map(({ setting, kind, property }) => [
    setting,
    { type: "string", description: `A regular expression that the whole \`${property}\` of a ${kind} must match.` },
  ]),
);

/** Without patterns every name is good. */
export const namesFollowPattern: ResourceValidationPolicy = strict({
  name: "names-follow-pattern",
  displayName: "Names follow a pattern",
  description: "Slugs and names match the pattern that is configured for their kind.",
  enforcementLevel: "mandatory",
  severity: "medium",
  remediationSteps: "Choose a name that matches, or change the pattern in the policy's configuration.",
  configSchema: { properties },
  validateResource: (args, reportViolation) => {
    const named = NAMES.filter(({ kind }) => args.type === `pulumi-nodejs:dynamic/amigo:${kind}`);
    if (named.length === 0) args.notApplicable("only for what has a name on the platform");
    const patterns = args.getConfig<Record<string, string | undefined>>();

    for (const { setting, kind, property } of named) {
      const pattern = patterns[setting];
      const found = valueAt(args.props, property);
      if (pattern === undefined || typeof found !== "string") continue;
      const expression = compiled(pattern);
      if (expression?.test(found)) continue;
      const action = expression
        ? "Choose a name that matches, or change the pattern in the policy's configuration."
        : `Correct \`${setting}\` in the policy's configuration: it is no regular expression.`;
      const finding = { property, found, allowed: `what matches ${pattern}`, action };
      reportViolation(findingOn({ label: `${kind} "${args.name}"` }, finding), args.urn);
    }
  },
});

function compiled(pattern: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${pattern})$`, "u");
  } catch {
    return undefined;
  }
}
