import type { ResourceValidationPolicy } from "@pulumi/policy";
import { allowedSenderDomains } from "./allowed-sender-domains";
import { bindingChannelFitsService } from "./binding-channel-fits-service";
import { namesFollowPattern } from "./names-follow-pattern";
import { noCredentialsInText } from "./no-credentials-in-text";
import { oneUseCasePerChannel } from "./one-use-case-per-channel";
import { productionBindsActiveServices } from "./production-binds-active-services";
import { productionBindsNoSandbox } from "./production-binds-no-sandbox";
import { productionReleasePinned } from "./production-release-pinned";
import { productionSafetyFilters } from "./production-safety-filters";
import { productionWorkspaceProtected } from "./production-workspace-protected";
import { requiredTags } from "./required-tags";
import { testCallersBounded } from "./test-callers-bounded";
import { testCallersOutsideProduction } from "./test-callers-outside-production";
import { toolCapacityBounded } from "./tool-capacity-bounded";
import { workspaceClassified } from "./workspace-classified";

/** What holds in every stack, whatever it is for. */
export const baseline: ResourceValidationPolicy[] = [
  bindingChannelFitsService,
  oneUseCasePerChannel,
  noCredentialsInText,
  namesFollowPattern,
  requiredTags,
  toolCapacityBounded,
  testCallersBounded,
];

/** The baseline, and what holds where patients are served. The lists of the first policy hold for those that follow. */
export const clinicalProduction: ResourceValidationPolicy[] = [
  workspaceClassified,
  productionWorkspaceProtected,
  productionSafetyFilters,
  productionReleasePinned,
  productionBindsActiveServices,
  productionBindsNoSandbox,
  testCallersOutsideProduction,
  allowedSenderDomains,
  ...baseline,
];
