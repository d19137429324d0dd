import { describe, expect, it } from "vitest";
import { HIDDEN } from "../../src/engine/hidden.js";
import type { Values } from "../../src/engine/lifecycle.js";
import type { ProviderContext } from "../../src/engine/provider/context.js";
import { UNKNOWN } from "../../src/engine/unknown.js";
import { becomesMoved, bindingBefore, isDisturbed, wantedService } from "../../src/resources/binding-lines.js";
import { bind } from "../../src/resources/binding-moves.js";
import { noteBound } from "../../src/resources/bindings.js";
import { serviceBindingLifecycle as lifecycle } from "../../src/resources/service-binding.js";
import {
  declare,
  fail,
  hurryClock,
  lost,
  mark,
  processWith,
  refusal,
  STACK,
  service,
  tags,
  useCase,
} from "./support.js";

type Given = (context: ProviderContext) => void;
const line = (useCaseId: string, serviceId: string) => ({ useCaseId, serviceId });
const values = (useCaseId: string, serviceId: string, more: Values = {}): Values => {
  return { workspaceId: "w", useCaseId, serviceId, ...more };
};
const KIND = "ServiceBinding";
const useCases = ["a", "b", "c"].map((id) => useCase({ id })).concat(useCase({ id: "mail", channel: "email" }));

/** A workspace with these lines, and what was written to it: `a>1` is a binding, `a-` the end of one. */
function lines(bindings: Record<string, string>, own: object = {}, seconds = 0) {
  hurryClock();
  const { calls, ...rest } = processWith({ useCases, bindings, ...own }, seconds);
  const written = () =>
    calls.flatMap(([name, , id, to]) =>
      name === "bindUseCase" ? [`${id}>${to}`] : name === "unbindUseCase" ? [`${id}-`] : [],
    );
  return { calls, written, ...rest };
}
const disturbs = (id: string, at: string) => ({ [HIDDEN.disturbed]: [line(id, at)] });
/** The program moves a line. */
const moves = (context: ProviderContext, id: string, from: string, to: string, more: Values = {}) =>
  declare(context, KIND, values(id, to), id, values(id, from, more));

describe("the lines of a program", () => {
  it("are wanted where its last binding says, and were where state or the former inputs say", async () => {
    const { context } = lines({});
    moves(context, "b", "1", "3", disturbs("a", "4"));
    moves(context, "a", "1", "2");
    declare(context, KIND, values("a", "5"));
    context.run.checked(KIND, values("c", "6"), values("c", "7"));
    expect([wantedService(context, "a"), wantedService(context, "x")]).toEqual(["5", undefined]);
    const was = [values("a", "2"), values("a", "5"), values("c", "6")].map(
      (one) => bindingBefore(context, one)?.serviceId,
    );
    expect(was).toEqual(["1", undefined, "7"]);
    const isMoved = ["a1", "a2", "b3", "c7"].map(([id = "", at = ""]) => becomesMoved(context, line(id, at)));
    expect(await Promise.all(isMoved)).toEqual([true, false, false, true]);
    const at = (id: string) => [undefined, "1", "4", "6", "9"].filter((on) => isDisturbed(context, id, on));
    expect([at("a"), at("b")]).toEqual([[undefined, "1", "4", "6"], []]);
  });
});

