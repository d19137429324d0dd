import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { Environments, environmentsSchema } from "./environments";
import { findingOn } from "./finding";
import { AmigoStack, noteArguments } from "./stack";
import { strict } from "./strict";

/** Archiving a workspace cannot be undone, and removing a service, use case or binding takes a line down. */
export const productionWorkspaceProtected: ResourceValidationPolicy & StackValidationPolicy = strict({
  name: "production-workspace-protected",
  displayName: "Production is protected",
  description: "Production workspaces, their services, use cases and bindings are protected from deletion.",
  enforcementLevel: "mandatory",
  severity: "high",
  remediationSteps:
    "Set the resource option `protect: true`, and leave `deletionProtection` of a Workspace out or set it to true.",
  configSchema: environmentsSchema,
  validateResource: noteArguments,
  validateStack: (args, reportViolation) => {
    const stack = new AmigoStack(args.resources);
    const environments = new Environments(args, stack);

    for (const entry of stack.declared("Workspace", "Service", "UseCase", "ServiceBinding")) {
      const why = environments.whyProduction(entry);
      if (!why) continue;
      const allowed = `true ${why}`;
      if (entry.kind === "Workspace" && entry.value("deletionProtection", true) === false) {
        const action = "Leave deletionProtection out, or set it to true.";
        const finding = { property: "deletionProtection", found: false, allowed, action };
        reportViolation(findingOn(entry, finding), entry.urn);
      }
      if (!entry.protect) {
        const action = "Set the resource option `protect: true`.";
        reportViolation(findingOn(entry, { property: "protect", found: false, allowed, action }), entry.urn);
      }
    }
  },
});
