import type { ResourceValidationPolicy } from "@pulumi/policy";
import { findingOn } from "./finding";
import { strict } from "./strict";
import { valueAt } from "./values";

interface Config {
  domains?: string[];
}

/** Without `domains` every email use case is a finding: nothing is allowed until somebody said what is. */
export const allowedSenderDomains: ResourceValidationPolicy = strict({
  name: "allowed-sender-domains",
  displayName: "Mail is sent from allowed domains",
  description: "Email use cases send from one of the configured domains.",
  enforcementLevel: "mandatory",
  severity: "medium",
  remediationSteps:
    "Use an address at an allowed domain, or add its domain to `domains` in the policy's configuration.",
  configSchema: {
    properties: {
      domains: {
        type: "array",
        items: { type: "string", pattern: "^[^@\\s/]+\\.[^@\\s/.]+$" },
        description:
          "Domains after the @ of senders, such as mail.example.org. Each is that domain alone, not those below it.",
      },
    },
  },
  validateResource: (args, reportViolation) => {
    if (args.type !== "pulumi-nodejs:dynamic/amigo:UseCase") args.notApplicable("only for use cases");
    const sender = valueAt(args.props, "senderEmailAddress");
    if (valueAt(args.props, "channel") !== "email" || typeof sender !== "string") return;

    const domains = (args.getConfig<Config>().domains ?? []).map((domain) => domain.toLowerCase());
    if (domains.includes(sender.slice(sender.lastIndexOf("@") + 1).toLowerCase())) return;
    const allowed = domains.length > 0 ? `senders at ${domains.join(", ")}` : "none, since no domains are configured";
    const action = "Use an address at an allowed domain, or add the domain to the configuration's `domains`.";
    const finding = { property: "senderEmailAddress", found: sender, allowed, action };
    reportViolation(findingOn({ label: `UseCase "${args.name}"` }, finding), args.urn);
  },
});