describe("a line that is bound", () => {
  it.each<[text: string, own: Given, status: number, asked: number]>([
    ["its use case is new", ({ run }) => run.made("UseCase", "a"), 404, 2],
    ["its service is new", ({ run }) => run.made("Service", "1"), 404, 2],
    ["another is new", ({ run }) => run.made("Service", "2"), 404, 1],
    ["its service was given up", ({ run }) => run.removed(KIND, "x", line("x", "1"), "it"), 409, 2],
    // Looked at in between, and sent once more in its turn.
    ["another was given up", ({ run }) => run.removed(KIND, "x", line("x", "2"), "it"), 409, 3],
  ])("is sent again where %s", async (_text, own, status, asked) => {
    let refused = 0;
    const bindUseCase = (_: string, use_case_id: string, service_id: string) => {
      if (refused++ === 0) throw refusal(status);
      return { use_case_id, service_id };
    };
    const { context, calls } = lines({ a: "9" }, { bindUseCase }, 1e6);
    own(context);
    await bind(context, "w", line("a", "1")).catch((error: unknown) => expect(asked, String(error)).toBe(1));
    expect(calls).toHaveLength(asked);
    expect(context.run.written(KIND, "a")).toBe(asked > 1 ? "1" : undefined);
  });
});

describe("a line that another one stands in the way of", () => {
  it("moves on first, with all the lines behind it, the last one first", async () => {
    for (const [from, c] of [
      ["1", "4"],
      ["1", "1"],
      ["9", "4"],
      [undefined, "4"],
    ]) {
      const { context, written, bindings } = lines({ ...(from && { a: from }), b: "2", c: "3", mail: "2" });
      moves(context, "a", from ?? "1", "2");
      moves(context, "b", "2", "3");
      moves(context, "c", "3", c ?? "");
      await bind(context, "w", line("a", "2"), values("a", from ?? "1"));
      // A free service is taken at once; only in a circle one must go down first.
      const [first, later] = c === "1" ? [["b-", "c-"], ["c>1"]] : [["c>4", "b-"], []];
      expect(written()).toEqual(["a>2", "a>2", ...first, "a>2", ...later, "b>3"]);
      expect(bindings).toEqual({ a: "2", b: "3", c, mail: "2" });
    }
  });

  it("moves on where a failed move has left it: to where the program wants it, else where it was", async () => {
    for (const wanted of [true, false]) {
      const { context, written } = lines({ b: "2", c: "3" });
      moves(context, "a", "1", "2", disturbs("b", "4"));
      if (wanted) declare(context, KIND, values("b", "5"));
      await bind(context, "w", line("a", "2"), values("a", "1"));
      expect(written()).toEqual(["a>2", "a>2", wanted ? "b>5" : "b>4", "a>2"]);
    }
  });

  it("moves to where another use case of its binding was", async () => {
    const { context, written } = lines({ a: "1", c: "2" });
    moves(context, "c", "2", "1");
    await bind(context, "w", line("b", "2"), values("a", "1"));
    expect(written()).toEqual(["b>2", "b>2", "c-", "a-", "b>2", "c>1"]);
  });

  it("leaves down what no binding of the program wants any more", async () => {
    const { context, written, bindings } = lines({ a: "1", b: "2" });
    await bind(context, "w", line("a", "2"), values("b", "2"));
    expect([written(), bindings]).toEqual([["b-", "a>2"], { a: "2" }]);
  });

  it.each<[text: string, program: Given]>([
    ["nobody's", () => {}],
    ["wanted where it is", (context) => moves(context, "b", "2", "2")],
    ["moved from elsewhere", (context) => moves(context, "b", "7", "3")],
    ["of another channel", (context) => moves(context, "mail", "2", "3")],
  ])("stays down where that one is %s, which is named", async (_text, program) => {
    const { context, written, bindings } = lines({ a: "1", b: "2", mail: "2" });
    program(context);
    await expect(bind(context, "w", line("a", "2"), values("a", "1"))).rejects.toThrow(
      /^use case "Clinic \/ Line" \(b\) holds channel inbound_voice of service 2, and no binding.*: status 409/s,
    );
    expect([written(), bindings]).toEqual([["a>2", "a>2"], { a: "1", b: "2", mail: "2" }]);
  });

  it("says so where nobody is seen in its way, and what else the API says", async () => {
    const refused = (...statuses: number[]) => {
      const bindUseCase = () => fail(refusal(statuses.shift() ?? 409))();
      return bind(lines({ a: "1", mail: "2" }, { bindUseCase }).context, "w", line("a", "2"));
    };
    await expect(refused()).rejects.toThrow(/no use case of the workspace shows that binding/);
    await expect(refused(422)).rejects.toThrow(/^do-thing: status 422/);
    await expect(refused(409, 422)).rejects.toThrow(/^do-thing: status 422/);
  });

  it.each([404, 500])("is taken down, and the API says %s", async (status) => {
    const there: Record<string, string> = { a: "1", b: "2" };
    const unbindUseCase = (_: string, id: string) => {
      if (status === 404) delete there[id];
      throw refusal(status);
    };
    const { context } = lines(there, { unbindUseCase });
    moves(context, "b", "2", "1");
    const end = await bind(context, "w", line("a", "2"), values("a", "1")).then(({ service_id }) => service_id, String);
    expect(end).toEqual(status === 404 ? "2" : expect.stringMatching(/status 500.* The former bindings were restored/));
    expect(there).toEqual(status === 404 ? { a: "2", b: "1" } : { a: "1", b: "2" });
  });

  it("is up already where another move has done it while this one waited", async () => {
    const bindings: Record<string, string> = { b: "2" };
    const bindUseCase = () => {
      bindings.a = "2";
      throw refusal(409);
    };
    const { context, written } = lines(bindings, { bindUseCase });
    expect((await bind(context, "w", line("a", "2"))).service_id).toBe("2");
    expect(written()).toHaveLength(1);
  });
});

