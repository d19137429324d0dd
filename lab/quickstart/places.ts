import * as path from "node:path";
import { repositoryRoot } from "../root.js";

/** Everything that the quickstart leaves on this machine. `QUICKSTART_STATE` moves it. @default "state" */
export const stateFolder = path.resolve(repositoryRoot, process.env.QUICKSTART_STATE || "state");

export const emulatorFolder = path.join(stateFolder, "emulator");
export const backendFolder = path.join(stateFolder, "backend");
export const stackConfigFile = path.join(stateFolder, "Pulumi.dev.yaml");
export const portFile = path.join(stateFolder, "emulator-port");
export const presenceFile = path.join(stateFolder, "quickstart.json");

export const stackName = "dev";
export const projectName = "pulumi-amigo-quickstart";

/** The key of the emulator's demo account; it opens nothing else. */
export const apiKey = "amigo-demo-key";
