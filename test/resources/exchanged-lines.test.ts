import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Declaration, type Kind, type Program, Ref, type Values } from "../../lab/engine/program.js";
import { speedUpTime } from "../../lab/stories/clock.js";
import { World } from "../../lab/stories/world.js";
import { seedIds } from "../../src/emulator/index.js";

const NAMES = ["one", "two", "three"];
const WRITES = ["bind-use-case-to-service", "unbind-use-case-from-service"];

let world: World;
let slowDown: () => void;

beforeAll(async () => {
  slowDown = speedUpTime(50);
  world = await World.open();
});

beforeEach(() => world.reset());

afterAll(async () => {
  await world.close();
  slowDown();
});

function resource(kind: Kind, name: string, inputs: Values): Declaration {
  return { kind, name, inputs, options: {} };
}

/** So many services and use cases of the same names, and bindings whose services or use cases have moved on by so many places. */
function lines(count: number, what: "services" | "useCases", by: number): Program {
  const names = NAMES.slice(0, count);
  const { agents, contextGraphs, setups } = seedIds;
  const service = { agentId: agents.frontDesk, contextGraphId: contextGraphs.scheduling };
  const useCase = { channel: "inbound_voice", entityName: "Clinic", setupId: setups.voiceApproved };
  return [
    ...names.map((name) => resource("service", name, { ...service, name })),
    ...names.map((name) => resource("useCase", name, { ...useCase, name })),
    ...names.map((name, index) => {
      const other = names[(index + by) % count] as string;
      const [toUse, toService] = what === "services" ? [name, other] : [other, name];
      const ends = { useCaseId: new Ref(toUse, "useCase"), serviceId: new Ref(toService, "service") };
      return resource("serviceBinding", `${name}-line`, ends);
    }),
  ];
}

/** The lines by the names of their use cases and services. */
function declared(program: Program): Record<string, string> {
  const bindings = program.filter(({ kind }) => kind === "serviceBinding");
  const name = (ref: unknown) => (ref as Ref).name;
  return Object.fromEntries(bindings.map(({ inputs }) => [name(inputs.useCaseId), name(inputs.serviceId)]));
}

function standing(): Record<string, string> {
  const { bindings, useCases, services } = world.store;
  return Object.fromEntries(
    bindings
      .list()
      .map((line) => [useCases.get(line.use_case_id)?.name ?? "", services.get(line.service_id)?.name ?? ""]),
  );
}

function stack() {
  const [shop] = world.shops;
  if (!shop) throw new Error("the world has no stack");
  return shop.stack;
}

/** The next run brings every line up, and leaves nothing for another. */
async function expectReached(next: Program, situation: string): Promise<void> {
  const result = await stack().up(next);
  expect(result.errors, situation).toEqual([]);
  expect(standing(), situation).toEqual(declared(next));
  const again = await stack().up(next);
  expect(
    again.steps.filter(({ type }) => type !== "same"),
    situation,
  ).toEqual([]);
}

const cases = (
  [
    [2, "services", 1],
    [2, "services", 8],
    [2, "useCases", 1],
    [2, "useCases", 8],
    [3, "services", 1],
    [3, "useCases", 8],
  ] as const
).flatMap(([count, what, parallel]) => (["before", "after"] as const).map((when) => ({ count, what, parallel, when })));

describe.each(cases)("$count lines exchange their $what with --parallel $parallel", ({
  count,
  what,
  parallel,
  when,
}) => {
  it(`and come up in the next run, when the server fails ${when} a write`, async () => {
    const [start, end] = [lines(count, what, 0), lines(count, what, 1)];
    for (const skip of [0, 1, 2, 3]) {
      for (const times of [1, undefined]) {
        for (const next of [end, start]) {
          world.reset();
          expect((await stack().up(start)).outcome).toBe("succeeded");
          const action = when === "before" ? ({ kind: "status", status: 503 } as const) : ({ kind: "reset" } as const);
          world.emulator.faults.add({ operation: WRITES, skip, times, when, action });
          await stack().up(end, { parallel, skipPreview: true });
          world.emulator.faults.clear();

          const situation = `fault after ${skip} writes, ${times ?? "many"} times, then ${next === end ? "the same" : "taken back"}`;
          await expectReached(next, situation);
        }
      }
    }
  });

  it(`and come up after a recover, when the run is killed ${when} a write is carried out`, async () => {
    const [start, end] = [lines(count, what, 0), lines(count, what, 1)];
    for (const skip of [0, 1, 2, 3]) {
      for (const next of [end, start]) {
        world.reset();
        expect((await stack().up(start)).outcome).toBe("succeeded");
        const killed = new Promise<void>((resolve) => {
          const fn = () => {
            resolve();
            throw new Error("nobody is there to hear this answer");
          };
          world.emulator.faults.add({ operation: WRITES, skip, when, action: { kind: "call", fn } });
        });
        await stack().up(end, { parallel, skipPreview: true, killed });
        await sleep(1_000);
        world.emulator.faults.clear();
        await stack().recover?.();
        const situation = `killed at write ${skip + 1}, then ${next === end ? "the same" : "taken back"}`;
        // Killed between two bindings of the exchange, it cannot be taken back at once: refused while every line is up.
        const isRefused = next === start && (await stack().up(next)).outcome === "failed";
        if (isRefused) {
          expect(Object.keys(standing()).sort(), situation).toEqual(Object.keys(declared(end)).sort());
          await expectReached(end, situation);
        }
        await expectReached(next, situation);
      }
    }
  });
});
