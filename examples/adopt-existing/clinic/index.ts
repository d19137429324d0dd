import * as amigo from "pulumi-amigo";
import { agents, contextGraphs, setups, workspaceId } from "./references";

const frontDesk = new amigo.Service("Front desk", {
  workspaceId,
  name: "Front desk",
  agentId: agents.frontDesk,
  contextGraphId: contextGraphs.scheduling,
  description: "Books appointments by phone.",
  keyterms: ["flu", "physiotherapy"],
  tags: [{ key: "team", value: "front-desk" }],
});

const nightDesk = new amigo.Service("Night desk", {
  workspaceId,
  name: "Night desk",
  agentId: agents.frontDesk,
  contextGraphId: contextGraphs.scheduling,
  toolCapacity: 5,
});

new amigo.VersionSet(
  "Front desk/release",
  {
    workspaceId,
    serviceId: frontDesk.id,
    name: "release",
    agentVersionNumber: 3,
  },
  { deletedWith: frontDesk },
);

const emergency = new amigo.UseCase(
  "inbound_voice/Riverside Clinic/Emergency",
  {
    workspaceId,
    channel: "inbound_voice",
    entityName: "Riverside Clinic",
    name: "Emergency",
    setupId: setups.setup1,
  },
);

const reception = new amigo.UseCase(
  "inbound_voice/Riverside Clinic/Reception",
  {
    workspaceId,
    channel: "inbound_voice",
    entityName: "Riverside Clinic",
    name: "Reception",
    setupId: setups.setup1,
  },
);

const reminders = new amigo.UseCase(
  "outbound_voice/Riverside Clinic/Reminders",
  {
    workspaceId,
    channel: "outbound_voice",
    entityName: "Riverside Clinic",
    name: "Reminders",
    setupId: setups.setup1,
  },
);

new amigo.ServiceBinding("inbound_voice/Riverside Clinic/Emergency", {
  workspaceId,
  useCaseId: emergency.id,
  serviceId: nightDesk.id,
});

new amigo.ServiceBinding("inbound_voice/Riverside Clinic/Reception", {
  workspaceId,
  useCaseId: reception.id,
  serviceId: frontDesk.id,
});

new amigo.ServiceBinding("outbound_voice/Riverside Clinic/Reminders", {
  workspaceId,
  useCaseId: reminders.id,
  serviceId: frontDesk.id,
});

new amigo.TestCallerNumbers("test-caller-numbers", {
  workspaceId,
  numbers: [],
});
