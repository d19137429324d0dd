import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse as parseYaml } from "yaml";
import { AmigoConfig } from "../../src/environment/config.js";
import { documentOf } from "../../src/environment/environment.js";
import { yamlText } from "../../src/environment/print.js";
import { SourceText } from "../../src/environment/source-text.js";
import fc from "../support/random.js";
import { parse, yamlOf } from "./support.js";

/** The document of the contract. */
const example = `version: 1
workspace:                       # optional
  name: Riverside Clinic
  environment: staging
  region: us-east-1
  connectorType: epic
services:
  Front desk:
    agent: front-desk
    contextGraph: scheduling
    persona: calm
    description: Books appointments by phone.
    channelType: voice
    environment: production
    isActive: true
    toolCapacity: 3
    safetyFiltersEnabled: true
    keyterms: [flu, physiotherapy]
    tags: [{ key: team, value: front-desk }, { key: tier }]
    voiceConfig: { ttsModel: sonic-3, fillerStyle: silent }
    versionSets:
      release:
        agentVersionNumber: 3
        contextGraphVersionNumber: 7
        llmModelPreferences: { chat: { llmName: m, params: { temperature: 0.2 } } }
useCases:
  - channel: inbound_voice
    entityName: Riverside Clinic
    name: Reception
    setup: voice-approved
    service: Front desk
    description: Calls to the desk.
  - channel: email
    entityName: Riverside Clinic
    name: Reminders
    setup: mail
    senderEmailAddress: reminders@riverside.example
    emailType: transactional
testCallerNumbers: ["+14155550100"]
`;

