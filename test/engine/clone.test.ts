import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { cleanEnvironment, testEngine } from "../../lab/cli/environment.js";
import { HOSTS } from "../../lab/cli/launcher.js";
import { start } from "../../lab/cli/process.js";
import { killTree } from "../../lab/cli/process-tree.js";
import { commandFile, repositoryRoot } from "../../lab/root.js";
import { AmigoClient } from "../../src/api/index.js";
import { demoKey, type Emulator, seedIds, startEmulator } from "../../src/emulator/index.js";
import { writes } from "../support/engine.js";

const { workspace, agents, contextGraphs, setups } = seedIds;
const target = "7a000000-0000-4000-8000-000000000001";

let emulator: Emulator;
const folders: string[] = [];

beforeAll(async () => {
  await testEngine();
  emulator = await startEmulator();
  const { store } = emulator;
  const client = new AmigoClient({ baseUrl: emulator.url, apiKey: () => demoKey });
  const from = store.workspaces.find(({ id }) => id === workspace);
  store.addWorkspace({ ...(from as never as object), id: target, slug: "copy-clinic" } as never);
  for (let index = 1; index <= 4; index++) {
    const service = store.addService({
      workspace_id: workspace,
      name: `Desk ${index}`,
      agent_id: agents.frontDesk,
      context_graph_id: contextGraphs.scheduling,
      keyterms: ["flu"],
      version_sets: { edge: {}, release: { agent_version_number: index === 1 ? 2 : 1 } },
    });
    const line = store.addUseCase({
      workspace_id: workspace,
      channel: "inbound_voice",
      entity_name: "Riverside",
      name: `Line ${"ABCD"[index - 1]}`,
      setup_id: setups.voiceApproved,
    });
    if (index > 1) await client.bindUseCase(workspace, line.id, service.id);
  }
  await client.close();
});

