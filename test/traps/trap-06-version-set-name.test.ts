import { expect, test } from "vitest";
import { failureOf, problems, scene } from "./support/scene.js";

const REFUSED = ["", "a b", "a/b", "..", "a.b", "grün", "name?", " canary", "canary ", "x".repeat(41)];
const ALLOWED = ["release", "Canary-2", "under_score", "7", "x".repeat(40)];

test("trap 6: a name is letters, digits, _ and -, at most 40", async () => {
  const set = await scene();
  const run = set.run();
  for (const name of REFUSED) {
    const found = await problems(run, "versionSet", set.versionSet(set.ids.systemService, { name }));
    expect(Object.keys(found), `the name "${name}"`).toEqual(["name"]);
  }
  for (const name of ALLOWED) {
    const found = await problems(run, "versionSet", set.versionSet(set.ids.systemService, { name }));
    expect(found, `the name "${name}"`).toEqual({});
  }
  set.sent();
});

test("trap 6: the same holds for the names of inline sets", async () => {
  const set = await scene();
  const run = set.run();
  for (const name of REFUSED) {
    const found = await problems(run, "service", set.service({ versionSets: { [name]: {} } }));
    expect(Object.keys(found), `the name "${name}"`).toHaveLength(1);
    expect(Object.keys(found)[0]).toMatch(/^versionSets/);
  }
  for (const name of ALLOWED) {
    expect(await problems(run, "service", set.service({ versionSets: { [name]: {} } })), name).toEqual({});
  }
  set.sent();
});

test("trap 6: names are percent-encoded on their way into a path", async () => {
  const set = await scene();
  const desk = set.othersService("Theirs");
  const { client } = set.run().context;
  for (const name of ["a b", "ä/ö?#%", "50%"]) {
    await client.upsertVersionSet(set.workspaceId, desk.id, name, {});
    const [put] = set.sent("upsert-service-version-set");
    expect(put?.path).toBe(`/v1/${set.workspaceId}/services/${desk.id}/version-sets/${encodeURIComponent(name)}`);
    expect(set.store.services.get(desk.id)?.version_sets).toHaveProperty([name]);
  }
});

test("trap 6: names that a path cannot carry are refused", async () => {
  const set = await scene();
  const { client } = set.run().context;
  for (const name of ["", ".", "..", "__proto__", "\ud800"]) {
    const failure = await failureOf(client.upsertVersionSet(set.workspaceId, set.ids.systemService, name, {}));
    expect(failure.message, name).toContain("nothing was sent");
  }
  set.sent();
});

test("trap 6: a set that exists under an odd name can be read", async () => {
  const set = await scene();
  const desk = set.othersService("Theirs", { version_sets: { "odd / name": { agent_version_number: 2 } } });
  const state = { workspaceId: set.workspaceId, agentVersionNumber: 1 };
  const found = await set.run().provider("versionSet").read(`${desk.id}/odd / name`, state);
  expect(found.props).toMatchObject({ agentVersionNumber: 2 });
  set.sent("get-service");
});
