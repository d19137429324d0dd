import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import type { DemoSeed } from "../../src/emulator/index.js";
import type { EngineProcess } from "./engine-process.js";
import { backendFolder, projectName, stackConfigFile, stackName, stateFolder } from "./places.js";

export interface ExportedResource {
  urn: string;
  type: string;
  id?: string;
  outputs?: Record<string, unknown>;
}

export interface ExportedState {
  deployment: {
    resources?: ExportedResource[];
    pending_operations?: { type: string; resource: ExportedResource }[];
  };
}

/** What the program in `examples/quickstart` reads from its stack configuration. */
export interface Settings {
  description: string;
  callsName: string;
  protect: boolean;
}

export const baseSettings: Settings = {
  description: "Books appointments by phone.",
  callsName: "Appointment line",
  protect: true,
};

const useOurConfig = ["--config-file", stackConfigFile];

export function stackExists(): boolean {
  return existsSync(path.join(backendFolder, ".pulumi", "stacks", projectName, `${stackName}.json`));
}

/** Makes the stack in the local backend. */
export async function initStack(engine: EngineProcess): Promise<void> {
  mkdirSync(backendFolder, { recursive: true });
  // `stack init` writes the stack's configuration beside a Pulumi.yaml, and the repository's own is no place for it.
  const project = path.join(stateFolder, "Pulumi.yaml");
  writeFileSync(project, `name: ${projectName}\nruntime: nodejs\n`);
  try {
    await engine.quiet(["stack", "init", "--cwd", stateFolder]);
  } finally {
    rmSync(project, { force: true });
  }
}

export async function configure(engine: EngineProcess, seed: DemoSeed, settings: Partial<Settings>): Promise<void> {
  const { agents, contextGraphs, setups } = seed;
  const values = { ...settings, catalogue: JSON.stringify({ agents, contextGraphs, setups }) };
  const flags = Object.entries(values).flatMap(([key, value]) => ["--plaintext", `quickstart:${key}=${value}`]);
  await engine.quiet(["config", "set-all", ...useOurConfig, ...flags]);
}

/** Runs the program; whether it succeeded. */
export async function up(engine: EngineProcess, ...flags: string[]): Promise<boolean> {
  const calm = ["--yes", "--skip-preview", "--suppress-outputs", "--suppress-progress", "--suppress-permalink=true"];
  return (await engine.show(["up", ...calm, ...useOurConfig, ...flags])).code === 0;
}

export async function destroy(engine: EngineProcess): Promise<boolean> {
  const calm = ["--yes", "--skip-preview", "--suppress-outputs", "--suppress-progress", "--suppress-permalink=true"];
  // Else the engine advises to remove a stack that is then gone.
  return (await engine.show(["destroy", "--remove", ...calm, ...useOurConfig])).code === 0;
}

export async function exportState(engine: EngineProcess): Promise<ExportedState> {
  return JSON.parse(await engine.quiet(["stack", "export"]));
}

/** The resources of this library in the stack, in the order in which they were made. */
export function ours(state: ExportedState): ExportedResource[] {
  return (state.deployment.resources ?? []).filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic/amigo:"));
}

export function nameOf(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}
