import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { findingOn } from "./finding";
import { AmigoStack, noteArguments } from "./stack";
import { strict } from "./strict";

interface Config {
  minimum?: number;
  maximum?: number;
}

const bound = (value: number, description: string) => ({
  type: "integer" as const,
  minimum: 1,
  maximum: 10,
  default: value,
  description,
});

/** Each tool call of a service may run beside others; what stands behind the tools must bear all of them at once. */
export const toolCapacityBounded: ResourceValidationPolicy & StackValidationPolicy = strict({
  name: "tool-capacity-bounded",
  displayName: "Tool capacity is bounded",
  description: "Each service has a tool capacity within the configured bounds.",
  enforcementLevel: "mandatory",
  severity: "medium",
  remediationSteps:
    "Set `toolCapacity` within the bounds, or change `minimum` or `maximum` in the policy's configuration.",
  configSchema: {
    properties: {
      minimum: bound(1, "The least tool capacity of a service."),
      maximum: bound(5, "The greatest tool capacity of a service."),
    },
  },
  validateResource: noteArguments,
  validateStack: (args, reportViolation) => {
    const { minimum = 1, maximum = 5 } = args.getConfig<Config>();
    if (minimum > maximum) {
      const action = "Correct one of them.";
      const bounds = `minimum is ${minimum} and maximum is ${maximum}; allowed: a minimum that is not above the maximum`;
      reportViolation(`Configuration of tool-capacity-bounded: ${bounds}. ${action}`);
      return;
    }
    for (const service of new AmigoStack(args.resources).declared("Service")) {
      const found = service.value("toolCapacity", 3);
      if (typeof found !== "number" || (found >= minimum && found <= maximum)) continue;
      const allowed = minimum === maximum ? `${minimum}` : `${minimum} to ${maximum}`;
      const action = "Set toolCapacity within the bounds, or change them in the policy's configuration.";
      reportViolation(findingOn(service, { property: "toolCapacity", found, allowed, action }), service.urn);
    }
  },
});
