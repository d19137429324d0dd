import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { repositoryRoot } from "../../lab/root.js";
import { demoKey, seedIds, startEmulator } from "../../src/emulator/index.js";
import { refusals } from "../../src/engine/advice.js";
import { type ChildEnd, runChild } from "../../src/fleet/child.js";
import type { Task } from "../../src/fleet/messages.js";
import type { FleetStack } from "../../src/fleet/stacks.js";
import { adoptCommand } from "../../src/fleet/standing.js";

const folder = mkdtempSync(path.join(tmpdir(), "amigo-worker-"));
const bin = path.join(folder, "bin");
const log = path.join(folder, "stack.log");

/** Plays the engine, which was found before: notes each command, and does what the first words of the next line of `answers.txt` say. */
const engine = `#!${process.execPath}
const fs = require("node:fs");
const args = process.argv.slice(2);
fs.appendFileSync(${JSON.stringify(path.join(folder, "commands.txt"))}, args.slice(0, 2).join(" ") + "\\n");
if (args[1] === "ls") console.log('[{ "name": "dev", "current": true }]');
if (args[1] === "export") console.log(fs.readFileSync(${JSON.stringify(path.join(folder, "state.json"))}, "utf8"));
if (args[0] === "stack") process.exit();
const file = ${JSON.stringify(path.join(folder, "answers.txt"))};
const [answer, ...rest] = fs.readFileSync(file, "utf8").trim().split("\\n");
fs.writeFileSync(file, rest.join("\\n"));
const event = (name, value) => console.log(JSON.stringify({ [name]: value }));
const metadata = { op: "create", urn: "urn:pulumi:one::clinic::amigo:index:Service::desk", type: "amigo:index:Service" };
const resource = (type, name, custom = true) => ({ type, urn: "urn:pulumi:one::clinic::" + type + "::" + name, custom });
const does = (op, type, name, before, after, custom) => {
  const state = (inputs) => inputs && { ...resource(type, name, custom), inputs };
  event("resOutputsEvent", { metadata: { ...resource(type, name), op, old: state(before), new: state(after) } });
};
if (answer === "previews") {
  const service = "pulumi-nodejs:dynamic/amigo:Service";
  does("create", "pulumi:pulumi:Stack", "clinic-one", undefined, {}, false);
  does("create", "amigo:index:Environment", "environment", undefined, {}, false);
  for (let number = 20; number > 10; number--) does("create", service, "desk " + number, undefined, { name: "x" });
  does("same", service, "old", {}, {});
  does("update", service, "night", { name: "a", __owner: "b", tags: [1] }, { name: "c", __owner: "d", tags: [1] });
  does("replace", "aws:s3/bucket:Bucket", "files", { acl: "private" }, { acl: "public" });
  does("delete-replaced", "aws:s3/bucket:Bucket", "files", { acl: "private" });
  does("delete", service, "gone\u001b[2J", {});
}
if (answer === "done") {
  does("create", "pulumi:pulumi:Stack", "clinic-one", undefined, {}, false);
  does("create", "pulumi:providers:aws", "files", undefined, {});
  does("create", "pulumi-nodejs:dynamic/amigo:Service", "desk", undefined, {});
}
if (["begins", "exists"].includes(answer)) event("resourcePreEvent", { metadata });
if (answer !== "done" && answer !== "previews") {
  const messages = { missing: "no stack named 'one' found", exists: ${JSON.stringify(refusals["use-case-exists"])} };
  const message = messages[answer] ?? "could not connect to the language host";
  event("diagnosticEvent", { severity: "error", message });
  process.exit(255);
}
event("summaryEvent", { resourceChanges: { create: 3 } });
`;

