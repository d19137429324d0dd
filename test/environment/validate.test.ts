import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { demoKey } from "../../src/emulator/index.js";
import { validate } from "../../src/environment/validate.js";
import { ids, makeScene } from "./support.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "validate-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const document = `version: 1
services:
  Front desk:
    agent: desk
    contextGraph: scheduling
  Other:
    agent: desk
    contextGraph: scheduling
useCases:
  - { channel: inbound_voice, entityName: Clinic, name: Line, setup: approved, service: Front desk }
`;

function check(text: string, files: Record<string, string> = {}, more: object = {}) {
  for (const [name, content] of Object.entries({ "clinic.yaml": text, ...files })) {
    writeFileSync(path.join(folder, name), content);
  }
  return validate({ document: "clinic.yaml", cwd: folder, warn: () => {}, ...more });
}

it("says where a document is wrong, all of it at once", async () => {
  const problems = async (text: string) =>
    (await check(text)).problems.map((problem) => problem.replace(/^.*clinic\.yaml/, ""));
  expect(await problems(document)).toEqual([]);
  const digit = `${document}  - { channel: outbound_voice, entityName: Clinic, name: L1ne, setup: s }\n`;
  expect(await problems(digit)).toEqual([expect.stringMatching(/^:11:52: useCases\[1\]\.name: found "L1ne"/)]);
  expect(await problems(document.replace("agent: desk", "agnet: desk"))).toEqual([
    expect.stringMatching(/^:4:5: services\["Front desk"\]\.agnet: .*did you mean agent\?/),
  ]);
  const many = document
    .replace("desk\n", "desk\n    toolCapacity: 30\n    isActive: 1\n")
    .replace("channel: inbound", "channel: in")
    .replace("service: Front desk", "service: Nobody, nmae: x")
    .replace("  Other:\n    agent: desk", "  Other:\n    persona: x");
  expect(await problems(many)).toEqual([
    ':5:5: services["Front desk"].toolCapacity: found 30; 10 at most',
    ':6:5: services["Front desk"].isActive: found 1; must be true or false',
    ":8:3: services.Other.agent: is required; it must be a string",
    expect.stringMatching(/^:12:7: useCases\[0\].channel: found "in_voice"; must be "outbound_voice", /),
    expect.stringMatching(/^:12:\d+: service binding "in_voice \/ Clinic \/ Line": there is no service "Nobody"/),
    expect.stringMatching(/^:12:\d+: useCases\[0\].nmae: is not known here; did you mean name\?$/),
  ]);
  const unreadable = document.replace("services:\n", "services: 3\nx:\n");
  expect(await problems(unreadable)).toEqual([
    ":2:1: services: found 3; must be an object with named values",
    expect.stringMatching(/^:3:1: x: is not known here/),
  ]);
  expect((await check("")).problems[0]).toMatch(/clinic\.yaml:1:1: the file is empty/);
  const text = document.replace("Front desk:\n", "Front desk:\n    channelType: text\n");
  expect((await check(text)).problems).toEqual([
    expect.stringMatching(/clinic\.yaml:11:\d+: .*text service, which takes no calls/),
  ]);
  const nameless = document.replace("channel: inbound_voice, ", "").replace("service: Front", "service: Frnt");
  expect((await check(nameless)).problems.join("\n")).toMatch(
    /service binding "useCases\[0\] \/ Clinic \/ Line": there is no/,
  );
  const twice = `${document}  - { channel: inbound_voice, entityName: Clinic, name: Second, setup: approved, service: Front desk }\n`;
  expect((await check(twice)).problems).toEqual([expect.stringMatching(/clinic\.yaml:11:\d+: .*answers for/)]);
});

