import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { cleanEnvironment } from "../../lab/cli/environment.js";
import { commandFile } from "../../lab/root.js";
import { seedIds } from "../../src/emulator/index.js";
import { newService, startApi } from "../emulator/support.js";

const files = [".gitignore", "Pulumi.yaml", "index.ts", "package.json", "tsconfig.json"];

test("without a key it writes the emulator's ids, and says how to start the emulator", async () => {
  const at = scratch();
  const { code, output } = await init(at, ["clinic"]);
  expect(code, output).toBe(0);
  expect(readdirSync(path.join(at, "clinic")).sort()).toEqual(files);
  const project = parse(textIn(at, "clinic/Pulumi.yaml"));
  expect(project.name).toBe("clinic");
  expect(project.config).toEqual({ "amigo:workspaceId": { value: seedIds.workspace } });
  const program = textIn(at, "clinic/index.ts");
  for (const id of [seedIds.agents.frontDesk, seedIds.contextGraphs.scheduling, seedIds.setups.voiceApproved]) {
    expect(program).toContain(`"${id}"`);
  }
  // What is typed elsewhere is no part of what is pasted here.
  expect(output.split("\n\n").slice(1)).toEqual([
    expect.stringMatching(/^Next:\n {2}cd clinic\n[\s\S]*\n {2}pulumi stack init dev$/),
    "Then in another terminal, in the same folder (clinic); let it run:\n  npx pulumi-amigo emulator",
    expect.stringMatching(
      /^Then here:\n {2}export AMIGO_BASE_URL=\S+ AMIGO_API_KEY=amigo-demo-key\n {2}pulumi preview\n/,
    ),
  ]);
  expect(output).not.toContain("warning:");
});

test("inside of a clone of the package it says how to write the project beside it", async () => {
  const at = scratch();
  mkdirSync(path.join(at, "clone", "deep"), { recursive: true });
  writeFileSync(path.join(at, "clone", "package.json"), '{ "name": "pulumi-amigo" }');
  const inside = await init(path.join(at, "clone"), ["deep/clinic"]);
  expect([inside.code, inside.output]).toEqual([
    0,
    expect.stringMatching(/^warning: .*clinic is inside the clone .*`npx pulumi-amigo init \.\.\/clinic` writes it/m),
  ]);
  const root = await init(path.join(at, "clone"), []);
  expect([root.code, root.output]).toEqual([
    1,
    expect.stringMatching(/has package\.json already.*such as \.\.\/clinic$/m),
  ]);
});

test("with all ids it needs no key, names another server, and leaves the use case for later", async () => {
  const at = scratch();
  const ids = { workspace: id(1), agent: id(2), "context-graph": id(3) };
  const flags = Object.entries(ids).flatMap(([name, value]) => [`--${name}-id`, value.toUpperCase()]);
  const { code, output } = await init(at, ["clinic", ...flags], { AMIGO_BASE_URL: "https://amigo.example" });
  expect(code, output).toBe(0);
  expect(parse(textIn(at, "clinic/Pulumi.yaml")).config).toEqual({
    "amigo:workspaceId": { value: id(1) },
    "amigo:baseUrl": { value: "https://amigo.example" },
  });
  const lines = textIn(at, "clinic/index.ts").split("\n");
  expect(lines).toContain(`  agentId: "${id(2)}",`);
  expect(lines.filter((line) => line.includes("UseCase") && !line.startsWith("//"))).toEqual([]);
  expect(output).toContain("pulumi config set --secret amigo:apiKey");
});

test("with a key it takes the only workspace, and the agent and context graph of a service", async () => {
  const { emulator, post } = await startApi();
  const { agents, contextGraphs, workspace } = seedIds;
  const fields = { agent_id: agents.nightNurse, context_graph_id: contextGraphs.intake };
  await post(`/v1/${workspace}/services`, newService({ name: "Night line", ...fields }));
  const { chooseIds } = await import("../../src/cli/init-ids.js");
  const choice = await chooseIds({}, accountOf(emulator.url));
  expect(choice.ids).toEqual({
    workspaceId: workspace,
    agentId: agents.nightNurse,
    contextGraphId: contextGraphs.intake,
  });
  expect(choice.notes).toEqual([
    "Workspace: Demo Clinic, the only one that this key sees.",
    'Agent and context graph: those of the service "Night line".',
    `Service "Platform Assistant" has agent Front Desk ${agents.frontDesk} and context graph Intake ${contextGraphs.intake}.`,
  ]);
  expect(emulator.requests.map(({ method }) => method)).toEqual(["POST", "GET", "GET"]);
});

