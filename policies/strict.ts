import type {
  ReportViolation,
  ResourceValidationPolicy,
  StackValidationArgs,
  StackValidationPolicy,
} from "@pulumi/policy";

/**
 * The policy, which also finds settings that its schema does not have. The engine lets these pass, and the misspelt setting would
 * have no effect.
 */
export function strict(
  policy: ResourceValidationPolicy & Partial<StackValidationPolicy>,
): ResourceValidationPolicy & StackValidationPolicy {
  const known = Object.keys(policy.configSchema?.properties ?? {});
  const validateStack = (args: StackValidationArgs, reportViolation: ReportViolation) => {
    for (const name of Object.keys(args.getConfig())) {
      if (known.includes(name)) continue;
      const allowed = known.length > 0 ? known.join(", ") : "no settings";
      reportViolation(
        `Configuration of ${policy.name}: "${name}" is not one of its settings; allowed: ${allowed}. Correct the name, or take it out.`,
      );
    }
    return policy.validateStack?.(args, reportViolation);
  };
  return { ...policy, validateStack };
}
