// Plays the somebody who made a line by hand: three requests, then the ids as flags for `pulumi config set-all`.
const workspace = "d0c00000-0000-4000-8000-000000000001";
const { AMIGO_BASE_URL: url, AMIGO_API_KEY: key } = process.env;

async function send(method: string, path: string, body: object): Promise<{ id: string }> {
  const answer = await fetch(`${url}/v1/${workspace}/${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  }).catch(() => {
    throw new Error(`nothing answers at ${url}: start the emulator first`);
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as { id: string };
}

async function main(): Promise<void> {
  const service = await send("POST", "services", {
    name: "Front desk",
    description: "Books appointments by phone.",
    agent_id: "a9e00000-0000-4000-8000-000000000001",
    context_graph_id: "c9000000-0000-4000-8000-000000000001",
    keyterms: ["physiotherapy"],
  });
  const useCase = await send("POST", "use-cases", {
    channel: "inbound_voice",
    entity_name: "Demo Clinic",
    name: "Appointment line",
    setup_id: "5e700000-0000-4000-8000-000000000001",
  });
  await send("PUT", `use-cases/${useCase.id}/service-binding`, { service_id: service.id });
  console.log(`--plaintext serviceId=${service.id} --plaintext useCaseId=${useCase.id}`);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
