import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import * as path from "node:path";
import { expect, it } from "vitest";
import { cleanEnvironment, testEngine } from "../../lab/cli/environment.js";
import { start } from "../../lab/cli/process.js";
import { type TestStack, withStack } from "../../lab/cli/stack.js";
import { commandFile } from "../../lab/root.js";
import { type Emulator, seedIds } from "../../src/emulator/index.js";
import type { AdoptReport } from "../../src/environment/adopt.js";
import { prepareProject } from "../../src/environment/deploy.js";
import { builtInProject } from "../../src/stack/project.js";
import { deploy, writes } from "../support/engine.js";

const { workspace, agents, contextGraphs, setups } = seedIds;

const document = `version: 1
services:
  Front desk:
    agent: front-desk
    contextGraph: scheduling
    keyterms: [flu]
    versionSets:
      release: { agentVersionNumber: 1 }
  Night desk:
    agent: front-desk
    contextGraph: scheduling
useCases:
  - { channel: inbound_voice, entityName: Riverside, name: Reception, setup: voice, service: Front desk }
  - { channel: outbound_voice, entityName: Riverside, name: Reception, setup: voice }
testCallerNumbers: ["+14155550100"]
`;
const references = `version: 1
workspace: ${workspace}
agents: { front-desk: { id: ${agents.frontDesk} } }
contextGraphs: { scheduling: { id: ${contextGraphs.scheduling} } }
setups: { voice: { id: ${setups.voiceApproved} } }
`;
const program = `const amigo = require("pulumi-amigo");
const provider = new amigo.Provider("account", { apiKeyEnv: "CLINIC_KEY", baseUrl: process.env.AMIGO_BASE_URL });
new amigo.Environment("clinic", { document: "clinic.yaml", references: "references.yaml", protect: true }, { provider });
`;
const config = `workspaces:
  staging: { id: ${workspace}, apiKeyEnv: CLINIC_KEY, baseUrl: BASE }
`;

/** What somebody made by hand: all of the document but the second service. */
function makeByHand({ store }: Emulator, owner?: string) {
  const common = { workspace_id: workspace };
  const desk = store.addService({
    ...common,
    name: "Front desk",
    agent_id: agents.frontDesk,
    context_graph_id: contextGraphs.scheduling,
    keyterms: ["flu"],
    version_sets: { edge: {}, release: { agent_version_number: 1 } },
    tags: owner ? [{ key: "pulumi-owner", value: owner }] : [],
  });
  const [calls, outbound] = (["inbound_voice", "outbound_voice"] as const).map((channel) =>
    store.addUseCase({
      ...common,
      channel,
      entity_name: "Riverside",
      name: "Reception",
      setup_id: setups.voiceApproved,
    }),
  );
  return { desk, calls, outbound };
}

async function adopt(stack: Pick<TestStack, "name" | "folder" | "env">, source: string, ...flags: string[]) {
  const env = { ...cleanEnvironment(), ...(await testEngine()).env, ...stack.env };
  const args = [commandFile, "adopt", source, "--stack", stack.name, "--json", ...flags];
  const { code, stdout, stderr } = await start(process.execPath, args, { cwd: stack.folder, env }).done;
  return { code, stderr, report: stdout === "" ? undefined : (JSON.parse(stdout) as AdoptReport) };
}

function place({ folder }: Pick<TestStack, "folder">, { url }: Emulator): void {
  const files = { "clinic.yaml": document, "references.yaml": references, "amigo.yaml": config.replace("BASE", url) };
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
}

const env = { CLINIC_KEY: "amigo-demo-key", AMIGO_API_KEY: "" };

