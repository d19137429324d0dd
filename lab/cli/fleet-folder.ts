import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { demoKey, type Emulator, seedIds } from "../../src/emulator/index.js";
import { commandFile } from "../root.js";
import { cleanEnvironment, testEngine } from "./environment.js";
import { type RunningProcess, start } from "./process.js";

export interface FleetFolderOptions {
  /** The stacks, each with a workspace of its own. */
  readonly stacks: readonly string[];
  /** Services of each stack, each with a line. */
  readonly lines: number;
  /** The rest of `fleet.yaml`, after `version` and a `match` of all documents. */
  readonly rest: string;
}

/** A folder of fleets with a backend of its own, on an emulator with a workspace for each stack. */
export class FleetFolder {
  readonly folder = realpathSync(mkdtempSync(path.join(tmpdir(), "amigo-fleet-")));

  constructor(
    private readonly emulator: Emulator,
    { stacks, lines, rest }: FleetFolderOptions,
  ) {
    const { store } = emulator;
    mkdirSync(path.join(this.folder, "backend"));
    const demo = store.workspaces.find(({ id }) => id === seedIds.workspace);
    const entries = stacks.map((name, index) => {
      const id = `7b000000-0000-4000-8000-${String(index).padStart(12, "0")}`;
      store.addWorkspace({ ...(demo as object), id, slug: name } as Parameters<typeof store.addWorkspace>[0]);
      this.write(`clinics/${name}.yaml`, documentText(name, lines));
      return `  ${name}: { id: ${id}, apiKeyEnv: CLINIC_KEY, baseUrl: "${emulator.url}", references: references.yaml }`;
    });
    this.write("amigo.yaml", `workspaces:\n${entries.join("\n")}\n`);
    this.write("references.yaml", references);
    this.write("fleet.yaml", `version: 1\nstacks:\n  - match: clinics/*.yaml\n${rest}`);
  }

  write(name: string, text: string): void {
    const file = path.join(this.folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  /** The environment of commands on these fleets. */
  async environment(): Promise<Record<string, string>> {
    return {
      ...cleanEnvironment(),
      ...(await testEngine()).env,
      PULUMI_BACKEND_URL: `file://${path.join(this.folder, "backend")}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      CLINIC_KEY: demoKey,
    };
  }

  /** Starts `pulumi-amigo fleet` with these arguments; it is killed after this long. */
  async start(args: readonly string[], timeoutMs = 200_000): Promise<RunningProcess> {
    const options = { cwd: this.folder, env: await this.environment(), timeoutMs };
    return start(process.execPath, [commandFile, "fleet", ...args], options);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
    this.emulator.clearRequests();
  }
}

const references = `version: 1
agents: { front-desk: { id: ${seedIds.agents.frontDesk} } }
contextGraphs: { scheduling: { id: ${seedIds.contextGraphs.scheduling} } }
setups: { voice: { id: ${seedIds.setups.voiceApproved} } }
`;

/** A clinic: services, and a line for each. */
function documentText(name: string, lines: number): string {
  const numbers = Array.from({ length: lines }, (_, index) => index);
  const services = numbers.map(
    (index) => `  ${name} desk ${index}:
    agent: front-desk
    contextGraph: scheduling
    versionSets: { release: { agentVersionNumber: 1 } }
`,
  );
  const useCases = numbers.map(
    (index) =>
      `  - { channel: inbound_voice, entityName: Riverside, name: "Line ${letters(index)}", setup: voice, service: ${name} desk ${index} }\n`,
  );
  return `version: 1\nservices:\n${services.join("")}useCases:\n${useCases.join("")}`;
}

/** The contract allows no digits in the name of a use case. */
function letters(index: number): string {
  return [676, 26, 1].map((place) => String.fromCharCode(65 + (Math.floor(index / place) % 26))).join("");
}
