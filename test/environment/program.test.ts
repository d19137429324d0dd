import * as prettier from "prettier";
import * as ts from "typescript";
import { expect, test } from "vitest";
import { parseDocument } from "../../src/environment/document.js";
import type { Environment } from "../../src/environment/environment.js";
import { jsonText } from "../../src/environment/print.js";
import { programFiles } from "../../src/environment/program.js";
import { References } from "../../src/environment/references.js";
import { SourceText } from "../../src/environment/source-text.js";
import fc from "../support/random.js";
import { ids, makeScene } from "./support.js";

const project = { name: "Riverside Clinic", dependency: "^0.1.0" };

interface Entry {
  services?: Record<string, object>;
  useCases?: object[];
  [section: string]: unknown;
}

/** A document as an environment, with an id for each alias that it uses. */
function environmentOf(document: Entry): Environment {
  const references = References.none(ids.workspace);
  const set = (table: string, alias: unknown, id: string) => {
    if (typeof alias === "string") references.set(table, alias, { id, name: `${alias} */ of\nus` });
  };
  for (const service of Object.values(document.services ?? {}) as Record<string, unknown>[]) {
    set("agents", service.agent, ids.agents.frontDesk);
    set("contextGraphs", service.contextGraph, ids.contextGraphs.scheduling);
    set("personas", service.persona, ids.personas.warm);
  }
  for (const useCase of (document.useCases ?? []) as Record<string, unknown>[]) {
    set("setups", useCase.setup, ids.setups.voiceApproved);
  }
  const source = SourceText.parse("clinic.json", jsonText({ version: 1, ...document }));
  return parseDocument(source, references);
}

const desk = { agent: "front-desk", contextGraph: "scheduling" };

async function expectFormatted(files: ReadonlyMap<string, string>): Promise<void> {
  for (const [file, text] of files) {
    if (file === ".gitignore") continue;
    const { inferredParser } = await prettier.getFileInfo(file);
    expect(await prettier.format(text, { parser: inferredParser ?? "typescript", filepath: file }), file).toBe(text);
    if (file.endsWith(".ts")) expect(mistakesIn(text), text).toEqual([]);
  }
}

