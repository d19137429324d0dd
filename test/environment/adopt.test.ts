import { expect, it } from "vitest";
import { typeToken } from "../../src/engine/tokens.js";
import { planAdoption, undeclaredIn } from "../../src/environment/adopt-plan.js";
import { readWorkspace } from "../../src/environment/live.js";
import { inOneWorkspace } from "../../src/environment/stack-environment.js";
import type { StateResource } from "../../src/stack/state.js";
import { ids, makeScene, parse } from "./support.js";

const resource = (kind: string, id: string, inputs: object): StateResource => ({
  urn: `urn:pulumi:dev::clinic::${typeToken(kind)}::${id}`,
  type: typeToken(kind),
  id,
  inputs: { workspaceId: ids.workspace, ...inputs },
});

it("a stack names the workspace of its resources, if that is one", () => {
  const [here, other] = [ids.workspace, ids.agents.nightNurse];
  const service = (workspaceId: string) => resource("Service", workspaceId, { workspaceId });
  expect(inOneWorkspace("dev", [service(here), service(here.toUpperCase())]).workspaceId).toBe(here);
  expect(() => inOneWorkspace("dev", [service(here), service(other)])).toThrow(
    `stack dev holds resources of 2 workspaces (${here}, ${other}), and a source is one workspace`,
  );
  const gone = { ...service(other), delete: true };
  expect(inOneWorkspace("dev", [service(here), gone]).workspaceId).toBe(here);
  expect(() => inOneWorkspace("dev", [gone])).toThrow(/holds no resource of this provider: run `pulumi up` first/);
});

it("what a document has and the program does not declare is what exists, and is no part of what the stack holds", async () => {
  const scene = await makeScene();
  const sets = { version_sets: { canary: { agent_version_number: 1 } } };
  const held = await scene.service("Held", sets);
  const other = await scene.service("Other", sets);
  await scene.service("Beside");
  const entry = "{ agent: a, contextGraph: c, versionSets: { canary: { agentVersionNumber: 1 } } }";
  const document = parse(`version: 1
workspace: { name: Demo, environment: staging }
services: { Held: ${entry}, Other: ${entry}, Missing: ${entry} }
testCallerNumbers: []
`);
  const inputs = { name: "Held", versionSets: { canary: { agentVersionNumber: 1 } } };
  const inventory = await readWorkspace(scene.context, scene.workspace);
  const plan = { adoptable: [], missing: [], unresolved: new Set<string>(), refused: [] };
  expect(undeclaredIn(document, inventory, plan, [resource("Service", held.id, inputs)])).toEqual([
    { kind: "Service", name: "Other", id: other.id },
  ]);
  const unsure = { ...plan, unresolved: new Set(["Service"]) };
  expect(undeclaredIn(document, inventory, unsure, [resource("Service", held.id, inputs)])).toEqual([]);
});

it("what an entry of the document was called before is what it is, unless its new name exists", async () => {
  const scene = await makeScene();
  const former = await scene.service("Front desk");
  const document = parse("version: 1\nservices: { New desk: { formerName: Front desk, agent: a, contextGraph: c } }\n");
  const inputs = { name: "New desk", agentId: ids.agents.frontDesk, contextGraphId: ids.contextGraphs.scheduling };
  const declared = [resource("Service", "", inputs)];
  const planned = async (facts?: Parameters<typeof planAdoption>[3]) => {
    const inventory = await readWorkspace(scene.context, scene.workspace);
    return planAdoption(declared, inventory, [], facts);
  };
  expect(await planned({ document })).toMatchObject({
    adoptable: [
      { id: former.id, fields: [expect.stringMatching(/^name: declared "New desk", exists as "Front desk"/)] },
    ],
    missing: [],
  });
  expect(await planned(), "a program says it with aliases").toMatchObject({ adoptable: [], missing: [{}] });
  const now = await scene.service("New desk");
  expect(await planned({ document })).toMatchObject({ adoptable: [{ id: now.id, fields: [] }] });
});
