import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { afterAll, expect, it } from "vitest";
import { cleanEnvironment, testEngine } from "../../lab/cli/environment.js";
import { repositoryRoot } from "../../lab/root.js";
import { type Emulator, seedIds, startEmulator } from "../../src/emulator/index.js";
import { newWorkspaceOf, prepareProject } from "../../src/environment/deploy.js";
import { readDocument } from "../../src/environment/document.js";
import { projectFor } from "../../src/stack/project.js";
import { Pulumi } from "../../src/stack/pulumi.js";
import { changesIn, ensureStack, failureText, type RunStep, runStack } from "../../src/stack/run.js";
import { exportState } from "../../src/stack/state.js";
import { writes } from "../support/engine.js";

const document = `version: 1
workspace: { name: Riverside Clinic, environment: staging }
services:
  Front desk:
    agent: front-desk
    contextGraph: scheduling
    versionSets:
      release: { agentVersionNumber: 1 }
useCases:
  - { channel: inbound_voice, entityName: Riverside Clinic, name: Reception, setup: voice, service: Front desk }
`;
const references = `version: 1
agents: { front-desk: { id: ${seedIds.agents.frontDesk} } }
contextGraphs: { scheduling: { id: ${seedIds.contextGraphs.scheduling} } }
setups: { voice: { id: ${seedIds.setups.voiceApproved} } }
`;

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A working folder without a Pulumi project in it or above it, with a backend of its own. */
async function workingFolder(emulator: Emulator) {
  await testEngine();
  // The repository has a project file at its root: the temporary folder must be outside of it.
  const folder = mkdtempSync(path.join(process.env.TMPDIR ?? "/tmp", "amigo-deploy-"));
  folders.push(folder);
  mkdirSync(path.join(folder, "backend"));
  const env = {
    PULUMI_BACKEND_URL: `file://${path.join(folder, "backend")}`,
    PULUMI_CONFIG_PASSPHRASE: "test",
    NODE_OPTIONS: cleanEnvironment().NODE_OPTIONS ?? "",
    CLINIC_KEY: "amigo-demo-key",
  };
  const file = (name: string, text: string) => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const files = { document: file("clinic.yaml", document), references: file("references.yaml", references) };
  return { folder, env, files, entry: { apiKeyEnv: "CLINIC_KEY", baseUrl: emulator.url } };
}

it("deploys a document without a program of the user, and takes it down from the state alone", async () => {
  const emulator = await startEmulator();
  try {
    const { folder, env, files, entry } = await workingFolder(emulator);
    const project = projectFor(folder, "clinic/one");
    expect(project).toMatchObject({ kind: "built-in", exists: false, folder: `${folder}/.pulumi-amigo/clinic_one` });
    const own = readDocument(files.document);
    prepareProject({ ...project, ...files, entry, newWorkspace: newWorkspaceOf(own, "riverside") });
    const pulumi = await Pulumi.find("one", project.folder, env);

    const seen: string[] = [];
    const onStep = ({ op, name, status }: RunStep) => seen.push(`${status} ${op} ${name}`);
    const preview = await runStack(pulumi, "preview", { create: true });
    expect(preview.succeeded, failureText(preview)).toBe(true);
    const up = await runStack(pulumi, "up", { create: true, onStep });
    expect(up.succeeded, failureText(up)).toBe(true);
    expect(changesIn(up).map(({ op, name }) => `${op} ${name}`)).toEqual(
      expect.arrayContaining([
        "create workspace",
        "create environment/Front desk",
        "create environment/Front desk/release",
        "create environment/inbound_voice/Riverside Clinic/Reception",
      ]),
    );
    expect(changesIn(up)).toHaveLength(changesIn(preview).length);
    expect(up.changes).toEqual(preview.changes);
    expect(seen).toContain("started create environment/Front desk");
    expect(seen).toContain("done create environment/Front desk");
    const workspace = emulator.store.workspaces.find(({ slug }) => slug === "riverside");
    expect(emulator.store.bindings.list()).toMatchObject([{ workspace_id: workspace?.id }]);

    // As a job on another machine has it: the folder is not there, the state is; the document is another one.
    rmSync(project.folder, { recursive: true });
    writeFileSync(files.document, document.replace("agentVersionNumber: 1", "agentVersionNumber: 2"));
    prepareProject({ ...project, ...files, entry, newWorkspace: newWorkspaceOf(own, "riverside") });
    prepareProject({ ...project, ...files, entry });
    emulator.clearRequests();
    const again = await runStack(pulumi, "up", { create: true });
    expect(changesIn(again).map(({ op, name }) => `${op} ${name}`)).toEqual(["update environment/Front desk/release"]);
    expect(writes(emulator.requests.map(({ operation }) => String(operation)))).toEqual(["upsert-service-version-set"]);

    // Ends with what the API says, and not with an exception.
    writeFileSync(files.document, document.replace("agentVersionNumber: 1", "agentVersionNumber: 99"));
    const failed = await runStack(pulumi, "up");
    expect(failed.succeeded).toBe(false);
    expect(failed.steps.find(({ status }) => status === "failed")?.name).toBe("environment/Front desk/release");
    expect(failureText(failed)).toMatch(/^pulumi up failed:\n[\s\S]*99/);

    const { resources } = await exportState(pulumi);
    expect(JSON.stringify(resources)).not.toContain("amigo-demo-key");
    const useCases = emulator.store.useCases.list().length;
    const targets = resources.filter(({ type }) => /ServiceBinding|UseCase/.test(type)).map(({ urn }) => urn);
    const down = await runStack(pulumi, "destroy", { args: targets.flatMap((urn) => ["--target", urn]) });
    expect(down.succeeded, failureText(down)).toBe(true);
    expect(emulator.store.useCases.list()).toHaveLength(useCases - 1);
  } finally {
    await emulator.close();
  }
});

