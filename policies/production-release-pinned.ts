import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { Environments, environmentsSchema } from "./environments";
import { findingOn } from "./finding";
import { type AmigoEntry, AmigoStack, noteArguments } from "./stack";
import { strict } from "./strict";
import { UNKNOWN } from "./values";

const NUMBERS = ["agentVersionNumber", "contextGraphVersionNumber"] as const;

/** Calls run on `release`; a number left out there is the newest version, whoever published it. */
export const productionReleasePinned: ResourceValidationPolicy & StackValidationPolicy = strict({
  name: "production-release-pinned",
  displayName: "Production releases are pinned",
  description: "Each service of a production workspace has a version set `release` with both version numbers pinned.",
  enforcementLevel: "mandatory",
  severity: "high",
  remediationSteps:
    "Declare a VersionSet named `release`, or `versionSets.release` on the service, with both version numbers.",
  configSchema: environmentsSchema,
  validateResource: noteArguments,
  validateStack: (args, reportViolation) => {
    const stack = new AmigoStack(args.resources);
    const environments = new Environments(args, stack);

    const requirePins = (entry: AmigoEntry, why: string, path: string[]) => {
      for (const number of NUMBERS) {
        if (entry.argument(...path, number) !== undefined) continue;
        const property = [...path, number].join(".");
        const action = "Set the number that was tested.";
        const finding = { property, found: undefined, allowed: `a version number ${why}`, action };
        reportViolation(findingOn(entry, finding), entry.urn);
      }
    };

    const releases = stack.all("VersionSet").filter((set) => mayBe("release", set.argument("name")));
    for (const set of releases) {
      const why = environments.whyProduction(set);
      if (why && set.declared && set.argument("name") === "release") requirePins(set, why, []);
    }
    for (const service of stack.declared("Service")) {
      const why = environments.whyProduction(service);
      if (!why) continue;
      if (service.argument("versionSets", "release") !== undefined) {
        requirePins(service, why, ["versionSets", "release"]);
      } else if (!releases.some((set) => mayBelongTo(service, stack.serviceOf(set)))) {
        const allowed = `a version set "release" with both numbers ${why}`;
        const action = 'Declare a VersionSet of name "release", or versionSets.release on the service.';
        reportViolation(
          findingOn(service, { property: "versionSets.release", found: undefined, allowed, action }),
          service.urn,
        );
      }
    }
  },
});

function mayBe(wanted: string, found: unknown): boolean {
  return found === wanted || found === UNKNOWN;
}

function mayBelongTo(service: AmigoEntry, { key, entry }: { key?: string; entry?: AmigoEntry }): boolean {
  return key === undefined || entry === service;
}
