import { type DemoSeed, seedIds } from "../../src/emulator/index.js";

/** A JavaScript program with one resource of each kind, each part of which a test can change or leave out. */
export function sixResources(changes: Partial<Record<keyof typeof parts, string>> = {}): string {
  const text = { ...parts, ...changes };
  return ['const amigo = require("pulumi-amigo");', ...Object.values(text)].join("\n");
}

const ids: Pick<DemoSeed, "agents" | "contextGraphs" | "setups"> = seedIds;

const parts = {
  workspace: `const clinic = new amigo.Workspace("clinic", { slug: "engine-clinic", name: "Engine Clinic", environment: "staging", deletionProtection: false });
const workspaceId = clinic.id;`,
  service: `const desk = new amigo.Service("desk", { workspaceId, name: "Front desk", agentId: "${ids.agents.frontDesk}", contextGraphId: "${ids.contextGraphs.scheduling}", tags: [{ key: "team", value: "desk" }] });`,
  versionSet: `const release = new amigo.VersionSet("release", { workspaceId, serviceId: desk.id, name: "canary", agentVersionNumber: 1 });`,
  useCase: `const calls = new amigo.UseCase("calls", { workspaceId, channel: "inbound_voice", entityName: "Clinic", name: "Line", setupId: "${ids.setups.voiceApproved}" });`,
  binding: `const line = new amigo.ServiceBinding("line", { workspaceId, useCaseId: calls.id, serviceId: desk.id });`,
  numbers: `const qa = new amigo.TestCallerNumbers("qa", { workspaceId, numbers: ["+14155550100"] });`,
  exports: `module.exports = { service: desk.id, toolCapacity: desk.toolCapacity, channel: line.channel, agent: desk.agentName };`,
};
