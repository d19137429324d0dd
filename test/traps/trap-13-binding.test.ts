import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Managed, Run } from "../support/lifecycle.js";
import { failureOf, type Scene, scene } from "./support/scene.js";

const GET = "get-use-case-service-binding";
const PUT = "bind-use-case-to-service";
const DELETE = "unbind-use-case-from-service";

interface Line {
  readonly useCase: string;
  readonly service: string;
  readonly binding: Managed;
}

/** So many services, each with a line of the same channel bound to it. */
async function lines(set: Scene, count: number): Promise<Line[]> {
  const run = set.run();
  const made = await Promise.all(
    ["One", "Two", "Three"].slice(0, count).map(async (name) => {
      const service = await run.create("service", set.service({ name, __owner: undefined }));
      const useCase = await run.create("useCase", set.useCase({ name }));
      const binding = await run.create("serviceBinding", set.binding(useCase.id, service.id));
      return { useCase: useCase.id, service: service.id, binding };
    }),
  );
  set.clear();
  return made;
}

function moved(set: Scene, { useCase }: Line, { service }: Line): Record<string, unknown> {
  return set.binding(useCase, service);
}

async function checkAll(set: Scene, run: Run, all: readonly Line[]): Promise<void> {
  for (const [index, line] of all.entries()) {
    await run.check("serviceBinding", moved(set, line, next(all, index)), line.binding.inputs);
  }
}

function next(all: readonly Line[], index: number): Line {
  return all[(index + 1) % all.length] as Line;
}

function expectMoved(set: Scene, all: readonly Line[]): void {
  expect(all.map(({ useCase }) => set.bound(useCase))).toEqual(all.map((_, index) => next(all, index).service));
}

function expectUnmoved(set: Scene, all: readonly Line[]): void {
  expect(all.map(({ useCase }) => set.bound(useCase))).toEqual(all.map(({ service }) => service));
}

/** Makes a PUT fail, but only once a binding has been taken away. */
function failAfterUnbind(set: Scene, useCase: string, times?: number): void {
  set.emulator.faults.add({
    operation: DELETE,
    when: "after",
    times: 1,
    action: {
      kind: "call",
      fn: () =>
        void set.emulator.faults.add({
          operation: PUT,
          path: new RegExp(useCase),
          when: "before",
          times,
          action: { kind: "status", status: 422 },
        }),
    },
  });
}

test("trap 13: create does not take a bound use case without allowRebind", async () => {
  const set = await scene();
  const [one, two] = (await lines(set, 2)) as [Line, Line];
  set.store.bindings.delete(two.useCase);
  const failure = await failureOf(set.run().create("serviceBinding", set.binding(one.useCase, two.service)));
  expect(failure.message).toContain(`is bound to service ${one.service}, which this resource did not bind`);
  expect(failure.message).toMatch(/Nothing was written.*set allowRebind: true/);
  set.sent(GET);
  expect(set.bound(one.useCase)).toBe(one.service);

  const run = set.run();
  await run.create("serviceBinding", set.binding(one.useCase, two.service, { allowRebind: true }));
  expect(run.warnings.join()).toMatch(/moved to .* \(allowRebind: true\)/);
  set.sent(GET, PUT);
  expect(set.bound(one.useCase)).toBe(two.service);
});

test("trap 13: update does not take back what somebody moved", async () => {
  const set = await scene();
  const [one] = (await lines(set, 1)) as [Line];
  const third = set.othersService("Third").id;
  const fourth = set.othersService("Fourth").id;
  set.store.bind(one.useCase, third);
  const failure = await failureOf(set.run().update(one.binding, set.binding(one.useCase, fourth)));
  expect(failure.message).toContain(`is bound to service ${third}, which this resource did not bind`);
  set.sent(GET);
  expect(set.bound(one.useCase)).toBe(third);

  await set.run().update(one.binding, set.binding(one.useCase, fourth, { allowRebind: true }));
  set.sent(GET, PUT);
  expect(set.bound(one.useCase)).toBe(fourth);
});