it("brings what exists under a stack with a component and a provider of its own, and sends nothing but reads", async () => {
  await deploy({ name: "adopt", program, env }, async ({ stack, emulator, operations }) => {
    place(stack, emulator);
    const { desk, calls, outbound } = makeByHand(emulator);
    emulator.store.bind(calls?.id ?? "", desk.id);
    emulator.store.workspaces.update(workspace, { test_caller_numbers: ["+14155550100"] });
    const before = emulator.store.snapshot();

    const wanted = [
      `ServiceBinding clinic/inbound_voice/Riverside/Reception ${calls?.id}`,
      `Service clinic/Front desk ${desk.id}`,
      `TestCallerNumbers clinic ${workspace}`,
      `UseCase clinic/inbound_voice/Riverside/Reception ${calls?.id}`,
      `UseCase clinic/outbound_voice/Riverside/Reception ${outbound?.id}`,
      `VersionSet clinic/Front desk/release ${desk.id}/release`,
    ].sort();
    const shown = (report?: AdoptReport) => report?.adopted.map(({ kind, name, id }) => `${kind} ${name} ${id}`).sort();
    const dry = await adopt(stack, "staging", "--dry-run");
    expect([dry.code, shown(dry.report)], dry.stderr).toEqual([2, wanted]);
    expect((await stack.exportState()).deployment.resources ?? []).toEqual([]);

    const real = await adopt(stack, "staging", "--yes");
    expect([real.code, shown(real.report)], real.stderr).toEqual([2, wanted]);
    expect(real.report?.changes.map(({ op, name }) => `${op} ${name}`)).toEqual(["create clinic/Night desk"]);
    expect(real.report?.missing.map(({ name }) => name)).toEqual(["clinic/Night desk"]);
    expect(writes(operations())).toEqual([]);
    expect(emulator.store.snapshot()).toEqual(before);

    const { resources = [] } = (await stack.exportState()).deployment;
    const binding = resources.find(({ type }) => type.endsWith(":ServiceBinding"));
    expect(binding).toMatchObject({ protect: true, provider: expect.stringContaining("::account::") });
    expect(binding?.dependencies).toHaveLength(2);
    expect(resources.find(({ type }) => type.endsWith(":VersionSet"))?.deletedWith).toMatch(/Front desk$/);
    expect(JSON.stringify(resources)).not.toContain("amigo-demo-key");

    expect((await stack.up()).changed).toEqual(["create clinic/Night desk"]);
    expect(writes(operations())).toEqual(["create-service"]);
    const again = await adopt(stack, "staging", "--yes");
    expect([again.code, again.report?.adopted, again.report?.there], again.stderr).toEqual([0, [], 7]);
    expect(writes(operations())).toEqual([]);

    // A stack of another workspace than the one that was named.
    const other = "7a000000-0000-4000-8000-000000000001";
    const from = emulator.store.workspaces.find(({ id }) => id === workspace);
    emulator.store.addWorkspace({ ...(from as never as object), id: other, slug: "other" } as never);
    const both = `${config}  other: { id: ${other}, apiKeyEnv: CLINIC_KEY, baseUrl: BASE }\n`;
    writeFileSync(path.join(stack.folder, "amigo.yaml"), both.replaceAll("BASE", emulator.url));
    const wrong = await adopt(stack, "other", "--yes");
    const refusal = `declares nothing of workspace ${other}: its resources are of ${workspace}. Nothing was changed`;
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining(refusal)]);
  });
});

it("makes the stack of a document where it is not there, and takes it away again unless something is brought in", async () => {
  await deploy({ name: "adopt-document", program, env }, async ({ stack, emulator, operations }) => {
    const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "adopt-document-")));
    const clinic = { name: "clinic", folder, env: { ...stack.env, PULUMI_CONFIG_PASSPHRASE: "" } };
    place(clinic, emulator);
    const { desk } = makeByHand(emulator);
    const renamed = document
      .replaceAll("Front desk", "Day desk")
      .replace("Day desk:", "$&\n    formerName: Front desk");
    writeFileSync(path.join(folder, "clinic.yaml"), renamed);
    const missing = await adopt(clinic, "staging", "--yes");
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining("there is no Pulumi project in")]);
    const project = builtInProject(folder, "clinic").folder;
    const [file = "", references] = ["clinic.yaml", "references.yaml"].map((name) => path.join(folder, name));
    const entry = { apiKeyEnv: "CLINIC_KEY", baseUrl: emulator.url };
    prepareProject({ folder: project, document: file, references, workspaceId: workspace, entry });
    const stacks = async () => {
      const { bin, env: of } = await testEngine();
      const list = start(bin, ["stack", "ls", "--json"], {
        cwd: project,
        env: { ...cleanEnvironment(), ...of, ...clinic.env },
      });
      return (JSON.parse((await list.done).stdout) as { name: string }[]).map(({ name }) => name);
    };
    operations();
    const dry = await adopt(clinic, "staging", "--dry-run");
    expect([dry.code, dry.report?.adopted.length, await stacks()], dry.stderr).toEqual([2, 5, []]);
    expect(dry.stderr).toMatch(/^Stack clinic is not there yet: this would make it\.$/m);
    const real = await adopt(clinic, "staging", "--yes");
    expect([real.code, real.report?.adopted.length, await stacks()], real.stderr).toEqual([2, 5, ["clinic"]]);
    const day = expect.objectContaining({ name: "environment/Day desk", id: desk.id });
    expect(real.report?.differing).toContainEqual(day);
    expect(writes(operations())).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});

