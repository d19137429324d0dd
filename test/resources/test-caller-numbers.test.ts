import * as pulumi from "@pulumi/pulumi";
import { expect, it } from "vitest";
import type { Values } from "../../src/engine/lifecycle.js";
import { testCallerNumbersLifecycle as lifecycle, TestCallerNumbers } from "../../src/resources/test-caller-numbers.js";
import { declare, fail, hurryClock, mark, processWith, refusal } from "./support.js";

const PUT = "updateTestCallerNumbers";
/** A process whose server holds these numbers; `ends` are how the first writes end. */
function serverOf(there: string[], ends: unknown[] = [], seconds = 0) {
  const put = (_: string, numbers: string[]) => (ends.length > 0 ? fail(ends.shift())() : { numbers });
  return processWith({ getTestCallerNumbers: () => ({ numbers: there }), [PUT]: put }, seconds);
}
const news = (...numbers: string[]): Values => ({ workspaceId: "w", numbers, __owner: mark("qa") });
const live = (...numbers: string[]) => ({ workspaceId: "w", numbers });

const LEFT = /^Error: the workspace has 2 test .* \(b, c\) that are not known.* import: "w";.*amigo recover` finds/;
const MINE = /^Error: the test caller numbers of workspace w are this stack's .*"maker".*renamed/;
it.each<[text: string, there: string[], more: Values, owner: string, claim: string, end: RegExp, sent: string]>([
  ["empty", [], {}, "", "", /^w a,b$/, `ask ${PUT} made`],
  ["somebody's", ["b", "c"], {}, "", "", LEFT, ""],
  ["another stack's", ["b", "c"], {}, mark("maker", "pulumi/o/p/other"), "", LEFT, ""],
  ["this stack's other resource's", ["b", "c"], {}, mark("maker"), "", MINE, ""],
  ["adopted", ["b", "c"], { adopt: true }, mark("maker"), "", /^w a,b .* w were taken.* b, c$/, `ask ${PUT} made`],
  ["adopted as it is", ["b", "a"], { adopt: true }, "", "", /^w b,a .*they were b, a$/, ""],
  ["claimed by `recover`", ["b", "a"], {}, "", "w", /^w b,a$/, "made"],
  ["claimed and differs", ["b", "c"], {}, "", "w", LEFT, ""],
])("a new list is written, taken or refused where one is %s", async (_, there, more, owner, claim, says, sent) => {
  const { context, calls, warnings } = serverOf(there);
  const entries = () => [{ kind: "TestCallerNumbers", id: "w", state: "made", owner }];
  const ask = ({ key }: { key: string[] }) => calls.push(["ask"]) && key.join();
  const settle = (entry: string, state: string, id: string) => calls.push([state, entry, id]);
  const claimOf = () => (claim ? { id: claim, entry: "e" } : undefined);
  Object.assign(context, { journal: { entries, claimOf, ask, settle } });
  const made = lifecycle.create(context, { ...news("a", "b"), ...more });
  const end = await made.then(({ id, live }) => `${id} ${live.numbers}`, String);
  expect([end, ...warnings].join(" ")).toMatch(says);
  expect(calls.map(([name]) => name).join(" ")).toBe(`getTestCallerNumbers ${sent}`.trim());
  if (sent.endsWith("made")) expect(calls.at(-1)).toEqual(["made", claim ? "e" : "a,b", "w"]);
});

it("a new list is not looked at first where it is this run's own, and written once more where that shows late", async () => {
  hurryClock();
  const write = async (kind: string, ends: unknown[] = []) => {
    const { context, calls } = serverOf(["c"], ends, 1e6);
    if (kind === "Workspace") context.run.made(kind, "w");
    else declare(context, kind, news(), "w");
    const end = await lifecycle.create(context, news("a")).then(({ live }) => live.numbers, String);
    return [end, ...calls.map(([name]) => name)].join(" ");
  };
  for (const kind of ["Workspace", lifecycle.kind]) expect(await write(kind)).toBe(`a ${PUT}`);
  expect(await write("Workspace", [refusal(404)])).toBe(`a ${PUT} ${PUT}`);
  expect(await write(lifecycle.kind, [refusal(404)])).toMatch(/status 404.*\)\. updateTestCallerNumbers$/);
});

it("a list is read, changed as a whole and emptied, and is gone only where its workspace can be seen", async () => {
  const { context, calls } = serverOf(["c"]);
  const update = (over: (live: Values) => Values) => lifecycle.update(context, { id: "w", olds: {}, news: {}, over });
  expect([await update(() => ({})), calls.length]).toEqual([live("c"), 1]);
  expect(await update(({ numbers }) => ({ numbers: [...(numbers as string[]), "d"] }))).toEqual(live("c", "d"));
  const found = [await lifecycle.read(context, "w"), ...(await lifecycle.document.list(context, "w"))];
  expect(found).toEqual(Array(2).fill({ id: "w", live: live("c") }));
  await lifecycle.remove(context, "w");
  const [first, ...puts] = calls.filter(([name]) => name === PUT);
  expect([first, puts]).toEqual([[PUT, "w", ["c", "d"]], [[PUT, "w", []]]]);
  const gone = (visible: boolean) => processWith({ getTestCallerNumbers: fail(refusal(404)), visible }).context;
  expect(await lifecycle.read(gone(true), "w")).toBeUndefined();
  await expect(lifecycle.read(gone(false), "w")).rejects.toThrow("workspace w is archived");
});

it("a list is known by its workspace and its numbers in any order, and another takes its place once it is empty", async () => {
  const { keyOf, inputsOf } = lifecycle.recovery;
  const numbers = ["b", "a"];
  expect([inputsOf(keyOf({ numbers })).numbers, keyOf({}), numbers.join()]).toEqual([["a", "b"], [], "b,a"]);
  expect([lifecycle.idFrom(news()), lifecycle.describe(news())]).toEqual(["w", "TestCallerNumbers of workspace w"]);
  expect(lifecycle.rules({ numbers: ["a", "a"] })).toMatchObject([{ property: "numbers[1]" }]);
  await pulumi.runtime.setMocks({ newResource: ({ inputs }) => ({ id: "w", state: inputs }), call: () => ({}) });
  const seen: unknown[] = [];
  new TestCallerNumbers("qa", { workspaceId: "w", numbers }, { transformations: [({ opts }) => void seen.push(opts)] });
  expect([lifecycle.deleteFirst(), seen]).toMatchObject([false, [{ deleteBeforeReplace: true }]]);
});
