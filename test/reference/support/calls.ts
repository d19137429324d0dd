import * as amigo from "pulumi-amigo";

/** Never run: the compiler checks these examples, and the reference shows them. */
export async function calls(): Promise<void> {
  const staging = new amigo.Provider("staging", { apiKeyEnv: "STAGING_KEY", maxConcurrency: 4 });

  const clinic = await amigo.getWorkspace({ slug: "riverside-clinic" });

  const desk = await amigo.getService({ workspaceId: clinic.id, name: "Front desk" });

  const active = await amigo.listServices({ workspaceId: clinic.id, isActive: true }, { provider: staging });

  const line = await amigo.getUseCase({ workspaceId: clinic.id, name: "Reception", channel: "inbound_voice" });

  const mails = await amigo.listUseCases({ workspaceId: clinic.id, channel: "email" });

  const binding = await amigo.getServiceBinding({ workspaceId: clinic.id, useCaseId: line.id });

  console.log(desk, active, mails, binding);
}
