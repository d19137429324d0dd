import { expect, test } from "vitest";
import type { FaultAction } from "../../src/emulator/index.js";
import { type Scene, scene } from "./support/scene.js";

function fill(set: Scene, count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => set.othersService(`Service ${String(index).padStart(3, "0")}`, { keyterms: ["x"] }).id,
  );
}

/** Pages whose tokens the test makes up, each with the same first service. */
function pages(set: Scene, token: (requests: number) => number | null | undefined): FaultAction {
  return {
    kind: "status",
    status: 200,
    get body() {
      const [first] = set.store.services.list();
      const requests = set.emulator.requests.filter(({ operation }) => operation === "list-services").length;
      return { items: [first], has_more: true, continuation_token: token(requests) };
    },
  };
}

/** The answer, or a failure of the test where it does not come. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the list did not end")), 4_000);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

test("trap 20: a list is read in pages of 20, each service once", async () => {
  const set = await scene();
  const ids = fill(set, 44);
  const found = await set.run().context.client.listServices(set.workspaceId);
  expect(found.map(({ id }) => id).toSorted()).toEqual([set.ids.systemService, ...ids].toSorted());
  const seen = set.sent("list-services", "list-services", "list-services");
  expect(seen.map(({ path }) => path.split("?")[1])).toEqual([
    "limit=20",
    "limit=20&continuation_token=20",
    "limit=20&continuation_token=40",
  ]);
});

test("trap 20: a token that repeats ends the list", async () => {
  const set = await scene();
  fill(set, 44);
  set.emulator.faults.add({ operation: "list-services", when: "before", action: { kind: "repeatToken" } });
  expect(await inTime(set.run().context.client.listServices(set.workspaceId))).toHaveLength(20);
  set.sent("list-services");
});

test("trap 20: a token that is absent, null or shrinks ends the list although there should be more", async () => {
  for (const [token, requests] of [
    [() => undefined, 1],
    [() => null, 1],
    [() => 0, 1],
    [(count: number) => 50 - count, 2],
  ] as const) {
    const set = await scene();
    set.emulator.faults.add({ operation: "list-services", when: "before", action: pages(set, token) });
    expect(await inTime(set.run().context.client.listServices(set.workspaceId))).toHaveLength(1);
    set.count("list-services", requests);
  }
});

test("trap 20: tokens that grow for ever without bringing anything new end the list too", async () => {
  const set = await scene();
  set.emulator.faults.add({
    operation: "list-services",
    when: "before",
    action: pages(set, (count) => count * 20),
  });
  expect(await inTime(set.run().context.client.listServices(set.workspaceId))).toHaveLength(1);
  set.count("list-services", 6);
});

test("trap 20: an empty page ends the list", async () => {
  const set = await scene();
  const body = { items: [], has_more: true, continuation_token: 20 };
  set.emulator.faults.add({
    operation: "list-services",
    when: "before",
    action: { kind: "status", status: 200, body },
  });
  expect(await inTime(set.run().context.client.listServices(set.workspaceId))).toEqual([]);
  set.sent("list-services");
});

test("trap 20: workspaces are listed the same way", async () => {
  const set = await scene();
  for (let index = 0; index < 25; index += 1) {
    set.store.addWorkspace({
      slug: `w-${index}`,
      name: `W ${index}`,
      environment: "staging",
      organisation_id: set.ids.organisation,
    });
  }
  expect(await set.run().context.client.listWorkspaces()).toHaveLength(26);
  set.sent("list-workspaces", "list-workspaces");
  set.emulator.faults.add({ operation: "list-workspaces", when: "before", action: { kind: "repeatToken" } });
  expect(await inTime(set.run().context.client.listWorkspaces())).toHaveLength(20);
  set.sent("list-workspaces");
});

test("trap 20: a refresh of many services shares the pages, and ends where a token repeats", async () => {
  for (const repeats of [false, true]) {
    const set = await scene();
    const ids = fill(set, 30);
    if (repeats) {
      set.emulator.faults.add({ operation: "list-services", when: "before", action: { kind: "repeatToken" } });
    }
    const { services } = set.run().context.workspace(set.workspaceId);
    const found = await inTime(Promise.all(ids.map((id) => services.read(id))));
    expect(found.map(({ id }) => id)).toEqual(ids);
    set.count("list-services", 2);
    set.count("get-service", repeats ? 11 : 0);
  }
});
