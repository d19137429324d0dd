import { expect, test } from "vitest";
import { failureOf, scene } from "./support/scene.js";

const CREATES = ["create-self-service-workspace", "create-service", "create-use-case"];

test("trap 21: a refused key on use cases is reported once and not tried again", async () => {
  for (const operation of ["list-use-cases", "get-use-case-service-binding"]) {
    const set = await scene();
    set.emulator.faults.add({ operation, when: "before", action: { kind: "status", status: 401 } });
    const run = set.run();
    const first = await failureOf(
      operation === "list-use-cases"
        ? run.create("useCase", set.useCase())
        : run.create("serviceBinding", set.binding(set.othersUseCase("Line").id, set.ids.systemService)),
    );
    expect(first.message).toMatch(/401 Unauthorized.*The key was read from .*AMIGO_API_KEY/);
    set.sent(operation);
    const second = await failureOf(run.create("service", set.service()));
    expect(second.message).toContain(`not tried: the key was refused (401) for ${operation}`);
    set.sent();
  }
});

test("trap 21: a create answered with 429 is sent again and makes one thing", async () => {
  for (const operation of CREATES) {
    const set = await scene();
    set.emulator.faults.add({ operation, when: "before", times: 1, action: { kind: "status", status: 429 } });
    const run = set.run();
    if (operation === "create-service") await run.create("service", set.service());
    else if (operation === "create-use-case") await run.create("useCase", set.useCase());
    else await run.create("workspace", set.workspace());
    const seen = set.count(operation, 2);
    expect(seen.map(({ status }) => status)).toEqual([429, 201]);
    set.count("list-services", 0);
    set.count("list-workspaces", 0);
    set.count("list-use-cases", operation === "create-use-case" ? 1 : 0);
  }
});

test("trap 21: a 429 on reads, writes and deletions is sent again", async () => {
  const set = await scene();
  const run = set.run();
  const desk = await run.create("service", set.service());
  const line = await run.create("useCase", set.useCase());
  const binding = await run.create("serviceBinding", set.binding(line.id, desk.id));
  for (const operation of [
    "get-use-case-service-binding",
    "unbind-use-case-from-service",
    "delete-use-case",
    "get-service",
    "update-service",
    "delete-service",
  ]) {
    set.emulator.faults.add({ operation, when: "before", times: 1, action: { kind: "status", status: 429 } });
  }
  set.clear();
  const later = set.run();
  await later.update(desk, set.service({ description: "after" }));
  set.sent("get-service", "get-service", "update-service", "update-service");
  await later.remove(binding);
  set.sent(
    "get-use-case-service-binding",
    "get-use-case-service-binding",
    "unbind-use-case-from-service",
    "unbind-use-case-from-service",
  );
  await later.remove(line);
  set.sent("delete-use-case", "delete-use-case");
  const last = set.run();
  await last.remove(desk);
  set.count("delete-service", 2);
});

test("trap 21: Retry-After holds back every request for the same operation", async () => {
  const set = await scene();
  const action = { kind: "status", status: 429, headers: { "retry-after": "1" } } as const;
  set.emulator.faults.add({ operation: "create-use-case", when: "before", times: 1, action });
  const run = set.run();
  const first = run.create("useCase", set.useCase());
  while (!set.emulator.requests.some(({ status }) => status === 429)) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const refusedAt = Date.now();
  await run.create("service", set.service());
  expect(Date.now() - refusedAt).toBeLessThan(900);
  await Promise.all([first, run.create("useCase", set.useCase({ name: "Another" }))]);
  const later = set.emulator.requests.filter(({ operation }) => operation === "create-use-case").slice(1);
  expect(later.length).toBe(2);
  for (const { at } of later) expect(Date.parse(at) - refusedAt).toBeGreaterThan(900);
  set.count("create-use-case", 3);
});

test("trap 21: a stack goes through under a tight limit", async () => {
  const set = await scene({
    dialect: { rateLimit: { requests: 2, perMs: 250, retryAfter: "absent" } },
  });
  const run = set.run();
  const made = await Promise.all(
    ["One", "Two", "Three", "Four", "Five"].map((name) =>
      run.create("service", set.service({ name, __owner: undefined })),
    ),
  );
  expect(new Set(made.map(({ id }) => id)).size).toBe(5);
  const posts = set.emulator.requests.filter(({ operation }) => operation === "create-service");
  expect(posts.filter(({ committed }) => committed)).toHaveLength(5);
  expect(posts.some(({ status }) => status === 429)).toBe(true);
  set.count("list-services", 0);
});

test("trap 21: a limit that never ends is an error", async () => {
  const set = await scene();
  set.emulator.faults.add({ operation: "list-use-cases", when: "before", action: { kind: "status", status: 429 } });
  const failure = await failureOf(set.run({ maxAttempts: "3" }).create("useCase", set.useCase()));
  expect(failure.message).toMatch(/429 Too Many Requests.*Limits count per organisation and endpoint/);
  expect(failure.message).toContain("Given up after 3 attempts");
  set.count("list-use-cases", 3);
  set.count("create-use-case", 0);
});
