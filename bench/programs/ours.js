const amigo = require("pulumi-amigo");
const { workspaceId, agentId, contextGraphId, setupId, clinics } = require("./fleet.json");

for (const [index, clinic] of clinics.entries()) {
  const service = new amigo.Service(`service-${index}`, {
    workspaceId,
    name: clinic.name,
    agentId,
    contextGraphId,
    description: clinic.description,
  });
  const useCase = new amigo.UseCase(`use-case-${index}`, {
    workspaceId,
    channel: "inbound_voice",
    entityName: "Clinic",
    name: clinic.useCase,
    setupId,
  });
  new amigo.ServiceBinding(`binding-${index}`, { workspaceId, useCaseId: useCase.id, serviceId: service.id });
}
