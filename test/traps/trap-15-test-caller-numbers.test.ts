import { expect, test } from "vitest";
import { bodyOf, failureOf, problems, type Scene, scene } from "./support/scene.js";

const GET = "get-test-caller-numbers";
const PUT = "update-test-caller-numbers";
const A = "+14155550100";
const B = "+61291234567";
const C = "+442079460000";

function list(set: Scene, ...numbers: string[]) {
  return { workspaceId: set.workspaceId, numbers };
}

function there(set: Scene): string[] {
  return set.store.workspaces.get(set.workspaceId)?.test_caller_numbers ?? [];
}

test("trap 15: only E.164 numbers pass the check", async () => {
  const set = await scene();
  const run = set.run();
  for (const wrong of ["4155550100", "+0155550100", "+1", "+1 415 555", "+1234567890123456", "tel:+14155550100", ""]) {
    expect(Object.keys(await problems(run, "testCallerNumbers", list(set, A, wrong))), wrong).toEqual(["numbers[1]"]);
  }
  for (const right of ["+12", "+123456789012345", B]) {
    expect(await problems(run, "testCallerNumbers", list(set, A, right)), right).toEqual({});
  }
  set.sent();
});

test("trap 15: a number that stands twice is refused at its place", async () => {
  const set = await scene();
  expect(Object.keys(await problems(set.run(), "testCallerNumbers", list(set, A, B, A)))).toEqual(["numbers[2]"]);
  set.sent();
});

test("trap 15: 20 numbers pass, 21 do not", async () => {
  const set = await scene();
  const numbers = Array.from({ length: 21 }, (_, index) => `+1415555${String(index).padStart(4, "0")}`);
  expect(await problems(set.run(), "testCallerNumbers", list(set, ...numbers.slice(1)))).toEqual({});
  expect(Object.keys(await problems(set.run(), "testCallerNumbers", list(set, ...numbers)))).toEqual(["numbers"]);
  set.sent();
});

test("trap 15: the order of numbers is no change", async () => {
  const set = await scene();
  const qa = await set.run().create("testCallerNumbers", list(set, A, B, C));
  expect(bodyOf(set.sent(GET, PUT)[1])).toEqual({ numbers: [A, B, C] });
  expect(await set.run().update(qa, list(set, C, A, B))).toBe("same");
  set.sent();
  set.store.workspaces.update(set.workspaceId, { test_caller_numbers: [B, C, A] });
  await set.run().refresh(qa);
  expect(qa.outputs.numbers).toEqual([A, B, C]);
  expect(await set.run().update(qa, list(set, A, B, C))).toBe("same");
  set.sent(GET);
});

test("trap 15: a list that is not empty and not ours is refused unless adopted", async () => {
  const set = await scene();
  set.store.workspaces.update(set.workspaceId, { test_caller_numbers: [C] });
  const failure = await failureOf(set.run().create("testCallerNumbers", list(set, A)));
  expect(failure.message).toContain(`the workspace has 1 test caller numbers already (${C})`);
  expect(failure.message).toMatch(/Nothing was written.*adopt: true/);
  set.sent(GET);
  expect(there(set)).toEqual([C]);

  const run = set.run();
  await run.create("testCallerNumbers", { ...list(set, A), adopt: true });
  expect(run.warnings.join()).toContain(`were taken over (adopt: true); they were ${C}`);
  set.sent(GET, PUT);
  expect(there(set)).toEqual([A]);
});

test("trap 15: an identical list is not ours either", async () => {
  const set = await scene();
  set.store.workspaces.update(set.workspaceId, { test_caller_numbers: [A] });
  await failureOf(set.run().create("testCallerNumbers", list(set, A)));
  set.sent(GET);
  await set.run().create("testCallerNumbers", { ...list(set, A), adopt: true });
  set.sent(GET);
});

test("trap 15: an update writes the whole list and names what others had added", async () => {
  const set = await scene();
  const qa = await set.run().create("testCallerNumbers", list(set, A));
  set.store.workspaces.update(set.workspaceId, { test_caller_numbers: [A, C] });
  set.clear();
  const run = set.run();
  await run.update(qa, list(set, A, B));
  expect(bodyOf(set.sent(GET, PUT)[1])).toEqual({ numbers: [A, B] });
  expect(run.warnings.join()).toContain(
    `numbers was changed by somebody else since the last run: it was ["${A}"], was ["${A}","${C}"] just now, and is written as ["${A}","${B}"]`,
  );
});

test("trap 15: deleting empties the list", async () => {
  const set = await scene();
  const qa = await set.run().create("testCallerNumbers", list(set, A, B));
  set.clear();
  await set.run().remove(qa);
  expect(bodyOf(set.sent(PUT)[0])).toEqual({ numbers: [] });
  expect(there(set)).toEqual([]);
});