it("takes a document for the workspace that it describes, and another stack for the one that its state names", async () => {
  await deploy({ name: "sources", program, env }, async ({ stack, emulator, operations }) => {
    place(stack, emulator);
    const { desk, calls } = makeByHand(emulator);
    emulator.store.bind(calls?.id ?? "", desk.id);
    emulator.store.workspaces.update(workspace, { test_caller_numbers: ["+14155550100"] });
    const { id: spare } = emulator.store.addService({
      workspace_id: workspace,
      name: "Spare desk",
      agent_id: agents.frontDesk,
      context_graph_id: contextGraphs.scheduling,
    });
    const spareDesk = "  Spare desk: { agent: front-desk, contextGraph: scheduling }\n";
    writeFileSync(path.join(stack.folder, "more.yaml"), document.replace("useCases:", `${spareDesk}useCases:`));

    // No alias has this document, so the key is that of the environment.
    stack.env.AMIGO_API_KEY = "amigo-demo-key";
    const given = await adopt(stack, "more.yaml", "--references", "references.yaml", "--dry-run");
    expect([given.code, given.report?.adopted.length], given.stderr).toEqual([2, 6]);
    expect(given.report?.undeclared).toEqual([{ kind: "Service", name: "Spare desk", id: spare }]);
    stack.env.AMIGO_API_KEY = "";

    const file = path.join(stack.folder, "amigo.yaml");
    writeFileSync(file, readFileSync(file, "utf8").replace("apiKeyEnv", "environment: clinic.yaml, apiKeyEnv"));
    const named = await adopt(stack, "clinic.yaml", "--yes");
    expect([named.code, named.report?.adopted.length, named.report?.undeclared], named.stderr).toEqual([2, 6, []]);
    expect(writes(operations())).toEqual([]);
    expect((await stack.up()).changed).toEqual(["create clinic/Night desk"]);

    // A part of the state is lost: the rest of it says where to look.
    const { resources = [] } = (await stack.exportState()).deployment;
    const lost = resources.filter(({ type }) => /:(ServiceBinding|TestCallerNumbers)$/.test(type));
    for (const { urn } of lost) await stack.command(["state", "delete", urn, "--yes", "--force"]);
    operations();
    const back = await adopt(stack, "stack:dev", "--yes");
    expect([back.code, back.report?.adopted.map(({ kind }) => kind).sort()], back.stderr).toEqual([
      0,
      ["ServiceBinding", "TestCallerNumbers"],
    ]);

    const second = await stack.sibling("second");
    const owned = await adopt(second, "stack:dev", "--yes");
    expect([owned.code, owned.stderr]).toEqual([
      1,
      expect.stringMatching(/Night desk.* belongs to stack dev \(project sources\)/),
    ]);
    const none = await adopt(second, "stack:nowhere", "--yes");
    expect([none.code, none.stderr]).toEqual([
      1,
      expect.stringMatching(/there is no stack nowhere in .*: .*pulumi stack ls/),
    ]);
    const empty = await adopt(second, "stack:second", "--yes");
    expect([empty.code, empty.stderr]).toEqual([1, expect.stringMatching(/stack second holds no resource/)]);
    expect(writes(operations())).toEqual([]);
  });
});

