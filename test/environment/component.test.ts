import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, expect, test } from "vitest";
import * as amigo from "../../src/index.js";
import { ids } from "./support.js";

const made: { type: string; name: string; inputs: Record<string, unknown> }[] = [];
/** The options of each resource within the component. */
const given: { type: string; name: string; opts: pulumi.CustomResourceOptions }[] = [];
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "amigo-environment-"));
  made.length = 0;
  given.length = 0;
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        made.push({ type: type.split(":").at(-1) ?? "", name, inputs });
        return { id: `${name}-id`, state: inputs };
      },
      call: ({ inputs }) => inputs,
    },
    "project",
    "stack",
    false,
    "organization",
  );
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const document = `version: 1
workspace: { name: Riverside Clinic, environment: staging }
services:
  Front desk:
    agent: front-desk
    contextGraph: scheduling
    versionSets:
      release: { agentVersionNumber: 3, contextGraphVersionNumber: 7 }
  A/B:
    agent: front-desk
    contextGraph: scheduling
useCases:
  - { channel: inbound_voice, entityName: Riverside Clinic, name: Reception, setup: voice, service: Front desk }
testCallerNumbers: []
`;

const references = `version: 1
workspace: ${ids.workspace}
agents: { front-desk: { id: ${ids.agents.frontDesk}, versions: { 3: 12 } } }
contextGraphs: { scheduling: { id: ${ids.contextGraphs.scheduling} } }
setups: { voice: { id: ${ids.setups.voiceApproved} } }
`;

function file(name: string, text: string): string {
  writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
}

async function build(text = document, more: Partial<amigo.EnvironmentArgs> = {}, refs = references) {
  given.length = 0;
  const args = { document: file("clinic.yaml", text), references: file("references.yaml", refs), ...more };
  const note: pulumi.ResourceTransformation = ({ type, name, opts }) => {
    given.push({ type: type.split(":").at(-1) ?? "", name, opts });
    return undefined;
  };
  const environment = new amigo.Environment("clinic", args, { transformations: [note] });
  await settled();
  return environment;
}

/** All registrations have been sent. */
async function settled(): Promise<void> {
  const { disconnect } = pulumi.runtime as unknown as { disconnect(): Promise<void> };
  await disconnect();
}

const named = (type: string, name: string) => made.find((one) => one.type === type && one.name === name);
const names = () =>
  made
    .filter(({ type }) => type !== "Stack")
    .map(({ type, name }) => `${type} ${name}`)
    .sort();

test("an environment makes all that its document declares, with the ids of the references", async () => {
  const environment = await build();
  expect(names()).toEqual([
    "Environment clinic",
    "Service clinic/A%2FB",
    "Service clinic/Front desk",
    "ServiceBinding clinic/inbound_voice/Riverside Clinic/Reception",
    "TestCallerNumbers clinic",
    "UseCase clinic/inbound_voice/Riverside Clinic/Reception",
    "VersionSet clinic/Front desk/release",
  ]);
  expect(named("Service", "clinic/Front desk")?.inputs).toMatchObject({
    workspaceId: ids.workspace,
    name: "Front desk",
    agentId: ids.agents.frontDesk,
    contextGraphId: ids.contextGraphs.scheduling,
  });
  expect(named("Service", "clinic/Front desk")?.inputs).not.toHaveProperty("versionSets");
  expect(named("VersionSet", "clinic/Front desk/release")?.inputs).toMatchObject({
    serviceId: "clinic/Front desk-id",
    name: "release",
    agentVersionNumber: 12,
    contextGraphVersionNumber: 7,
  });
  expect(named("ServiceBinding", "clinic/inbound_voice/Riverside Clinic/Reception")?.inputs).toMatchObject({
    useCaseId: "clinic/inbound_voice/Riverside Clinic/Reception-id",
    serviceId: "clinic/Front desk-id",
  });
  expect(named("TestCallerNumbers", "clinic")?.inputs).toMatchObject({ numbers: [] });

  const { children } = environment;
  expect(Object.keys(children.services)).toEqual(["Front desk", "A%2FB"]);
  expect(amigo.Service.isInstance(children.services["Front desk"])).toBe(true);
  expect(amigo.UseCase.isInstance(children.useCases["inbound_voice/Riverside Clinic/Reception"])).toBe(true);
  expect(amigo.VersionSet.isInstance(children.versionSets["Front desk/release"])).toBe(true);
  expect(amigo.TestCallerNumbers.isInstance(children.testCallerNumbers)).toBe(true);
});

