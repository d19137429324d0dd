import { describe, expect, it } from "vitest";
import { compareEnvironments, comparisonValue } from "../../src/environment/compare.js";
import type { Environment } from "../../src/environment/environment.js";
import { environmentOf, readWorkspace } from "../../src/environment/live.js";
import { References } from "../../src/environment/references.js";
import { comparisonMarkdown } from "../../src/environment/show/comparison-markdown.js";
import { comparisonText } from "../../src/environment/show/comparison-text.js";
import { SourceText } from "../../src/environment/source-text.js";
import { ids, makeScene, parse, yamlOf } from "./support.js";

const plain = { width: 80, paint: (_style: string, text: string) => text };

const base = (more = "", service = "") => `version: 1
services:
  Front desk:
    agent: front-desk
    contextGraph: scheduling
${service}${more}`;

function brief(a: Environment, b: Environment) {
  return compareEnvironments(a, b).differences.map(({ kind, name, state, fields }) => [
    `${kind} ${name}`,
    state,
    ...fields.map((field) => [field.path, field.a, field.b]),
  ]);
}

/** A change by hand. */
function change({ emulator }: Awaited<ReturnType<typeof makeScene>>, id: string, changes: object): void {
  const record = emulator.store.services.get(id);
  if (!record) throw new Error(`no service ${id}`);
  emulator.store.services.put({ ...record, ...changes });
}

