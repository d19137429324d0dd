import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { Environments, environmentsSchema } from "./environments";
import { findingOn } from "./finding";
import { AmigoStack, noteArguments } from "./stack";
import { strict } from "./strict";

/** Only a service whose own environment is `sandbox` may go without filters in a production workspace. */
export const productionSafetyFilters: ResourceValidationPolicy & StackValidationPolicy = strict({
  name: "production-safety-filters",
  displayName: "Production keeps its safety filters",
  description: "Production services of production workspaces have their safety filters on.",
  enforcementLevel: "mandatory",
  severity: "critical",
  remediationSteps:
    "Leave `safetyFiltersEnabled` out or set it to true. A service for trials has `environment: sandbox`.",
  configSchema: environmentsSchema,
  validateResource: noteArguments,
  validateStack: (args, reportViolation) => {
    const stack = new AmigoStack(args.resources);
    const environments = new Environments(args, stack);

    for (const service of stack.declared("Service")) {
      if (service.value("safetyFiltersEnabled", true) !== false) continue;
      if (service.value("environment", "production") !== "production") continue;
      const why = environments.whyProduction(service);
      if (!why) continue;
      const action =
        "Leave safetyFiltersEnabled out or set it to true; a service for trials has environment `sandbox`.";
      const finding = { property: "safetyFiltersEnabled", found: false, allowed: `true ${why}`, action };
      reportViolation(findingOn(service, finding), service.urn);
    }
  },
});
