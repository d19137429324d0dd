import * as pulumi from "@pulumi/pulumi";
import * as amigo from "pulumi-amigo";

const config = new pulumi.Config("quickstart");

/** Ids of what others make in the Amigo console: agents, context graphs and approved channel setups. */
interface Catalogue {
  agents: { frontDesk: string; nightNurse: string };
  contextGraphs: { scheduling: string; intake: string };
  setups: { voiceApproved: string; emailApproved: string };
}
const { agents, contextGraphs, setups } = config.requireObject<Catalogue>("catalogue");

const clinic = new amigo.Workspace("clinic", {
  slug: "riverside-clinic",
  name: "Riverside Clinic",
  environment: "staging",
  deletionProtection: config.getBoolean("protect") ?? true,
});
const workspaceId = clinic.id;

const scheduling = new amigo.Service("scheduling", {
  workspaceId,
  name: "Scheduling line",
  description: config.get("description") ?? "Books appointments by phone.",
  agentId: agents.frontDesk,
  contextGraphId: contextGraphs.scheduling,
  keyterms: ["Riverside", "physiotherapy"],
  tags: [{ key: "team", value: "front-desk" }],
});
const letters = new amigo.Service("letters", {
  workspaceId,
  name: "Reminder letters",
  agentId: agents.nightNurse,
  contextGraphId: contextGraphs.intake,
  channelType: "text",
});
new amigo.VersionSet("release", {
  workspaceId,
  serviceId: scheduling.id,
  name: "release",
  agentVersionNumber: 2,
});

const entityName = "Riverside Clinic";
const calls = new amigo.UseCase("calls", {
  workspaceId,
  channel: "inbound_voice",
  entityName,
  name: config.get("callsName") ?? "Appointment line",
  setupId: setups.voiceApproved,
});
const reminders = new amigo.UseCase("reminders", {
  workspaceId,
  channel: "email",
  entityName,
  name: "Appointment reminders",
  setupId: setups.emailApproved,
  senderEmailAddress: "reminders@riverside.example",
  emailType: "transactional",
});
new amigo.ServiceBinding("calls", { workspaceId, useCaseId: calls.id, serviceId: scheduling.id });
new amigo.ServiceBinding("reminders", { workspaceId, useCaseId: reminders.id, serviceId: letters.id });
new amigo.TestCallerNumbers("qa", { workspaceId, numbers: ["+14155550100", "+14155550101"] });
