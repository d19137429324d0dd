import { expect, it } from "vitest";
import type { FaultAction } from "../../src/emulator/index.js";
import { failureOf, type Scene, scene } from "../traps/support/scene.js";

const strangeId = "ffffffff-0000-4000-8000-000000000001";

/** The lists of the server, each with one entry more, or with entries changed. */
function spoil(set: Scene, change: (items: object[]) => unknown[]): void {
  for (const operation of ["list-services", "list-use-cases"]) {
    const store = operation === "list-services" ? set.store.services : set.store.useCases;
    const action: FaultAction = {
      kind: "status",
      status: 200,
      get body() {
        return { items: change(store.list()), has_more: false };
      },
    };
    set.emulator.faults.add({ operation, when: "before", action });
  }
}

const neighbours: [string, (items: object[]) => object | number][] = [
  ["without most of its fields", () => ({ id: strangeId, name: "New kind" })],
  ["with a field of another type", ([first]) => ({ ...first, id: strangeId, created_at: 7, keyterms: { a: 1 } })],
];

it.each(neighbours)("a neighbour %s stands in the way of nobody else", async (_how, entry) => {
  const set = await scene();
  const run = set.run();
  const [desk, second] = [
    await run.create("service", set.service()),
    await run.create("service", set.service({ name: "Second" })),
  ];
  const line = await run.create("useCase", set.useCase());
  spoil(set, (items) => [entry(items), ...items]);
  const later = set.run();
  set.clear();
  expect(await Promise.all([desk, second, line].map((one) => later.refresh(one)))).toEqual([true, true, true]);
  set.count("list-services", 1);
  set.count("get-service", 0);
  await later.remove(desk);
  expect(set.store.services.get(desk.id)).toBeUndefined();
});

it("what cannot be read is never called gone", async () => {
  const set = await scene();
  const run = set.run();
  const line = await run.create("useCase", set.useCase());
  const other = await run.create("useCase", set.useCase({ name: "Other" }));
  spoil(set, (items) =>
    items.map((item) => ((item as { id: string }).id === line.id ? { ...item, setup_id: 7 } : item)),
  );
  const later = set.run();
  expect((await failureOf(later.refresh(line))).message).toMatch(
    /list-use-cases: the answer .* does not fit the contract: items\[\d\]\.setup_id: /,
  );
  expect(await later.refresh(other)).toBe(true);
});

it("a service is not deleted while a use case that has no readable id might be bound to it", async () => {
  const set = await scene();
  const run = set.run();
  const desk = await run.create("service", set.service());
  const line = await run.create("useCase", set.useCase());
  spoil(set, (items) => [...items, { name: "of an unknown kind" }]);
  expect((await failureOf(set.run().remove(desk))).message).toContain("does not fit the contract");
  expect(set.store.services.get(desk.id)).toBeDefined();
  expect(set.store.useCases.get(line.id)).toBeDefined();
});