test("trap 13: moving from the service in our own state is no takeover", async () => {
  const set = await scene();
  const [one] = (await lines(set, 1)) as [Line];
  const other = set.othersService("Other").id;
  const run = set.run();
  expect(await run.update(one.binding, set.binding(one.useCase, other))).toBe("updated");
  set.sent(GET, PUT);
  expect(run.warnings).toEqual([]);
  expect(set.bound(one.useCase)).toBe(other);
});

test("trap 13: a binding that exists is managed where its service is this stack's", async () => {
  const set = await scene();
  const [one, two] = (await lines(set, 2)) as [Line, Line];
  const tags = [{ key: "pulumi-owner", value: "pulumi/org/project/stack/any/desk" }];
  set.store.services.update(one.service, { tags });
  const run = set.run();
  await run.create("serviceBinding", set.binding(one.useCase, one.service));
  set.sent(GET, "get-service");
  expect(run.warnings.join()).toContain("was bound to service");

  const theirs = tags.map((tag) => ({ ...tag, value: "pulumi/org/project/another-stack/any/desk" }));
  for (const others of [theirs, []]) {
    set.store.services.update(two.service, { tags: others });
    const failure = await failureOf(set.run().create("serviceBinding", set.binding(two.useCase, two.service)));
    expect(failure.message).toMatch(/seems to manage this binding\. Nothing was written.*allowRebind: true/);
    set.sent(GET, "get-service");
  }
  await set.run().create("serviceBinding", set.binding(two.useCase, two.service, { allowRebind: true }));
  set.sent(GET);
});

test("trap 13: deleting leaves alone what somebody else has moved", async () => {
  const set = await scene();
  const [one, two] = (await lines(set, 2)) as [Line, Line];
  const third = set.othersService("Third").id;
  set.store.bind(one.useCase, third);
  const run = set.run();
  await run.remove(one.binding);
  set.sent(GET);
  expect(run.warnings.join()).toContain(`is now bound to service ${third}`);
  expect(run.warnings.join()).toContain("left alone");
  expect(set.bound(one.useCase)).toBe(third);

  await run.remove(two.binding);
  set.sent(GET, DELETE);
  expect(set.bound(two.useCase)).toBeUndefined();
  await set.run().remove(two.binding);
  set.sent(GET, "get-workspace");
});

test("trap 13: two bindings swap in one run, both at once", async () => {
  const set = await scene({ latencyMs: 5 });
  const all = await lines(set, 2);
  const run = set.run();
  await Promise.all(all.map((line, index) => run.update(line.binding, moved(set, line, next(all, index)))));
  expectMoved(set, all);
  set.count(DELETE, 1);
});

test("trap 13: two bindings swap one after the other", async () => {
  const set = await scene();
  const all = (await lines(set, 2)) as [Line, Line];
  const run = set.run();
  await checkAll(set, run, all);
  await run.update(all[0].binding, moved(set, all[0], all[1]));
  expectMoved(set, all);
  set.count(DELETE, 1);
  set.clear();
  await run.update(all[1].binding, moved(set, all[1], all[0]));
  set.sent(GET);
  expect(all[1].binding.outputs.serviceId).toBe(all[0].service);
  expectMoved(set, all);
});

test("trap 13: the second check may come while the first update waits", async () => {
  const set = await scene();
  const all = (await lines(set, 2)) as [Line, Line];
  const run = set.run();
  const first = run.update(all[0].binding, moved(set, all[0], all[1]));
  await sleep(250);
  expectUnmoved(set, all);
  const second = run.update(all[1].binding, moved(set, all[1], all[0]));
  await Promise.all([first, second]);
  expectMoved(set, all);
  set.count(DELETE, 1);
});

