import { describe, expect, it, vi } from "vitest";
import { apiErrorFor } from "../../src/api/errors.js";
import { HIDDEN } from "../../src/engine/hidden.js";
import type { ProviderContext } from "../../src/engine/provider/context.js";
import { Run } from "../../src/engine/provider/run.js";
import { noteBound } from "../../src/resources/bindings.js";
import { refuseWhileInUse } from "../../src/resources/service-deletion.js";
import { removeSet, warnIfLeft } from "../../src/resources/version-set-deletion.js";

const request = { operation: "update-service", method: "PUT", path: "/v1/w/services/s" };
const refusal = (status: number) => apiErrorFor({ ...request, status, detail: `status ${status}` });
const mark = (name: string, stack = "dev") =>
  `pulumi/organization/clinic/${stack}/pulumi-nodejs:dynamic/amigo:ServiceBinding/${name}`;
const tags = (value: string) => [{ key: "pulumi-owner", value }];
const service = (more: object = {}) => ({
  ...{ id: "s", workspace_id: "w", name: "Desk", tags: [], version_sets: {}, is_system: false, ...more },
});
const useCase = (id: string) => ({ id, entity_name: "Clinic", name: `Line ${id}` });
const listed = <T>(items: T[], unreadable: object[] = []) => Object.assign([...items], { unreadable });

/** A provider process whose server holds these. */
function processWith({
  services = [service()],
  useCases = ["u"],
  unreadable = [] as object[],
  bindings = {} as Record<string, string>,
  list = async () => {},
  put = (body: object): object => service(body),
  reads = [] as object[],
  settleSeconds = 0,
} = {}) {
  const calls: string[] = [];
  const warnings: string[] = [];
  const context = {
    settings: { settleSeconds },
    run: new Run(),
    warn: (text: string) => warnings.push(text),
    client: {
      getServiceBinding: async (workspace: string, id: string) => {
        calls.push(`get ${workspace}/${id}`);
        if (bindings[id] === undefined) throw refusal(404);
        return { service_id: bindings[id] };
      },
      getService: async () => reads.shift() ?? services[0],
      updateService: async (_workspace: string, _id: string, body: object) => put(body),
    },
    workspace: (id: string) => ({
      services: {
        shared: () => list().then(() => listed(services)),
        read: async (of: string) => services.find((one) => one.id === of) ?? Promise.reject(refusal(404)),
        touched: () => {},
      },
      useCases: {
        shared: async () => {
          calls.push(`list ${id}`);
          return listed(useCases.map(useCase), unreadable);
        },
      },
    }),
  } as unknown as ProviderContext;
  return { context, calls, warnings };
}

