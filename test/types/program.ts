// Compiled by test/types.test.ts, never run: each @ts-expect-error is a wrong program that must not compile.
import * as pulumi from "@pulumi/pulumi";
import * as amigo from "pulumi-amigo";

const id = "00000000-0000-4000-8000-000000000000";
const common = { workspaceId: id, entityName: "Clinic", name: "Line", setupId: id };

new amigo.UseCase("voice", { ...common, channel: "inbound_voice" });
new amigo.UseCase("email", {
  ...common,
  channel: "email",
  senderEmailAddress: "desk@clinic.example",
  emailType: "transactional",
});
new amigo.UseCase("outputs", {
  ...common,
  channel: pulumi.output("outbound_voice" as const),
  name: pulumi.output("x"),
});
// @ts-expect-error an email use case needs a sender
new amigo.UseCase("no-sender", { ...common, channel: "email", emailType: "marketing" });
// @ts-expect-error an email use case needs a type
new amigo.UseCase("no-type", { ...common, channel: "email", senderEmailAddress: "desk@clinic.example" });
// @ts-expect-error a voice use case has no sender
new amigo.UseCase("sender", { ...common, channel: "inbound_voice", senderEmailAddress: "desk@clinic.example" });
// @ts-expect-error not a channel
new amigo.UseCase("fax", { ...common, channel: "fax" });

const service = new amigo.Service("service", {
  name: "Desk",
  agentId: id,
  contextGraphId: id,
  voiceConfig: { fillerStyle: "silent", bargeInCooldownS: 0.5 },
  versionSets: { canary: { agentVersionNumber: 1 } },
  tags: [{ key: "team", value: pulumi.output("desk") }],
});
// @ts-expect-error a service needs an agent
new amigo.Service("no-agent", { name: "Desk", contextGraphId: id });
// @ts-expect-error computed, not an argument
new amigo.Service("computed", { name: "Desk", agentId: id, contextGraphId: id, agentName: "Front Desk" });
// @ts-expect-error not a filler style
new amigo.Service("filler", { name: "Desk", agentId: id, contextGraphId: id, voiceConfig: { fillerStyle: "loud" } });

new amigo.VersionSet("set", { serviceId: service.id, name: "release", onDelete: "retain" });
// @ts-expect-error not a policy
new amigo.VersionSet("policy", { serviceId: service.id, name: "release", onDelete: "keep" });
// @ts-expect-error a binding needs a use case
new amigo.ServiceBinding("binding", { serviceId: service.id });
// @ts-expect-error numbers are text
new amigo.TestCallerNumbers("numbers", { numbers: [4155550100] });
new amigo.Workspace("workspace", { slug: "clinic", name: "Clinic", environment: "staging", connectorType: "epic" });
// @ts-expect-error the engine's protect cannot wait for an output
new amigo.Workspace("w", { slug: "c", name: "C", environment: "staging", deletionProtection: pulumi.output(true) });
// @ts-expect-error not an environment of a workspace
new amigo.Workspace("sandbox", { slug: "clinic", name: "Clinic", environment: "sandbox" });

const provider = new amigo.Provider("account", { apiKeyEnv: "STAGING_KEY", maxConcurrency: 4 });
export const outputs: {
  agentName: pulumi.Output<string | undefined>;
  toolCapacity: pulumi.Output<number>;
  keyterms: pulumi.Output<string[]>;
  pinned: pulumi.Output<number | undefined>;
} = {
  agentName: service.agentName,
  toolCapacity: service.toolCapacity,
  keyterms: service.keyterms,
  pinned: amigo.VersionSet.get("found", `${id}/release`, {}, { provider }).agentVersionNumber,
};
export const capacity: pulumi.Output<number> = amigo.getServiceOutput({ name: pulumi.output("Desk") }).toolCapacity;
export const slug: Promise<string> = amigo.getWorkspace({ slug: "clinic" }, { provider }).then((found) => found.slug);
// @ts-expect-error an id or a slug
amigo.getWorkspace({ name: "Clinic" });

export function narrow(value: unknown): pulumi.Output<string> | undefined {
  return amigo.ServiceBinding.isInstance(value) ? value.channel : undefined;
}
