// The engine loads this pack through ts-node, which finds no file behind a `.js` suffix: imports here have none.
import { PolicyPack } from "@pulumi/policy";
import { allowedSenderDomains } from "./allowed-sender-domains";
import { bindingChannelFitsService } from "./binding-channel-fits-service";
import { oneUseCasePerChannel } from "./one-use-case-per-channel";
import { productionReleasePinned } from "./production-release-pinned";
import { productionSafetyFilters } from "./production-safety-filters";
import { productionWorkspaceProtected } from "./production-workspace-protected";
import { workspaceClassified } from "./workspace-classified";

new PolicyPack("pulumi-amigo", {
  // The first one's lists of workspaces hold for those that follow, and policies run in this order.
  policies: [
    workspaceClassified,
    productionWorkspaceProtected,
    productionSafetyFilters,
    productionReleasePinned,
    bindingChannelFitsService,
    oneUseCasePerChannel,
    allowedSenderDomains,
  ],
});
