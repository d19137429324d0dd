import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { Environments, environmentsSchema } from "./environments";
import { findingOn } from "./finding";
import { type AmigoEntry, AmigoStack, noteArguments } from "./stack";
import { strict } from "./strict";
import { itemsAt, UNKNOWN } from "./values";

/** Without a list, calls of testers in a trial workspace count as calls of patients. */
export const testCallersOutsideProduction: ResourceValidationPolicy & StackValidationPolicy = strict({
  name: "test-callers-outside-production",
  displayName: "Trial workspaces have test callers",
  description: "A workspace that is not production and has voice services has test caller numbers.",
  enforcementLevel: "mandatory",
  severity: "medium",
  remediationSteps: "Declare TestCallerNumbers for the workspace, with the numbers that the team tests from.",
  configSchema: environmentsSchema,
  validateResource: noteArguments,
  validateStack: (args, reportViolation) => {
    const stack = new AmigoStack(args.resources);
    const environments = new Environments(args, stack);
    const lists = stack
      .all("TestCallerNumbers")
      .filter(mayHaveNumbers)
      .map((list) => stack.workspaceOf(list).key);
    const judged = new Set<string>();

    for (const service of stack.declared("Service")) {
      if (service.value("channelType", "voice") !== "voice") continue;
      if (!["other", "declared other"].includes(environments.standingOf(service))) continue;
      const { key, entry } = stack.workspaceOf(service);
      if (key === undefined || judged.has(key) || lists.includes(undefined) || lists.includes(key)) continue;
      judged.add(key);
      const allowed = "at least one number where voice services are tried";
      const action = "Declare TestCallerNumbers for the workspace.";
      const finding = { property: "TestCallerNumbers of its workspace", found: undefined, allowed, action };
      const subject = entry?.declared ? entry : service;
      if (subject === entry) finding.property = "TestCallerNumbers";
      reportViolation(findingOn(subject, finding), subject.urn);
    }
  },
});

function mayHaveNumbers(list: AmigoEntry): boolean {
  const numbers = list.value("numbers", []);
  if (numbers === UNKNOWN) return true;
  const items = itemsAt(numbers);
  return items === UNKNOWN || items.length > 0;
}
