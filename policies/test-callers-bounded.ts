import type { ResourceValidationPolicy } from "@pulumi/policy";
import { findingOn } from "./finding";
import { strict } from "./strict";
import { itemsAt, UNKNOWN } from "./values";

/** Calls of these numbers count as tests, so a long list hides real calls. */
export const testCallersBounded: ResourceValidationPolicy = strict({
  name: "test-callers-bounded",
  displayName: "Few test caller numbers",
  description: "A workspace has no more test caller numbers than the configured maximum.",
  enforcementLevel: "mandatory",
  severity: "medium",
  remediationSteps: "Remove numbers that nobody tests with, or raise `maximum` in the policy's configuration.",
  configSchema: {
    properties: {
      maximum: {
        type: "integer",
        minimum: 0,
        maximum: 20,
        default: 10,
        description: "The greatest count of test caller numbers of a workspace.",
      },
    },
  },
  validateResource: (args, reportViolation) => {
    if (args.type !== "pulumi-nodejs:dynamic/amigo:TestCallerNumbers") args.notApplicable("only for test callers");
    const { maximum = 10 } = args.getConfig<{ maximum?: number }>();
    const numbers = itemsAt(args.props, "numbers");
    if (numbers === UNKNOWN || numbers.length <= maximum) return;
    const action = "Remove numbers that nobody tests with, or raise `maximum` in the policy's configuration.";
    const finding = { property: "numbers.length", found: numbers.length, allowed: `at most ${maximum}`, action };
    reportViolation(findingOn({ label: `TestCallerNumbers "${args.name}"` }, finding), args.urn);
  },
});