test("several workspaces are listed with the option to type, and none is a sentence", async () => {
  const { chooseIds } = await import("../../src/cli/init-ids.js");
  const several = await startApi();
  await several.post("/v1/workspaces/self-service", { name: "Second", slug: "second", environment: "staging" });
  await expect(chooseIds({}, accountOf(several.emulator.url))).rejects.toThrow(
    `--workspace-id ${seedIds.workspace}   Demo Clinic (demo-clinic)`,
  );
  const none = await startApi({ seed: "empty" });
  await expect(chooseIds({}, accountOf(none.emulator.url))).rejects.toThrow("this key sees no workspace");
});

test("a refused key names where it came from, and nothing is written", async () => {
  const { emulator } = await startApi();
  const { chooseIds } = await import("../../src/cli/init-ids.js");
  const account = { ...accountOf(emulator.url), AMIGO_API_KEY: "wrong" };
  await expect(chooseIds({}, account)).rejects.toThrow("environment variable AMIGO_API_KEY");
});

test("it never overwrites a file: a .gitignore stays, any other file of the project stops it", async () => {
  const at = scratch();
  writeFileSync(path.join(at, ".gitignore"), "mine\n");
  const first = await init(at, ["."]);
  expect(first.output).toContain("Kept .gitignore as it is.");
  expect(textIn(at, ".gitignore")).toBe("mine\n");

  mkdirSync(path.join(at, "other"));
  writeFileSync(path.join(at, "other", "index.ts"), "// mine\n");
  const second = await init(at, ["other"]);
  expect([second.code, second.output]).toEqual([
    1,
    expect.stringContaining("has index.ts already. Nothing was written"),
  ]);
  expect(readdirSync(path.join(at, "other"))).toEqual(["index.ts"]);

  writeFileSync(path.join(at, "notes.txt"), "mine\n");
  const third = await init(at, ["notes.txt"]);
  expect([third.code, third.output]).toEqual([1, expect.stringContaining("notes.txt is a file. Nothing was written")]);
  mkdirSync(path.join(at, "third"));
  writeFileSync(path.join(at, "third", "Pulumi.yml"), "name: mine\nruntime: nodejs\n");
  expect((await init(at, ["third"])).output).toContain("has Pulumi.yml already. Nothing was written");
});

test("a dry run names the files, and writes none", async () => {
  const at = scratch();
  const { code, output } = await init(at, ["clinic", "--dry-run"]);
  expect([code, readdirSync(at)], output).toEqual([0, []]);
  for (const file of files) expect(output.split("\n")).toContain(`new      clinic/${file}`);
  expect(output).toContain("Nothing was written (--dry-run).");
  writeFileSync(path.join(at, ".gitignore"), "mine\n");
  expect((await init(at, [".", "--dry-run"])).output.split("\n")).toContain("same     .gitignore");
  expect(readdirSync(at)).toEqual([".gitignore"]);
});

test.each([
  { flags: ["--agent-id", "front-desk"], message: "An id is a UUID" },
  { flags: ["--name", "My Clinic"], message: "A name has small letters" },
  {
    flags: ["--emulator", "--workspace-id", id(1)],
    message: `error: --workspace-id ${id(1)}: the emulator starts with`,
  },
  { flags: ["--agent-id", id(1)], message: "--workspace-id, --context-graph-id: not given, and there is no key" },
])("$message: exit 1, and no file", async ({ flags, message }) => {
  const at = scratch();
  const { code, output } = await init(at, ["clinic", ...flags]);
  expect([code, output]).toEqual([1, expect.stringContaining(message)]);
  expect(readdirSync(at)).toEqual([]);
});

function id(ordinal: number): string {
  return `6f0c1d52-94a7-4c1e-8f3b-${String(ordinal).padStart(11, "0")}a`;
}

function accountOf(url: string): Record<string, string> {
  return { AMIGO_BASE_URL: url, AMIGO_API_KEY: "amigo-demo-key" };
}

function scratch(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "pulumi-amigo-init-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function textIn(folder: string, file: string): string {
  return readFileSync(path.join(folder, file), "utf8");
}

function init(
  cwd: string,
  args: string[],
  account: Record<string, string> = {},
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [commandFile, "init", ...args],
      { cwd, env: { ...cleanEnvironment(), ...account } },
      (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr });
      },
    );
  });
}