it("lists aliases without an id as open ends, each at its first place", async () => {
  const references = `version: 1\nagents: { desk: { id: ${ids.agents.frontDesk} } }\n`;
  const { valid, openEnds } = await check(
    document,
    { "references.yaml": references },
    { references: "references.yaml" },
  );
  expect(valid).toBe(true);
  expect(openEnds.map((end) => end.replace(/^.*clinic\.yaml/, "").replace(/to \/.*/, ""))).toEqual([
    ':5:5: service "Front desk": the contextGraph "scheduling" (also in 1 other entry) has no id: add contextGraphs.scheduling.id ',
    expect.stringMatching(
      /^:10:\d+: use case "inbound_voice .*: the setup "approved" has no id: add setups.approved.id $/,
    ),
  ]);
  const misspelt = document.replaceAll("agent: desk", "agent: dsek");
  const near = await check(misspelt, { "references.yaml": references }, { references: "references.yaml" });
  expect(near.openEnds[0]).toMatch(/the agent "dsek" \(also in 1 other entry\) has no id: .*; did you mean desk\?$/);
  // What is wrong with the schema hides no alias.
  const both = await check(
    `${misspelt}robots: []\n`,
    { "references.yaml": references },
    { references: "references.yaml" },
  );
  expect([both.valid, both.problems, both.openEnds[0]]).toEqual([
    false,
    [expect.stringMatching(/robots: is not known here/)],
    expect.stringMatching(/the agent "dsek" .* did you mean desk\?$/),
  ]);
  await expect(check(document, {}, { references: "nowhere.yaml" })).rejects.toThrow(/there is no file .*nowhere\.yaml/);
  const wrong = await check(
    document,
    { "references.yaml": "version: 1\nagents: { desk: { id: nonsense } }\n" },
    { references: "references.yaml" },
  );
  expect(wrong.problems).toEqual([expect.stringMatching(/references\.yaml:2:\d+: agents\.desk\.id: .*UUID/)]);
});

it("lists as open ends what a run would delete or could not name", async () => {
  const ends = async (text: string) =>
    (await check(text)).openEnds.map((end) => end.replace(/^.*clinic\.yaml/, "").replace(/: a run .*|: add .*/, ""));
  expect(await ends(document)).toEqual([]);
  expect(await ends("version: 1\nservices: {}\nincomplete: [useCases]\n")).toEqual([
    ":3:1: incomplete: useCases could not be read",
  ]);
  expect(await ends(document.replace(/services:[\s\S]*(?=useCases:)/, ""))).toEqual([
    expect.stringMatching(/^:3:\d+: service binding .*: the service Front desk stands in no section of this document$/),
  ]);
});

it("asks a workspace what it shows of ids and names, and says what nobody can check", async () => {
  const scene = await makeScene();
  await scene.service("Front desk");
  vi.stubEnv("AMIGO_API_KEY", demoKey);
  vi.stubEnv("AMIGO_BASE_URL", scene.emulator.url);
  const references = `version: 1
agents: { desk: { id: ${ids.agents.frontDesk}, name: Night Nurse } }
contextGraphs: { scheduling: { id: ${ids.contextGraphs.scheduling}, name: Scheduling } }
setups: { approved: { id: ${ids.setups.voiceApproved} } }
`;
  scene.requests.length = 0;
  const files = {
    "amigo.yaml": `workspaces: { staging: { id: ${scene.workspace}, references: references.yaml } }\n`,
    "references.yaml": references,
  };
  const { openEnds, notes } = await check(document, files, { online: "staging" });
  expect(openEnds).toEqual([
    expect.stringMatching(/clinic\.yaml:4:5: .*"Front Desk", and the references call it "Night Nurse"/),
  ]);
  expect(notes).toEqual([
    expect.stringMatching(/nothing in staging shows the ids of setup approved/),
    '2 of 3 names are free in staging; there already: service "Front desk"',
    expect.stringMatching(/whether a setup is approved/),
  ]);
  expect(scene.requests.every(({ method }) => method === "GET")).toBe(true);
  await expect(check(document, files, { online: "clinic.yaml" })).rejects.toThrow(/name a workspace/);
});
