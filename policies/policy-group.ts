import type { ResourceValidation, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { baseline, clinicalProduction } from "./groups";
import { strict } from "./strict";

type AnyPolicy = ResourceValidationPolicy & Partial<StackValidationPolicy>;

const groups: Record<string, readonly ResourceValidationPolicy[]> = {
  baseline,
  "clinical-production": clinicalProduction,
};
const largest = "clinical-production";

let chosen = largest;

const choose: ResourceValidation = (args) => {
  chosen = args.getConfig<{ group?: string }>().group ?? largest;
  args.notApplicable(`the group is ${chosen}`);
};

/** Not a rule: holds the name of the group whose rules hold. It comes first in the pack, so that the others know. */
export const policyGroup: ResourceValidationPolicy & StackValidationPolicy = strict({
  name: "policy-group",
  displayName: "The group of policies that hold",
  description: "Chooses which of the pack's policies hold; it finds nothing itself.",
  enforcementLevel: "mandatory",
  severity: "low",
  remediationSteps: "Set `group` in the configuration of `policy-group` to baseline or clinical-production.",
  configSchema: {
    properties: {
      group: {
        type: "string",
        enum: Object.keys(groups),
        default: largest,
        description: "The group whose policies hold: baseline, or clinical-production, which has all of them.",
      },
    },
  },
  validateResource: choose,
  validateStack: (args) => {
    chosen = args.getConfig<{ group?: string }>().group ?? largest;
  },
});

/** All policies, each silent where the chosen group does not have it. */
export function grouped(): ResourceValidationPolicy[] {
  return clinicalProduction.map((policy: AnyPolicy): AnyPolicy => {
    const { validateResource, validateStack } = policy;
    const leaveOut = (args: { notApplicable(reason?: string): never }) => {
      if (!groups[chosen]?.includes(policy)) args.notApplicable(`not in the group ${chosen}`);
    };
    return {
      ...policy,
      validateResource: [validateResource ?? []].flat().map((validate) => (args, report) => {
        leaveOut(args);
        return validate(args, report);
      }),
      ...(validateStack && {
        validateStack: (args, report) => {
          leaveOut(args);
          return validateStack(args, report);
        },
      }),
    };
  });
}