beforeAll(() => {
  mkdirSync(bin);
  for (const name of ["pulumi", "pulumi-language-nodejs"]) {
    writeFileSync(path.join(bin, name), engine);
    chmodSync(path.join(bin, name), 0o755);
  }
  writeFileSync(path.join(folder, "Pulumi.yaml"), "name: clinic\nruntime: nodejs\n");
  writeFileSync(path.join(folder, "state.json"), EMPTY);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const EMPTY = '{ "deployment": { "resources": [] } }';

/** Each run is a handful of processes. */
const timeout = 60_000;

const ownProgram: FleetStack = { name: "one", labels: {}, project: folder };

/** Runs the real process of a stack on an engine that gives these answers. */
function run(command: Task["command"], ...answers: string[]): Promise<[ChildEnd, string[]]> {
  return runOf(ownProgram, command, ...answers);
}

async function runOf(stack: FleetStack, command: Task["command"], ...answers: string[]): Promise<[ChildEnd, string[]]> {
  writeFileSync(path.join(folder, "answers.txt"), answers.join("\n"));
  writeFileSync(path.join(folder, "commands.txt"), "");
  const end = await runChild(
    { command, stack, folder, bin: path.join(bin, "pulumi") },
    {
      worker: path.join(repositoryRoot, "dist/fleet/worker.js"),
      silenceMs: 60_000,
      graceMs: 1_000,
      env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
      log,
      onProgress: () => {},
      signal: new AbortController().signal,
    },
  );
  return [end, readFileSync(path.join(folder, "commands.txt"), "utf8").trim().split("\n")];
}

it("runs no stack in which an interrupted run has left something, and says so in a preview", { timeout }, async () => {
  expect(await run("up", "done")).toEqual([{ state: "done", changes: { create: 1 } }, ["stack export", "up --yes"]]);
  const urn = "urn:pulumi:one::clinic::pulumi-nodejs:dynamic/amigo:Service::desk";
  const operation = { type: "deleting", resource: { urn, type: "pulumi-nodejs:dynamic/amigo:Service" } };
  const state = JSON.stringify({ deployment: { pending_operations: [operation] } });
  writeFileSync(path.join(folder, "state.json"), state);
  const left = `an interrupted run left 1 pending operation (deleting Service "desk") in stack one: run \`npx pulumi-amigo recover --stack one -C ${path.relative("", folder)}\` first`;
  const [failed, asked] = await run("up", "done");
  expect([failed, asked]).toEqual([{ state: "failed", error: `${left}\nIts run was not started` }, ["stack export"]]);
  expect((await run("preview", "done"))[0]).toMatchObject({ state: "done", warnings: [left] });
  writeFileSync(path.join(folder, "state.json"), EMPTY);
});

it("makes a stack that is not there, and a preview takes it away again", { timeout }, async () => {
  const init = "stack init";
  expect(await run("up", "missing", "done")).toEqual([
    { state: "done", changes: { create: 1 } },
    ["stack export", "up --yes", init, "up --yes"],
  ]);
  const [end, commands] = await run("preview", "missing", "done");
  expect(end.state).toBe("done");
  expect(commands.map((line) => line.split(" --")[0])).toEqual([
    "stack export",
    "preview",
    init,
    "preview",
    // The stack that was selected is so again.
    "stack ls",
    "stack rm",
    "stack select",
  ]);
});

it("names what a preview would change, what cannot be undone first, and logs all of it", { timeout }, async () => {
  rmSync(log);
  const [{ state, ...end }] = await run("preview", "previews");
  const service = (operation: string, name: string) => ({ operation, kind: "Service", name });
  expect([state, end]).toEqual([
    "done",
    {
      changes: { create: 10, update: 1, replace: 1, delete: 1, same: 1 },
      resources: [
        service("delete", "gone\u001b[2J"),
        { operation: "replace", kind: "aws:s3/bucket:Bucket", name: "files", changed: ["acl"] },
        { ...service("update", "night"), changed: ["name"] },
        ...[11, 12, 13, 14, 15, 16, 17].map((number) => service("create", `desk ${number}`)),
      ],
      moreResources: 3,
    },
  ]);
  const logged = readFileSync(log, "utf8").match(/would .*/g);
  expect(logged).toHaveLength(13);
  expect(logged?.slice(0, 3)).toEqual([
    'would delete Service "gone\\u001b[2J"',
    'would replace aws:s3/bucket:Bucket "files" (acl)',
    'would update Service "night" (name)',
  ]);
  expect(logged?.at(-1)).toBe('would create Service "desk 20"');
});

it("starts an engine once more that began nothing, and never one that did", { timeout }, async () => {
  expect((await run("up", "fails", "done"))[0].state).toBe("done");
  expect(readFileSync(log, "utf8")).toContain("Nothing had begun: it is started once more");
  const [twice, commands] = await run("up", "fails", "fails", "done");
  expect(twice).toMatchObject({ state: "failed", error: expect.stringContaining("could not connect") });
  expect(commands).toEqual(["stack export", "up --yes", "up --yes"]);
  const [begun, once] = await run("up", "begins", "done");
  expect([begun.state, once]).toEqual(["failed", ["stack export", "up --yes"]]);
});

it("tells who has a document and no program how to take over what exists", { timeout }, async () => {
  const environment = path.join(folder, "clinic.yaml");
  const workspace = { alias: "staging", id: "6f0c1d52-94a7-4c1e-8f3b-0d2a5b7c9e10" };
  const stack = { name: "desk", labels: {}, environment, workspace };
  const errorOf = async (of: FleetStack, answer: string) => {
    const [{ state, error }] = await runOf(of, "up", answer, answer);
    return [state, error];
  };
  const failure = `pulumi up failed:\n${refusals["use-case-exists"]}`;
  const place = path.relative("", path.join(folder, ".pulumi-amigo", "desk"));
  expect(await errorOf(stack, "exists")).toEqual([
    "failed",
    `${failure}\nThis stack is built from a document. To take over what exists: ` +
      `\`npx pulumi-amigo adopt staging --stack desk -C ${place}\` (it reads only, and changes the state).`,
  ]);
  expect(await errorOf(ownProgram, "exists")).toEqual(["failed", failure]);
  expect(await errorOf(stack, "fails")).toEqual(["failed", expect.not.stringContaining("adopt")]);
});

it("says what is in the way of a document: in a preview that would make something, and where a run failed by it", {
  timeout,
}, async () => {
  const emulator = await startEmulator({ port: 0 });
  const { workspace: id, agents, contextGraphs, setups } = seedIds;
  const common = { workspace_id: id };
  const { id: service } = emulator.store.addService({
    ...common,
    name: "Front desk",
    agent_id: agents.frontDesk,
    context_graph_id: contextGraphs.scheduling,
    tags: [{ key: "pulumi-owner", value: "pulumi/o/pulumi-amigo/trial/t/desk" }],
  });
  const { id: useCase } = emulator.store.addUseCase({
    ...common,
    channel: "inbound_voice",
    entity_name: "Riverside",
    name: "Reception",
    setup_id: setups.voiceApproved,
  });
  const environment = path.join(folder, "riverside.yaml");
  writeFileSync(
    environment,
    `version: 1
services: { Front desk: { agent: desk, contextGraph: plan }, Night desk: { agent: desk, contextGraph: plan }, desk 11: { formerName: lost, agent: desk, contextGraph: plan } }
useCases: [{ channel: inbound_voice, entityName: Riverside, name: Reception, setup: voice }]
`,
  );
  process.env.WORKER_KEY = demoKey;
  const workspace = { alias: "staging", id, baseUrl: emulator.url, apiKeyEnv: "WORKER_KEY" };
  const stack = { name: "desk", labels: {}, environment, workspace };
  const place = path.relative("", path.join(folder, ".pulumi-amigo", "desk"));
  const where = "in the way in workspace staging, and not of this stack";
  const found = [
    `${where}: service "Front desk" (${service})`,
    `${where}: use case "inbound_voice / Riverside / Reception" (${useCase})`,
    'stack trial (project pulumi-amigo) owns service "Front desk": deploy with stack trial, or give it up there (`pulumi state delete`) ' +
      `and only then take it over with \`npx pulumi-amigo adopt staging --stack desk -C ${place} --from-stack trial\`, or rename it`,
    'nobody\'s mark is on use case "inbound_voice / Riverside / Reception": if stack trial has it too, deploy with stack trial; ' +
      `else \`npx pulumi-amigo adopt staging --stack desk -C ${place}\` brings what exists under this stack (it writes nothing to the API); or rename or delete it`,
  ];
  try {
    expect((await runOf(stack, "preview", "missing", "done"))[0]).toMatchObject({ state: "done", warnings: found });
    const [holding] = await runOf(stack, "preview", "previews");
    const rename =
      'if that is a new name of the same thing, say `formerName:` in the new entry; "desk 11" says `formerName: lost`, and the stack holds nothing of that name';
    const desks = "desk 11, desk 12, desk 13, desk 14, desk 15 and 5 more";
    const warnings = [...found, `a Service would be deleted (gone\\u001b[2J) and another made (${desks}): ${rename}`];
    expect(holding).toMatchObject({ state: "done", warnings });
    const [{ state, error }] = await runOf(stack, "up", "exists");
    expect([state, error]).toEqual(["failed", ["pulumi up failed:", ...found].join("\n")]);
    expect((await run("preview", "missing", "done"))[0], "a program may adopt").not.toHaveProperty("warnings");
    const theirs = { workspaceId: "6f0c1d52-94a7-4c1e-8f3b-0d2a5b7c9e10", name: "Desk" };
    const type = "pulumi-nodejs:dynamic/amigo:Service";
    const held = (one: object) => {
      const resources = [{ urn: `urn:pulumi:desk::x::${type}::desk`, type, id: service, inputs: {}, ...one }];
      writeFileSync(path.join(folder, "state.json"), JSON.stringify({ deployment: { resources } }));
    };
    held({ inputs: theirs });
    for (const command of ["preview", "up", "check"] as const) {
      const [end, asked] = await runOf(stack, command, "done");
      expect([end.state, asked]).toEqual(["failed", ["stack export"]]);
      expect(end).toMatchObject({ error: expect.stringMatching(/of workspace 6f0c1d52.* deployed to .*another name/) });
    }
    // A workspace that the stack has made, in a fresh checkout.
    const made = type.replace("Service", "Workspace");
    const urn = `urn:pulumi:desk::x::${made}::workspace`;
    held({ urn, type: made, id, inputs: { slug: "demo", name: "Demo", __owner: "pulumi/a/b/c" } });
    expect((await runOf(stack, "up", "done"))[0]).toMatchObject({ state: "done" });
    const settings = JSON.parse(readFileSync(path.join(folder, ".pulumi-amigo/desk/settings.json"), "utf8"));
    expect(settings.newWorkspace).toEqual({ slug: "demo", name: "Demo" });
    writeFileSync(path.join(folder, "state.json"), EMPTY);
    const former = "{ formerName: Front desk, agent: desk, contextGraph: plan }";
    writeFileSync(
      environment,
      `version: 1\nservices: { Day desk: ${former}, Night desk: { agent: desk, contextGraph: plan } }\n`,
    );
    const [twice, begun] = await runOf(stack, "up", "done");
    expect([twice.state, begun]).toEqual(["failed", ["stack export"]]);
    expect(twice).toMatchObject({ error: expect.stringMatching(/"Day desk" exists .* under its formerName/) });
    writeFileSync(environment, "version: 1\nservices: { Front desk: { agent: desk, toolCapacity: 99 } }\n");
    const [invalid, asked] = await runOf(stack, "preview", "previews");
    expect([invalid.state, asked]).toEqual(["failed", [""]]);
    expect(invalid).toMatchObject({ error: expect.stringMatching(/riverside.yaml:2:\d+: .*toolCapacity: found 99/) });
  } finally {
    delete process.env.WORKER_KEY;
    await emulator.close();
  }
});

it("names no folder in that advice where the command is right without one", () => {
  const fleet = mkdtempSync(path.join(tmpdir(), "amigo-fleet-"));
  vi.spyOn(process, "cwd").mockReturnValue(fleet);
  const stack = { name: "desk", labels: {}, environment: "clinic.yaml", workspace: { alias: "staging" } };
  expect(adoptCommand(stack, fleet)).toBe("npx pulumi-amigo adopt staging --stack desk");
  // A user's own program would be run there.
  writeFileSync(path.join(fleet, "Pulumi.yaml"), "name: clinic\nruntime: nodejs\n");
  expect(adoptCommand(stack, fleet)).toMatch(/-C \.pulumi-amigo\/desk$/);
  vi.restoreAllMocks();
  rmSync(fleet, { recursive: true });
});
