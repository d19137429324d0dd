import { PolicyPack } from "@pulumi/policy";
import { grouped, policyGroup } from "./policy-group";

// The `main` of the package, which the engine runs by its folder. Who imports the package gets index.ts, by `exports`.
new PolicyPack("pulumi-amigo", {
  displayName: "Amigo",
  description: "Guards for Amigo workspaces, services, use cases and bindings",
  policies: [policyGroup, ...grouped()],
});
