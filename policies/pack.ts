import { PolicyPack } from "@pulumi/policy";
import { grouped, policyGroup } from "./policy-group";

new PolicyPack("pulumi-amigo", {
  displayName: "Amigo",
  description: "Guards for Amigo workspaces, services, use cases and bindings",
  policies: [policyGroup, ...grouped()],
});
