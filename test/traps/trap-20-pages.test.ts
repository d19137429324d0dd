import { expect, test } from "vitest";
import type { FaultAction } from "../../src/emulator/index.js";
import { failureOf, type Scene, scene } from "./support/scene.js";

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

/** What the list's error says of how much was seen. */
async function gapOf(work: Promise<unknown>): Promise<string> {
  const { name, message } = await inTime(failureOf(work));
  expect(name).toBe("ResponseError");
  return /the list is not whole: (.*?) were seen/.exec(message)?.[1] ?? message;
}

test("trap 20: a token that repeats is an error, not a shorter list", async () => {
  const set = await scene();
  fill(set, 44);
  set.emulator.faults.add({ operation: "list-services", when: "before", action: { kind: "repeatToken" } });
  expect(await gapOf(set.run().context.client.listServices(set.workspaceId))).toBe("20 of 45");
  set.count("list-services", 2);
});

test("trap 20: an absent token is an error where more should come", async () => {
  for (const token of [undefined, null]) {
    const set = await scene();
    set.emulator.faults.add({ operation: "list-services", when: "before", action: pages(set, () => token) });
    expect(await gapOf(set.run().context.client.listServices(set.workspaceId))).toBe("1 of an unknown number");
    set.count("list-services", 1);
  }
});

test("trap 20: an absent token is no error where the total was seen", async () => {
  const set = await scene();
  const body = { items: set.store.services.list(), has_more: true, total: 1 };
  set.emulator.faults.add({
    operation: "list-services",
    when: "before",
    action: { kind: "status", status: 200, body },
  });
  expect(await inTime(set.run().context.client.listServices(set.workspaceId))).toHaveLength(1);
  set.count("list-services", 1);
});

test("trap 20: tokens that bring nothing new end the list", async () => {
  const set = await scene();
  set.emulator.faults.add({
    operation: "list-services",
    when: "before",
    action: pages(set, (count) => count * 20),
  });
  expect(await gapOf(set.run().context.client.listServices(set.workspaceId))).toBe("1 of an unknown number");
  set.count("list-services", 6);
});

test("trap 20: a list is followed over an empty page and falling tokens", async () => {
  const set = await scene();
  const [first] = set.store.services.list();
  const all = ["a", "b", "c"].map((digit) => ({ ...first, id: `${digit.repeat(8)}-0000-4000-8000-000000000001` }));
  const answers = [
    { items: [all[0]], has_more: true, continuation_token: 60 },
    { items: [], has_more: true, continuation_token: 40 },
    { items: [all[1]], has_more: true, continuation_token: 20 },
    { items: [all[2]], has_more: false, total: 3 },
  ];
  const action: FaultAction = {
    kind: "status",
    status: 200,
    get body() {
      return answers[set.emulator.requests.filter(({ operation }) => operation === "list-services").length - 1];
    },
  };
  set.emulator.faults.add({ operation: "list-services", when: "before", action });
  expect(await inTime(set.run().context.client.listServices(set.workspaceId))).toHaveLength(3);
  set.count("list-services", 4);
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
  expect(await gapOf(set.run().context.client.listWorkspaces())).toBe("20 of 26");
  set.sent("list-workspaces", "list-workspaces");
});

test("trap 20: a use case is not gone because the list comes in pages", async () => {
  const set = await scene();
  const line = await set.run().create("useCase", set.useCase());
  const [mine] = set.store.useCases.list();
  const other = { ...mine, id: "aaaaaaaa-0000-4000-8000-000000000001" };
  for (const [rest, found] of [
    [{ continuation_token: 1 }, true],
    [{ total: 2 }, false],
    [{}, false],
  ] as const) {
    const later = set.run();
    const paged: FaultAction = {
      kind: "status",
      status: 200,
      get body() {
        const [last] = set.emulator.requests.slice(-1);
        const isFirst = !last?.path.includes("continuation_token");
        return isFirst ? { items: [other], has_more: true, ...rest } : { items: [mine], has_more: false };
      },
    };
    const fault = { operation: "list-use-cases", when: "before", action: paged } as const;
    set.emulator.faults.add(fault);
    if (found) expect(await later.refresh(line)).toBe(true);
    else expect((await failureOf(later.refresh(line))).message).toContain("the list is not whole: 1 of");
    set.emulator.faults.clear();
  }
  set.count("list-use-cases", 5);
});

test("trap 20: a refresh of many services shares the pages", async () => {
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
