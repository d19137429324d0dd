import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { Environments, environmentsSchema, shareLists } from "./environments";
import { findingOn } from "./finding";
import { AmigoStack, noteArguments } from "./stack";
import { strict } from "./strict";

const toList = (what: string) =>
  `Add the ${what} to \`production\` or \`other\` of \`workspace-classified\` in the policy configuration.`;

/** Everything that the stack declares is in a workspace of which is known whether it is production. */
export const workspaceClassified: ResourceValidationPolicy & StackValidationPolicy = strict({
  name: "workspace-classified",
  displayName: "Workspaces are classified",
  description: "Each workspace that the stack touches is listed as production or as other.",
  enforcementLevel: "mandatory",
  severity: "high",
  remediationSteps: toList("workspace's slug or id"),
  configSchema: environmentsSchema,
  validateResource: noteArguments,
  validateStack: (args, reportViolation) => {
    shareLists(args);
    const stack = new AmigoStack(args.resources);
    const environments = new Environments(args, stack);

    for (const name of environments.contradictions()) {
      reportViolation(`The configuration lists "${name}" as production and as other. Take it out of one of the lists.`);
    }
    for (const workspace of stack.all("Workspace")) {
      const standing = environments.standingOf(workspace);
      if (workspace.argument("environment") === "production" && environments.isListedAsOther(workspace)) {
        const allowed = "staging or development, since the configuration lists the workspace as other";
        const action = "Take it out of `other`, or declare the environment that it really is.";
        const finding = { property: "environment", found: "production", allowed, action };
        reportViolation(findingOn(workspace, finding), workspace.urn);
      } else if (standing === "declared other") {
        const found = workspace.argument("slug");
        const finding = { property: "slug", found, allowed: "a listed workspace", action: toList("slug") };
        reportViolation(findingOn(workspace, finding), workspace.urn);
      }
    }
    for (const entry of stack.declared("Service", "VersionSet", "UseCase", "ServiceBinding", "TestCallerNumbers")) {
      if (environments.standingOf(entry) !== "unlisted") continue;
      const found = entry.argument("workspaceId");
      const allowed = "a listed workspace, or a Workspace of this stack";
      const finding = { property: "workspaceId", found, allowed, action: toList("id") };
      reportViolation(findingOn(entry, finding), entry.urn);
    }
  },
});
