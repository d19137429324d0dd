import { afterEach, beforeEach, expect, test } from "vitest";
import { seedIds } from "../../src/emulator/index.js";
import { type Bench, type Managed, type Run, startBench } from "../support/lifecycle.js";
import fc from "../support/random.js";

type Values = Record<string, unknown>;

const { workspace: workspaceId, agents, contextGraphs } = seedIds;
let bench: Bench;
let serviceId = "";

beforeEach(async () => {
  bench = await startBench({ latencyMs: 2 });
  serviceId = bench.emulator.store.addService({
    workspace_id: workspaceId,
    name: "Desk",
    agent_id: agents.frontDesk,
    context_graph_id: contextGraphs.scheduling,
    tags: [{ key: "pulumi-owner", value: "pulumi/org/project/stack/any/desk" }],
  }).id;
});
afterEach(() => bench.close());

const inputs = (name: string, agentVersionNumber: number): Values => ({
  workspaceId,
  serviceId,
  name,
  agentVersionNumber,
});

/** The sets that the server holds, each with its agent's version. */
function held(): Record<string, unknown> {
  const sets = bench.emulator.store.services.get(serviceId)?.version_sets ?? {};
  const own = Object.entries(sets).filter(([name]) => name.startsWith("set-"));
  return Object.fromEntries(own.map(([name, set]) => [name, set.agent_version_number]));
}

const run = (config: Record<string, string> = {}) => bench.run({ settleSeconds: "0.2", ...config });

test("one process loses nothing: 40 version sets of one service are made, changed and deleted at once", async () => {
  const first = run();
  const names = Array.from({ length: 40 }, (_, index) => `set-${index}`);
  const sets = await Promise.all(names.slice(0, 30).map((name) => first.create("versionSet", inputs(name, 1))));
  expect(Object.keys(held())).toHaveLength(30);

  const second = run();
  const service = second.update(await adopted(second), { ...serviceInputs(), description: "Changed meanwhile" });
  await Promise.all([
    service,
    ...sets.slice(0, 10).map((set) => second.remove(set)),
    ...sets.slice(10, 20).map((set, index) => second.update(set, inputs(`set-${index + 10}`, 2))),
    ...names.slice(30).map((name) => second.create("versionSet", inputs(name, 3))),
  ]);
  const wanted = names.slice(10).map((name, index) => [name, index < 10 ? 2 : index < 20 ? 1 : 3]);
  expect(held()).toEqual(Object.fromEntries(wanted));
  expect(bench.emulator.store.services.get(serviceId)?.description).toBe("Changed meanwhile");
});

const serviceInputs = (): Values => ({
  workspaceId,
  name: "Desk",
  agentId: agents.frontDesk,
  contextGraphId: contextGraphs.scheduling,
  description: "",
});

async function adopted(by: Run): Promise<Managed> {
  const { outs } = await by.provider("service").create({ ...serviceInputs(), __import: { id: serviceId, ignore: [] } });
  return { kind: "service", id: serviceId, inputs: serviceInputs(), outputs: outs ?? {} };
}

test("two processes that make and change different sets at once lose nothing: the API writes each by itself", async () => {
  const [left, right] = [run(), run()];
  const made = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      (index % 2 ? left : right).create("versionSet", inputs(`set-${index}`, 1)),
    ),
  );
  const [later, too] = [run(), run()];
  await Promise.all(made.map((set, index) => (index % 2 ? later : too).update(set, inputs(`set-${index}`, 2))));
  expect(held()).toEqual(Object.fromEntries(made.map((_, index) => [`set-${index}`, 2])));
});

test("a set that another process writes between the read and the write of a deletion is lost, and its next refresh shows it", async () => {
  const mine = await run().create("versionSet", inputs("set-mine", 1));
  const theirs = await run().create("versionSet", inputs("set-theirs", 1));
  const [deleting, other] = [run(), run()];
  bench.emulator.faults.add({
    operation: "update-service",
    times: 1,
    when: "before",
    action: {
      kind: "call",
      // The deletion has read the service by now.
      fn: async () => {
        await other.update(theirs, inputs("set-theirs", 2));
        await other.create("versionSet", inputs("set-new", 1)).then((set) => made.push(set));
      },
    },
  });
  const made: Managed[] = [];
  await deleting.remove(mine);
  expect(held()).toEqual({ "set-theirs": 1 });

  const [added] = made;
  const next = run();
  expect(await next.refresh(theirs)).toBe(true);
  expect(theirs.inputs).toMatchObject({ agentVersionNumber: 1 });
  expect(added && (await next.refresh(added))).toBe(false);
  const repairing = run();
  expect(await repairing.update(theirs, inputs("set-theirs", 2))).toBe("updated");
  await repairing.create("versionSet", inputs("set-new", 1));
  expect(held()).toEqual({ "set-theirs": 2, "set-new": 1 });
});