it.each<[text: string, bindings: Record<string, string>, to: string, order: string[]]>([
  ["makes way", { a: "1", b: "3" }, "1", ["a-", "b>1", "a>2"]],
  ["is elsewhere by now", { a: "2" }, "1", ["b>1"]],
  ["is down", {}, "1", ["b>1"]],
  ["was of another service", { a: "1" }, "3", ["b>3"]],
])("the former line of a binding that gets another use case %s", async (_text, bindings, to, order) => {
  const { context, written } = lines(bindings);
  declare(context, KIND, values("a", "2"));
  await bind(context, "w", line("b", to), values("a", "1"));
  expect(written()).toEqual(order);
});

describe("a move that fails", () => {
  /** Bindings to this service fail so many times once a line is down or elsewhere: the former lines too where they are on it. */
  const failingAt = (to: string, bindings: Record<string, string>, known?: Values, times = 9) => {
    let isDown = false;
    const made = lines(bindings, {
      unbindUseCase: (_: string, id: string) => {
        if (bindings[id] === undefined) throw refusal(404);
        delete bindings[id];
        isDown = true;
      },
      bindUseCase: (_: string, use_case_id: string, service_id: string) => {
        const isTaken = use_case_id === "a" && bindings.b === service_id;
        if (isTaken) throw refusal(409);
        if (isDown && service_id === to && times-- > 0) throw refusal(422);
        bindings[use_case_id] = service_id;
        isDown ||= use_case_id === "b";
        return { use_case_id, service_id };
      },
    });
    moves(made.context, "b", "2", "1");
    const end = bind(made.context, "w", line("a", "2"), known).catch((caught: unknown) => caught);
    return { ...made, end };
  };

  it("restores the former lines, in the order in which they fit", async () => {
    const { end, written, bindings } = failingAt("1", { a: "1", b: "2" }, values("a", "1"), 1);
    expect(await end).toMatchObject({
      message: expect.stringMatching(/status 422.* The former bindings were restored\.$/),
    });
    expect(written()).toEqual(["a>2", "a>2", "b-", "a>2", "b>1", "a-", "b-", "a>1", "b>2"]);
    expect(bindings).toEqual({ a: "1", b: "2" });
  });

  it("puts back what has left for a free service", async () => {
    const there: Record<string, string> = { a: "1", b: "2" };
    const refusals = [409, 409, 422];
    const bindUseCase = (_: string, use_case_id: string, service_id: string) => {
      if (use_case_id === "a") throw refusal(refusals.shift() ?? 500);
      there[use_case_id] = service_id;
      return { use_case_id, service_id };
    };
    const { context, written } = lines(there, { bindUseCase });
    moves(context, "b", "2", "3");
    const end = bind(context, "w", line("a", "2"), values("a", "1"));
    await expect(end).rejects.toThrow(/status 422.* The former bindings were restored\.$/);
    expect([written(), there]).toEqual([["a>2", "a>2", "b>3", "a>2", "b-", "b>2"], { a: "1", b: "2" }]);
  });

  it("keeps in state what it could not restore, also where it is new", async () => {
    for (const [known, serviceId] of [
      [values("a", "1"), "1"],
      [undefined, undefined],
    ] as const) {
      const { end, bindings, context } = failingAt("2", { ...(known && { a: "1" }), b: "2" }, known);
      expect(await end).toMatchObject({
        id: "a",
        message: expect.stringMatching(
          /could not be restored and .*: use case b to service 2 \(.*Run `pulumi up` again\.$/s,
        ),
        live: { workspaceId: "w", useCaseId: "a", serviceId, [HIDDEN.disturbed]: [line("b", "2")] },
      });
      expect([bindings, context.run.written(KIND, "b")]).toEqual([known ? { a: "1" } : {}, null]);
    }
  });

  it("keeps of its own line what became of it, where that is not what state says", async () => {
    const { context, bindings } = lines({ a: "1" }, { bindUseCase: fail(lost()) });
    const known = values("a", "1");
    await expect(bind(context, "w", line("a", "2"), known)).rejects.toThrow(/^do-thing: the connection broke/);
    bindings.a = "2";
    await expect(bind(context, "w", line("a", "2"), known)).rejects.toMatchObject({
      id: "a",
      live: values("a", "2"),
    });
    await expect(bind(context, "w", line("a", "2"))).rejects.not.toHaveProperty("live");
    const blind = lines({}, { bindUseCase: fail(lost()), getServiceBinding: fail(refusal(500)) });
    await expect(bind(blind.context, "w", line("a", "2"), known)).rejects.toMatchObject({
      live: { ...known, serviceId: undefined },
    });
    const refused = lines({ a: "7" }, { bindUseCase: fail(refusal(422)) });
    await expect(bind(refused.context, "w", line("a", "2"), known)).rejects.not.toHaveProperty("live");
  });

  it.each([undefined, "7"])("keeps in state what an earlier one left, while that is down: it is at %s", async (at) => {
    const known = values("a", "1", disturbs("c", "7"));
    const { context } = lines({ a: "1", b: "2", ...(at && { c: at }) }, { bindUseCase: fail(refusal(422)) });
    moves(context, "b", "2", "3");
    moves(context, "a", "1", "2", disturbs("c", "7"));
    const end = await bind(context, "w", line("a", "2"), known).catch((error: unknown) => error);
    expect((end as { live?: Values }).live).toEqual(at ? undefined : known);
  });
});

it("what a failed move left down is brought up: where the program wants it now, else where it was", async () => {
  const known = values("a", "1", { [HIDDEN.disturbed]: [line("b", "2"), line("c", "3"), line("a", "1")] });
  const { context, written } = lines({ a: "1", c: "3" });
  declare(context, KIND, values("b", "5"));
  await bind(context, "w", line("a", "1"), known);
  expect(written()).toEqual(["a>1", "b>5"]);
});

describe("a binding that is created", () => {
  const news = (more: Values = {}) => values("a", "2", more);
  const create = async (
    bindings: Record<string, string>,
    { given = (() => {}) as Given, inputs = news(), owner = undefined as string | undefined } = {},
  ) => {
    const services = [service({ id: "2", tags: owner ? tags(owner) : [] })];
    const { context, written, warnings, calls } = lines(bindings, { services });
    context.run.stack = STACK;
    given(context);
    const end = await lifecycle.create(context, inputs).then(({ id }) => id, String);
    return { end, written: written(), warnings, asked: calls.map(([name]) => name) };
  };

  it("is sent at once where the use case is new, and after a look otherwise", async () => {
    const isNew = await create({}, { given: ({ run }) => run.made("UseCase", "a") });
    expect(isNew).toEqual({ end: "a", written: ["a>2"], warnings: [], asked: ["bindUseCase"] });
    expect((await create({})).asked).toEqual(["getServiceBinding", "bindUseCase"]);
  });

  it.each<[text: string, given: Given]>([
    ["manages", (context) => declare(context, KIND, values("a", "9"), "a", {}, { replaced: true })],
    ["holds", ({ run }) => run.hold(KIND, "a")],
    ["has just bound", (context) => noteBound(context, "a", "2")],
  ])("is there already, which this stack %s: nothing is written", async (_text, given) => {
    expect(await create({ a: "2" }, { given })).toMatchObject({ end: "a", written: [], warnings: [] });
  });

  it.each<[owner: string | undefined, inputs: Values, end: RegExp]>([
    [undefined, news(), /a is bound to service 2 already, and that service carries no owner mark of this stack:/],
    [mark("x", "pulumi/o/p/prod"), news(), /that service belongs to pulumi\/o\/p\/prod\/.*Nothing was written/],
    [mark("x"), news(), /^a$/],
    [undefined, news({ allowRebind: true }), /^a$/],
  ])("is there already, on a service of %s", async (owner, inputs, end) => {
    const { warnings, written, ...done } = await create({ a: "2" }, { owner, inputs });
    expect([done.end, written]).toEqual([expect.stringMatching(end), []]);
    expect(warnings).toHaveLength(done.end === "a" ? 1 : 0);
  });

  it("is bound again where a failed move has left lines down", async () => {
    const state = values("a", "2", disturbs("b", "3"));
    const given = (context: ProviderContext) => declare(context, KIND, news(), "a", state);
    expect((await create({ a: "2" }, { given })).written).toEqual(["a>2", "b>3"]);
  });

  it.each<[text: string, given: Given, inputs: Values, warnings: number]>([
    ["state says so", (context) => declare(context, KIND, news(), "a", values("a", "1")), news(), 0],
    ["another binding gives it up", (context) => moves(context, "a", "1", "7"), news(), 0],
    ["a failed move put it there", (context) => moves(context, "b", "1", "3", disturbs("a", "4")), news(), 0],
    ["it is allowed", (context) => moves(context, "a", "1", "7"), news({ allowRebind: true }), 1],
  ])("takes the line from another service where %s", async (_text, given, inputs, warnings) => {
    const done = await create({ a: "1" }, { given, inputs });
    const told = Array(warnings).fill(expect.stringMatching("moved to 2"));
    expect(done).toMatchObject({ end: "a", written: ["a>2"], warnings: told });
  });

  it.each<[text: string, given: Given]>([
    ["nobody says so", () => {}],
    ["state says that of another use case", (context) => declare(context, KIND, news(), "b", values("b", "1"))],
    ["state has it elsewhere", (context) => declare(context, KIND, news(), "a", values("a", "3"))],
  ])("does not take the line from another service where %s", async (_text, given) => {
    const { end, written } = await create({ a: "1" }, { given });
    expect(end).toMatch(/^Error: use case a \(inbound_voice\) is bound to service 1, which this.*moving it to 2 takes/);
    expect(written).toEqual([]);
  });
});

describe("a binding that is there", () => {
  const state = (more: Values = {}) => values("a", "1", more);
  const update = async (
    at: string | undefined,
    written: Values,
    { olds = state(), news = values("a", "2"), given = (_: ProviderContext) => {} } = {},
  ) => {
    const done = lines(at === undefined ? {} : { a: at });
    given(done.context);
    const seen: Values[] = [];
    const over = (live: Values) => {
      seen.push(live);
      return written;
    };
    const change = { id: "a", olds, news, over };
    const end = await lifecycle.update(done.context, change).then(({ serviceId }) => serviceId, String);
    return { end, written: done.written(), seen: seen[0]?.serviceId };
  };

  it("is read, and gone where the API knows none", async () => {
    const { context } = lines({ a: "1" });
    const live = { ...state(), channel: "inbound_voice", createdAt: "then", updatedAt: "now" };
    expect(await lifecycle.read(context, "a", {})).toEqual({ id: "a", live });
    expect(await lifecycle.read(context, "b", {})).toBeUndefined();
    const listed = await lifecycle.document.list(context, "w", [{ id: "b" }, { id: "a" }] as never);
    expect(listed).toEqual([{ id: "a", live }]);
  });

  it("moves where that changes something", async () => {
    expect(await update("1", { serviceId: "2" })).toEqual({ end: "2", written: ["a>2"], seen: "1" });
    expect(await update("1", {})).toEqual({ end: "1", written: [], seen: "1" });
    expect(await update(undefined, {})).toEqual({ end: undefined, written: [], seen: undefined });
    expect(await update(undefined, { serviceId: "2" })).toEqual({ end: "2", written: ["a>2"], seen: undefined });
  });

  it("is not taken back from where somebody moved it, unless a failed move did", async () => {
    expect((await update("3", { serviceId: "2" })).end).toMatch(/is bound to service 3, which this resource did not/);
    expect((await update("3", {})).written).toEqual([]);
    const given = (context: ProviderContext) => moves(context, "b", "3", "4", disturbs("a", "1"));
    expect((await update("3", { serviceId: "2" }, { given })).written).toEqual(["a>2"]);
    expect((await update("3", {}, { given })).written).toEqual(["a>3"]);
    expect((await update(undefined, {}, { given })).written).toEqual(["a>2"]);
  });

  it("brings up what its failed move has left down, also where nothing else changes", async () => {
    const olds = state(disturbs("b", "3"));
    expect((await update("1", {}, { olds })).written).toEqual(["a>1", "b>3"]);
    expect([olds, state()].map((one) => lifecycle.unfinished(one))).toEqual([true, false]);
  });

  it.each<[text: string, at: string | undefined, given: Given, written: string[], end: unknown, warnings: number]>([
    ["as state says", "1", () => {}, ["a-"], undefined, 0],
    ["moved by somebody", "3", () => {}, [], "left", 1],
    ["moved by this run", "3", (context) => noteBound(context, "a", "3"), [], "left", 0],
    ["moved by this run, and then by somebody", "3", (context) => noteBound(context, "a", "4"), [], "left", 1],
    ["unbound by this run", "1", (context) => noteBound(context, "a", null), [], undefined, 0],
    ["gone", undefined, () => {}, [], undefined, 0],
  ])("is deleted where it is %s", async (_text, at, given, written, end, warnings) => {
    const done = lines(at === undefined ? {} : { a: at });
    given(done.context);
    expect(await lifecycle.remove(done.context, "a", state())).toBe(end);
    const told = expect.stringMatching(/is now bound to service 3 and not to 1/);
    expect([done.written(), done.warnings]).toEqual([written, Array(warnings).fill(told)]);
  });

  it("has the id of its use case, and goes first where what it is to name is not known", () => {
    expect(lifecycle.idFrom(state())).toBe("a");
    expect(lifecycle.describe(state())).toBe("ServiceBinding of use case a to service 1");
    const unknown = [state({ useCaseId: UNKNOWN }), state({ serviceId: UNKNOWN }), state()];
    expect(unknown.map((news) => lifecycle.deleteFirst([], {}, news))).toEqual([true, true, false]);
  });
});
