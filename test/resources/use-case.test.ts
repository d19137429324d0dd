import { describe, expect, it } from "vitest";
import type { Values } from "../../src/engine/lifecycle.js";
import type { ProviderContext } from "../../src/engine/provider/context.js";
import { UNKNOWN } from "../../src/engine/unknown.js";
import { useCaseLifecycle as lifecycle } from "../../src/resources/use-case.js";
import { declare, fail, hurryClock, listed, lost, mark, processWith, refusal, stopClock, useCase } from "./support.js";

type Given = (context: ProviderContext) => void;
const news = (more: Values = {}): Values => ({
  ...{ workspaceId: "w", channel: "inbound_voice", entityName: "Clinic", name: "Line", setupId: "x", ...more },
});

/** What becomes of a create: the id or the message; with each list of the workspace in turn, the last one for ever. */
async function create(
  lists: object[][],
  ends: unknown[] = [],
  { given = (_: ProviderContext) => {}, inputs = news(), seconds = 0, onLastList = () => {} } = {},
) {
  const listUseCases = () => {
    if (lists.length === 1) onLastList();
    return listed((lists.length > 1 ? lists.shift() : lists[0]) ?? []);
  };
  const createUseCase = () => (ends.length > 0 ? fail(ends.shift())() : useCase({ id: "made" }));
  const { context, calls, warnings } = processWith({ listUseCases, createUseCase }, seconds);
  given(context);
  const end = await lifecycle.create(context, inputs).then(({ id }) => id, String);
  const asked = calls.map(([name]) => ({ listUseCases: "list", createUseCase: "create", touched: "-" })[String(name)]);
  return { end, warnings, asked: asked.join(" "), run: context.run };
}
const there = useCase();
const taken = () => refusal(409, { reason: "use-case-exists" });

describe("a use case that is created", () => {
  it("is asked for where none of its key exists, or this run removed that", async () => {
    const { run, ...done } = await create([[useCase({ name: "Other" })]]);
    expect(done).toEqual({ end: "made", warnings: [], asked: "list - create -" });
    expect(run.wasMade("UseCase", "made")).toBe(true);
    const given = (context: ProviderContext) => context.run.removed("UseCase", "u", {}, "it");
    expect((await create([[there]], [], { given })).end).toBe("made");
  });

  const journal = (entry: object) => (context: ProviderContext) => {
    const entries = () => [{ kind: "UseCase", id: "u", state: "made", owner: mark("maker") }];
    Object.assign(context, { journal: { entries, claimOf: () => undefined, settle() {}, ...entry } });
  };
  const claimed = journal({ claimOf: () => ({ id: "u", entry: "e" }) });
  const managed = (context: ProviderContext) => declare(context, "UseCase", { name: "New" }, "u");
  const [adopt, mine] = [news({ adopt: true }), news({ __owner: mark("line") })];
  const DIFFERS =
    /known to be this resource's\. It differs, and the API cannot change it:\n {2}setupId: declared "x", exists as "y"$/;
  it.each<[text: string, setup_id: string, inputs: Values, given: Given, end: unknown]>([
    ["nobody's", "x", news(), () => {}, /^Error: use case u has this .* is not known to be.* Which is it\?\n {2}- The/],
    ["adopted", "x", adopt, () => {}, "u"],
    ["adopted and differs", "y", adopt, () => {}, DIFFERS],
    ["this stack's other one", "x", mine, journal({}), /It is this stack's own resource "maker"\. If it was renamed/],
    ["this stack's other resource and differs", "y", mine, journal({}), DIFFERS],
    ["given up by another one", "x", adopt, managed, /, and another resource of this program manages it, which gives/],
    ["claimed by `recover`", "x", news(), claimed, "u"],
    ["claimed and differs", "y", news(), claimed, DIFFERS],
  ])("is not asked for where one of its key exists, which is %s", async (text, setup_id, inputs, given, end) => {
    hurryClock();
    const done = await create([[useCase({ setup_id })]], [], { inputs, given });
    expect(done.end).toEqual(end instanceof RegExp ? expect.stringMatching(end) : end);
    expect([done.asked, done.warnings.length]).toEqual(["list", text === "adopted" ? 1 : 0]);
  });

  it("is refused with the one that stands in its way now, or with the refusal alone", async () => {
    hurryClock();
    const found = await create([[], [there]], [taken()]);
    expect(found.end).toMatch(/^Error: do-thing: status 409.*\. use case u has this channel.*is not known to be/s);
    expect(found.asked).toBe("list - create list -");
    const none = await create([[], [useCase({ channel: "email" })]], [taken()]);
    expect(none.end).toMatch(/status 409[^.]*\)\.$/);
  });

  it.each<[text: string, removed: Values, error: unknown, later: object[], again: boolean]>([
    ["this run removed one like it", news(), taken(), [], true],
    ["that is not like it", news({ name: "Other" }), taken(), [], false],
    ["the setup is not approved", news(), refusal(409, { reason: "setup-not-approved" }), [], false],
    ["somebody has it by now", news(), taken(), [there], false],
    ["it is no conflict", news(), refusal(422), [], false],
  ])("is asked for again where %s: %s", async (_text, removed, error, later, again) => {
    hurryClock();
    const given = ({ run }: ProviderContext) => run.removed("UseCase", "old", removed, "it");
    const { end } = await create([[], later], [error], { given, seconds: 1e6 });
    expect(end === "made", end).toBe(again);
  });

  const secret = { __secrets: ["description"] };
  const back = 'restore setupId (it was "x") and description (it was a secret) in the program and run `pulumi up`.';
  it.each<[text: string, state: Values, isRemoved: boolean, says: string]>([
    ["this run deleted", news({ description: "was", ...secret }), true, back],
    ["a run before deleted", news({ description: "was", ...secret }), false, back],
    ["was the same", news({ setupId: "new", description: "d" }), true, "restore the former arguments in the program"],
    ["had another key", news({ name: "Other" }), false, "POST /v1/things)."],
  ])("says how to get back what %s to make way for it", async (_text, state, isRemoved, says) => {
    const inputs = news({ setupId: "new", description: "d", ...secret });
    const given = (context: ProviderContext) =>
      isRemoved
        ? context.run.removed("UseCase", "old", state, "it")
        : declare(context, "UseCase", inputs, "old", state);
    const { end } = await create([[]], [refusal(422)], { given, inputs });
    expect(end).toContain(says);
    expect(end.includes("The former use case was deleted")).toBe(!says.startsWith("POST"));
  });
});