describe("a document", () => {
  it("is read into entries by their keys", () => {
    const { items } = parse(example);
    expect(items.map(({ kind, path }) => `${kind.name}: ${path.join(" / ")}`)).toEqual([
      "Workspace: ",
      "Service: Front desk",
      "VersionSet: Front desk / release",
      "UseCase: inbound_voice / Riverside Clinic / Reception",
      "ServiceBinding: inbound_voice / Riverside Clinic / Reception",
      "UseCase: email / Riverside Clinic / Reminders",
      "TestCallerNumbers: ",
    ]);
    expect(items[4]?.fields).toEqual({ service: "Front desk" });
  });

  it("keeps absent, empty and unknown apart", () => {
    const absent = parse("version: 1\nservices: {}\n");
    expect([...absent.managed]).toEqual(["Service", "VersionSet"]);
    const empty = parse("version: 1\nuseCases: []\ntestCallerNumbers: []\n");
    expect([...empty.managed]).toEqual(["UseCase", "ServiceBinding", "TestCallerNumbers"]);
    expect(documentOf(empty)).toEqual({ version: 1, useCases: [], testCallerNumbers: [] });
    const unknown = parse("version: 1\nservices: {}\nincomplete: [useCases]\n");
    expect([...unknown.incomplete]).toEqual(["UseCase", "ServiceBinding"]);
    expect(unknown.managed.has("UseCase")).toBe(false);
    expect(documentOf(unknown)).toEqual({ version: 1, services: {}, incomplete: ["useCases"] });
  });

  it("says where it is wrong, and what was meant", () => {
    const wrong: [edit: (text: string) => string, sentence: string][] = [
      [() => "", "clinic.yaml:1:1: the file is empty: nothing is read from it, and nothing is planned"],
      [() => "# only a comment\n", "clinic.yaml:1:1: the file is empty"],
      [(text) => text.replace("version: 1", "version: 2"), "clinic.yaml:1:1: version 2 is newer"],
      [(text) => text.replace("version: 1\n", ""), "clinic.yaml:1:1: `version: 1` is missing"],
      [(text) => text.replace("version: 1", "version: one"), 'clinic.yaml:1:1: version: found "one"; must be 1'],
      [
        (text) => text.replace("services:", "service:"),
        "clinic.yaml:7:1: service: is not known here; did you mean services?",
      ],
      [
        (text) => text.replace("    agent:", "    agnet:"),
        'services["Front desk"].agnet: is not known here; did you mean agent?',
      ],
      [
        (text) => text.replace("toolCapacity: 3", "toolCapacity: 30"),
        'clinic.yaml:16:5: services["Front desk"].toolCapacity: found 30; 10 at most',
      ],
      [(text) => text.replace("release:", "edge:"), "must not be edge"],
      [
        (text) => text.replace("    service: Front desk", "    service: Frnt desk"),
        'there is no service "Frnt desk" in this document; did you mean Front desk?',
      ],
      [
        (text) => text.replace("emailType: transactional", "description: x"),
        "emailType: is required for an email use case",
      ],
      [(text) => text.replace("version: 1", " version: 1"), "clinic.yaml:2:1:"],
      [(text) => `${text}services: {}\n`, "this key stands here a second time"],
      [(text) => text.replace("[flu, physiotherapy]", "[flu, flu]"), 'found "flu" a second time'],
      [() => "- 1\n", "clinic.yaml:1:1: expected a mapping that starts with `version: 1`; found a list"],
      [() => "version: 1\nservices: 3\n", "clinic.yaml:2:1: services: found 3; must be an object with named values"],
    ];
    for (const [edit, sentence] of wrong) {
      const text = edit(example);
      expect(text).not.toBe(example);
      expect(() => parse(text), sentence).toThrow(sentence);
    }
  });

  it("and amigo.yaml say where they are wrong, whatever the names in them are", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "config-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = path.join(folder, "amigo.yaml");
    const read = (text: string) => {
      writeFileSync(file, text);
      return () => AmigoConfig.read(file, folder);
    };
    expect(read('workspaces:\n  "a b": { slug: x }\n  "c.d": { id: x, apiKey: y }\n')).toThrow(
      /amigo.yaml:3:12: workspaces\["c.d"\].id: .*UUID[\s\S]*amigo.yaml:3:19: .*apiKey: is not known here; known are id, slug, apiKeyEnv/,
    );
    expect(read("[]")).toThrow("amigo.yaml:1:1: expected a mapping that starts with `workspaces:`; found a list");
  });

  it("refuses two entries with one key, also in another Unicode form", () => {
    const entry = example.slice(example.indexOf("  - channel: email"), example.indexOf("testCaller"));
    expect(() => parse(example.replace("testCaller", `${entry}testCaller`))).toThrow("stands here a second time");
    const cafe = (name: string) => `  ${name}: { agent: a, contextGraph: b }\n`;
    expect(() => parse(`version: 1\nservices:\n${cafe("Caf\u00e9")}${cafe("Cafe\u0301")}`)).toThrow(
      "in another Unicode form",
    );
  });

  it("refuses a former name that another entry has, or had", () => {
    const services = (first: string, second: string) =>
      parse(
        `version: 1\nservices:\n  A: { agent: a, contextGraph: b, formerName: ${first} }\n  B: { agent: a, contextGraph: b, formerName: ${second} }\n`,
      );
    expect(services("C", "D").items.map(({ former }) => former)).toEqual([["C"], ["D"]]);
    expect(() => services("C", "A")).toThrow(
      'clinic.yaml:4:35: service "B": formerName: service "A" stands in this document, so it is not renamed',
    );
    expect(() => services("A", "D")).toThrow('service "A" stands in this document');
    expect(() => services("C", "C")).toThrow('formerName: service "A" had this name, too');
    expect(() => services("''", "D")).toThrow("services.A.formerName");
  });

  it("lets a service answer for one use case of each channel", () => {
    const second = example.replace(
      "  - channel: email",
      "  - { channel: inbound_voice, entityName: R, name: Other, setup: s, service: Front desk }\n  - channel: email",
    );
    expect(() => parse(second)).toThrow("a service has one use case of each channel");
  });

  it("keeps two use cases that differ in their channel alone", () => {
    const both = parse(
      example.replace(
        "  - channel: email",
        "  - { channel: outbound_voice, entityName: Riverside Clinic, name: Reception, setup: s }\n  - channel: email",
      ),
    );
    expect(both.items.filter(({ kind }) => kind.name === "UseCase")).toHaveLength(3);
    expect(documentOf(parse(yamlOf(both)))).toEqual(documentOf(both));
  });

  it("is read from JSON, too", () => {
    const value = documentOf(parse(example));
    expect(documentOf(parse(JSON.stringify(value)))).toEqual(value);
  });

  it("quotes what other readers of YAML would take for something else, or refuse", () => {
    const texts = ["123", "=", "a\tb", "\u0085", "a\u2028b", "\u007f", "\ufeff", "2026-11-29", "on"];
    const lines = yamlText(Object.fromEntries(texts.map((text) => [text, text])))
      .trimEnd()
      .split("\n");
    for (const line of lines) expect(line).toMatch(/^"[\x20-\x7e]+": "[\x20-\x7e]+"$/);
    expect(Object.keys(parseYaml(lines.join("\n")))).toEqual(texts);
    expect(yamlText({ versions: { 3: 12 } })).toBe("versions:\n  3: 12\n");
  });

  it("says where it is no text that could be read", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "document-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = path.join(folder, "clinic.yaml");
    writeFileSync(file, Buffer.from("version: 1\nservices:\n  Caf\xe9: { agent: a, contextGraph: b }\n", "latin1"));
    expect(() => SourceText.read(file)).toThrow(`${file}:3:6: is not written in UTF-8`);
    expect(() => parse("version: 1\nservices:\n  A: *desk\n")).toThrow(
      "clinic.yaml:3:6: *desk names no anchor above it: text that starts with * needs quotes",
    );
    expect(() => parse("version: 1\n? [a]\n: 1\n")).toThrow("clinic.yaml:2:3: a list or a mapping cannot be a key");
    expect(() => parse("version: 1\n---\nversion: 1\n")).toThrow("clinic.yaml:2:1: a second document starts here");
  });

  it("says in plain words what the parser refuses, with the line, once for each line", () => {
    const wrong: [text: string, problem: string][] = [
      ["a: [1\nb: 3\n", '2:1: a list that was opened with [ needs its ] before this place; found "b: 3"'],
      ["a: {x: 1\nb: 3\n", '2:1: what was opened with { needs its } before this place; found "b: 3"'],
      ['a: "x\nb: 3\n', "3:1: a text that was opened with a quote needs its closing quote before this place"],
      ["a:\n\tb: 1\n", '2:1: lines must be indented with spaces, and this one has a tab; found "b: 1"'],
      [
        "a: b: c\n",
        '1:4: one line takes one key: put the value in quotes if its colon is meant so, else let each key start in the same column; found "a: b: c"',
      ],
      [
        "a:\n   b: 1\n  c: 2\n",
        '3:1: this line must start in the same column as the entries that it stands beside; found "c: 2"',
      ],
      [
        "- a\nb: c\n",
        '2:1: the value has ended before this place: a quote or a bracket is missing, or one too many; found "b: c"',
      ],
      ["a: @x\n", '1:4: a text that starts with one of @ ` % , needs quotes; found "a: @x"'],
      ["a: !x y\n", '1:4: text that starts with ! needs quotes; found "a: !x y"'],
      ["a: - x\n", '1:4: a list with - starts in a line of its own, below its key; found "a: - x"'],
      ["a: [1,,2]\n", '1:7: a value is missing before this comma; found "a: [1,,2]"'],
    ];
    for (const [text, problem] of wrong) {
      let said = "";
      try {
        parse(text);
      } catch (error) {
        said = String((error as Error).message);
      }
      expect(said).toBe(`clinic.yaml:${problem}`);
    }
  });

  it("has one text, which reads back as the same, whatever the texts in it are", () => {
    const word = fc.oneof(
      fc.constantFrom(
        "yes",
        "no",
        "on",
        "null",
        "~",
        "##X##",
        "1.10",
        "1e3",
        "0x10",
        "010",
        "12:30:45",
        "- a",
        "a: b",
        "a #b",
        "'",
        '"',
        "<<",
        "=",
        "2026-11-29",
        "&a",
        "*a",
        "!t",
        "%d",
        "@x",
        "`",
        "x\ny\n",
        " x",
        "x ",
        "\t",
        "é",
        "👩‍⚕️",
      ),
      fc.string({ minLength: 1, maxLength: 30 }),
    );
    const service = fc.record({
      agent: fc.constant("a"),
      contextGraph: fc.constant("b"),
      description: word,
      keyterms: fc.uniqueArray(word),
    });
    fc.assert(
      fc.property(
        fc.dictionary(
          word.filter((name) => name !== "__proto__"),
          service,
          { maxKeys: 3 },
        ),
        (services) => {
          const value = { version: 1, services };
          const text = yamlText(value);
          expect(parseYaml(text)).toEqual(value);
          expect(parseYaml(text, { version: "1.1" })).toEqual(value);
          expect(yamlText(parseYaml(text))).toBe(text);
        },
      ),
      { numRuns: 300 },
    );
  });
});
