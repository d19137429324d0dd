import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { documentOf } from "../../src/environment/environment.js";
import { partOf, problemsOf } from "../../src/environment/export.js";
import { writeDocument, writeReferences } from "../../src/environment/files.js";
import { writeProgram } from "../../src/environment/program-folder.js";
import { References } from "../../src/environment/references.js";
import { ids, makeScene, parse, yamlOf } from "./support.js";

describe("what exists as a document", () => {
  it("shows what was declared, without defaults, ids and what the platform made", async () => {
    const scene = await makeScene();
    const desk = await scene.service("Front desk", {
      persona_id: ids.personas.warm,
      keyterms: ["flu", "asthma"],
      tags: [
        { key: "team", value: "x" },
        { key: "pulumi-owner", value: "pulumi/o/p/s/t/n" },
      ],
      tool_capacity: 3,
      voice_config: { tts_model: "sonic-3", filler_style: "backchannel" },
      version_sets: { release: { agent_version_number: 3, llm_model_preferences: { chat: { llm_name: "m" } } } },
    });
    await scene.service("Quiet");
    const line = await scene.useCase("Reception");
    await scene.useCase("Unbound", { channel: "outbound_voice" });
    await scene.client.bindUseCase(scene.workspace, line.id, desk.id);
    await scene.client.updateTestCallerNumbers(scene.workspace, ["+14155550101", "+14155550100"]);
    const environment = await scene.export();
    expect(yamlOf(environment).split("\n").slice(1).join("\n")).toBe(`version: 1
workspace:
  name: Demo Clinic
  environment: development
services:
  Front desk:
    agent: front-desk
    contextGraph: scheduling
    persona: warm
    keyterms:
      - asthma
      - flu
    tags:
      - key: team
        value: x
    voiceConfig:
      ttsModel: sonic-3
    versionSets:
      release:
        agentVersionNumber: 3
        llmModelPreferences:
          chat:
            llmName: m
  Quiet:
    agent: front-desk
    contextGraph: scheduling
useCases:
  - channel: inbound_voice
    entityName: Riverside
    name: Reception
    setup: setup-1
    service: Front desk
  - channel: outbound_voice
    entityName: Riverside
    name: Unbound
    setup: setup-1
testCallerNumbers:
  - "+14155550100"
  - "+14155550101"
`);
    expect(documentOf(parse(yamlOf(environment)))).toEqual(documentOf(environment));
    expect(environment.items.find(({ kind }) => kind.name === "Service")?.owner).toBe("pulumi/o/p/s/t/n");
    expect(scene.requests.filter(({ method }) => method !== "GET" && method !== "POST" && method !== "PUT")).toEqual(
      [],
    );
  });

  it("reads all pages, with one request for twenty services and one for each use case", async () => {
    const scene = await makeScene();
    for (let index = 0; index < 45; index++) await scene.service(`Service ${index}`);
    for (const name of ["A", "B", "C"]) await scene.useCase(name);
    scene.requests.length = 0;
    const environment = await scene.export();
    expect(environment.items.filter(({ kind }) => kind.name === "Service")).toHaveLength(45);
    // 46 services with the platform's own, use cases, their bindings, numbers, the workspace.
    expect(scene.requests).toHaveLength(3 + 1 + 3 + 1 + 1);
    expect(scene.requests.every(({ method }) => method === "GET")).toBe(true);
  });

  it("keeps the aliases that there are, and makes new ones that no other thing has", async () => {
    const scene = await makeScene();
    await scene.service("A");
    await scene.service("B", { agent_id: ids.agents.nightNurse });
    const known = References.none();
    known.set("agents", "reception", { id: ids.agents.frontDesk, name: "Front Desk" });
    known.set("agents", "night-nurse", { id: ids.agents.frontDesk.replace(/^../, "00") });
    const { items, references } = await scene.export(known);
    expect(items.filter(({ kind }) => kind.name === "Service").map(({ fields }) => fields.agent)).toEqual([
      "reception",
      "night-nurse-2",
    ]);
    expect(references.get("agents", "night-nurse-2")).toEqual({ id: ids.agents.nightNurse, name: "Night Nurse" });
    expect(known.get("agents", "night-nurse-2")).toBeUndefined();
  });

  it("shows the document's version numbers, not the workspace's", async () => {
    const scene = await makeScene();
    await scene.service("A", {
      version_sets: { release: { agent_version_number: 2, context_graph_version_number: 4 } },
    });
    const known = References.none();
    known.set("agents", "front-desk", { id: ids.agents.frontDesk, versions: { 12: 2 } });
    const { items } = await scene.export(known);
    expect(items.find(({ kind }) => kind.name === "VersionSet")?.fields).toEqual({
      agentVersionNumber: 12,
      contextGraphVersionNumber: 4,
    });
  });

  it("never shows a version by a number that stands for another one", async () => {
    const scene = await makeScene();
    await scene.service("A", { version_sets: { release: { agent_version_number: 3 } } });
    await scene.service("B", { version_sets: { release: { agent_version_number: 2 } } });
    const known = References.none();
    known.set("agents", "front-desk", { id: ids.agents.frontDesk, versions: { 3: 2 } });
    const { items, references } = await scene.export(known);
    const sets = items.filter(({ kind }) => kind.name === "VersionSet");
    const [a, b] = sets.map(({ fields }) => Number(fields.agentVersionNumber));
    expect(b).toBe(3);
    expect(a).not.toBe(3);
    expect(references.workspaceNumber("agents", "front-desk", Number(a))).toBe(3);
    const again = await scene.export(references);
    expect(yamlOf(again)).toBe(yamlOf({ ...again, items }));
    expect(known.get("agents", "front-desk")?.versions).toEqual({ 3: 2 });
  });

  it("says what the workspace has and no document may declare", async () => {
    const scene = await makeScene();
    await scene.service("Front desk");
    expect(problemsOf(await scene.export())).toEqual([]);
    await scene.service("Night desk ");
    await scene.service("__proto__");
    expect(problemsOf(await scene.export())).toEqual([
      expect.stringMatching(/^not valid as it is: services\["Night desk "\]: .* white space/),
      expect.stringMatching(/^not valid as it is: services\.__proto__: /),
    ]);
  });

  it("names both of two things that a document could not distinguish", async () => {
    const scene = await makeScene({ dialect: { useCaseUnique: false } });
    const [a, b] = [await scene.useCase("Reception"), await scene.useCase("Reception")];
    await expect(scene.export()).rejects.toThrow(`exists twice, as ${a.id} and ${b.id}`);
  });

  it("exports the rest where one kind may not be read, and does not take it for empty", async () => {
    const refused = { when: "before", action: { kind: "status", status: 403 } } as const;
    const scene = await makeScene({ faults: [{ operation: "list-use-cases", ...refused }] });
    await scene.service("Front desk");
    const environment = await scene.export();
    const document = documentOf(environment);
    expect(Object.keys(document)).toEqual(["version", "workspace", "services", "testCallerNumbers", "incomplete"]);
    expect(document.incomplete).toEqual(["useCases"]);
    expect(parse(yamlOf(environment)).incomplete).toEqual(environment.incomplete);
    scene.emulator.faults.clear();
    scene.emulator.faults.add({ operation: "get-use-case-service-binding", ...refused });
    await scene.useCase("Reception");
    expect(documentOf(await scene.export())).toMatchObject({
      useCases: [{ name: "Reception" }],
      incomplete: ["useCases.service"],
    });
  });

  it("fails where a list is shorter than its own total, or an entry cannot be read", async () => {
    const scene = await makeScene();
    const body = { items: [], has_more: false, continuation_token: null, total: 9 };
    scene.emulator.faults.add({
      operation: "list-services",
      when: "before",
      action: { kind: "status", status: 200, body },
    });
    await expect(scene.export()).rejects.toThrow("the list is not whole: 0 of 9");
    scene.emulator.faults.clear();
    await scene.service("Front desk");
    scene.emulator.faults.add({
      operation: "list-services",
      when: "after",
      action: { kind: "edit", drop: ["agent_id"] },
    });
    await expect(scene.export()).rejects.toThrow("agent_id");
  });

  it("brings what the chosen part needs, and says so", async () => {
    const scene = await makeScene();
    const desk = await scene.service("Front desk");
    await scene.service("Other");
    const line = await scene.useCase("Reception");
    await scene.client.bindUseCase(scene.workspace, line.id, desk.id);
    const whole = await scene.export();
    const { part, added } = partOf(whole, { only: ["useCases"] });
    expect(Object.keys(documentOf(part))).toEqual(["version", "services", "useCases"]);
    expect(Object.keys(documentOf(part).services as object)).toEqual(["Front desk"]);
    expect(added).toEqual(["services: Front desk added, since something chosen names them"]);
    expect(Object.keys(documentOf(partOf(whole, { service: "O*" }).part).services as object)).toEqual(["Other"]);
    expect(Object.keys(documentOf(partOf(whole, { service: "*" }).part))).toEqual(["version", "services"]);
    const narrowed = documentOf(partOf(whole, { only: ["services", "useCases"], service: "Other" }).part);
    expect(Object.keys(narrowed)).not.toContain("useCases");
    expect(() => partOf(whole, { service: "Frontdesk" })).toThrow(
      "--service Frontdesk fits no service of staging; did you mean Front desk?",
    );
    expect(() => partOf(whole, { only: [] })).toThrow("--only names no section of a document: workspace, services");
    expect(() => partOf(whole, { only: ["service"] })).toThrow(
      '"service" is no section of a document: workspace, services, useCases, testCallerNumbers; did you mean services?',
    );
  });
});

