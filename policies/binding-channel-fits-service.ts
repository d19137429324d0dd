import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { findingOn } from "./finding";
import { AmigoStack, noteArguments } from "./stack";
import { strict } from "./strict";

/** The channels of use cases that a service of each channel type can answer for. */
const CHANNELS: Readonly<Record<string, readonly string[]>> = {
  voice: ["inbound_voice", "outbound_voice", "ringless_voicemail"],
  text: ["email"],
  scribe: [],
};

/** A mismatch is refused by the API, but only after the services and use cases of the run are made. */
export const bindingChannelFitsService: ResourceValidationPolicy & StackValidationPolicy = strict({
  name: "binding-channel-fits-service",
  displayName: "Bindings fit their service's channel",
  description: "A binding's use case has a channel that its service can answer: voice, text, or none for scribe.",
  enforcementLevel: "mandatory",
  severity: "medium",
  remediationSteps: "Bind the use case to a service of the other channel type, or change the service's `channelType`.",
  validateResource: noteArguments,
  validateStack: (args, reportViolation) => {
    const stack = new AmigoStack(args.resources);

    for (const binding of stack.declared("ServiceBinding")) {
      const service = stack.serviceOf(binding).entry;
      const useCase = stack.useCaseOf(binding).entry;
      const channelType = service?.value("channelType", "voice");
      const channel = useCase ? useCase.argument("channel") : binding.output("channel");
      if (typeof channelType !== "string" || typeof channel !== "string") continue;
      const fitting = CHANNELS[channelType];
      if (!service || !fitting || fitting.includes(channel)) continue;
      const allowed = `${fitting.join(", ") || "no binding"} on a ${channelType} service (${service.label})`;
      const action = "Bind the use case to a service of the other channel type, or change the service's channelType.";
      const property = `channel of ${useCase?.label ?? "its use case"}`;
      reportViolation(findingOn(binding, { property, found: channel, allowed, action }), binding.urn);
    }
  },
});