function mistakesIn(text: string): string[] {
  const { diagnostics = [] } = ts.transpileModule(text, { reportDiagnostics: true });
  return diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

/** The names of the variables, each of which may be declared once only. */
function variablesIn(text: string): string[] {
  return [...text.matchAll(/^const (\S+) =/gmu)].map(([, name = ""]) => name);
}

test("a workspace becomes a program that a person would have written", async () => {
  const { context: _context, ...scene } = await makeScene();
  const { id } = await scene.service("Front desk", { description: "Books appointments.", keyterms: ["flu"] });
  await scene.client.upsertVersionSet(scene.workspace, id, "release", { agent_version_number: 1 });
  const useCase = await scene.useCase("Reception");
  await scene.client.bindUseCase(scene.workspace, useCase.id, id);
  const files = programFiles(await scene.export(), project);
  await expectFormatted(files);
  expect([...files.keys()]).toEqual([
    "Pulumi.yaml",
    "package.json",
    "tsconfig.json",
    ".gitignore",
    "references.ts",
    "index.ts",
  ]);
  expect(files.get("references.ts")).toBe(`/** The workspace that all of it lives in. */
export const workspaceId = "${ids.workspace}";

export const agents = {
  frontDesk: "${ids.agents.frontDesk}", // Front Desk
};

export const contextGraphs = {
  scheduling: "${ids.contextGraphs.scheduling}", // Scheduling
};

export const setups = {
  setup1: "${ids.setups.voiceApproved}",
};
`);
  expect(files.get("index.ts")).toBe(`import * as amigo from "pulumi-amigo";
import { agents, contextGraphs, setups, workspaceId } from "./references";

const frontDesk = new amigo.Service("Front desk", {
  workspaceId,
  name: "Front desk",
  agentId: agents.frontDesk,
  contextGraphId: contextGraphs.scheduling,
  description: "Books appointments.",
  keyterms: ["flu"],
});

new amigo.VersionSet(
  "Front desk/release",
  {
    workspaceId,
    serviceId: frontDesk.id,
    name: "release",
    agentVersionNumber: 1,
  },
  { deletedWith: frontDesk },
);

const reception = new amigo.UseCase("inbound_voice/Riverside/Reception", {
  workspaceId,
  channel: "inbound_voice",
  entityName: "Riverside",
  name: "Reception",
  setupId: setups.setup1,
});

new amigo.ServiceBinding("inbound_voice/Riverside/Reception", {
  workspaceId,
  useCaseId: reception.id,
  serviceId: frontDesk.id,
});

new amigo.TestCallerNumbers("test-caller-numbers", {
  workspaceId,
  numbers: [],
});
`);
});

test("any name has a valid identifier, and the name itself stays the value", async () => {
  const names = [
    "v1.2",
    "🏥 🩺",
    "24h line",
    "class",
    "await",
    "受付",
    "Größe",
    "---",
    "Front-desk",
    "front desk",
    "Front desk",
  ];
  const document = {
    services: Object.fromEntries(
      names.map((name) => [name, { ...desk, versionSets: { release: { agentVersionNumber: 1 } } }]),
    ),
  };
  const files = programFiles(environmentOf(document), project);
  await expectFormatted(files);
  const text = files.get("index.ts") ?? "";
  const variables = variablesIn(text);
  expect(new Set(variables).size).toBe(names.length);
  expect(variables.sort()).toEqual(
    [
      "frontDesk",
      "frontDesk2",
      "frontDesk3",
      "größe",
      "service",
      "service2",
      "service24hLine",
      "serviceAwait",
      "serviceClass",
      "v12",
      "受付",
    ].sort(),
  );
  for (const name of names) expect(text).toContain(`name: ${JSON.stringify(name)}`);
});

test("production is protected, and what could not be seen is said on top", async () => {
  const environment = environmentOf({
    workspace: { name: "Riverside", environment: "production" },
    services: { "Front desk": desk },
    incomplete: ["useCases"],
  });
  const files = programFiles({ ...environment, notes: ['use case "a": service\nis elsewhere'] }, project);
  await expectFormatted(files);
  const text = files.get("index.ts") ?? "";
  expect(text.split("\n").slice(0, 3)).toEqual([
    "// The key could not read useCases: none of them is declared here.",
    '// use case "a": service is elsewhere.',
    "",
  ]);
  expect(text).toContain("{ protect: true },");
});

test("the text is formatted as Prettier formats it, whatever the values are", async () => {
  const letter = fc.oneof(
    fc.constantFrom(..."abcdefghijklmnopqrstuvwxyzABC0123456789 .,:;-_/$%!?"),
    fc.constantFrom('"', "'", "\\", "`", "ä", "ß", "日", "語", "한", "é", "🏥", "👩‍⚕️", "e\u0301"),
  );
  const word = fc.oneof(
    fc.string({ minLength: 1, maxLength: 90, unit: letter }),
    fc.constantFrom('say "hi"', "it's", "a'b\"c'd", "\\", "line\nbreak", "日本語の長い説明".repeat(4), "x".repeat(78)),
  );
  const name = word
    .map((text) => text.trim().replaceAll(/[\p{Cc}\p{Cs}]/gu, "-"))
    .filter((text) => text.trim() === text && text !== "");
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.integer(),
      fc.boolean(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      word,
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(word, tie("value"), { maxKeys: 4 }),
    ),
  })).value;
  const service = fc.record({
    agent: name,
    contextGraph: fc.constant("scheduling"),
    description: word,
    keyterms: fc.uniqueArray(name, { maxLength: 6 }),
    tags: fc.uniqueArray(fc.record({ key: name, value: name }, { requiredKeys: ["key"] }), {
      maxLength: 3,
      selector: ({ key }) => key,
    }),
    versionSets: fc.constant({}),
  });
  const set = fc.record({
    llmModelPreferences: fc.dictionary(
      name,
      fc.record({ llmName: fc.constant("m"), params: fc.dictionary(name, json, { maxKeys: 3 }) }),
      { maxKeys: 2 },
    ),
  });
  const document = fc.dictionary(
    name,
    fc.tuple(service, set).map(([one, release]) => ({ ...one, versionSets: { release } })),
    { minKeys: 1, maxKeys: 3 },
  );
  let tried = 0;
  await fc.assert(
    fc.asyncProperty(document, async (services) => {
      let environment: Environment;
      try {
        environment = environmentOf({ services });
      } catch {
        return;
      }
      tried++;
      const files = programFiles(environment, project);
      await expectFormatted(files);
      const variables = variablesIn(files.get("index.ts") ?? "");
      expect(new Set(variables).size).toBe(Object.keys(services).length);
    }),
    { numRuns: 25, endOnFailure: true },
  );
  expect(tried).toBeGreaterThan(10);
});
