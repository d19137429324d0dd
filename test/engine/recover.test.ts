import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { cleanEnvironment, testEngine } from "../../lab/cli/environment.js";
import { type RunningProcess, start } from "../../lab/cli/process.js";
import type { TestStack } from "../../lab/cli/stack.js";
import { commandFile } from "../../lab/root.js";
import { type Emulator, seedIds } from "../../src/emulator/index.js";
import type { RecoverReport } from "../../src/recovery/recover.js";
import { type Deployment, deploy, writes } from "../support/engine.js";

const { workspace, setups, agents, contextGraphs } = seedIds;

const relativeBackend = "file://./backend?no_tmp_dir=true";

async function startRecover(stack: TestStack, ...flags: string[]): Promise<RunningProcess> {
  return startRecoverIn({}, stack, ...flags);
}

async function startRecoverIn(more: Record<string, string>, stack: TestStack, ...flags: string[]) {
  const env = { ...cleanEnvironment(), ...(await testEngine()).env, ...stack.env, ...more };
  // Relative to the project, as a team writes it, and found though another name stands first in the project file.
  env.PULUMI_BACKEND_URL = relativeBackend;
  return start(process.execPath, [commandFile, "recover", ...flags], { cwd: stack.folder, env });
}

function filesBelow(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const names = files.map((entry) => path.join(entry.parentPath, entry.name));
  return Object.fromEntries(names.map((name) => [name, readFileSync(name, "utf8")]));
}

/** All that `recover` may change: state, locks, and the journal. */
const kept = (stack: TestStack) => ({
  ...filesBelow(path.join(stack.folder, "backend")),
  ...filesBelow(path.join(stack.folder, "home", "pulumi-amigo")),
});

async function recover(stack: TestStack, ...flags: string[]) {
  const { code, stdout, output } = await (await startRecover(stack, "--stack", stack.name, "--json", ...flags)).done;
  const report = code === 1 ? undefined : (JSON.parse(stdout) as RecoverReport);
  return { code, output, report, outcomes: report?.creates.map(({ name, outcome }) => `${name} ${outcome}`) };
}

/** Runs a command and kills it, with all that it has started, when the server meets this request. */
async function killRun(
  command: "up" | "destroy",
  { stack, emulator }: Deployment,
  operation: string,
  when: "before" | "after",
  first?: () => Promise<void>,
) {
  const run = stack.start([command, "--yes", "--skip-preview"]);
  emulator.faults.add({
    operation,
    when,
    times: 1,
    action: {
      kind: "call",
      fn: async () => {
        await first?.();
        run.kill();
        if (when === "before") throw new Error("killed before");
      },
    },
  });
  await run.done;
  emulator.faults.clear();
  emulator.clearRequests();
}

function prepare(stack: TestStack): string {
  stack.env.PULUMI_HOME = path.join(stack.folder, "home");
  stack.env.AMIGO_SETTLE_SECONDS = "1";
  const project = path.join(stack.folder, "Pulumi.yaml");
  writeFileSync(project, readFileSync(project, "utf8").replace(/^(name: .*)\n([\s\S]*)$/, "$2$1\n"));
  return path.join(
    stack.folder,
    "backend",
    ".pulumi",
    "stacks",
    path.basename(stack.folder).replace(/^test-(.*)-[^-]*$/, "$1"),
    "dev.json",
  );
}

/** Starts a recover, and kills it when its last import stands in state and nothing that follows has begun. */
async function killAfterImports(stack: TestStack): Promise<void> {
  const { bin, env } = await testEngine();
  const [folder, reached] = [path.join(stack.folder, "held"), path.join(stack.folder, "imported")];
  mkdirSync(folder);
  const script = `#!/bin/sh\n"${bin}" "$@" || exit\ncase "$*" in *--protect=false*) touch "${reached}"; sleep 600;; esac\n`;
  writeFileSync(path.join(folder, "pulumi"), script, { mode: 0o755 });
  const host = "pulumi-language-nodejs";
  symlinkSync(path.join(path.dirname(bin), host), path.join(folder, host));
  const paths = [folder, env.PATH ?? process.env.PATH ?? ""].join(path.delimiter);
  const interrupted = await startRecoverIn({ PATH: paths }, stack, "--stack", stack.name, "--yes");
  await until(() => existsSync(reached));
  interrupted.kill();
  await interrupted.done;
}

async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 100_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`waited in vain for ${holds}`);
    await sleep(20);
  }
}

const isMade = (emulator: Emulator) =>
  emulator.store.workspaces.find(({ slug }) => slug === "north-clinic") !== undefined;

