import { describe, expect, it, vi } from "vitest";
import { type ApiError, ConflictError } from "../../src/api/errors.js";
import { bindingOf, boundByThisRun, boundService, noteBound, orderAdvice } from "../../src/resources/bindings.js";
import { findInWorkspace, removeFromWorkspace, workspaceOf } from "../../src/resources/children.js";
import {
  afterOwnWrites,
  confirmed,
  type OwnWrites,
  outcomeUnknown,
  settleCreated,
} from "../../src/resources/settle.js";
import { fail, lost, processWith, refusal, stopClock } from "./support.js";

describe("a create whose outcome is unknown", () => {
  it.each([
    ["an answer that was lost", lost(), true],
    ["a refusal", refusal(409), false],
    ["any other error", new TypeError("no"), false],
  ])("is %s", (_text, error, expected) => {
    expect(outcomeUnknown(error)).toBe(expected);
  });

  it("is what a look finds, also after one that failed", async () => {
    const look = vi.fn().mockRejectedValueOnce(refusal(503)).mockResolvedValueOnce("found");
    expect(await settleCreated(3600, lost(), look)).toBe("found");
    expect(look).toHaveBeenCalledTimes(2);
  });

  it("is nothing where the last look finds nothing", async () => {
    const end = stopClock();
    const look = vi
      .fn()
      .mockRejectedValueOnce(refusal(503))
      .mockImplementationOnce(async () => end(1e9));
    expect(await settleCreated(1, lost(), look)).toBeUndefined();
  });

  it("stays unknown where the last look fails, which says both", async () => {
    const create = lost();
    const error = await settleCreated(0, create, fail(refusal(503))).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      message: expect.stringMatching(
        /the connection broke .* The outcome is unknown, and looking it up failed: .*status 503.* Nothing was sent again\. Run `pulumi up` once more; it looks again before it asks for one\.$/,
      ),
      cause: create,
    });
  });

  it("is confirmed by its own GET: 404 is nothing, another refusal an error", async () => {
    expect(await confirmed(async () => "there")).toBe("there");
    expect(await confirmed(fail(refusal(404)))).toBeUndefined();
    await expect(confirmed(fail(refusal(403)))).rejects.toThrow("status 403");
  });
});

describe("a write that this run's own writes may explain", () => {
  const made = {
    refersTo: [
      ["Agent", "a"],
      ["Workspace", "w"],
    ],
  } as const;
  const always = { removed: () => true };

  function send(error: unknown, writes: OwnWrites, settleSeconds = 3600) {
    const { context } = processWith({}, settleSeconds);
    context.run.made("Workspace", "w");
    const write = vi.fn(async () => "done");
    write.mockRejectedValueOnce(error);
    return { write, done: afterOwnWrites(context, writes, write) };
  }

  it.each<[text: string, error: ApiError, writes: OwnWrites, again: boolean]>([
    ["a 404 where this run made what it refers to", refusal(404), made, true],
    ["a 404 otherwise", refusal(404), { refersTo: [["Workspace", "other"]], ...always }, false],
    ["a 404 of what refers to nothing", refusal(404), {}, false],
    ["a 409 where this run removed something", refusal(409), always, true],
    ["a 409 where that is found out later", refusal(409), { removed: async () => true }, true],
    ["a 409 otherwise", refusal(409), { removed: async () => false }, false],
    ["a 409 where nobody asks for what was removed", refusal(409), made, false],
    ["another refusal", refusal(422), { ...made, ...always }, false],
  ])("%s: sent again %4$s", async (_text, error, writes, again) => {
    const { write, done } = send(error, writes);
    if (again) expect(await done).toBe("done");
    else await expect(done).rejects.toBe(error);
    expect(write).toHaveBeenCalledTimes(again ? 2 : 1);
    expect(error.sentences).toEqual([]);
  });

  it("says how long it was sent again, where the time is over", async () => {
    const { write, done } = send(refusal(409), always, 0);
    await expect(done).rejects.toThrow(
      /It was sent again for 0 s, since what this run itself made or removed may show late\.$/,
    );
    expect(write).toHaveBeenCalledTimes(1);
  });

  it("asks about the refusal itself", async () => {
    const removed = vi.fn(() => false);
    const error = refusal(409);
    await expect(send(error, { removed }).done).rejects.toThrow(ConflictError);
    expect(removed).toHaveBeenCalledWith(error);
    const mistake = new TypeError("a mistake");
    await expect(send(mistake, { ...made, ...always }).done).rejects.toBe(mistake);
  });
});

