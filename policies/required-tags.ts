import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { findingOn } from "./finding";
import { type AmigoEntry, AmigoStack, noteArguments } from "./stack";
import { strict } from "./strict";
import { itemsAt, UNKNOWN, valueAt } from "./values";

interface Config {
  tags?: Record<string, string[]>;
}

/** Of the resources of the platform only services have tags. */
export const requiredTags: ResourceValidationPolicy & StackValidationPolicy = strict({
  name: "required-tags",
  displayName: "Services have the required tags",
  description: "Each service has the configured tags, with one of the values that are allowed for each.",
  enforcementLevel: "mandatory",
  severity: "medium",
  remediationSteps: "Add the tag to `tags` of the service, with one of the allowed values.",
  configSchema: {
    properties: {
      tags: {
        type: "object",
        additionalProperties: { type: "array", items: { type: "string" } },
        description: "The keys of the required tags, each with its allowed values. An empty list allows any value.",
      },
    },
  },
  validateResource: noteArguments,
  validateStack: (args, reportViolation) => {
    const required = Object.entries(args.getConfig<Config>().tags ?? {});
    for (const service of new AmigoStack(args.resources).declared("Service")) {
      const tags = tagsOf(service);
      if (tags === UNKNOWN) continue;
      for (const [key, values] of required) {
        const found = tags.get(key);
        if (found === UNKNOWN || (!tags.has(key) && tags.has(UNKNOWN))) continue;
        if (tags.has(key) && (values.length === 0 || values.includes(String(found ?? "")))) continue;
        const allowed = values.length > 0 ? values.join(", ") : "any value";
        const finding = { property: `tag ${key}`, found, allowed, action: "Add it to the service's tags." };
        reportViolation(findingOn(service, finding), service.urn);
      }
    }
  },
});

/** Values by key; a tag whose key is not known yet stands under {@link UNKNOWN}. */
function tagsOf(service: AmigoEntry): Map<unknown, unknown> | typeof UNKNOWN {
  const tags = service.value("tags", []);
  const items = tags === UNKNOWN ? UNKNOWN : itemsAt(tags);
  if (items === UNKNOWN) return UNKNOWN;
  return new Map(
    items.map((tag) => (tag === UNKNOWN ? [UNKNOWN, UNKNOWN] : [valueAt(tag, "key"), valueAt(tag, "value")])),
  );
}