const withComponent = `const pulumi = require("@pulumi/pulumi");
const amigo = require("pulumi-amigo");
const account = new amigo.Provider("account", { apiKeyEnv: "CLINIC_KEY", settleSeconds: 1 });
class Front extends pulumi.ComponentResource {
  constructor(name) {
    super("clinic:Front", name);
    new amigo.UseCase("calls", { workspaceId: "${workspace}", channel: "inbound_voice", entityName: "Clinic", name: "Line", setupId: "${setups.voiceApproved}", description: pulumi.secret("of the clinic") }, { parent: this, provider: account });
  }
}
new amigo.Workspace("clinic", { slug: "north-clinic", name: "North", environment: "staging" });
new Front("front");
`;

it("brings what was made into the stack, with parent, provider, protection and secrets, and can be interrupted itself", async () => {
  const env = { CLINIC_KEY: "amigo-demo-key" };
  await deploy({ name: "recover", program: withComponent, env }, async (deployment) => {
    const { stack, emulator, operations } = deployment;
    const stateFile = prepare(stack);
    emulator.faults.add({
      operation: "provision-workspace",
      when: "before",
      action: { kind: "stallHeaders", ms: 60_000 },
    });
    await killRun("up", deployment, "create-use-case", "after", () => until(() => isMade(emulator)));
    operations();

    const before = readFileSync(stateFile, "utf8");
    const dry = await recover(stack, "--dry-run");
    expect(dry.code, dry.output).toBe(0);
    expect(dry.outcomes?.sort()).toEqual(["calls adopted", "clinic adopted"]);
    expect(readFileSync(stateFile, "utf8")).toBe(before);
    await stack.refresh({ outcome: "fails" });

    await killAfterImports(stack);
    const { code, output, report } = await recover(stack, "--yes");
    expect(code, output).toBe(0);
    expect(report?.creates.map(({ outcome }) => outcome)).toContain("there");
    expect(writes(operations())).toEqual([]);
    const calls = await stack.resource("calls");
    expect(calls).toMatchObject({
      parent: expect.stringMatching(/::clinic:Front::front$/),
      provider: expect.stringMatching(/::pulumi:providers:pulumi-nodejs::account::/),
      id: emulator.store.useCases.list()[0]?.id,
    });
    expect(JSON.stringify(calls)).not.toContain("of the clinic");
    expect(await stack.resource("clinic")).toMatchObject({ protect: true, inputs: { provision: false } });
    expect((await stack.exportState()).deployment.pending_operations ?? []).toEqual([]);
    const copy = readFileSync(report?.copy ?? "", "utf8");
    expect(copy).toContain("amigo:UseCase::calls");
    expect(copy).not.toContain("of the clinic");
    expect(statSync(report?.copy ?? "").mode & 0o77).toBe(0);

    const again = await recover(stack, "--yes");
    expect([again.code, again.outcomes]).toEqual([0, []]);
    operations();
    await stack.up();
    expect(writes(operations())).toEqual(["provision-workspace"]);
    await stack.preview({ args: ["--refresh", "--expect-no-changes"] });
  });
});

const lines = (name: string) => `const amigo = require("pulumi-amigo");
const workspaceId = "${workspace}";
const desk = new amigo.Service("desk", { workspaceId, name: "Desk", agentId: "${agents.frontDesk}", contextGraphId: "${contextGraphs.scheduling}" });
const calls = new amigo.UseCase("calls", { workspaceId, channel: "inbound_voice", entityName: "Clinic", name: "${name}", setupId: "${setups.voiceApproved}" });
new amigo.ServiceBinding("line", { workspaceId, useCaseId: calls.id, serviceId: desk.id });
`;

