import * as pulumi from "@pulumi/pulumi";
import * as amigo from "pulumi-amigo";

// One stack per environment: the stack's name says which document and which references are meant.
const stack = pulumi.getStack();

// The trial has a workspace of its own, which comes and goes with it. Staging's exists already.
const workspace =
  stack === "trial"
    ? new amigo.Workspace("trial", {
        slug: "riverside-trial",
        name: "Demo Clinic",
        environment: "development",
        deletionProtection: false,
      })
    : undefined;

new amigo.Environment("clinic", {
  document: `environments/${stack}.yaml`,
  references: `references/${stack}.yaml`,
  workspaceId: workspace?.id,
});
