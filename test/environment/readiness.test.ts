import { describe, expect, it } from "vitest";
import { countsOf } from "../../src/environment/clone.js";
import { environmentOf, readWorkspace } from "../../src/environment/live.js";
import { type Check, managedKey, nameChecks, readinessOf, type Target } from "../../src/environment/readiness.js";
import { References } from "../../src/environment/references.js";
import { ids, makeScene, parse } from "./support.js";

const wanted = `version: 1
services:
  Front desk:
    agent: front-desk
    contextGraph: scheduling
    versionSets:
      release: { agentVersionNumber: 3 }
useCases:
  - { channel: inbound_voice, entityName: Riverside, name: Reception, setup: main-line, service: Front desk }
`;

const sentences = (checks: Check[], which: Check["class"]) =>
  checks.filter((check) => check.class === which).map(({ sentence }) => sentence);

async function targetOf(scene: Awaited<ReturnType<typeof makeScene>>, more: Partial<Target> = {}): Promise<Target> {
  const inventory = await readWorkspace(scene.context, scene.workspace);
  const environment = environmentOf("production", inventory, References.none(scene.workspace));
  const references = References.none(scene.workspace);
  return {
    name: "production",
    inventory,
    environment,
    references,
    referencesFile: "references/production.yaml",
    managed: new Set(),
    adoptAdvice: "adopt them",
    ownerAdvice: (stack: string) => `use \`--stack ${stack}\``,
    ...more,
  };
}