test("trap 13: three bindings move in a circle", async () => {
  for (const atOnce of [true, false]) {
    const set = await scene();
    const all = await lines(set, 3);
    const run = set.run();
    const update = (line: Line, index: number) => run.update(line.binding, moved(set, line, next(all, index)));
    if (atOnce) await Promise.all(all.map(update));
    else {
      await checkAll(set, run, all);
      for (const [index, line] of all.entries()) await update(line, index);
    }
    expectMoved(set, all);
    set.count(DELETE, 2);
  }
});

test("trap 13: a holder that this run moves to a free service makes way", async () => {
  const set = await scene();
  const all = (await lines(set, 2)) as [Line, Line];
  const free = set.othersService("Free").id;
  const run = set.run();
  const toFree = set.binding(all[1].useCase, free);
  await run.check("serviceBinding", toFree, all[1].binding.inputs);
  await run.update(all[0].binding, moved(set, all[0], all[1]));
  await run.update(all[1].binding, toFree);
  expect([set.bound(all[0].useCase), set.bound(all[1].useCase)]).toEqual([all[1].service, free]);
  // A PUT moves a line at once: it is never down.
  set.count(DELETE, 0);
});

test("trap 13: a circle of which this run has not seen all yet is refused, with every line up", async () => {
  const set = await scene();
  const all = (await lines(set, 3)) as [Line, Line, Line];
  const run = set.run();
  await run.check("serviceBinding", moved(set, all[1], all[2]), all[1].binding.inputs);
  const failure = await failureOf(run.update(all[0].binding, moved(set, all[0], all[1])));
  expect(failure.message).toMatch(
    new RegExp(`holds channel inbound_voice of service ${all[2].service}.*Every line is as it was`),
  );
  expectUnmoved(set, all);
  set.count(DELETE, 0);
});

test("trap 13: a PUT that fails in a swap restores the former bindings", async () => {
  for (const failing of [0, 1]) {
    const set = await scene();
    const all = (await lines(set, 2)) as [Line, Line];
    const run = set.run();
    await checkAll(set, run, all);
    failAfterUnbind(set, (all[failing] as Line).useCase, 1);
    const failure = await failureOf(run.update(all[0].binding, moved(set, all[0], all[1])));
    expect(failure.message, `PUT ${failing}`).toContain("The former bindings were restored.");
    expectUnmoved(set, all);
    expect(set.emulator.requests.findLast(({ method }) => method !== "GET")?.operation).toBe(PUT);
    // One to make way, and one for each binding that is put back.
    set.count(DELETE, failing === 0 ? 2 : 3);
  }
});

test("trap 13: a former binding that cannot be restored is named", async () => {
  const set = await scene();
  const all = (await lines(set, 2)) as [Line, Line];
  const run = set.run();
  await checkAll(set, run, all);
  failAfterUnbind(set, all[1].useCase);
  const failure = await failureOf(run.update(all[0].binding, moved(set, all[0], all[1])));
  expect(failure.message).toContain("could not be restored and answer no calls now");
  expect(failure.message).toContain(`use case ${all[1].useCase} to service ${all[1].service}`);
  expect(set.bound(all[0].useCase)).toBe(all[0].service);
  set.count(DELETE, 3);
});

test("trap 13: a holder that this run does not move is left alone and named", async () => {
  const set = await scene();
  const [one] = (await lines(set, 1)) as [Line];
  const theirs = set.othersUseCase("Theirs");
  const third = set.othersService("Third").id;
  set.store.bind(theirs.id, third);
  const failure = await failureOf(set.run().update(one.binding, set.binding(one.useCase, third)));
  expect(failure.message).toContain(`use case "Clinic / Theirs" (${theirs.id}) holds channel inbound_voice`);
  expect(failure.message).toContain("no binding of this run moves it away");
  expect([set.bound(one.useCase), set.bound(theirs.id)]).toEqual([one.service, third]);
  set.count(DELETE, 0);
});
