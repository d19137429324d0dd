import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { Environments, environmentsSchema } from "./environments";
import { findingOn } from "./finding";
import { AmigoStack, noteArguments } from "./stack";
import { strict } from "./strict";

/** A use case that is bound to an inactive service answers nobody. */
export const productionBindsActiveServices: ResourceValidationPolicy & StackValidationPolicy = strict({
  name: "production-binds-active-services",
  displayName: "Production binds active services",
  description: "Each use case of a production workspace is bound to a service that is active.",
  enforcementLevel: "mandatory",
  severity: "high",
  remediationSteps: "Leave `isActive` of the service out or set it to true, or bind the use case to another service.",
  configSchema: environmentsSchema,
  validateResource: noteArguments,
  validateStack: (args, reportViolation) => {
    const stack = new AmigoStack(args.resources);
    const environments = new Environments(args, stack);

    for (const binding of stack.declared("ServiceBinding")) {
      const service = stack.serviceOf(binding).entry;
      const why = environments.whyProduction(binding);
      if (!service || !why || service.value("isActive", true) !== false) continue;
      const action = "Leave isActive out or set it to true, or bind the use case to another service.";
      const finding = { property: `isActive of ${service.label}`, found: false, allowed: `true ${why}`, action };
      reportViolation(findingOn(binding, finding), binding.urn);
    }
  },
});