describe("what lives in a workspace", () => {
  it("names it, or the settings do", () => {
    const { context } = processWith();
    expect(workspaceOf(context, { workspaceId: "own" })).toBe("own");
    expect(workspaceOf(context, {})).toBe("w");
    expect(() => workspaceOf(context, { workspaceId: 7 })).toThrow(/^workspaceId is required: run `pulumi config set/);
  });

  it.each<[look: string, workspace: string, look: () => Promise<unknown>, visible: undefined | number, end: unknown]>([
    ["found", "not asked for", async () => "there", 404, "there"],
    ["nothing", "visible", async () => undefined, undefined, undefined],
    [
      "nothing",
      "gone",
      async () => undefined,
      404,
      /^workspace w is archived, or this key cannot see it.*\(http:\/\/here\).*`pulumi state delete`\. .*status 404/,
    ],
    ["a 404", "visible", fail(refusal(404)), undefined, undefined],
    ["a 404", "forbidden", fail(refusal(404)), 403, /^workspace w is archived.*status 403/],
    ["a 404", "out of order", fail(refusal(404)), 500, /^do-thing: status 500/],
    ["a 403", "visible", fail(refusal(403)), undefined, /^do-thing: status 403/],
    ["a 403", "gone", fail(refusal(403)), 404, /^workspace w is archived/],
    ["a 500", "not asked for", fail(refusal(500)), 404, /^do-thing: status 500/],
  ])("is looked for: %s, and the workspace is %s", async (_look, _workspace, look, status, end) => {
    const { context } = processWith(status === undefined ? {} : { getWorkspace: fail(refusal(status)) });
    const found = findInWorkspace(context, "w", look);
    if (end instanceof RegExp) await expect(found).rejects.toThrow(end);
    else expect(await found).toBe(end);
  });

  it("says the cause where the workspace is gone", async () => {
    const error = refusal(404);
    const { context } = processWith({ getWorkspace: fail(error) });
    await expect(findInWorkspace(context, "w", async () => undefined)).rejects.toMatchObject({ cause: error });
  });

  it("is removed where it is gone already, while the workspace can be seen", async () => {
    const remove = vi.fn(async () => {});
    await removeFromWorkspace(processWith({ getWorkspace: fail(refusal(404)) }).context, "w", remove);
    expect(remove).toHaveBeenCalledOnce();
    await removeFromWorkspace(processWith().context, "w", fail(refusal(404)));
    await expect(removeFromWorkspace(processWith().context, "w", fail(refusal(409)))).rejects.toThrow("status 409");
  });
});

describe("the binding of a use case", () => {
  it("is none where the API says 404, and not known where it says anything else", async () => {
    expect(await boundService(processWith({ bindings: { u: "s" } }).context, "w", "u")).toBe("s");
    const unbound = processWith().context;
    expect(await bindingOf(unbound, "w", "u")).toBeUndefined();
    expect(await boundService(unbound, "w", "u")).toBeUndefined();
    await expect(bindingOf(processWith({ getServiceBinding: fail(refusal(500)) }).context, "w", "u")).rejects.toThrow(
      "500",
    );
  });

  it("is remembered where this run has written it, apart from other writes to the same id", () => {
    const { context } = processWith();
    context.run.wrote("UseCase", "u", "other");
    expect(boundByThisRun(context, "u")).toBeUndefined();
    noteBound(context, "u", "s");
    expect([boundByThisRun(context, "u"), context.run.written("ServiceBinding", "u")]).toEqual(["s", "s"]);
    noteBound(context, "u", null);
    expect(boundByThisRun(context, "u")).toBeNull();
  });

  it("may come later only where the engine does one thing after the other", () => {
    const { context } = processWith();
    expect(orderAdvice(context, "useCaseId: useCase.id")).toBe(
      "A binding of this stack with the id written out may come later in this run: give it the resource's own id " +
        "(useCaseId: useCase.id), or run without `--parallel 1`.",
    );
    context.run.wasParallel = true;
    expect(orderAdvice(context, "useCaseId: useCase.id")).toBe("");
  });
});
