import * as pulumi from "@pulumi/pulumi";
import * as amigo from "pulumi-amigo";

const config = new pulumi.Config();
/** Ids of what exists, from the Amigo console; here `npm run by-hand` makes it and tells them. */
const existing = { service: config.require("serviceId"), useCase: config.require("useCaseId") };

// Each is compared with what exists and adopted as it is. Once adopted, the `import` options can be taken out.
const desk = new amigo.Service(
  "desk",
  {
    name: "Front desk",
    description: "Books appointments by phone.",
    agentId: "a9e00000-0000-4000-8000-000000000001",
    contextGraphId: "c9000000-0000-4000-8000-000000000001",
    keyterms: ["physiotherapy"],
  },
  { import: existing.service },
);
const calls = new amigo.UseCase(
  "calls",
  {
    channel: "inbound_voice",
    entityName: "Demo Clinic",
    name: "Appointment line",
    setupId: "5e700000-0000-4000-8000-000000000001",
  },
  { import: existing.useCase },
);
// A binding has the id of its use case.
new amigo.ServiceBinding("line", { useCaseId: calls.id, serviceId: desk.id }, { import: existing.useCase });

export const agent = desk.agentName;