describe("a service that is to be deleted", () => {
  const refuse = (context: ProviderContext, state: object = {}) => refuseWhileInUse(context, "w", "s", state as never);
  const bound = { bindings: { u: "s" } };
  const STILL = 'the service still answers for use case "Clinic / Line u" (u), which this run has not unbound.';
  const DROP = `${STILL} Deleting it could drop live calls.`;
  const ORDER =
    "A binding of this stack with the id written out may come later in this run: give it the resource's own id " +
    "(serviceId: service.id), or run without `--parallel 1`.";
  const OTHERS = "first, or bring the bindings into this program.";

  it("may go where nothing is bound to it; all of a run share one look", async () => {
    const { context, calls } = processWith({ useCases: ["u", "v"], bindings: { u: "other" } });
    await refuse(context);
    await refuse(context);
    expect(calls).toEqual(["list w", "get w/u", "get w/v"]);
    await refuseWhileInUse(context, "x", "s", {});
    expect(calls.slice(3)).toEqual(["list x", "get x/u", "get x/v"]);
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
    [
      "not touched, but a thing of another kind",
      (context) => context.run.removed("UseCase", "u", {}, "it"),
      { u: "s" },
      false,
    ],
  ])("counts a line that this run has %s", async (text, done, bindings, goes) => {
    for (const isScanned of [false, true]) {
      const { context, calls } = processWith({ useCases: ["u"], bindings });
      // Another deletion of the run has looked before.
      if (isScanned) await refuseWhileInUse(context, "w", "another", {});
      done(context);
      if (goes) await refuse(context);
      else await expect(refuse(context)).rejects.toThrow(STILL);
      if (!isScanned && text === "removed") expect(calls).toEqual(["list w"]);
    }
  });

  it("waits for a binding that is removed at the same time, unless nothing is waited for", async () => {
    for (const settleSeconds of [3600, 0]) {
      const { context } = processWith({ ...bound, settleSeconds });
      const asked = vi.spyOn(context.run, "wasRemoved");
      // Looked for in the scan and in the first look; gone at the second.
      asked.mockReturnValueOnce(undefined).mockReturnValueOnce(undefined).mockReturnValue("it");
      const end = refuse(context);
      if (settleSeconds > 0) await end;
      else await expect(end).rejects.toThrow("still answers for");
    }
  });

  it("names the bindings of the program that keep it, and what else does", async () => {
    const { context } = processWith({ useCases: ["u", "v"], bindings: { u: "s", v: "s" } });
    context.run.wasParallel = true;
    const declare = (inputs: object, more = {}) => context.run.checked("ServiceBinding", inputs as never, {}, more);
    declare({ useCaseId: "u", serviceId: "s" }, { mark: mark("line") });
    declare({ useCaseId: "v", serviceId: "other" }, { mark: mark("moved") });
    const own = 'ServiceBinding "line" of this stack still binds it: take it out too, or give it another serviceId.';
    const v = 'use case "Clinic / Line v" (v)';
    const both = `${STILL.replace(", which", `, ${v}, which`)} Deleting it could drop live calls.`;
    await expect(refuse(context)).rejects.toThrow(new Error(`${both} ${own} Unbind or rebind ${v} ${OTHERS}`));

    declare({ useCaseId: "v", serviceId: "s" });
    const nameless = own.replace('"line" ', "");
    await expect(refuse(context)).rejects.toThrow(new Error(`${both} ${own} ${nameless}`));
  });

  it("is not kept by a binding that this run replaces", async () => {
    const { context } = processWith(bound);
    const inputs = { useCaseId: "u", serviceId: "s" };
    context.run.checked("ServiceBinding", inputs, {});
    context.run.compared("ServiceBinding", "u", {}, inputs, true);
    await expect(refuse(context)).rejects.toThrow(`${DROP} Unbind or rebind these`);
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
    const kept = processWith({ useCases: [], unreadable: [strange], bindings: { x: "s" } }).context;
    await expect(refuse(kept)).rejects.toThrow('use case "unreadable / unreadable" (x)');
    await refuse(processWith({ unreadable: [strange] }).context);
    const { id: _id, ...nameless } = strange;
    await expect(refuse(processWith({ unreadable: [nameless] }).context)).rejects.toBe(error);
  });

  it.each([
    [403, 1],
    [500, 0],
  ])("stays where the look fails with %s; it is made anew the next time", async (status, sentences) => {
    const error = refusal(status);
    const list = vi.fn(async () => {}).mockRejectedValueOnce(error);
    const { context } = processWith({ list });
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
    const bodies: object[] = [];
    const put = (body: object) => {
      bodies.push(body);
      return service(body);
    };
    const { context, warnings } = processWith({ services: [there], put });
    await remove(context);
    expect(bodies).toEqual([expect.objectContaining({ version_sets: { night: sets.night } })]);
    await remove(context, "constructor");
    expect([bodies.length, warnings]).toEqual([1, []]);
  });

  it.each<[text: string, answer: object, read: object, stays: boolean]>([
    ["its answer shows it no more", { night: sets.night }, sets, false],
    ["a read shows it no more", sets, { night: sets.night }, false],
    ["a read shows it still", sets, sets, true],
  ])("is gone where %s", async (_text, answer, read, stays) => {
    const reads = [there, service({ version_sets: read }), service({ version_sets: read })];
    const { context, warnings } = processWith({ put: () => service({ version_sets: answer }), reads });
    await remove(context);
    expect(warnings).toEqual(
      stays ? [expect.stringMatching(/^version set "canary" of service "Desk" stays: the API keeps sets/)] : [],
    );
  });

  it("stays with a warning where the API refuses the service as it is; another failure is one", async () => {
    const failing = (status: number) =>
      processWith({
        services: [there],
        put: () => {
          throw refusal(status);
        },
      });
    const { context, warnings } = failing(422);
    await remove(context);
    expect(warnings).toEqual([expect.stringMatching(/^version set "canary" of service "Desk" stays:.* status 422/)]);
    const forbidden = failing(403);
    await expect(remove(forbidden.context)).rejects.toThrow("status 403");
    expect(forbidden.warnings).toEqual([]);
  });
});

describe("a version set that stays", () => {
  const STACK = "pulumi/organization/clinic/dev";
  const left = async (context: ProviderContext) =>
    warnIfLeft(context, { workspaceId: "w", serviceId: "s" }, (text) => `left of ${text}`);

  it.each<[text: string, id: string, replaced: boolean, stack: string | undefined, warnings: string[]]>([
    ["of a service of the program is told", "s", false, undefined, ['left of "Mine" (s)']],
    ["of a service that this run replaces goes along", "s", true, undefined, []],
    ["of what a destroy does not check goes along", "t", false, undefined, []],
    ["of another service is told by the name that it has", "t", false, STACK, ['left of "Desk" (s)']],
  ])("%s", async (_text, id, replaced, stack, expected) => {
    const { context, warnings } = processWith();
    const inputs = { name: "Mine" };
    context.run.checked("Service", inputs, {});
    context.run.compared("Service", id, {}, inputs, replaced);
    context.run.stack = stack;
    await left(context);
    expect(warnings).toEqual(expected);
  });

  it.each<[text: string, services: ReturnType<typeof service>[], told: boolean]>([
    ["somebody else's", [service({ tags: tags(mark("desk", "prod")) })], true],
    ["this stack's, which goes", [service({ tags: tags(mark("desk")) })], false],
    ["nobody's", [service()], true],
    ["gone already", [], false],
  ])("is told where its service is not in the program and is %s", async (_text, services, told) => {
    const { context, warnings } = processWith({ services });
    context.run.stack = STACK;
    await left(context);
    expect(warnings).toHaveLength(told ? 1 : 0);
  });

  it("is told by the id of its service where nothing else is known", async () => {
    const { context, warnings } = processWith();
    context.run.checked("Service", {}, {});
    context.run.compared("Service", "s", {}, {}, false);
    await left(context);
    expect(warnings).toEqual(["left of s"]);
  });
});