test("a set that one process deletes between the read and the write of another's deletion comes back, and is not taken over unasked", async () => {
  const [mine, theirs] = [
    await run().create("versionSet", inputs("set-mine", 1)),
    await run().create("versionSet", inputs("set-theirs", 1)),
  ];
  const [deleting, other] = [run(), run()];
  bench.emulator.faults.add({
    operation: "update-service",
    times: 1,
    when: "before",
    action: { kind: "call", fn: () => other.remove(theirs) },
  });
  await deleting.remove(mine);
  // Nobody manages it any more, so no refresh can tell; the API has no condition on a write that could prevent it.
  expect(held()).toEqual({ "set-theirs": 1 });
  const again = run();
  await expect(again.create("versionSet", inputs("set-theirs", 2))).rejects.toThrow(/Nothing was written/);
  await again.create("versionSet", inputs("set-theirs", 1));
  expect(again.warnings.join()).toContain("existed as declared and is managed here from now on");
});

const action = fc.constantFrom("change", "delete", "keep", "make");

test("however two processes change sets at once, a refresh tells each loss, and one more round has everything as declared", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { minLength: 4, maxLength: 10 }),
      fc.nat({ max: 6 }),
      async (actions, latency) => {
        const setUp = run();
        const sets = new Map<string, Managed>();
        for (const [index, what] of actions.entries()) {
          const name = `set-${index}`;
          if (what !== "make") sets.set(name, await setUp.create("versionSet", inputs(name, 1)));
        }
        const processes = [run(), run()] as const;
        const wanted: Record<string, number> = {};
        await Promise.all(
          actions
            .map(async (what, index) => {
              const name = `set-${index}`;
              const process = processes[index % 2] ?? setUp;
              const set = sets.get(name);
              await new Promise((resolve) => setTimeout(resolve, (index * latency) % 5));
              if (what !== "delete") wanted[name] = what === "keep" ? 1 : 2;
              if (what === "make") sets.set(name, await process.create("versionSet", inputs(name, 2)));
              else if (set && what === "change") await process.update(set, inputs(name, 2));
              else if (set && what === "delete") await process.remove(set).then(() => sets.delete(name));
            })
            .map((work) => work.catch((error: Error) => expect(error.message).toMatch(/VersionSet "set-\d+"/))),
        );
        // The next run refreshes: what the server answers is what it holds.
        const refreshing = run();
        const now = held();
        for (const [name, set] of sets) {
          const exists = await refreshing.refresh(set);
          expect(exists, name).toBe(Object.hasOwn(now, name));
          if (exists) expect(set.inputs.agentVersionNumber ?? null, name).toBe(now[name]);
          else sets.delete(name);
        }
        // And it mends: alone, as the engine's next up is.
        const mending = run();
        for (const [name, version] of Object.entries(wanted)) {
          const set = sets.get(name);
          if (set) await mending.update(set, inputs(name, version));
          else await mending.create("versionSet", inputs(name, version));
        }
        for (const [name, set] of sets) if (!(name in wanted)) await mending.remove(set);
        // A deleted set may be back, which the test below is about; nothing that is declared is missing or otherwise.
        const { ...back } = held();
        for (const [name, version] of Object.entries(wanted)) {
          expect(back[name], name).toBe(version);
          delete back[name];
        }
        for (const name of Object.keys(back)) expect(actions[Number(name.slice(4))]).toBe("delete");
        const cleaning = run();
        for (const name of Object.keys(held())) {
          await cleaning.remove({
            kind: "versionSet",
            id: `${serviceId}/${name}`,
            inputs: {},
            outputs: inputs(name, 1),
          });
        }
        expect(held()).toEqual({});
      },
    ),
    { numRuns: 12 },
  );
});
