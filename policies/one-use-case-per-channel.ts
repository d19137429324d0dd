import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { findingOn } from "./finding";
import { type AmigoEntry, AmigoStack, noteArguments } from "./stack";
import { strict } from "./strict";

/** The API takes a use case from the service that held it without a word, and refuses a second of one channel on a service. */
export const oneUseCasePerChannel: ResourceValidationPolicy & StackValidationPolicy = strict({
  name: "one-use-case-per-channel",
  displayName: "One use case per service and channel",
  description: "A service has one use case of each channel, and a use case has one binding.",
  enforcementLevel: "mandatory",
  severity: "medium",
  remediationSteps: "Remove the second binding, or bind one of the two use cases to another service.",
  validateResource: noteArguments,
  validateStack: (args, reportViolation) => {
    const stack = new AmigoStack(args.resources);
    const bindingOfUseCase = new Map<string, AmigoEntry>();
    const bindingOfChannel = new Map<string, AmigoEntry>();

    for (const binding of stack.declared("ServiceBinding")) {
      const useCase = stack.useCaseOf(binding);
      const first = useCase.key === undefined ? undefined : bindingOfUseCase.get(useCase.key);
      if (useCase.key !== undefined && !first) bindingOfUseCase.set(useCase.key, binding);
      if (first) {
        const found = useCase.entry?.label ?? useCase.id;
        const allowed = `a use case that no other binding has; ${first.label} has this one`;
        const action = "Remove one of the two bindings.";
        reportViolation(findingOn(binding, { property: "useCaseId", found, allowed, action }), binding.urn);
        continue;
      }

      const service = stack.serviceOf(binding);
      const channel = useCase.entry?.argument("channel") ?? binding.output("channel");
      if (service.key === undefined || typeof channel !== "string") continue;
      const key = `${channel} ${service.key}`;
      const holder = bindingOfChannel.get(key);
      if (!holder) {
        bindingOfChannel.set(key, binding);
        continue;
      }
      const found = service.entry?.label ?? service.id;
      const allowed = `a service without a use case of channel ${channel}; ${holder.label} has bound one to it`;
      const action = "Bind one of the two use cases to another service.";
      reportViolation(findingOn(binding, { property: "serviceId", found, allowed, action }), binding.urn);
    }
  },
});
