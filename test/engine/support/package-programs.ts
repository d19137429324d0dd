import { seedIds } from "../../../src/emulator/index.js";

const { workspace: workspaceId, agents, contextGraphs, setups } = seedIds;

/** Uses every door of the package; that a wrong use is refused shows that its types are more than `any`. */
export const doorsText = `import * as pulumi from "@pulumi/pulumi";
import * as amigo from "pulumi-amigo";
import { startEmulator, type Emulator } from "pulumi-amigo/emulator";
import { service } from "pulumi-amigo/providers";
const ids = { agentId: "a", contextGraphId: "c" };
export const agent: pulumi.Output<string | undefined> = new amigo.Service("desk", { name: "desk", ...ids }).agentName;
export const emulator: Promise<Emulator> = startEmulator({ seed: "empty" });
// @ts-expect-error a service needs an agent
new amigo.Service("desk", { name: "desk" });
// @ts-expect-error not a seed
startEmulator({ seed: "full" });
// @ts-expect-error not a method of a dynamic provider
service().nothing();
`;

/** A clinic's desk that answers a line; NAME stands for the service's name. */
export function programText(loading: "require" | "import", language: "javascript" | "typescript"): string {
  const [load, give] = loading === "require" ? [requires, "exports."] : [imports, "export const "];
  const annotated = (name: string, type: string) => (language === "typescript" ? `${name}: ${type}` : name);
  return `${load}
const workspaceId = "${workspaceId}";
const desk = new Service("desk", { workspaceId, name: "NAME", agentId: "${agents.frontDesk}", contextGraphId: "${contextGraphs.intake}" });
const calls = new amigo.UseCase("calls", { workspaceId, channel: "inbound_voice", entityName: "Clinic", name: "Line", setupId: "${setups.voiceApproved}" });
const line = new amigo.ServiceBinding("line", { workspaceId, useCaseId: calls.id, serviceId: desk.id });
${give}${annotated("agent", "pulumi.Output<string | undefined>")} = desk.agentName;
${give}${annotated("channel", "pulumi.Output<string>")} = line.channel;
${give}slug = amigo.getWorkspace({ id: workspaceId }).then(({ slug }) => slug);
${give}ours = Service.isInstance(desk) && !Service.isInstance(pulumi.output(calls));
`;
}

const requires = `const pulumi = require("@pulumi/pulumi");
const amigo = require("pulumi-amigo");
const { Service } = amigo;`;

const imports = `import * as pulumi from "@pulumi/pulumi";
import * as amigo from "pulumi-amigo";
import { Service } from "pulumi-amigo";`;

/** What only a component depends on. */
export const componentText = `const amigo = require("pulumi-amigo");
exports.clinic = () => new amigo.Service("desk", {
  workspaceId: "${workspaceId}", name: "component desk", agentId: "${agents.frontDesk}", contextGraphId: "${contextGraphs.intake}",
});`;