describe("before a clone", () => {
  it("says which aliases have no id, and where to write it", async () => {
    const checks = readinessOf(parse(wanted), await targetOf(await makeScene()));
    expect(sentences(checks, "blocked")).toEqual([
      'agent front-desk, used by service "Front desk", has no id in production: nothing in production shows it. Add agents.front-desk.id to references/production.yaml',
      'contextGraph scheduling, used by service "Front desk", has no id in production: nothing in production shows it. Add contextGraphs.scheduling.id to references/production.yaml',
      'setup main-line, used by use case "inbound_voice / Riverside / Reception", has no id in production: nothing in production shows it. Add setups.main-line.id to references/production.yaml',
    ]);
  });

  it("finds ids by the names that the target's own services show", async () => {
    const scene = await makeScene();
    await scene.service("Something else");
    const source = parse(wanted);
    source.references.set("agents", "front-desk", { id: "00000000-0000-4000-8000-000000000001", name: "Front Desk" });
    const target = await targetOf(scene);
    const checks = readinessOf(source, target);
    expect(target.references.get("agents", "front-desk")).toEqual({ id: ids.agents.frontDesk, name: "Front Desk" });
    expect(sentences(checks, "verified")).toContain(
      `agent front-desk is ${ids.agents.frontDesk} in production: a service there shows that id with the name "Front Desk"`,
    );
    expect(sentences(checks, "verified")).toContain(
      '1 other entry in production (service "Something else") is left alone',
    );
    const other = target.environment?.items.find(({ path }) => path[0] === "Something else");
    const managed = new Set([managedKey("Service", String(other?.id))]);
    expect(sentences(readinessOf(source, { ...target, managed }), "verified").join(), "it would go").not.toContain(
      "left alone",
    );
  });

  it("says what this API cannot be asked", async () => {
    const references = mapped();
    const open = sentences(
      readinessOf(parse(wanted), await targetOf(await makeScene(), { references })),
      "to be learnt",
    );
    expect(open.map((sentence) => sentence.split(":")[0])).toEqual([
      "version 3 of agent front-desk stands for itself",
      'whether setup main-line is approved (for use case "inbound_voice / Riverside / Reception")',
      "whether the key of production may write",
    ]);
    references.set("agents", "front-desk", { id: ids.agents.frontDesk, versions: { 3: 12 } });
    const verified = sentences(
      readinessOf(parse(wanted), await targetOf(await makeScene(), { references })),
      "verified",
    );
    expect(verified).toContain("version 3 of agent front-desk is version 12 in production");
  });

  it("is blocked by what has a name of the document and is not the stack's", async () => {
    const scene = await makeScene();
    const desk = await scene.service("Front desk", {
      tags: [{ key: "pulumi-owner", value: "pulumi/o/other/dev/t/desk" }],
    });
    const line = await scene.useCase("Reception");
    const target = await targetOf(scene, { references: mapped() });
    expect(sentences(readinessOf(parse(wanted), target), "blocked")).toEqual([
      `in the way in production, and not of this stack: service "Front desk" (${desk.id})`,
      `in the way in production, and not of this stack: use case "inbound_voice / Riverside / Reception" (${line.id})`,
      'stack dev (project other) owns service "Front desk": use `--stack dev`, or give it up there (`pulumi state delete`) and `adopt` it here with `--from-stack dev`, or rename it',
      'nobody\'s mark is on use case "inbound_voice / Riverside / Reception": if stack dev has it too, use `--stack dev`; else adopt them; or rename or delete it',
    ]);
    const self = { project: "other", stack: "dev" };
    expect(sentences(readinessOf(parse(wanted), { ...target, self }), "blocked").slice(2)).toEqual([
      'this very stack made service "Front desk", and its state does not hold it: adopt them',
      'nobody\'s mark is on use case "inbound_voice / Riverside / Reception": adopt them; or rename or delete it',
    ]);
    const namesake = { project: "mine", stack: "dev" };
    expect(sentences(readinessOf(parse(wanted), { ...target, self: namesake }), "blocked").slice(2)).toEqual(
      sentences(readinessOf(parse(wanted), target), "blocked").slice(2),
    );
    const managed = new Set([managedKey("Service", desk.id), managedKey("UseCase", line.id)]);
    expect(sentences(readinessOf(parse(wanted), { ...target, managed }), "blocked")).toEqual([]);
  });

  it("is blocked by what exists under a former name, of which a run would make a second one", async () => {
    const scene = await makeScene();
    const desk = await scene.service("Front desk");
    const target = await targetOf(scene, { references: mapped() });
    const renamed = parse(
      "version: 1\nservices: { New desk: { formerName: Front desk, agent: a, contextGraph: c } }\n",
    );
    const found = `service "New desk" exists in production under its formerName, and is not of this stack: service "Front desk" (${desk.id}). A run would make a second one`;
    expect(sentences(nameChecks(renamed, target), "blocked")).toEqual([
      found,
      'nobody\'s mark is on service "Front desk": adopt them',
    ]);
    expect(sentences(nameChecks(renamed, target), "verified"), "it is no other entry").toEqual([]);
    const managed = new Set([managedKey("Service", desk.id)]);
    expect(sentences(nameChecks(renamed, { ...target, managed }), "blocked")).toEqual([]);
    await scene.service("New desk");
    expect(sentences(nameChecks(renamed, await targetOf(scene)), "blocked")).not.toContain(found);
  });

  it("is blocked by an entry past the API's limits, and says that the others keep them", async () => {
    const scene = await makeScene();
    const target = await targetOf(scene, { references: mapped() });
    const limits = "every entry keeps the API's limits";
    expect(sentences(readinessOf(parse(wanted), target), "verified")).toContain(limits);
    await scene.service("Night desk ");
    const source = { ...(await scene.export()), name: "staging" };
    const checks = readinessOf(source, { ...target, references: source.references });
    expect(sentences(checks, "verified")).not.toContain(limits);
    expect(sentences(checks, "blocked")).toEqual([
      expect.stringMatching(
        /^staging is not valid as it is: services\["Night desk "\]: .* white space.*: change it in the workspace/,
      ),
    ]);
  });

  it("is blocked where a kind could not be read on either side", async () => {
    const source = parse(`${wanted}incomplete: [testCallerNumbers]\n`);
    const refused = { operation: "list-use-cases", when: "before", action: { kind: "status", status: 403 } } as const;
    const scene = await makeScene({ faults: [refused] });
    const blocked = sentences(readinessOf(source, await targetOf(scene, { references: mapped() })), "blocked");
    expect(blocked).toEqual([
      "clinic.yaml is incomplete: testCallerNumbers could not be read, so a clone would leave it out. Use a key that may read it",
      "useCases, useCases.service of production could not be read, so nobody can say what is in the way. Use a key that may read it",
    ]);
  });
});

function mapped(): References {
  const references = References.none();
  references.set("agents", "front-desk", { id: ids.agents.frontDesk });
  references.set("contextGraphs", "scheduling", { id: ids.contextGraphs.scheduling });
  references.set("setups", "main-line", { id: ids.setups.voiceApproved });
  return references;
}

it("after a clone, each section is counted, and each test caller number", async () => {
  const numbers = (...all: string[]) => `${wanted}testCallerNumbers: [${all.map((one) => `"${one}"`).join(", ")}]\n`;
  const source = parse(numbers("+14155550100", "+14155550101"));
  const target = parse(numbers("+14155550101", "+14155550102").replace(", service: Front desk", ""));
  const counts = countsOf(source, target).map(({ section, wanted, there }) => [section, there, wanted]);
  expect(counts).toEqual([
    ["services", 1, 1],
    ["services.versionSets", 1, 1],
    ["useCases", 1, 1],
    ["useCases.service", 0, 1],
    ["testCallerNumbers", 1, 2],
  ]);
});