afterAll(async () => {
  await emulator.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const references = (id: string) => `version: 1
workspace: ${id}
agents: { front-desk: { id: ${agents.frontDesk}, name: Front Desk } }
contextGraphs: { scheduling: { id: ${contextGraphs.scheduling} } }
setups: { main-line: { id: ${setups.voiceApproved} } }
`;

/** A folder without a Pulumi project, with a backend of its own. */
function place(files: Record<string, string>) {
  const folder = mkdtempSync(path.join(tmpdir(), "amigo-clone-"));
  folders.push(folder);
  for (const name of ["backend", "home", "references"]) mkdirSync(path.join(folder, name));
  const config = `workspaces:
  staging: { id: ${workspace}, apiKeyEnv: CLINIC_KEY, baseUrl: "${emulator.url}", references: references/staging.yaml }
  copy: { slug: copy-clinic, apiKeyEnv: CLINIC_KEY, baseUrl: "${emulator.url}", references: references/copy.yaml, environment: copy.yaml }
  trial: { slug: trial-clinic, apiKeyEnv: CLINIC_KEY, baseUrl: "${emulator.url}", references: references/trial.yaml }
`;
  const all = { "amigo.yaml": config, "references/staging.yaml": references(workspace), ...files };
  for (const [name, text] of Object.entries(all)) writeFileSync(path.join(folder, name), text);
  return folder;
}

const written = () => writes(emulator.requests.map(({ operation }) => operation ?? ""));

async function envOf(folder: string) {
  return {
    ...cleanEnvironment(),
    ...(await testEngine()).env,
    PULUMI_BACKEND_URL: `file://${path.join(folder, "backend")}`,
    PULUMI_CONFIG_PASSPHRASE: "test",
    CLINIC_KEY: demoKey,
  };
}

async function run(folder: string, ...args: string[]) {
  return runWith({}, folder, args);
}

async function runWith(more: Record<string, string>, folder: string, args: string[]) {
  const env = { ...(await envOf(folder)), ...more };
  const { code, stdout, stderr } = await start(process.execPath, [commandFile, ...args], { cwd: folder, env }).done;
  return { code, stdout, stderr };
}

it("says what is missing before it writes, clones, and then has nothing to do", async () => {
  const folder = place({});
  emulator.clearRequests();
  const blocked = await run(folder, "clone", "staging", "copy", "--stack", "copy", "--yes");
  expect(blocked.code, blocked.stderr).toBe(2);
  expect(blocked.stdout).toContain("Add setups.main-line.id to");
  expect(written()).toEqual([]);

  const own = references(target).replace("name: Front Desk }", "name: Front Desk, versions: { 2: 3 } }");
  writeFileSync(path.join(folder, "references/copy.yaml"), own);
  const dry = await run(folder, "clone", "staging", "copy", "--stack", "copy", "--dry-run", "--json");
  expect(dry.code, dry.stderr).toBe(0);
  expect(JSON.parse(dry.stdout)).toMatchObject({ state: "dry run", planned: { create: 16 } });
  expect(existsSync(path.join(folder, ".pulumi-amigo")), "a dry run leaves nothing").toBe(false);
  expect(written()).toEqual([]);

  const done = await run(folder, "clone", "staging", "copy", "--stack", "copy", "--yes");
  expect(done.code, done.stdout + done.stderr).toBe(0);
  expect(done.stdout).toContain("services: 4 of 4 are there");
  // What was to be learnt was said before the run, which has shown it.
  expect(done.stdout).not.toContain("to be learnt");
  expect(done.stderr).toMatch(/to be learnt:[\s\S]*done create UseCase /);
  expect(done.stdout).toContain("useCases.service: 3 of 3 are there");
  expect(written().slice(0, 4)).toEqual(Array(4).fill("create-use-case"));
  expect((await run(folder, "compare", "staging", "copy")).code).toBe(0);
  // The state holds the workspace's numbers, and its references say which of the document's they are.
  const ofStack = await run(folder, "compare", "stack:copy", "copy");
  expect([ofStack.code, ofStack.stdout]).toEqual([0, expect.stringContaining("Nothing differs")]);

  // A kill while the engine writes: the file beside the state is cut short.
  writeFileSync(path.join(folder, "backend/.pulumi/stacks/pulumi-amigo/copy.json.attrs"), "");
  const unread = await run(folder, "drift", "--stack", "copy");
  expect([unread.code, unread.stderr]).toEqual([
    1,
    expect.stringContaining("Run `npx pulumi-amigo recover --stack copy` first"),
  ]);
  emulator.clearRequests();
  const again = await run(folder, "clone", "staging", "copy", "--stack", "copy", "--yes");
  expect(again.code, again.stdout + again.stderr).toBe(0);
  expect(again.stdout).toContain("Nothing to do");
  expect(written()).toEqual([]);
  const document = await run(folder, "clone", "copy.yaml", "copy", "--stack", "copy", "--yes");
  expect([document.code, document.stdout], document.stderr).toEqual([0, expect.stringContaining("Nothing to do")]);
  expect(written()).toEqual([]);
  // What somebody wrote into the copy's own document, and has not deployed, is not lost.
  const copy = path.join(folder, "copy.yaml");
  const former = readFileSync(copy, "utf8");
  const described = former.replace(/^ {2}Desk 1:\n/m, "$&    description: Mine\n");
  writeFileSync(copy, described);
  const kept = await run(folder, "clone", "staging", "copy", "--stack", "copy", "--yes");
  expect([kept.code, kept.stdout], kept.stderr).toEqual([0, expect.stringContaining("Nothing to do")]);
  expect([described === former, readFileSync(copy, "utf8")]).toEqual([false, described]);
  const less = parse(former) as { services: Record<string, unknown> };
  delete less.services["Desk 1"];
  writeFileSync(path.join(folder, "less.yaml"), stringify(less));
  const settings = path.join(folder, ".pulumi-amigo/copy/settings.json");
  const formerSettings = readFileSync(settings, "utf8");
  const dropped = await run(folder, "clone", "less.yaml", "copy", "--stack", "copy", "--delete", "--dry-run");
  expect([dropped.code, dropped.stderr], dropped.stdout).toEqual([
    0,
    expect.stringContaining('this run would delete VersionSet "Desk 1 / release", Service "Desk 1"'),
  ]);
  expect(readFileSync(settings, "utf8")).toBe(formerSettings);
  writeFileSync(copy, former.replace(/^services:\n/m, "$&  Mine: { agent: front-desk, contextGraph: scheduling }\n"));
  const lossy = await run(folder, "clone", "staging", "copy", "--stack", "copy", "--yes");
  expect([lossy.code, lossy.stdout], lossy.stderr).toEqual([
    2,
    expect.stringMatching(/copy\.yaml has service "Mine", and staging has not: `clone` writes that file anew/),
  ]);
  const freed = await run(folder, "clone", "staging", "copy", "--stack", "copy", "--yes", "--delete");
  expect([freed.code, freed.stdout], freed.stderr).toEqual([0, expect.stringContaining("Nothing to do")]);
  expect(readFileSync(copy, "utf8")).toBe(former);
  expect((await run(folder, "clone", "staging", "staging", "--stack", "x", "--yes")).stderr).toContain(
    "the same workspace",
  );
});

it("leaves the selected stack and the stack's settings alone where the program is another one", async () => {
  const folder = place({ "references/copy.yaml": references(target) });
  const settings = "config:\n  mine:a: b\n";
  const own = {
    "Pulumi.yaml": "name: mine\nruntime: nodejs\n",
    "Pulumi.production.yaml": settings,
    "index.js": "module.exports = {};\n",
    "package.json": '{ "private": true, "main": "index.js" }\n',
  };
  for (const [name, text] of Object.entries(own)) writeFileSync(path.join(folder, name), text);
  symlinkSync(path.join(repositoryRoot, "node_modules"), path.join(folder, "node_modules"));
  const { bin } = await testEngine();
  const pulumi = async (...args: string[]) =>
    (await start(bin, [...args, "--non-interactive"], { cwd: folder, env: await envOf(folder) }).done).stdout.trim();
  await pulumi("stack", "init", "dev");
  const cloneTo = (alias: string, ...more: string[]) =>
    run(folder, "clone", "staging", alias, "--stack", "production", ...more);
  const from = emulator.store.workspaces.find(({ id }) => id === workspace);
  const taken = "7a000000-0000-4000-8000-000000000002";
  emulator.store.addWorkspace({ ...(from as never as object), id: taken, slug: "taken-clinic" } as never);
  const common = { agent_id: agents.frontDesk, context_graph_id: contextGraphs.scheduling };
  emulator.store.addService({ ...common, workspace_id: taken, name: "Desk 1" });
  const config = readFileSync(path.join(folder, "amigo.yaml"), "utf8")
    .replace("slug: copy-clinic", "slug: taken-clinic")
    .replace("slug: trial-clinic", "slug: own-clinic")
    .replace("references/trial.yaml }", "references/trial.yaml, environment: trial.yaml }");
  writeFileSync(path.join(folder, "amigo.yaml"), config);
  writeFileSync(path.join(folder, "references/copy.yaml"), references(taken));
  const blocked = await cloneTo("copy", "--yes");
  expect([blocked.code, blocked.stdout], blocked.stderr).toEqual([
    2,
    expect.stringMatching(/nobody's mark is on service "Desk 1": .*then `.* adopt copy --stack production`/),
  ]);

  writeFileSync(path.join(folder, "references/trial.yaml"), references(target).replace(/^workspace.*\n/m, ""));
  const trial = ["trial", "--new-workspace", "own-clinic"] as const;
  const dry = await cloneTo(...trial, "--dry-run");
  expect([dry.code, dry.stdout], dry.stderr).toEqual([
    0,
    expect.stringMatching(/whether the program in .* builds the document: `clone` runs the Pulumi project/),
  ]);
  const { code, stderr } = await cloneTo(...trial, "--yes");
  expect([code, stderr]).toEqual([1, expect.stringMatching(/does not declare all of the document: service "Desk 1",/)]);
  expect(stderr).toMatch(/in a folder without Pulumi\.yaml\. Nothing was written$/m);
  expect(await pulumi("stack", "--show-name")).toBe("dev");
  expect(await pulumi("stack", "ls", "--json")).not.toContain("production");
  expect(readFileSync(path.join(folder, "Pulumi.production.yaml"), "utf8")).toBe(settings);
});

it("promotes tested version numbers, and takes them back to the former bytes", async () => {
  const folder = place({ "references/copy.yaml": references(target) });
  const target2 = {
    "amigo.yaml": readFileSync(path.join(folder, "amigo.yaml"), "utf8").replace(
      "slug: copy-clinic",
      "slug: promoted-clinic",
    ),
  };
  for (const [name, text] of Object.entries(target2)) writeFileSync(path.join(folder, name), text);
  writeFileSync(path.join(folder, "references/copy.yaml"), references(target).replace(/^workspace.*\n/m, ""));
  const made = await run(
    folder,
    "clone",
    "staging",
    "copy",
    "--stack",
    "copy",
    "--yes",
    "--new-workspace",
    "promoted-clinic",
  );
  expect(made.code, made.stdout + made.stderr).toBe(0);
  const file = path.join(folder, "copy.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace("  Desk 2:", "  # The night line.\n  Desk 2:"));
  const former = readFileSync(file, "utf8");
  const pinned = former.replaceAll(
    /agentVersionNumber: (\d)\n/g,
    "agentVersionNumber: $1\n        contextGraphVersionNumber: 2\n",
  );
  writeFileSync(path.join(folder, "tested.yaml"), pinned);

  const refused = await run(folder, "promote", "staging", "copy", "--yes");
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("has no contextGraphVersionNumber")]);
  const elsewhere = ["promote", "tested.yaml", "copy", "--stack", "absent"];
  for (const more of ["--dry-run", "--yes"]) {
    const { code, stderr } = await run(folder, ...elsewhere, more);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^error: there is no stack absent in .*init absent/m)]);
    expect(stderr).not.toMatch(/error: error|1 → /);
  }
  writeFileSync(
    path.join(folder, "wrong.yaml"),
    pinned.replaceAll("contextGraphVersionNumber: 2", "contextGraphVersionNumber: 99"),
  );
  const wrong = await run(folder, "promote", "wrong.yaml", "copy", "--yes");
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("Version 99 does not exist")]);
  // The engine starts nothing more after the first failure, and which service that is of, is chance.
  const [, desk = "none"] =
    /(Desk \d)\/release: updating .* The service is "\1"; version sets of .* agent version 1, 2\./.exec(wrong.stderr) ??
    [];
  const line = former.split("\n").findIndex((text) => text.includes(`${desk}:`)) + 1;
  expect(line, wrong.stderr).toBeGreaterThan(0);
  const undone = new RegExp(`copy\\.yaml:(\\d+):\\d+: ${desk}\\..*: none → 99, from wrong\\.yaml, was not deployed`);
  expect(Number(undone.exec(wrong.stderr)?.[1]), wrong.stderr).toBeGreaterThan(line);
  expect(readFileSync(file, "utf8")).toBe(former);
  const refusal = { kind: "status", status: 422 } as const;
  const fault = emulator.faults.add({
    operation: "upsert-service-version-set",
    skip: 2,
    when: "before",
    action: refusal,
  });
  const promoted = await run(folder, "promote", "tested.yaml", "copy", "--yes", "--reason", "tested");
  emulator.faults.remove(fault);
  expect(promoted.stderr).toContain("version 2 of contextGraph scheduling has no number of copy");
  const { environment: kept } = JSON.parse(readFileSync(path.join(folder, ".pulumi-amigo/copy/settings.json"), "utf8"));
  expect(kept.workspaceId, "the stack's output").toMatch(/^[0-9a-f-]{36}$/);
  const [, rest = ""] = /A part was deployed, .* run `pulumi (up .*?)`/.exec(promoted.stderr) ?? [];
  expect([promoted.code, rest], promoted.stderr).toEqual([1, expect.stringContaining("up --stack copy --cwd ")]);
  const id = emulator.store.workspaces.list().find(({ slug }) => slug === "promoted-clinic")?.id;
  const numbers = () =>
    emulator.store.services
      .list()
      .filter(({ workspace_id, is_system }) => workspace_id === id && !is_system)
      .map(({ version_sets }) => version_sets.release?.context_graph_version_number ?? null);
  expect(numbers().filter((number) => number === 2)).toHaveLength(2);
  const { bin } = await testEngine();
  const up = await start(bin, [...rest.split(" "), "--yes", "--skip-preview"], {
    cwd: folder,
    env: await envOf(folder),
  }).done;
  expect(up.code, up.output).toBe(0);
  expect(numbers()).toEqual([2, 2, 2, 2]);
  expect(readFileSync(file, "utf8")).toContain("  # The night line.\n  Desk 2:");

  const dry = await run(folder, "rollback", "copy", "--dry-run");
  expect([dry.code, dry.stdout]).toEqual([0, expect.stringContaining("Nothing was written (--dry-run).")]);
  expect(numbers()).toEqual([2, 2, 2, 2]);

  // Something else waits in the document: a rollback would deploy it, too.
  const promotedText = readFileSync(file, "utf8");
  const models = "llmModelPreferences: { chat: { llmName: m } }";
  const waiting = promotedText
    .replace("keyterms:", "toolCapacity: 5\n    keyterms:")
    .replace("release:", `release:\n        ${models}`);
  writeFileSync(file, waiting);
  const more = await run(folder, "rollback", "copy", "--yes");
  expect(more.code).toBe(1);
  expect(more.stderr).toMatch(/would change more than these version numbers: .*update \S*Desk 1 \(toolCapacity\)/);
  expect(more.stderr).toMatch(/update \S*Desk 1\/release \([^)]*llmModelPreferences/);
  expect(readFileSync(file, "utf8")).toBe(waiting);
  writeFileSync(file, promotedText);

  const back = await run(folder, "rollback", "copy", "--yes", "--reason", "calls drop");
  expect(back.code, back.stdout + back.stderr).toBe(0);
  // Each number is said once: before the question, and of a dry run as its result.
  expect(
    [dry, back].map(({ stdout, stderr }) =>
      [stdout, stderr].map((text) => text.includes("Desk 3") && / → /.test(text)),
    ),
  ).toEqual([
    [true, false],
    [false, true],
  ]);
  expect(numbers()).toEqual([null, null, null, null]);
  expect(readFileSync(file, "utf8")).toBe(former);
  const numbers4 = (number: number | null) => ({
    services: Object.fromEntries(
      [1, 2, 3, 4].map((index) => [
        `Desk ${index}`,
        { versionSets: { release: { contextGraphVersionNumber: number } } },
      ]),
    ),
  });
  const history = readFileSync(path.join(folder, "history/copy.jsonl"), "utf8").trim().split("\n");
  expect(history.map((line) => JSON.parse(line))).toMatchObject([
    { source: "tested.yaml", reason: "tested", from: numbers4(null), to: numbers4(2) },
    { source: "history entry 0", reason: "calls drop", backTo: 0, from: numbers4(2), to: numbers4(null) },
  ]);
});