it("moves what a stack has to a stack of another project, with the account of that one", async () => {
  const desk = `const amigo = require("pulumi-amigo");
const desk = new amigo.Service("desk", { workspaceId: "${workspace}", name: "Front desk", agentId: "${agents.frontDesk}",
  contextGraphId: "${contextGraphs.scheduling}" });
new amigo.VersionSet("release", { workspaceId: "${workspace}", serviceId: desk.id, name: "release" });
new amigo.TestCallerNumbers("numbers", { workspaceId: "${workspace}", numbers: ["+14155550100"], adopt: true });
`;
  const one = "version: 1\nservices:\n  Front desk: { agent: front-desk, contextGraph: scheduling }\n";
  const taking = `const amigo = require("pulumi-amigo");
new amigo.Environment("clinic", { document: "clinic.yaml", references: "references.yaml" });
`;
  await deploy({ name: "old", program: desk }, async ({ stack, emulator, operations }) => {
    await stack.up();
    operations();
    const { id } = await stack.resource("desk");
    const { PULUMI_BACKEND_URL = "" } = stack.env;
    const config = { "amigo:apiKey": "amigo-demo-key", "amigo:baseUrl": emulator.url };
    await withStack({ name: "new", program: taking, env: { PULUMI_BACKEND_URL }, config }, async (there) => {
      place(there, emulator);
      writeFileSync(path.join(there.folder, "clinic.yaml"), one);
      const refused = await adopt(there, "stack:organization/old/dev", "--yes", "--from-stack", "other");
      expect([refused.code, refused.stderr]).toEqual([
        1,
        expect.stringMatching(/belongs to stack dev \(project old\).*--from-stack dev/),
      ]);
      const taking = () => adopt(there, "stack:organization/old/dev", "--yes", "--from-stack", "dev");
      const held = await taking();
      const commands = [...held.stderr.matchAll(/^error: +pulumi state delete '(.*)' (.*)$/gm)];
      expect([held.code, held.stderr]).toEqual([
        1,
        expect.stringContaining('stack organization/old/dev still holds VersionSet "release", Service "desk"'),
      ]);
      const engine = await testEngine();
      const env = { ...cleanEnvironment(), ...engine.env, ...there.env };
      for (const [, urn = "", flags = ""] of commands) {
        const args = ["state", "delete", urn, ...flags.split(" ")];
        const { code, output } = await start(engine.bin, args, { cwd: there.folder, env }).done;
        expect(code, output).toBe(0);
      }
      const { code, report, stderr } = await taking();
      expect([code, report?.adopted.map((found) => found.id), report?.changes], stderr).toEqual([0, [id], []]);
      expect(writes(operations())).toEqual([]);

      // The former owner does not take it back.
      expect((await stack.up({ outcome: "fails" })).output).toContain("If another stack has it now");
      const args = [commandFile, "recover", "--stack", stack.name, "--yes"];
      const whole = { ...cleanEnvironment(), ...engine.env, ...stack.env };
      expect((await start(process.execPath, args, { cwd: stack.folder, env: whole }).done).output).not.toContain(id);
      operations();

      // The former owner's tag is in nobody's way, and the next update writes the new one.
      writeFileSync(path.join(there.folder, "clinic.yaml"), one.replace("}", ", toolCapacity: 5 }"));
      expect((await there.up()).changed).toEqual(["update clinic/Front desk"]);
      expect(writes(operations())).toEqual(["update-service"]);
      const [tag] = emulator.store.services.get(id ?? "")?.tags ?? [];
      expect(tag?.value).toMatch(/\/new\/dev\//);
    });
  });
});

it("shows what differs field by field, and keeps a secret secret", async () => {
  const own = `const amigo = require("pulumi-amigo");
const pulumi = require("@pulumi/pulumi");
const desk = new amigo.Service("desk", { workspaceId: "${workspace}", name: "Front desk", agentId: "${agents.frontDesk}",
  contextGraphId: "${contextGraphs.scheduling}", toolCapacity: 5, description: pulumi.secret("Only for us."), adopt: true });
new amigo.UseCase("calls", { workspaceId: "${workspace}", channel: "inbound_voice", entityName: "Riverside", name: "Reception",
  setupId: "${setups.voiceApproved}", description: desk.name });
`;
  const more = { AMIGO_API_KEY: "amigo-demo-key" };
  await deploy({ name: "differ", program: own, env: more }, async ({ stack, emulator, operations }) => {
    const { desk, calls } = makeByHand(emulator, "pulumi/organization/other/prod/service/desk");
    emulator.store.services.update(desk.id, { description: "Only for us." });
    const { code, report, stderr } = await adopt(stack, workspace, "--yes");
    expect([code, report?.adopted.map(({ id }) => id).sort()], stderr).toEqual([2, [desk.id, calls?.id].sort()]);
    expect(report?.differing.map(({ name, fields }) => [name, ...fields])).toEqual([
      ["desk", "toolCapacity: declared 5, exists as 3"],
      ["calls", 'description: declared "Front desk", exists as nothing'],
    ]);
    expect(report?.changes.map(({ op, name }) => `${op} ${name}`).sort()).toEqual(["replace calls", "update desk"]);
    expect(JSON.stringify(await stack.exportState())).not.toContain("Only for us.");
    expect(writes(operations())).toEqual([]);
  });
});

it("refuses what it cannot adopt, changes nothing, and says what to do", async () => {
  await deploy({ name: "refuse", program, env }, async ({ stack, emulator, operations }) => {
    place(stack, emulator);
    const mark = "pulumi/organization/other/prod/pulumi-nodejs:dynamic/amigo:Service/desk";
    const { desk } = makeByHand(emulator, mark);
    const alias = await adopt(stack, "stagign");
    expect([alias.code, alias.stderr]).toEqual([
      1,
      expect.stringMatching(/no workspace "stagign".*did you mean staging\?/),
    ]);

    const owned = await adopt(stack, "staging", "--yes");
    expect([owned.code, owned.stderr]).toEqual([
      1,
      expect.stringContaining(`${desk.id} belongs to stack prod (project other)`),
    ]);
    emulator.store.services.update(desk.id, { tags: [] });
    emulator.faults.add({ operation: "list-use-cases", when: "before", action: { kind: "status", status: 403 } });
    const hidden = await adopt(stack, "staging", "--yes");
    expect([hidden.code, hidden.stderr]).toEqual([1, expect.stringMatching(/may not read useCases.*\(403\)/)]);
    emulator.faults.clear();
    stack.program("module.exports = {};\n");
    const nothing = await adopt(stack, "staging", "--yes");
    expect([nothing.code, nothing.stderr]).toEqual([1, expect.stringMatching(/declares nothing of this provider/)]);
    stack.program("throw new Error('wrong by itself');\n");
    const broken = await adopt(stack, "staging", "--yes");
    expect([broken.code, broken.stderr]).toEqual([
      1,
      expect.stringMatching(/preview of stack dev failed:[\s\S]*wrong by itself/),
    ]);

    stack.program(program);
    const unasked = await adopt(stack, "staging");
    expect([unasked.code, unasked.stderr]).toEqual([1, expect.stringMatching(/--yes/)]);
    expect((await stack.exportState()).deployment.resources ?? []).toEqual([]);
    const backend = path.join(stack.folder, "backend", ".pulumi");
    const state = path.join(backend, "stacks", "refuse", "dev.json");
    const text = readFileSync(state, "utf8");
    const pending = {
      type: "creating",
      resource: { urn: "urn:pulumi:dev::refuse::a:b:C::half", type: "a:b:C", custom: true },
    };
    const { checkpoint, ...rest } = JSON.parse(text);
    checkpoint.latest = {
      manifest: { time: new Date().toISOString(), magic: "", version: "" },
      ...checkpoint.latest,
      pending_operations: [pending],
    };
    writeFileSync(state, JSON.stringify({ ...rest, checkpoint }));
    const open = await adopt(stack, "staging", "--yes");
    expect([open.code, open.stderr]).toEqual([1, expect.stringMatching(/interrupted run.*half.*pulumi-amigo recover/)]);
    writeFileSync(state, text);
    const locks = path.join(backend, "locks", "organization", "refuse", "dev");
    mkdirSync(locks, { recursive: true });
    writeFileSync(
      path.join(locks, "one.json"),
      JSON.stringify({ pid: process.pid, hostname: hostname(), username: "ann" }),
    );
    const locked = await adopt(stack, "staging", "--yes");
    expect([locked.code, locked.stderr]).toEqual([
      1,
      expect.stringMatching(/locked by process \d+ of ann.*pulumi-amigo recover/),
    ]);
    expect(writes(operations())).toEqual([]);
  });
});