describe("a create of a use case whose answer was lost", () => {
  const at = (ms: number, more: object = {}) =>
    useCase({ created_at: new Date(Date.now() + ms).toISOString(), ...more });

  it.each<[text: string, later: () => object[], end: unknown]>([
    ["appeared since", () => [at(0)], "u"],
    ["appeared since, as far as two clocks tell", () => [at(-4000)], "u"],
    ["is older than the request", () => [at(-6000)], /no such use case appeared within 0 s/],
    ["has another key", () => [at(0, { name: "Other" })], /no such use case appeared/],
    ["is another resource's", () => [at(0, { id: "held" })], /no such use case appeared/],
    ["was removed by this run", () => [at(0, { id: "removed" })], /no such use case appeared/],
    ["was there before", () => [at(0, { id: "before" })], /no such use case appeared/],
    ["is noted of another create", () => [at(0, { id: "noted" })], /no such use case appeared/],
    ["differs", () => [at(0, { setup_id: "y" })], /use case u \(created .*\) appeared with .* not certain which/],
    ["is one of two", () => [at(0), at(0, { id: "v" })], /use case u .* and use case v .* appeared with/],
  ])("is what %s", async (_text, later, end) => {
    stopClock();
    const given = (context: ProviderContext) => {
      Object.assign(context, { journal: { entries: () => [{ id: "noted" }], claimOf() {}, ask() {}, settle() {} } });
      context.run.hold("UseCase", "held");
      context.run.removed("UseCase", "removed", {}, "it");
    };
    const before = useCase({ id: "before", name: "Other" });
    const done = await create([[before], later()], [lost()], { given });
    expect([done.end]).toEqual([end instanceof RegExp ? expect.stringMatching(end) : end]);
    expect(done.run.wasMade("UseCase", "u")).toBe(end === "u");
  });

  it("is sure at once where it is younger than the request, and else once the time is over", async () => {
    const passes = stopClock();
    const lists = [[], [at(-1000)], [at(-1000), at(1, { id: "v" })]];
    const done = await create(lists, [lost()], { seconds: 3600, onLastList: () => passes(3_600_000) });
    expect([done.end, done.asked]).toEqual([expect.stringMatching("not certain which"), "list - create list - list"]);
    expect((await create([[], [at(1)], []], [lost()], { seconds: 3600 })).end).toBe("u");
  });
});

