import { afterEach, beforeEach, expect, test } from "vitest";
import { seedIds } from "../../src/emulator/index.js";
import { type Bench, type Managed, startBench } from "../support/lifecycle.js";

const { workspace: workspaceId, agents, contextGraphs } = seedIds;
const OWNER = "pulumi/org/project/stack/pulumi-nodejs:dynamic/amigo:Service/desk";
const service = (more: object = {}) => ({
  workspaceId,
  name: "Desk",
  agentId: agents.frontDesk,
  contextGraphId: contextGraphs.scheduling,
  __owner: OWNER,
  ...more,
});
const release = (serviceId: string) => ({ workspaceId, serviceId, name: "release", agentVersionNumber: 1 });

let bench: Bench;
beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.close());

async function deskWithRelease(): Promise<[desk: Managed, set: Managed]> {
  const run = bench.run();
  const desk = await run.create("service", service());
  return [desk, await run.create("versionSet", release(desk.id))];
}

test("a destroy says nothing of a release that goes with its service", async () => {
  const [desk, set] = await deskWithRelease();
  const destroy = bench.run();
  await destroy.remove(set);
  await destroy.remove(desk);
  expect(destroy.warnings).toEqual([]);
  expect(bench.emulator.store.services.get(desk.id)).toBeUndefined();
});

test("a release that is taken out of the program stays, with a warning", async () => {
  const [desk, set] = await deskWithRelease();
  const up = bench.run();
  await up.update(desk, service({ description: "New" }));
  await up.remove(set);
  expect(up.warnings.join()).toMatch(
    /"release" of service "Desk" \(.{36}\) stays as it is: the platform needs it\. Its calls go on with agent version 1\. To go back to the newest versions: declare it with these numbers, run `pulumi up`, take the numbers out, and run `pulumi up` again$/,
  );
  const back = bench.run();
  const again = await back.create("versionSet", set.inputs);
  const { agentVersionNumber: _number, ...bare } = set.inputs;
  await bench.run().update(again, bare);
  expect(bench.emulator.store.services.get(desk.id)?.version_sets.release?.agent_version_number).toBeUndefined();
});

const LONG = {
  ttsModel: "sonic-3",
  fillerStyle: "phrase",
  fillerVocabulary: Array.from({ length: 30 }, (_, index) => `one moment please ${index}`),
};

test("a voice config that cannot be cleared is shown whole, to be declared again", async () => {
  const run = bench.run();
  const desk = await run.create("service", service({ voiceConfig: LONG }));
  const failure = await bench
    .run()
    .update(desk, service())
    .then(String, ({ message }: Error) => message);
  const shown = /voiceConfig: declared nothing, exists as (\{.*\})/.exec(failure)?.[1];
  expect(JSON.parse(String(shown))).toMatchObject(LONG);
  expect(failure).toContain("declare what the API holds");
});

test("of two voice configs only what differs is shown", async () => {
  const run = bench.run();
  const made = await run.create("service", service({ voiceConfig: { ...LONG, fillerStyle: "backchannel" } }));
  const { fillerStyle: _default, ...declared } = LONG;
  const adopted = {
    ...service({ voiceConfig: { ...declared, ttsModel: "sonic-turbo" } }),
    __import: { id: made.id, ignore: [] },
  };
  const failure = await bench
    .run()
    .create("service", adopted)
    .then(String, ({ message }: Error) => message);
  expect(failure).toContain('voiceConfig: declared {"ttsModel":"sonic-turbo"}, exists as {"ttsModel":"sonic-3"}');
});