it("says why a stack cannot be run at all", async () => {
  const emulator = await startEmulator();
  try {
    const { folder, env, files, entry } = await workingFolder(emulator);
    const project = projectFor(folder, "two");
    prepareProject({ ...project, ...files, entry, workspaceId: seedIds.workspace });
    // Found from the working folder: there is no other project.
    const pulumi = await Pulumi.find("two", folder, env);
    expect(pulumi.cwd).toBe(project.folder);
    const none = await runStack(pulumi, "up");
    expect(none).toMatchObject({ succeeded: false, steps: [] });
    expect(failureText(none)).toMatch(/^pulumi up failed:\nthere is no stack two in .*: .*`pulumi stack init two`/);
    const stranger = await Pulumi.find("two", folder, { ...env, PULUMI_BACKEND_URL: "", PULUMI_HOME: folder });
    const loggedOut = await runStack(stranger, "up");
    expect(failureText(loggedOut)).toMatch(/the Pulumi CLI is not logged in to a backend: run `pulumi login`/);
    const { PULUMI_CONFIG_PASSPHRASE: _right, ...without } = env;
    const locked = await Pulumi.find("two", folder, without);
    await expect(locked.run("stack", "init")).rejects.toThrow(
      /^no passphrase is set, .*`export PULUMI_CONFIG_PASSPHRASE/,
    );
    await ensureStack(pulumi);
    const other = await Pulumi.find("two", folder, { ...env, PULUMI_CONFIG_PASSPHRASE: "other" });
    expect(failureText(await runStack(locked, "up"))).toMatch(/^pulumi up failed:\nno passphrase is set, [^\n]*$/);
    expect(failureText(await runStack(other, "up"))).toMatch(
      /^pulumi up failed:\nthe passphrase is not the one [^\n]*$/,
    );
    await pulumi.run("stack", "rm", "--yes");
    writeFileSync(files.references, references.replace("front-desk", "night-desk"));
    const wrong = await runStack(pulumi, "preview", { create: true });
    expect(failureText(wrong)).toContain(
      `${files.document}:5:5: service "Front desk": agent: "front-desk" has no id: add agents.front-desk.id to ${files.references}`,
    );
    expect(failureText(wrong)).not.toMatch(/\bat .*\.js:\d+/);
    expect(emulator.requests).toEqual([]);
  } finally {
    await emulator.close();
  }
});

it("passes Ctrl-C on once, waits for what is under way, and leaves no process behind", async () => {
  const wait = { kind: "stallHeaders", ms: 3_000 } as const;
  const emulator = await startEmulator({ faults: [{ operation: "create-service", when: "before", action: wait }] });
  try {
    const { folder, env, files, entry } = await workingFolder(emulator);
    const project = projectFor(folder, "three");
    prepareProject({ ...project, ...files, entry, workspaceId: seedIds.workspace });
    const script = `const { Pulumi } = require("./dist/stack/pulumi.js");
      const { runStack } = require("./dist/stack/run.js");
      Pulumi.find("three", ${JSON.stringify(folder)}, ${JSON.stringify(env)})
        .then((pulumi) => runStack(pulumi, "up", { create: true }))
        .then(({ interrupted, succeeded, steps }) => console.log(JSON.stringify({ interrupted, succeeded, steps })));`;
    const child = spawn(process.execPath, ["-e", script], {
      cwd: repositoryRoot,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let printed = "";
    child.stdout.on("data", (chunk) => {
      printed += chunk;
    });
    while (!emulator.requests.some(({ operation }) => operation === "create-service")) await sleep(50);
    child.kill("SIGINT");
    await sleep(200);
    child.kill("SIGINT");
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect(code).toBe(0);
    const result = JSON.parse(printed) as { interrupted: boolean; succeeded: boolean; steps: RunStep[] };
    expect(result).toMatchObject({ interrupted: true, succeeded: false });
    const made = result.steps.find(({ name }) => name === "environment/Front desk");
    expect(made).toMatchObject({ op: "create", status: "done" });
    // The service that was under way is in the state, and nothing is pending.
    const { resources, pending } = await exportState(await Pulumi.find("three", folder, env));
    expect(pending).toEqual([]);
    expect(resources.map(({ id }) => id)).toContain(made?.id);
    const processes = execFileSync("ps", ["-A", "-o", "args="], { encoding: "utf8" }).split("\n");
    expect(processes.filter((line) => line.includes("pulumi") && line.includes("--stack three"))).toEqual([]);
  } finally {
    await emulator.close();
  }
});

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
