import * as pulumi from "@pulumi/pulumi";
import * as amigo from "pulumi-amigo";

const config = new pulumi.Config();
const baseUrl = config.require("baseUrl");

// Each account has its key in an environment variable; only the variable's name goes into state.
const northAccount = new amigo.Provider("north", { apiKeyEnv: "NORTH_KEY", baseUrl });
const southAccount = new amigo.Provider("south", { apiKeyEnv: "SOUTH_KEY", baseUrl });

export const north = voiceClinic("north", "Northside Clinic", northAccount);
export const south = voiceClinic("south", "Southside Clinic", southAccount);

/** A clinic that answers the phone, in the account of the given provider; tells who answers. */
function voiceClinic(name: string, title: string, provider: amigo.Provider): pulumi.Output<string> {
  const clinic = new amigo.Workspace(
    name,
    // Without protection, so that the example can be taken down in one go.
    { slug: `${name}side-clinic`, name: title, environment: "staging", deletionProtection: false },
    { provider },
  );
  const workspaceId = clinic.id;
  const desk = new amigo.Service(
    name,
    {
      workspaceId,
      name: "Front desk",
      // Agents, context graphs and channel setups belong to one account: each has its own ids.
      agentId: config.require(`${name}Agent`),
      contextGraphId: config.require(`${name}ContextGraph`),
    },
    { provider },
  );
  const calls = new amigo.UseCase(
    name,
    {
      workspaceId,
      channel: "inbound_voice",
      entityName: title,
      name: "Appointment line",
      setupId: config.require(`${name}Setup`),
    },
    { provider },
  );
  const line = new amigo.ServiceBinding(name, { workspaceId, useCaseId: calls.id, serviceId: desk.id }, { provider });

  // A look-up needs the account as well: without `provider` it would ask the default one.
  const answering = amigo.getServiceOutput({ workspaceId, id: line.serviceId }, { provider });
  return pulumi.interpolate`${answering.agentName} answers for ${title}`;
}
