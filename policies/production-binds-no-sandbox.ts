import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { Environments, environmentsSchema } from "./environments";
import { findingOn } from "./finding";
import { AmigoStack, noteArguments } from "./stack";
import { strict } from "./strict";

/** A sandbox service may go without safety filters, so no patient may reach it. */
export const productionBindsNoSandbox: ResourceValidationPolicy & StackValidationPolicy = strict({
  name: "production-binds-no-sandbox",
  displayName: "Production binds no sandbox service",
  description: "No use case of a production workspace is bound to a service whose environment is `sandbox`.",
  enforcementLevel: "mandatory",
  severity: "critical",
  remediationSteps: "Bind the use case to a service whose `environment` is production.",
  configSchema: environmentsSchema,
  validateResource: noteArguments,
  validateStack: (args, reportViolation) => {
    const stack = new AmigoStack(args.resources);
    const environments = new Environments(args, stack);

    for (const binding of stack.declared("ServiceBinding")) {
      const service = stack.serviceOf(binding).entry;
      const why = environments.whyProduction(binding);
      if (!service || !why || service.value("environment", "production") !== "sandbox") continue;
      const action = "Bind the use case to a service for production, or set the service's environment to `production`.";
      const property = `environment of ${service.label}`;
      const finding = { property, found: "sandbox", allowed: `production ${why}`, action };
      reportViolation(findingOn(binding, finding), binding.urn);
    }
  },
});