it("makes a new workspace, and goes on after its engine was killed", async () => {
  const folder = place({ "references/trial.yaml": references(target).replace(/^workspace.*\n/m, "") });
  emulator.clearRequests();
  const args = ["clone", "staging", "trial", "--stack", "trial", "--yes", "--new-workspace", "trial-clinic"];
  const clone = (...more: string[]) => run(folder, ...args, ...more);
  emulator.faults.add({
    operation: "create-service",
    skip: 1,
    times: 1,
    when: "after",
    action: {
      kind: "call",
      fn: async () => {
        const { execFileSync } = await import("node:child_process");
        const engine = execFileSync("pgrep", ["-f", "pulumi up .*--stack trial "], { encoding: "utf8" });
        killTree(Number(engine));
      },
    },
  });
  const killed = await runWith({ [HOSTS]: "" }, folder, args);
  expect(killed.code).not.toBe(0);
  const done = await clone();
  expect(done.code, done.stdout + done.stderr).toBe(0);
  const made = emulator.store.workspaces.list().filter(({ slug }) => slug === "trial-clinic");
  expect(made).toHaveLength(1);
  const services = emulator.store.services.list().filter(({ workspace_id }) => workspace_id === made[0]?.id);
  expect(
    services
      .filter(({ is_system }) => !is_system)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(["Desk 1", "Desk 2", "Desk 3", "Desk 4"]);
  const compared = await run(folder, "compare", "staging", "trial", "--json");
  expect(JSON.parse(compared.stdout).differences).toEqual([]);
  expect(readFileSync(path.join(folder, "references/trial.yaml"), "utf8")).toContain(`workspace: ${made[0]?.id}`);

  // In a fresh checkout the state alone says that the workspace is the stack's.
  rmSync(path.join(folder, ".pulumi-amigo"), { recursive: true });
  emulator.clearRequests();
  const again = ["clone", "staging", "trial", "--stack", "trial", "--yes"] as const;
  const wrong = await start(process.execPath, [commandFile, ...again], {
    cwd: folder,
    env: { ...(await envOf(folder)), PULUMI_CONFIG_PASSPHRASE: "another" },
  }).done;
  expect([wrong.code, wrong.output]).toEqual([1, expect.stringContaining("the passphrase is not the one")]);
  const fresh = await run(folder, ...again);
  expect([fresh.code, fresh.stdout], fresh.stderr).toEqual([0, expect.stringMatching(/nothing to do/i)]);
  expect(existsSync(path.join(folder, ".pulumi-amigo/trial/environment.yaml")), "what the program reads").toBe(true);
  expect(written()).toEqual([]);
});