test("version sets go with their service; bindings are taken down by themselves", async () => {
  const { children } = await build();
  const going = given.filter(({ opts }) => opts.deletedWith !== undefined);
  expect(going.map(({ type, name }) => `${type} ${name}`)).toEqual(["VersionSet clinic/Front desk/release"]);
  expect(going[0]?.opts.deletedWith).toBe(children.services["Front desk"]);
});

test("adding, removing and reordering entries renames no other", async () => {
  await build();
  const before = names();
  made.length = 0;
  const [head = "", front = "", rest = ""] = document.split(/(?= {2}Front desk:)|(?= {2}A\/B:)/);
  const [ab = "", tail = ""] = rest.split(/(?=useCases:)/);
  await build(`${head}  New:\n    agent: front-desk\n    contextGraph: scheduling\n${ab}${front}${tail}`);
  expect(names()).toEqual([...before, "Service clinic/New"].sort());
});

test("what has a former name is renamed with what stands in it: a stack knows both by the names of before", async () => {
  await build(
    document
      .replace("  Front desk:\n", "  Desk:\n    formerName: Front desk\n")
      .replace(
        "name: Reception, setup: voice, service: Front desk",
        "name: Line, formerName: Reception, setup: voice, service: Desk",
      ),
  );
  const renamed = given.filter(({ opts }) => opts.aliases).map(({ type, name, opts }) => [type, name, opts.aliases]);
  expect(renamed.sort()).toEqual([
    ["Service", "clinic/Desk", [{ name: "clinic/Front desk" }]],
    [
      "ServiceBinding",
      "clinic/inbound_voice/Riverside Clinic/Line",
      [{ name: "clinic/inbound_voice/Riverside Clinic/Reception" }],
    ],
    [
      "UseCase",
      "clinic/inbound_voice/Riverside Clinic/Line",
      [{ name: "clinic/inbound_voice/Riverside Clinic/Reception" }],
    ],
    ["VersionSet", "clinic/Desk/release", [{ name: "clinic/Front desk/release" }]],
  ]);
  expect(named("UseCase", "clinic/inbound_voice/Riverside Clinic/Line")?.inputs).not.toHaveProperty("formerName");
});

test("a section that is absent is left alone, an empty one is declared, and one that is incomplete ends the program", async () => {
  const environment = await build("version: 1\ntestCallerNumbers: []\n");
  expect(names()).toEqual(["Environment clinic", "TestCallerNumbers clinic"]);
  expect(environment.children.services).toEqual({});
  made.length = 0;
  const incomplete = build("version: 1\nincomplete: [useCases]\ntestCallerNumbers: ['+14155550100']\n");
  await expect(incomplete).rejects.toThrow(
    /clinic\.yaml:2:\d+: incomplete: useCases could not be read: a run would delete/,
  );
  expect(names()).toEqual([]);
});

test("in production, use cases, services and bindings are protected, unless the program says otherwise", async () => {
  const guarded = () => [...new Set(given.filter(({ opts }) => opts.protect).map(({ type }) => type))].sort();
  await build();
  expect(guarded()).toEqual([]);
  const production = document.replace("environment: staging", "environment: production");
  await build(production);
  expect(guarded()).toEqual(["Service", "ServiceBinding", "UseCase"]);
  made.length = 0;
  await build(production, { protect: false });
  expect(guarded()).toEqual([]);
  await build(document, { protect: true });
  expect(guarded()).toEqual(["Service", "ServiceBinding", "UseCase"]);
});

test("the workspace is the argument's, then that of the references, then the provider's", async () => {
  const workspaceOf = () => made.find(({ type }) => type === "UseCase")?.inputs.workspaceId;
  await build(document, { workspaceId: ids.workspace.toUpperCase() });
  expect(workspaceOf()).toBe(ids.workspace.toUpperCase());
  made.length = 0;
  await build(document, {}, references.replace(/workspace:.*\n/, ""));
  expect(workspaceOf()).toBeUndefined();
  await expect(build(document, { workspaceId: "6f0c1d52-94a7-4c1e-8f3b-0d2a5b7c9e10" })).rejects.toThrow(
    /holds the references of workspace .*: each workspace needs a file of its own/,
  );
});

