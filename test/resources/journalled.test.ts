import { describe, expect, it, vi } from "vitest";
import type { ProviderContext } from "../../src/engine/provider/context.js";
import type { Entry } from "../../src/engine/provider/journal.js";
import { claimedId, intentOf, journalled, otherMaker, takeClaimed } from "../../src/resources/journalled.js";
import { lost, refusal } from "./support.js";

const mark = (name: string, stack = "dev") =>
  `pulumi/organization/clinic/${stack}/pulumi-nodejs:dynamic/amigo:UseCase/${name}`;
const recovery = { keyOf: ({ name, size }: Record<string, unknown>) => [name, size], inputsOf: () => ({}) };
const intent = intentOf({ kind: "UseCase", recovery }, { name: "Line", size: 7, __owner: mark("line") });
const [refused, lostAnswer] = [refusal(409), lost()];

/** A journal that answers with this claim and these entries. */
function processWith({ claim, entries = [] }: { claim?: object; entries?: Partial<Entry>[] } = {}) {
  const settle = vi.fn();
  const journal = { ask: () => "entry-1", settle, entries: () => entries, claimOf: () => claim };
  return { settle, context: { journal } as unknown as ProviderContext };
}
const without = {} as ProviderContext;

it("an intent holds the key as texts, and who asks", () => {
  const base = { kind: "UseCase", key: ["Line", "7"], before: [], owner: mark("line"), workspaceId: undefined };
  expect(intent).toEqual(base);
  const news = { name: "Line", size: 7, workspaceId: "w" };
  expect(intentOf({ kind: "UseCase", recovery }, news, ["a"])).toEqual({
    ...base,
    ...{ before: ["a"], owner: undefined, workspaceId: "w" },
  });
});

describe("a create between two lines of the journal", () => {
  it("is noted with its id", async () => {
    const { context, settle } = processWith();
    expect(await journalled(context, intent, async () => ({ id: "u-1" }))).toEqual({ id: "u-1" });
    expect(settle.mock.calls).toEqual([["entry-1", "made", "u-1"]]);
    expect(await journalled(without, intent, async () => ({ id: "u-1" }))).toEqual({ id: "u-1" });
  });

  it.each<[text: string, error: unknown, closed: boolean]>([
    ["the API refused", refused, true],
    ["the API refused, as a cause", new Error("Nothing was made", { cause: refused }), true],
    ["the answer was lost", lostAnswer, false],
    ["the answer was lost, as a cause", new Error("Unknown", { cause: lostAnswer }), false],
    ["something else went wrong", new TypeError("a mistake"), false],
  ])("stays open unless it certainly made nothing: %s", async (_text, error, closed) => {
    const { context, settle } = processWith();
    await expect(journalled(context, intent, () => Promise.reject(error))).rejects.toBe(error);
    expect(settle.mock.calls).toEqual(closed ? [["entry-1", "closed"]] : []);
  });
});

describe("the other maker of a thing", () => {
  const made = { kind: "UseCase", id: "u-1", state: "made", owner: mark("other") } as const;
  const found = (...entries: Partial<Entry>[]) => otherMaker(processWith({ entries }).context, intent, "u-1");

  it("is the last one of this stack that the journal names", () => {
    expect(found({ ...made, owner: mark("first") }, made)).toBe("other");
  });

  it.each<[text: string, change: Partial<Entry>]>([
    ["another thing", { id: "u-2" }],
    ["another kind", { kind: "Service" }],
    ["one that was only asked for", { state: "asked" }],
    ["this resource's own", { owner: mark("line") }],
    ["another stack's", { owner: mark("other", "prod") }],
    ["nobody's", { owner: undefined }],
  ])("is nobody where the entry is %s", (_text, change) => {
    expect(found({ ...made, ...change })).toBeUndefined();
    expect(otherMaker(without, intent, "u-1")).toBeUndefined();
  });
});

it("a claim of `recover` is taken once, for the id that it names", () => {
  const { context, settle } = processWith({ claim: { id: "u-1", entry: "entry-9" } });
  expect([claimedId(context, intent), claimedId(without, intent)]).toEqual(["u-1", undefined]);
  expect(claimedId(processWith().context, intent)).toBeUndefined();
  expect(takeClaimed(context, intent, "u-2")).toBe(false);
  expect(takeClaimed(processWith().context, intent, "u-1")).toBe(false);
  expect(takeClaimed(without, intent, "u-1")).toBe(false);
  expect(settle).not.toHaveBeenCalled();
  expect(takeClaimed(context, intent, "u-1")).toBe(true);
  expect(settle.mock.calls).toEqual([["entry-9", "made", "u-1"]]);
});
