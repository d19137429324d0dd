// Plays the somebody who made a clinic by hand in the console.
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
  const text = await answer.text();
  return text === "" ? { id: "" } : (JSON.parse(text) as { id: string });
}

const agents = {
  agent_id: "a9e00000-0000-4000-8000-000000000001",
  context_graph_id: "c9000000-0000-4000-8000-000000000001",
};
const voice = { entity_name: "Riverside Clinic", setup_id: "5e700000-0000-4000-8000-000000000001" };

async function main(): Promise<void> {
  const desk = await send("POST", "services", {
    ...agents,
    name: "Front desk",
    description: "Books appointments by phone.",
    keyterms: ["flu", "physiotherapy"],
    tags: [{ key: "team", value: "front-desk" }],
  });
  await send("PUT", `services/${desk.id}/version-sets/release`, { version_set: { agent_version_number: 3 } });
  const night = await send("POST", "services", { ...agents, name: "Night desk", tool_capacity: 5 });
  for (const [channel, name, service] of [
    ["inbound_voice", "Reception", desk],
    ["outbound_voice", "Reminders", desk],
    ["inbound_voice", "Emergency", night],
  ] as const) {
    const useCase = await send("POST", "use-cases", { ...voice, channel, name });
    await send("PUT", `use-cases/${useCase.id}/service-binding`, { service_id: service.id });
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
