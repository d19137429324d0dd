import { describe, expect, it, vi } from "vitest";
import { HIDDEN } from "../../src/engine/hidden.js";
import type { ProviderContext } from "../../src/engine/provider/context.js";
import { noteBound } from "../../src/resources/bindings.js";
import { refuseWhileInUse } from "../../src/resources/service-deletion.js";
import { removeSet, warnIfLeft } from "../../src/resources/version-set-deletion.js";
import { declare, fail, listed, mark, processWith, refusal, STACK, service, tags, useCase } from "./support.js";

const useCases = (...ids: string[]) => ids.map((id) => useCase({ id, name: `Line ${id}` }));

describe("a service that is to be deleted", () => {
  const refuse = (context: ProviderContext, state: object = {}) => refuseWhileInUse(context, "w", "s", state as never);
  const bound = { useCases: useCases("u"), bindings: { u: "s" } };
  const STILL = 'the service still answers for use case "Clinic / Line u" (u), which this run has not unbound.';
  const DROP = `${STILL} Deleting it could drop live calls.`;
  const ORDER =
    "A binding of this stack with the id written out may come later in this run: give it the resource's own id " +
    "(serviceId: service.id), or run without `--parallel 1`.";
  const OTHERS = "first, or bring the bindings into this program.";

  it("may go where nothing is bound to it; all of a run share one look", async () => {
    const { context, calls } = processWith({ useCases: useCases("u", "v"), bindings: { u: "other" } });
    await refuse(context);
    await refuse(context);
    const names = ["listServices", "listUseCases", "getServiceBinding", "getServiceBinding"];
    expect(calls.map(([name]) => name)).toEqual(names);
    await refuseWhileInUse(context, "x", "s", {});
    expect(calls.slice(4).map(([name, id]) => `${name} ${id}`)).toEqual(names.map((name) => `${name} x`));
  });

  it("stays where others have bound it", async () => {
    const { context } = processWith(bound);
    await expect(refuse(context)).rejects.toThrow(`${DROP} Unbind or rebind these ${OTHERS} ${ORDER}`);
    context.run.wasParallel = true;
    await expect(refuse(context)).rejects.toThrow(new Error(`${DROP} Unbind or rebind these ${OTHERS}`));
  });

  it.each<[text: string, done: (context: ProviderContext) => void, bindings: Record<string, string>, goes: boolean]>([
    ["moved away", (context) => noteBound(context, "u", "other"), { u: "s" }, true],
    ["moved here", (context) => noteBound(context, "u", "s"), { u: "other" }, false],
    ["unbound", (context) => noteBound(context, "u", null), { u: "s" }, true],
    ["removed", (context) => context.run.removed("ServiceBinding", "u", {}, "it"), { u: "s" }, true],
    ["left", (context) => context.run.removed("UseCase", "u", {}, "it"), { u: "s" }, false],
  ])("counts a line that this run has %s", async (text, done, bindings, goes) => {
    for (const isScanned of [false, true]) {
      const { context, calls } = processWith({ useCases: useCases("u"), bindings });
      // Another deletion of the run has looked before.
      if (isScanned) await refuseWhileInUse(context, "w", "another", {});
      done(context);
      if (goes) await refuse(context);
      else await expect(refuse(context)).rejects.toThrow(STILL);
      if (!isScanned && text === "removed") expect(calls).toHaveLength(2);
    }
  });

  it("waits for a binding that is removed at the same time, unless nothing is waited for", async () => {
    for (const settleSeconds of [3600, 0]) {
      const { context } = processWith({ ...bound }, settleSeconds);
      const asked = vi.spyOn(context.run, "wasRemoved");
      // Looked for in the scan and in the first look; gone at the second.
      asked.mockReturnValueOnce(undefined).mockReturnValueOnce(undefined).mockReturnValue("it");
      const end = refuse(context);
      if (settleSeconds > 0) await end;
      else await expect(end).rejects.toThrow("still answers for");
    }
  });

  it("names the bindings of the program that keep it, and what else does", async () => {
    const { context } = processWith({ useCases: useCases("u", "v"), bindings: { u: "s", v: "s" } });
    context.run.wasParallel = true;
    declare(context, "ServiceBinding", { useCaseId: "u", serviceId: "s" }, "u", {}, { mark: mark("line") });
    declare(context, "ServiceBinding", { useCaseId: "v", serviceId: "other" });
    const own = 'ServiceBinding "line" of this stack still binds it: take it out too, or give it another serviceId.';
    const v = 'use case "Clinic / Line v" (v)';
    const both = `${STILL.replace(", which", `, ${v}, which`)} Deleting it could drop live calls.`;
    await expect(refuse(context)).rejects.toThrow(new Error(`${both} ${own} Unbind or rebind ${v} ${OTHERS}`));

    declare(context, "ServiceBinding", { useCaseId: "v", serviceId: "s" });
    const nameless = own.replace('"line" ', "");
    await expect(refuse(context)).rejects.toThrow(new Error(`${both} ${own} ${nameless}`));

    const replaced = processWith(bound).context;
    declare(replaced, "ServiceBinding", { useCaseId: "u", serviceId: "s" }, "u", {}, { replaced: true });
    await expect(refuse(replaced)).rejects.toThrow(`${DROP} Unbind or rebind these`);
  });

  it("is never the platform's, nor somebody else's", async () => {
    const system = processWith({ services: [service({ is_system: true })] }).context;
    await expect(refuse(system)).rejects.toThrow(/^service Desk is one of the platform's own/);
    const { context } = processWith({ services: [service({ tags: tags("theirs") })] });
    const mine = { [HIDDEN.owner]: "mine" };
    await expect(refuse(context, mine)).rejects.toThrow(/belongs to theirs/);
    await refuse(context, { ...mine, [HIDDEN.takenFrom]: "theirs" });
    await refuse(processWith({ services: [] }).context, mine);
  });

  it("stays where an entry that cannot be read is bound to it, or has no id", async () => {
    const error = new Error("items[0].name: Invalid input");
    const strange = { index: 0, id: "x", problem: "", error };
    const broken = (entry: object) => ({ listUseCases: () => listed([], [entry]) });
    const kept = processWith({ ...broken(strange), bindings: { x: "s" } }).context;
    await expect(refuse(kept)).rejects.toThrow('use case "unreadable / unreadable" (x)');
    await refuse(processWith(broken(strange)).context);
    const { id: _id, ...nameless } = strange;
    await expect(refuse(processWith(broken(nameless)).context)).rejects.toBe(error);
  });

  it.each([
    [403, 1],
    [500, 0],
  ])("stays where the look fails with %s; it is made anew the next time", async (status, sentences) => {
    const error = refusal(status);
    const listServices = vi.fn(async () => listed([])).mockRejectedValueOnce(error);
    const { context } = processWith({ listServices });
    await expect(refuse(context)).rejects.toBe(error);
    expect(error.sentences).toEqual(Array(sentences).fill(expect.stringMatching(/^Before a service is deleted.*`\.$/)));
    await refuse(context);
  });
});

describe("a version set that is to be removed", () => {
  const sets = { canary: {}, night: { agent_version_number: 2 } };
  const remove = (context: ProviderContext, name = "canary") => removeSet(context, "w", "s", name);
  const there = service({ version_sets: sets });

  it("is left out of a write of its service", async () => {
    const { context, calls, warnings } = processWith({ services: [there] });
    await remove(context);
    const body = expect.objectContaining({ version_sets: { night: sets.night } });
    expect(calls).toContainEqual(["updateService", "w", "s", body]);
    await remove(context, "constructor");
    expect([calls.filter(([name]) => name === "updateService").length, warnings]).toEqual([1, []]);
  });

  it.each<[text: string, answer: object, read: object, stays: boolean]>([
    ["its answer shows it no more", { night: sets.night }, sets, false],
    ["a read shows it no more", sets, { night: sets.night }, false],
    ["a read shows it still", sets, sets, true],
  ])("is gone where %s", async (_text, answer, read, stays) => {
    const reads = [there, service({ version_sets: read }), service({ version_sets: read })];
    const updateService = () => service({ version_sets: answer });
    const { context, warnings } = processWith({ updateService, getService: () => reads.shift() });
    await remove(context);
    expect(warnings.map((one) => one.slice(0, 50))).toEqual(
      stays ? ['version set "canary" of service "Desk" stays: the '] : [],
    );
  });

  it("stays with a warning where the API refuses the service as it is; another failure is one", async () => {
    const failing = (status: number) => processWith({ services: [there], updateService: fail(refusal(status)) });
    const { context, warnings } = failing(422);
    await remove(context);
    expect(warnings).toEqual([expect.stringMatching(/^version set "canary" of service "Desk" stays:.* status 422/)]);
    const forbidden = failing(403);
    await expect(remove(forbidden.context)).rejects.toThrow("status 403");
    expect(forbidden.warnings).toEqual([]);
  });
});

describe("a version set that stays", () => {
  const left = async (context: ProviderContext) =>
    warnIfLeft(context, { workspaceId: "w", serviceId: "s" }, (text) => `left of ${text}`);

  it.each<[text: string, id: string, replaced: boolean, stack: string | undefined, warnings: string[]]>([
    ["of a service of the program is told", "s", false, undefined, ['left of "Mine" (s)']],
    ["of a service that this run replaces goes along", "s", true, undefined, []],
    ["of what a destroy does not check goes along", "t", false, undefined, []],
    ["of another service is told by the name that it has", "t", false, STACK, ['left of "Desk" (s)']],
  ])("%s", async (_text, id, replaced, stack, expected) => {
    const { context, warnings } = processWith({ services: [service({ tags: tags(mark("desk", "pulumi/o/p/prod")) })] });
    declare(context, "Service", { name: "Another" }, "another");
    declare(context, "Service", { name: "Mine" }, id, {}, { replaced });
    context.run.stack = stack;
    await left(context);
    expect(warnings).toEqual(expected);
  });

  it.each<[text: string, tags: object[] | undefined, told: boolean]>([
    ["somebody else's", tags(mark("desk", "pulumi/o/p/prod")), true],
    ["this stack's, which goes", tags(mark("desk")), false],
    ["nobody's", [], true],
    ["gone already", undefined, false],
  ])("is told where its service is not in the program and is %s", async (_text, its, told) => {
    const { context, warnings } = processWith({ services: its ? [service({ tags: its })] : [] });
    context.run.stack = STACK;
    await left(context);
    expect(warnings).toHaveLength(told ? 1 : 0);
  });

  it("is told by the id of its service where nothing else is known", async () => {
    const { context, warnings } = processWith();
    declare(context, "Service", {}, "s");
    await left(context);
    expect(warnings).toEqual(["left of s"]);
  });
});