describe("what differs between two environments", () => {
  it("is one of three: only in A, only in B, and each field that differs by its path", () => {
    const a =
      parse(`${base("", "    toolCapacity: 5\n    voiceConfig: { ttsModel: sonic-3, fillerVocabulary: [a, b] }\n")}  Old:
    agent: x
    contextGraph: y
    isActive: false
useCases:
  - { channel: inbound_voice, entityName: Clinic, name: Line, setup: s, service: Front desk }
  - { channel: outbound_voice, entityName: Clinic, name: Line, setup: s, service: Front desk }
`);
    const b =
      parse(`${base("", "    persona: calm\n    voiceConfig: { ttsModel: sonic-turbo, fillerVocabulary: [b, a] }\n")}  Another:
    agent: x
    contextGraph: z
useCases:
  - { channel: outbound_voice, entityName: Clinic, name: Line, setup: s, service: Front desk }
  - { channel: inbound_voice, entityName: Clinic, name: Line, setup: s }
`);
    expect(brief(a, b)).toEqual([
      ["Service Another", "only in B"],
      [
        "Service Front desk",
        "differs",
        ["persona", undefined, "calm"],
        ["toolCapacity", 5, 3],
        ["voiceConfig.ttsModel", "sonic-3", "sonic-turbo"],
        ["voiceConfig.fillerVocabulary", ["a", "b"], ["b", "a"]],
      ],
      ["Service Old", "only in A"],
      ["UseCase inbound_voice / Clinic / Line", "differs", ["service", "Front desk", undefined]],
    ]);
  });

  it("comes in the order of a document, what stands in an entry too", () => {
    const line = (more: string) =>
      parse(`${base()}useCases:
  - { channel: email, entityName: Clinic, name: Mail, emailType: transactional, ${more} }
`);
    const a = line("description: a, senderEmailAddress: a@clinic.example, setup: a");
    const b = line("description: b, senderEmailAddress: b@clinic.example, setup: b, service: Front desk");
    const [one] = compareEnvironments(a, b).differences;
    expect(one?.fields.map(({ path }) => path)).toEqual(["setup", "service", "description", "senderEmailAddress"]);
  });

  it("is nothing for defaults, the order of entries and sets, and a release set that pins nothing", () => {
    const a = parse(`${base("", "    keyterms: [flu, cold]\n    tags: [{ key: a }, { key: b, value: c }]\n")}  B:
    agent: x
    contextGraph: y
    description: "text "
    versionSets: { release: {} }
    voiceConfig: { ttsModel: sonic-3, forwardCallEnabled: false }
`);
    const b = parse(`version: 1
services:
  B: { agent: x, contextGraph: y, channelType: voice, keyterms: [], tags: [], isActive: true, description: text,
       voiceConfig: { ttsModel: sonic-3, backchannelDelayMs: 400 } }
  Front desk: { agent: front-desk, contextGraph: scheduling, toolCapacity: 3, tags: [{ key: b, value: c }, { key: a }],
                keyterms: [cold, flu], environment: production, safetyFiltersEnabled: true }
`);
    expect(brief(a, b)).toEqual([]);
    const { equal } = compareEnvironments(a, b);
    expect(equal.map(({ name }) => name)).toEqual(["B", "Front desk"]);
  });

  it("names items of sets that were added and removed, and sets of versions by their names", () => {
    const sets = (text: string) =>
      parse(
        base("", `    keyterms: [${text.includes("3") ? "flu, cold" : "cold, asthma"}]\n    versionSets:\n${text}`),
      );
    const a = sets(
      "      release: { agentVersionNumber: 3, llmModelPreferences: { chat: { llmName: m, params: { t: 1 } } } }\n      canary: { agentVersionNumber: 9 }\n",
    );
    const b = sets(
      "      release: { agentVersionNumber: 4, llmModelPreferences: { chat: { llmName: m, params: { t: 2 } } } }\n",
    );
    const [one] = compareEnvironments(a, b).differences;
    expect(one?.fields).toEqual([
      { path: "keyterms", a: ["cold", "flu"], b: ["asthma", "cold"], added: ["asthma"], removed: ["flu"] },
      { path: "versionSets.canary", a: { agentVersionNumber: 9 }, b: undefined },
      { path: "versionSets.release.agentVersionNumber", a: 3, b: 4 },
      { path: "versionSets.release.llmModelPreferences.chat.params.t", a: 1, b: 2 },
    ]);
  });

  it("never takes what could not be read, or is not managed, for deleted", () => {
    const a = parse(
      `${base()}useCases: []\ntestCallerNumbers: ["+14155550100"]\nworkspace: { name: A, environment: staging }\n`,
    );
    const b = parse(`${base()}incomplete: [useCases]\n`);
    const { differences, notCompared } = compareEnvironments(a, b);
    expect(differences).toEqual([]);
    expect(notCompared.map(({ section, reason }) => `${section}: ${reason}`)).toEqual([
      "workspace: clinic.yaml does not manage it",
      "useCases: clinic.yaml could not be read completely",
      "testCallerNumbers: clinic.yaml does not manage it",
    ]);
    expect(brief(a, parse(`${base()}testCallerNumbers: []\n`))).toEqual([
      ["TestCallerNumbers testCallerNumbers", "differs", ["numbers", ["+14155550100"], []]],
    ]);
  });

  it("shows a rename as one, where exactly one entry fits and all else is equal", () => {
    const one = (name: string, more = "") => `  ${name}: { agent: x, contextGraph: y, toolCapacity: 7${more} }\n`;
    const perhaps = (a: string, b: string) =>
      compareEnvironments(parse(base(a)), parse(base(b))).differences.map(({ name, perhaps: other }) => [name, other]);
    expect(perhaps(one("Old"), one("New"))).toEqual([
      ["New", "Old"],
      ["Old", "New"],
    ]);
    expect(perhaps(one("Old"), one("New", ", isActive: false"))).toEqual([
      ["New", undefined],
      ["Old", undefined],
    ]);
    expect(perhaps(one("Old"), one("New") + one("Newer")).map(([, other]) => other)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("masks credentials by the names of their fields, the former values too, and never by their text", () => {
    const params = (key: string) =>
      `    tags: [{ key: api-key, value: ${key} }]\n    versionSets: { release: { llmModelPreferences: { chat: { llmName: x, params: { apiKey: ${key}, max_tokens: 1${key.length}, nested: { password: ${key} } } } } } }\n`;
    const comparison = compareEnvironments(parse(base("", params("x"))), parse(base("", params("hunter22"))));
    const text = JSON.stringify(comparisonValue(comparison, true));
    expect(JSON.parse(text).differences[0].fields.map(({ path }: { path: string }) => path)).toEqual([
      "tags",
      "versionSets.release.llmModelPreferences.chat.params.apiKey",
      "versionSets.release.llmModelPreferences.chat.params.max_tokens",
      "versionSets.release.llmModelPreferences.chat.params.nested.password",
    ]);
    expect(text).not.toContain("hunter22");
    expect(text).not.toContain('"x"');
    expect(comparison.differences[0]?.fields[2]).toEqual({ path: expect.stringMatching(/max_tokens$/), a: 11, b: 18 });
  });

  it("finds one difference among 400 services on each side", () => {
    const services = (odd: number) =>
      Array.from(
        { length: 400 },
        (_one, index) =>
          `  Service ${index}: { agent: a, contextGraph: g, keyterms: [flu, cold], description: Text ${index}, toolCapacity: ${index === odd ? 9 : 4}, versionSets: { release: { agentVersionNumber: 3 } } }\n`,
      ).join("");
    const [a, b, apart] = [
      base(services(-1)),
      base(services(7)),
      base(services(-1).replaceAll("Service ", "Other ")),
    ].map(parse) as [Environment, Environment, Environment];
    expect(brief(a, b)).toEqual([["Service Service 7", "differs", ["toolCapacity", 4, 9]]]);
    expect(compareEnvironments(a, apart).differences).toHaveLength(800);
  });
});

describe("references", () => {
  it("are the same by id, by alias or by the name that the API shows, and not by chance", async () => {
    const scene = await makeScene();
    await scene.service("Front desk");
    await scene.useCase("Reception");
    const live = await scene.export();
    const exported = parse(yamlOf(live));
    expect(brief(exported, live)).toEqual([]);
    const mine = References.none(scene.workspace);
    mine.set("agents", "desk-agent", { id: ids.agents.frontDesk });
    expect(brief(await scene.export(mine), live)).toEqual([]);
    const service = live.items.find(({ kind }) => kind.name === "Service");
    change(scene, String(service?.id), { agent_id: ids.agents.nightNurse });
    const moved = await scene.export();
    expect(brief(live, moved)).toEqual([["Service Front desk", "differs", ["agent", "front-desk", "night-nurse"]]]);
    expect(brief(exported, moved)).toEqual([["Service Front desk", "differs", ["agent", "front-desk", "night-nurse"]]]);
  });

  it("of two organisations are the same where the API shows the same name", async () => {
    const [here, there] = [await makeScene(), await makeScene()];
    await here.service("Front desk");
    const { id } = await there.service("Front desk");
    const { organisation, second } = ids;
    there.emulator.store.agents.put({
      id: second.agents.frontDesk,
      organisation_id: organisation,
      name: "Front Desk",
      versions: [1],
    });
    change(there, id, { agent_id: second.agents.frontDesk });
    expect(brief(await here.export(), await there.export())).toEqual([]);
  });

  it("without a name or an alias on a side are said to be not compared", () => {
    const known = References.none("6f0c1d52-94a7-4c1e-8f3b-0d2a5b7c9e10");
    const other = References.none("7f0c1d52-94a7-4c1e-8f3b-0d2a5b7c9e10");
    const found = (workspaceId: string, id: string, references: References) =>
      environmentOf(
        "one",
        {
          workspaceId,
          incomplete: new Set(),
          found: parse(
            "version: 1\nuseCases: [{ channel: email, entityName: A, name: B, setup: s, senderEmailAddress: a@b.co, emailType: marketing }]",
          ).items.map(({ kind, fields }) => ({ kind, id, live: { ...fields, setupId: id } })),
        },
        references,
      );
    other.propose("setups", "00000000-0000-4000-8000-000000000009");
    const comparison = compareEnvironments(
      found("6f0c1d52-94a7-4c1e-8f3b-0d2a5b7c9e10", "00000000-0000-4000-8000-000000000001", known),
      found("7f0c1d52-94a7-4c1e-8f3b-0d2a5b7c9e10", "00000000-0000-4000-8000-000000000002", other),
    );
    expect(comparison.differences).toEqual([]);
    expect(comparison.notCompared.map(({ section }) => section)).toEqual(["useCases.setup"]);
  });
});

describe("how a comparison is shown", () => {
  const nasty = SourceText.parse(
    "nasty.yaml",
    `version: 1
services:
  "Desk | <b> \`x\` @team #12 [l](http://e.co)": { agent: x, contextGraph: y, description: "\\e[31m red | pipe \`\`tick\`\` ${"long ".repeat(40)}" }
  "Quote \\" ] ; --> x": { agent: x, contextGraph: y, toolCapacity: 4 }
useCases:
  - { channel: inbound_voice, entityName: A, name: B, setup: s, service: "Quote \\" ] ; --> x" }
`,
  );
  const a = parse(nasty.text);
  const b = parse(nasty.text.replace("red", "blue").replace('setup: s, service: "Quote \\" ] ; --> x"', "setup: s"));

  it("fits 80 columns, and obeys nothing that a value holds", () => {
    const text = comparisonText(compareEnvironments(a, b), plain, true);
    expect(Math.max(...text.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(text).not.toContain("\u001b");
    expect(text).toContain("\\u001b[31m red");
    expect(text).toMatch(/^= Service "Quote/m);
    expect(text).toMatch(/1 entry differs|2 entries differ/);
  });

  it("is Markdown in which names and values are text, with a picture of the bindings", () => {
    const markdown = comparisonMarkdown(compareEnvironments(a, b));
    const rows = markdown.split("\n").filter((line) => line.startsWith("|"));
    for (const row of rows) expect(row.replace(/\\\|/g, "").split("|")).toHaveLength(7);
    expect(markdown).not.toMatch(/<b>|@team|[^&]#12/);
    expect(markdown).toContain("```mermaid");
    const picture = markdown.split("```mermaid")[1]?.split("```")[0] ?? "";
    expect(picture).toContain('-. "only in A" .->');
    expect(picture).toContain('["Quote #34; #93; #59; --#62; x"]');
    expect(picture).toContain("linkStyle 0");
  });

  it("is Markdown that cuts no character in two", () => {
    const long = (length: number) =>
      parse(`version: 1\nservices: { A: { agent: x, contextGraph: y, description: ${"x".repeat(length)}👩 } }`);
    for (const length of [297, 298, 299]) {
      const pad = (side: number) => compareEnvironments(long(side), long(side + 100));
      expect(comparisonMarkdown(pad(length))).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/);
    }
  });
});

it("of a live workspace costs its reads alone, and writes nothing", async () => {
  const scene = await makeScene();
  await scene.service("Front desk", { version_sets: { release: { agent_version_number: 2 } } });
  const before = parse(yamlOf(await scene.export()));
  scene.requests.length = 0;
  const inventory = await readWorkspace(scene.context, scene.workspace);
  const live = environmentOf("live", inventory, References.none(scene.workspace));
  expect(compareEnvironments(before, live).differences).toEqual([]);
  expect(scene.requests.every(({ method }) => method === "GET")).toBe(true);
});
