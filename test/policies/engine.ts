import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import * as automation from "@pulumi/pulumi/automation/index.js";
import type * as amigoPackage from "pulumi-amigo";
import { testEngine } from "../../lab/cli/environment.js";
import { policyEngine } from "../../lab/cli/policy.js";
import { makeProject } from "../../lab/cli/project.js";
import { repositoryRoot } from "../../lab/root.js";
import { type Emulator, startEmulator } from "../../src/emulator/index.js";

/** One thing that a policy found. */
export interface Violation {
  policy: string;
  level: string;
  /** The name of the resource. */
  on: string;
  message: string;
}

export interface Outcome {
  succeeded: boolean;
  violations: Violation[];
  output: string;
}

export interface PolicyStack {
  readonly emulator: Emulator;
  run(operation: "preview" | "up", program: (amigo: typeof amigoPackage) => void, config: object): Promise<Outcome>;
}

/**
 * Runs a test with a stack that is judged by the pack. Its programs run in this process, since a language host that is
 * built from Go modules cannot start a pack, and the engine falls back to the older way only where it finds none.
 */
export async function withPolicies(name: string, test: (stack: PolicyStack) => Promise<void>): Promise<void> {
  const engine = await policyEngine(await testEngine());
  const emulator = await startEmulator();
  const folder = makeProject({ name, language: "javascript", packages: {} });
  mkdirSync(path.join(folder, "backend"));
  const pulumiCommand = await automation.PulumiCommand.get({ root: engine.root, skipVersionCheck: true });
  const envVars = {
    ...engine.env,
    PULUMI_BACKEND_URL: `file://${path.join(folder, "backend")}`,
    PULUMI_CONFIG_PASSPHRASE: "test",
    AMIGO_BASE_URL: emulator.url,
    AMIGO_API_KEY: "amigo-demo-key",
  };
  // The provider process looks for its package from the project's folder, as given by `main`.
  const projectSettings: automation.ProjectSettings = { name, runtime: "nodejs", main: folder };
  const stack = await automation.LocalWorkspace.createStack(
    { stackName: "dev", projectName: name, program: async () => {} },
    { workDir: folder, envVars, pulumiCommand, projectSettings },
  );
  // Required, not imported: the program must share the SDK's state with the automation API.
  const amigo = require(path.join(repositoryRoot, "dist", "index.js")) as typeof amigoPackage;

  try {
    await test({
      emulator,
      run: (operation, program, config) => {
        const file = path.join(folder, "policies.json");
        writeFileSync(file, JSON.stringify(config));
        return judged(stack, operation, async () => program(amigo), file);
      },
    });
  } catch (error) {
    console.error(`kept for a look: ${folder}`);
    throw error;
  } finally {
    await emulator.close();
  }
  rmSync(folder, { recursive: true, force: true });
}

async function judged(
  stack: automation.Stack,
  operation: "preview" | "up",
  program: automation.PulumiFn,
  configFile: string,
): Promise<Outcome> {
  const violations: Violation[] = [];
  let output = "";
  const onOutput = (text: string) => {
    output += text;
  };
  const onEvent = ({ policyEvent }: automation.EngineEvent) => {
    if (!policyEvent) return;
    const { policyName, enforcementLevel, resourceUrn = "", message } = policyEvent;
    const on = resourceUrn.slice(resourceUrn.lastIndexOf("::") + 2);
    violations.push({ policy: policyName, level: enforcementLevel, on, message: message.replace(/<\{%.*?%\}>/g, "") });
  };
  const options = {
    program,
    policyPacks: [path.join(repositoryRoot, "policies")],
    policyPackConfigs: [configFile],
    onOutput,
    onError: onOutput,
    onEvent,
  };
  try {
    await stack[operation](options);
    return { succeeded: true, violations, output };
  } catch (error) {
    return { succeeded: false, violations, output: `${output}\n${String(error)}` };
  }
}