describe("an export to a file", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "amigo-export-"));
  const [file, references] = ["staging.yaml", "references.yaml"].map((name) => path.join(folder, name)) as [
    string,
    string,
  ];
  afterAll(() => rmSync(folder, { recursive: true }));

  it("gives the same bytes twice, and touches only what changed in a file that has comments", async () => {
    const scene = await makeScene();
    const { id } = await scene.service("Front desk");
    await scene.service("Night desk");
    expect(writeDocument(file, await scene.export())).toBe(true);
    expect(writeDocument(file, await scene.export())).toBe(false);
    const text = readFileSync(file, "utf8").replace("  Night desk:", "  # Answers after six.\n  Night desk:");
    writeFileSync(file, text);
    await scene.client.updateService(scene.workspace, id, { tool_capacity: 5 } as never);
    expect(writeDocument(file, await scene.export())).toBe(true);
    expect(readFileSync(file, "utf8")).toBe(
      text.replace("    contextGraph: scheduling\n", "    contextGraph: scheduling\n    toolCapacity: 5\n"),
    );
  });

  it("names the schema as an editor finds it from the file, and leaves the first line of a file alone", async () => {
    const environment = await (await makeScene()).export();
    const project = mkdtempSync(path.join(tmpdir(), "amigo-schema-"));
    const schema = "node_modules/pulumi-amigo/schemas/environment.schema.json";
    const firstLine = (name: string) => {
      writeDocument(path.join(project, name), environment);
      return readFileSync(path.join(project, name), "utf8").split("\n")[0];
    };
    const line = (to: string) => `# yaml-language-server: $schema=${to}${schema}`;
    const here = vi.spyOn(process, "cwd").mockReturnValue(project);
    expect(firstLine("a.yaml")).toBe(line("./"));
    expect(firstLine("sub/dir/a.yaml")).toBe(line("../../"));
    here.mockRestore();
    mkdirSync(path.dirname(path.join(project, schema)), { recursive: true });
    writeFileSync(path.join(project, schema), "{}");
    expect(firstLine("b.yaml")).toBe(line("./"));
    expect(firstLine("environments/b.yaml")).toBe(line("../"));
    const known = path.join(project, "known.yaml");
    for (const first of [line("./elsewhere/"), "# Ours."]) {
      writeFileSync(known, `${first}\nversion: 1\n`);
      expect(firstLine("known.yaml")).toBe(first);
    }
    expect(yamlOf(environment).split("\n")[0]).toBe(line("./"));
    rmSync(project, { recursive: true });
  });

  it("keeps what a part does not speak of, and the aliases that there are", async () => {
    const scene = await makeScene();
    await scene.service("Front desk");
    const before = readFileSync(file, "utf8");
    writeDocument(file, partOf(await scene.export(), { service: "Front*" }).part, { isPart: true });
    expect(readFileSync(file, "utf8")).toBe(before.replace("    toolCapacity: 5\n", ""));

    writeReferences(references, (await scene.export()).references);
    const renamed = readFileSync(references, "utf8").replace("  front-desk:", "  # Ours since June.\n  reception:");
    writeFileSync(references, renamed);
    await scene.service("Other", { agent_id: ids.agents.nightNurse });
    const environment = await scene.export(References.read(references));
    writeReferences(references, environment.references);
    const now = readFileSync(references, "utf8");
    expect(now).toContain("  # Ours since June.\n  reception:");
    expect(now).toContain("  night-nurse:");
    expect(References.read(references).aliasOf("agents", ids.agents.frontDesk)).toBe("reception");
  });

  it("is not made in a dry run, which says whether it would be", async () => {
    const scene = await makeScene();
    const environment = await scene.export();
    const other = path.join(folder, "dry");
    const dryRun = true;
    expect(writeDocument(path.join(other, "a.yaml"), environment, { dryRun })).toBe(true);
    expect(writeReferences(path.join(other, "b.yaml"), environment.references, { dryRun })).toBe(true);
    expect(writeProgram(path.join(other, "c"), environment, { dryRun })).toContain(path.join(other, "c", "index.ts"));
    expect(existsSync(other)).toBe(false);
    const before = readFileSync(file, "utf8");
    expect(writeDocument(file, environment, { dryRun })).toBe(true);
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  it("is JSON where its name says so, the references too", async () => {
    const scene = await makeScene();
    await scene.service("Front desk");
    const environment = await scene.export();
    const [a, b] = [path.join(folder, "a.json"), path.join(folder, "b.json")] as const;
    writeDocument(a, environment);
    writeReferences(b, environment.references);
    expect(JSON.parse(readFileSync(a, "utf8"))).toEqual(documentOf(environment));
    expect(JSON.parse(readFileSync(b, "utf8"))).toEqual(environment.references.toValue());
  });

  it("leaves alone a file that is no document", async () => {
    writeFileSync(file, "name: something else\n");
    const scene = await makeScene();
    const environment = await scene.export();
    expect(() => writeDocument(file, environment)).toThrow("`version: 1` is missing");
    expect(readFileSync(file, "utf8")).toBe("name: something else\n");
  });
});