describe("a use case that is there", () => {
  const read = async (lists: object[][], state: Values, own = {}) => {
    const listUseCases = () => listed((lists.length > 1 ? lists.shift() : lists[0]) ?? []);
    const { context, warnings } = processWith({ listUseCases, ...own });
    return { found: await lifecycle.read(context, "u", { workspaceId: "w", ...state }), warnings };
  };

  it("is read from a list, or from a second one", async () => {
    for (const lists of [[[there]], [[], [there]]]) {
      expect((await read(lists, {})).found).toMatchObject({ id: "u", live: { name: "Line", workspaceId: "w" } });
    }
  });

  it.each<[text: string, createdAt: unknown, list: object[], kept: boolean]>([
    ["young", "2998-01-01T00:00:00Z", [useCase({ id: "v" })], true],
    [
      "young, and a list shows a younger one",
      "2998-01-01T00:00:00Z",
      [useCase({ id: "v", created_at: "2999-01-01T00:00:00Z" })],
      false,
    ],
    ["old", "2026-01-01T00:00:00Z", [], false],
    ["of no age", undefined, [], false],
  ])("is kept where no list shows it and it is %s", async (_text, createdAt, list, kept) => {
    const { found, warnings } = await read([list], { createdAt });
    expect([found?.live.createdAt, warnings.length]).toEqual(kept ? [createdAt, 1] : [undefined, 0]);
  });

  it("is not changed but taken as it is; gone, it is an error", async () => {
    const over = () => ({});
    const { context } = processWith({ useCases: [useCase()] });
    expect(await lifecycle.update(context, { id: "u", olds: {}, news: news(), over })).toMatchObject({ name: "Line" });
    const none = processWith().context;
    await expect(lifecycle.update(none, { id: "u", olds: {}, news: news(), over })).rejects.toThrow(
      "use case u is gone",
    );
  });

  it.each<[reason: string, unbound: boolean, calls: number, says: RegExp | undefined]>([
    ["still-bound", true, 2, undefined],
    ["still-bound-or-phone-assigned", true, 2, undefined],
    ["phone-assigned", true, 1, /ServiceBinding of it was removed in this run: restore the former arguments/],
    ["still-bound", false, 1, /A binding of this stack.*\(useCaseId: useCase\.id\)/],
    ["phone-assigned", false, 1, /status 409[^.]*\)\.$/],
  ])("is deleted once more where it is %s and this run unbound it: %s", async (reason, unbound, calls, says) => {
    let isFirst = true;
    const deleteUseCase = () => {
      if (isFirst) {
        isFirst = false;
        throw refusal(409, { reason });
      }
    };
    hurryClock();
    const { context, calls: seen } = processWith({ deleteUseCase }, 1e6);
    if (unbound) context.run.removed("ServiceBinding", "u", {}, "ServiceBinding of it");
    const end = await lifecycle.remove(context, "u", news()).then(() => undefined, String);
    expect(end).toEqual(says ? expect.stringMatching(says) : undefined);
    expect(seen.filter(([name]) => name === "deleteUseCase")).toHaveLength(calls);
    expect([seen[0]?.[0], seen.at(-1)?.[0]]).toEqual(["touched", "touched"]);
  });

  it("has a sender for email only, and makes way first under the same key", () => {
    const problems = (values: Values) => lifecycle.rules(values).map(({ property, reason }) => `${property} ${reason}`);
    expect(problems({ channel: "email", emailType: "marketing" })).toEqual([
      "senderEmailAddress is required for an email use case",
    ]);
    expect(problems({ channel: "inbound_voice", emailType: "marketing" })).toEqual([
      "emailType belongs to email use cases only; this one is inbound_voice",
    ]);
    expect([problems({ channel: UNKNOWN, emailType: "x" }), problems({})]).toEqual([[], []]);
    expect([["setupId"], ["description", "name"]].map((names) => lifecycle.deleteFirst(names))).toEqual([true, false]);
  });
});