test("a workspace that is known later is compared with that of the references once it is", async () => {
  const later = (id: string) => build(document, { workspaceId: pulumi.output(Promise.resolve(id)) });
  await later(ids.workspace.toUpperCase());
  // As the SDK's own process does, which ends with what nobody waited for.
  const ends = process.listeners("unhandledRejection");
  const reported = new Set<string>();
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", ({ message }: Error) => void reported.add(message));
  try {
    await later("6f0c1d52-94a7-4c1e-8f3b-0d2a5b7c9e10").catch(() => undefined);
    while (reported.size === 0) await new Promise(setImmediate);
  } finally {
    process.removeAllListeners("unhandledRejection");
    for (const end of ends) process.on("unhandledRejection", end);
  }
  expect([...reported]).toEqual([
    expect.stringContaining(
      `references.yaml holds the references of workspace ${ids.workspace}, and workspaceId is 6f0c1d52-`,
    ),
  ]);
});

test("protect is true or false: what JavaScript would take for true is refused", async () => {
  for (const protect of ["false", pulumi.output(false)]) {
    await expect(build(document, { protect: protect as unknown as boolean })).rejects.toThrow(
      /^new amigo\.Environment\("clinic"\): protect must be true or false; found /,
    );
  }
  expect(names()).toEqual([]);
});

test("a use case whose service is no part of the document is named with its place", async () => {
  const section = document.slice(document.indexOf("useCases:"));
  const error = await build(`version: 1\n${section}`).catch((thrown: Error) => thrown);
  expect((error as Error).message).toMatch(
    /clinic\.yaml:3:\d+: .*service: this document manages no services, and so none of the name "Front desk": add it to services, or leave `service` out$/,
  );
  expect(pulumi.RunError.isInstance(error)).toBe(true);
  expect(names()).toEqual([]);
});

test("an alias that the references lack is named with its place and the file that needs it", async () => {
  const error = await build(document, {}, references.replace("setups: { voice:", "setups: { vioce:")).catch(
    (thrown: Error) => thrown,
  );
  expect((error as Error).message).toBe(
    `new amigo.Environment("clinic"): ${folder}/clinic.yaml:13:78: use case "inbound_voice / Riverside Clinic / Reception": ` +
      `setup: "voice" has no id: add setups.voice.id to ${folder}/references.yaml; did you mean vioce?`,
  );
  expect(pulumi.RunError.isInstance(error)).toBe(true);
  expect((error as Error).stack).toBe((error as Error).message);
});

test("a document that cannot be read ends the program with its place alone, and declares nothing", async () => {
  for (const [text, wanted] of [
    ["", /clinic\.yaml:1:1: the file is empty/],
    ["version: 2\nservices: {}\n", /clinic\.yaml:1:1: version 2 is newer/],
    ["version: 1\nservices:\n  Desk:\n    agnet: x\n", /agnet: is not known here; did you mean agent\?/],
  ] as const) {
    await expect(build(text)).rejects.toThrow(wanted);
  }
  expect(names()).toEqual([]);
  await expect(build(document, { references: path.join(folder, "none.yaml") })).rejects.toThrow(
    /there is no file .*none/,
  );
  const wrong = { document: "clinic.yaml", refrences: "x" } as unknown as amigo.EnvironmentArgs;
  expect(() => new amigo.Environment("clinic", wrong)).toThrow(/did you mean references\?/);
});

test("a seventh kind needs no change here: its form for documents is enough", async () => {
  const script = path.join(__dirname, "seventh-kind.ts");
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", script, folder]);
  const { made: greeting, children, program } = JSON.parse(stdout);
  expect(greeting[1]).toBe("clinic/Hello");
  const id = "6f0c1d52-94a7-4c1e-8f3b-0d2a5b7c9e10";
  expect(greeting[2]).toMatchObject({
    workspaceId: id,
    name: "Hello",
    serviceId: "clinic/Desk-id",
    voiceId: id,
    words: "Good day",
  });
  expect(children).toEqual(["Hello"]);
  expect(program).toContain(`new amigo.Greeting("Hello", {
  workspaceId,
  name: "Hello",
  serviceId: desk.id,
  voiceId: voices.calm,
  words: "Good day",
});`);
});