it("refuses while the run lives, leaves alone what may be somebody else's, and hands a replacement over", async () => {
  await deploy({ name: "recover-open", program: lines("Line") }, async (deployment) => {
    const { stack, emulator, operations } = deployment;
    const stateFile = prepare(stack);
    const foreign = {
      workspace_id: workspace,
      channel: "inbound_voice",
      entity_name: "Clinic",
      name: "Line",
      setup_id: setups.voiceApproved,
      description: "Somebody else's",
    } as const;
    await killRun("up", deployment, "create-use-case", "before", async () => {
      const living = await recover(stack, "--yes");
      expect(living.code, living.output).toBe(1);
      expect(living.output).toMatch(/locked by process \d+ .* and that process runs/);
    });
    const before = kept(stack);
    expect(Object.keys(before).join()).toMatch(/\/locks\/.*\.jsonl/);
    const nobody = await recover(stack);
    expect(nobody.code, nobody.output).toBe(1);
    expect(nobody.output).toContain("run it with --yes");
    // The CLI remembers a selection for each way to write the backend.
    await stack.command(["stack", "select"], { env: { PULUMI_BACKEND_URL: relativeBackend } });
    const dry = await (await startRecover(stack, "--dry-run", "--json")).done;
    expect([dry.code, JSON.parse(dry.stdout).stack], dry.output).toEqual([0, "dev"]);
    expect(kept(stack), "nothing is changed before somebody has agreed").toEqual(before);
    const nowhere = await (await startRecover(stack, "--cwd", "/nonexistent")).done;
    expect([nowhere.code, nowhere.output.trim()]).toEqual([
      1,
      "error: there is no folder /nonexistent: --cwd names the folder to work in",
    ]);
    const elsewhere = await (await startRecover(stack, "--stack", "organization/other/dev")).done;
    expect([elsewhere.code, elsewhere.output]).toEqual([
      1,
      expect.stringMatching(/found no stack dev of project other/),
    ]);

    // As a kill in the middle of its writing leaves it: the engine then reads no state at all.
    writeFileSync(`${stateFile}.attrs`, "");
    const other = emulator.store.addUseCase(foreign);
    const open = await recover(stack, "--yes");
    expect(open.code, open.output).toBe(2);
    expect(open.outcomes).toContain("calls open");
    expect(open.output).toContain("Somebody else's");
    expect(open.output).toContain("The kill cut short");
    emulator.store.useCases.delete(other.id);
    const settled = await recover(stack, "--yes");
    expect([settled.code, settled.outcomes], settled.output).toEqual([0, ["calls nothing"]]);
    await stack.up();
    expect(emulator.store.useCases.list()).toHaveLength(1);

    // Another name replaces the use case, the new one first: the stack holds the old one under the same URN.
    stack.program(lines("Second line"));
    await killRun("up", deployment, "create-use-case", "after");
    expect(emulator.store.useCases.list()).toHaveLength(2);
    const replaced = await recover(stack, "--yes");
    expect([replaced.code, replaced.outcomes], replaced.output).toEqual([0, ["calls handed over"]]);
    operations();
    await stack.up();
    expect(writes(operations())).not.toContain("create-use-case");
    expect(emulator.store.useCases.list().map(({ name }) => name)).toEqual(["Second line"]);
    await stack.preview({ args: ["--refresh", "--expect-no-changes"] });
  });
});

const exchanged = (first: string, second: string) => `const amigo = require("pulumi-amigo");
const workspaceId = "${workspace}";
const service = (name) => new amigo.Service(name, { workspaceId, name, agentId: "${agents.frontDesk}", contextGraphId: "${contextGraphs.scheduling}" });
const useCase = (name) => new amigo.UseCase(name, { workspaceId, channel: "inbound_voice", entityName: "Clinic", name, setupId: "${setups.voiceApproved}" });
const services = { One: service("One"), Two: service("Two") };
new amigo.ServiceBinding("first", { workspaceId, useCaseId: useCase("First").id, serviceId: services.${first}.id });
new amigo.ServiceBinding("second", { workspaceId, useCaseId: useCase("Second").id, serviceId: services.${second}.id });
`;

it("finds the lines that a killed exchange or destroy has left down, so that the next run brings them up though the program is as before", async () => {
  await deploy({ name: "recover-exchange", program: exchanged("One", "Two") }, async (deployment) => {
    const { stack, emulator } = deployment;
    prepare(stack);
    await stack.up();
    const lines = () => emulator.store.bindings.list().map(({ use_case_id, service_id }) => [use_case_id, service_id]);
    const before = lines();
    stack.program(exchanged("Two", "One"));
    await killRun("up", deployment, "unbind-use-case-from-service", "after");
    expect(lines()).toHaveLength(1);

    stack.program(exchanged("One", "Two"));
    const dry = await recover(stack, "--dry-run");
    expect(dry.output).toContain("These would be read again into the state: ");
    const { code, output, report } = await recover(stack, "--yes");
    expect(code, output).toBe(0);
    expect(report?.disturbed).toHaveLength(2);
    expect(lines(), "recover writes nothing to the API").toHaveLength(1);
    await stack.up();
    expect(lines().sort()).toEqual(before.sort());
    await stack.preview({ args: ["--refresh", "--expect-no-changes"] });

    // The state holds a binding that is gone: without a look the next run would find nothing to do.
    await killRun("destroy", deployment, "unbind-use-case-from-service", "after");
    expect(lines().length).toBeLessThan(2);
    const deleted = await recover(stack, "--yes");
    expect(deleted.output).toMatch(/^ServiceBinding "\w+": interrupted while deleting\. It is gone\.$/m);
    await stack.up();
    expect(lines().sort()).toEqual(before.sort());
  });
});
