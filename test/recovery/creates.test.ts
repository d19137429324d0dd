import { describe, expect, it } from "vitest";
import type { Values } from "../../src/engine/lifecycle.js";
import type { Entry } from "../../src/engine/provider/journal.js";
import { typeToken } from "../../src/engine/tokens.js";
import { forgottenCreates, pendingCreates } from "../../src/recovery/creates.js";
import { disturbedUrns } from "../../src/recovery/disturbed.js";
import type { Accounts } from "../../src/stack/accounts.js";
import type { StateResource } from "../../src/stack/state.js";
import { owner } from "./support.js";

const mark = (name: string, { kind = "UseCase", stack = "clinic/dev" } = {}) =>
  `pulumi/organization/${stack}/pulumi-nodejs:dynamic/amigo:${kind}/${name}`;
const useCase = { workspaceId: "w", channel: "email", entityName: "Clinic", name: "Line", __owner: mark("calls") };
const resource = (name: string, kind = "UseCase", more: Partial<StateResource> = {}): StateResource => ({
  ...{ urn: `urn:pulumi:dev::clinic::${typeToken(kind)}::${name}`, type: typeToken(kind), inputs: useCase },
  ...more,
});
const pendingOf = (type: string, ...resources: StateResource[]) => resources.map((one) => ({ type, resource: one }));

const entryOf = (more: Partial<Entry> = {}): Entry => ({
  ...{ entry: "0", kind: "UseCase", workspaceId: "w", key: ["email", "Clinic", "Line"], before: [] },
  ...{ owner: mark("calls"), at: "2026-01-01T12:00:00Z", state: "asked" },
  ...more,
});
const account = (...entries: Entry[]) => ({ journal: { entries: () => entries } });
const accounts = (...contexts: object[]) =>
  ({ of: async () => contexts[0], all: async () => contexts }) as unknown as Accounts;

describe("the creates that the engine remembers", () => {
  it("are those of this package's kinds, each with its account, its inputs in clear, and what stands in its place", async () => {
    const signature = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
    const secret = { ...signature, plaintext: '"Line"' };
    const inputs = { ...useCase, name: secret, __owner: "/clinic/dev/*/calls" };
    const ours = resource("calls", "UseCase", { inputs, provider: "the account" });
    const old = { ...ours, id: "old", delete: true };
    const state = {
      resources: [resource("other"), old, { ...ours, id: "1" }],
      pending: [
        ...pendingOf("creating", ours, resource("x", "Strange"), resource("set", "VersionSet", { inputs: undefined })),
        ...pendingOf("updating", ours),
      ],
    };
    const asked: unknown[] = [];
    const of = async (reference: unknown) => {
      asked.push(reference);
      return account(entryOf()) as never;
    };
    const creates = await pendingCreates(state, { of });
    expect(creates).toMatchObject([
      { name: "calls", lifecycle: { kind: "UseCase" }, inputs: useCase, pending: ours, standing: { id: "1" } },
      { name: "set", lifecycle: { kind: "VersionSet" }, inputs: {}, standing: undefined, entry: undefined },
    ]);
    expect([creates[0]?.entry, asked]).toEqual([entryOf(), ["the account", undefined]]);
    expect(await pendingCreates(state, accounts({}))).toMatchObject([{ entry: undefined }, {}]);
  });

  it.each<[about: string, entry: Partial<Entry>, inputs: Values, isIts: boolean]>([
    ["the same", {}, {}, true],
    ["another kind", { kind: "Service" }, {}, false],
    ["another workspace", { workspaceId: "x" }, {}, false],
    ["another key", { key: ["email", "Clinic", "Other"] }, {}, false],
    ["another owner", { owner: owner("other") }, {}, false],
    ["no owner in the journal", { owner: undefined }, {}, true],
    ["no owner in the program", {}, { __owner: undefined }, true],
  ])("have a line of the journal by all that it says: %s", async (_about, entry, inputs, isIts) => {
    const pending = pendingOf("creating", resource("calls", "UseCase", { inputs: { ...useCase, ...inputs } }));
    const [create] = await pendingCreates({ resources: [], pending }, accounts(account(entryOf(entry))));
    expect(create?.entry !== undefined).toBe(isIts);
  });

  it.each<[states: Entry["state"][], which: string | undefined]>([
    [[], undefined],
    [["asked"], "0"],
    [["asked", "asked"], "0"],
    [["closed", "asked"], "1"],
    [["asked", "closed"], "0"],
    [["asked", "made"], "1"],
    [["made", "asked"], "1"],
    [["made", "closed"], "0"],
    [["made", "claimed"], "1"],
    [["asked", "made", "asked", "asked"], "2"],
    [["closed", "closed", "closed"], "2"],
  ])("of several lines have the one that counts: %j", async (states, which) => {
    const entries = states.map((state, index) => entryOf({ state, entry: String(index) }));
    const pending = pendingOf("creating", resource("calls"));
    const [create] = await pendingCreates({ resources: [], pending }, accounts(account(...entries)));
    expect(create?.entry?.entry).toBe(which);
  });
});

describe("the creates that only the journal remembers", () => {
  const stack = { project: "clinic", name: "dev" };
  const found = async (entries: Entry[], resources: StateResource[] = [], known: Entry[] = []) => {
    const pending = known.map((entry) => ({ entry })) as never[];
    return forgottenCreates(stack, { resources, pending: [] }, accounts(account(...entries)), pending);
  };
  const id = "1";

  it("have the inputs that the key holds", async () => {
    const [create, ...more] = await found([entryOf()]);
    expect(create).toMatchObject({ name: "calls", lifecycle: { kind: "UseCase" }, inputs: useCase, entry: entryOf() });
    expect([create?.pending, more]).toEqual([undefined, []]);
  });

  it.each<[about: string, entry: Partial<Entry>, resources: StateResource[], names: string[]]>([
    ["of a name with a slash", { owner: mark("front/calls") }, [], ["front/calls"]],
    ["in a component", { owner: mark("calls").replace("/pulumi-n", "/clinic:Front$pulumi-n") }, [], ["calls"]],
    ["of another project", { owner: mark("calls", { stack: "ward/dev" }) }, [], []],
    ["of another stack", { owner: mark("calls", { stack: "clinic/prod" }) }, [], []],
    ["of nobody", { owner: undefined }, [], []],
    ["of a kind that nobody knows", { kind: "Strange" }, [], []],
    ["of a kind that needs no journal", { kind: "VersionSet" }, [], []],
    ["that made nothing", { state: "closed" }, [], []],
    ["that the next run takes over", { state: "claimed", id }, [], []],
    ["that was answered", { state: "made", id }, [], ["calls"]],
    ["in the state by its id", { state: "made", id }, [resource("x", "UseCase", { id })], []],
    ["beside another id", { state: "made", id }, [resource("calls", "UseCase", { id: "2" })], ["calls"]],
    ["beside another kind", { state: "made", id }, [resource("calls", "Service", { id })], ["calls"]],
    ["in the state by its mark", {}, [resource("calls", "UseCase", { id })], []],
    [
      "in the state by its short mark",
      {},
      [resource("calls", "UseCase", { id, inputs: { __owner: "/clinic/dev/*/calls" } })],
      [],
    ],
    ["beside another mark", {}, [resource("x", "UseCase", { id, inputs: { __owner: mark("x") } })], ["calls"]],
    ["beside what has no inputs", {}, [resource("x", "UseCase", { id, inputs: undefined })], ["calls"]],
  ])("are seen as they are: one %s", async (_about, entry, resources, names) => {
    expect((await found([entryOf(entry)], resources)).map(({ name }) => name)).toEqual(names);
  });

  it("are those that the engine does not remember, each once over all accounts, and of one intent the line that counts", async () => {
    expect(await found([entryOf()], [], [entryOf()])).toEqual([]);
    const lost = entryOf({ entry: "1", owner: mark("lost"), key: ["email", "Clinic", "Lost"] });
    const made = { ...lost, entry: "2", state: "made", id } as const;
    const elsewhere = { ...lost, entry: "3", workspaceId: "x" };
    const entries = account(lost, made, elsewhere);
    const state = { resources: [], pending: [] };
    const creates = await forgottenCreates(stack, state, accounts({}, entries, entries), [{}] as never[]);
    expect(creates.map(({ entry }) => entry)).toEqual([made, elsewhere]);
  });
});

it.each<[about: string, type: string, resources: StateResource[], names: string[]]>([
  ["what was being deleted", "deleting", [resource("calls")], ["calls"]],
  ["what was being made", "creating", [resource("calls")], []],
  ["all bindings where one was made", "creating", [resource("line", "ServiceBinding")], ["line", "other"]],
  ["all bindings where one was moved", "updating", [resource("line", "ServiceBinding")], ["line", "other"]],
  ["a binding that was deleted", "deleting", [resource("line", "ServiceBinding")], ["line"]],
  ["nothing that is not of this package", "deleting", [resource("strange", "Strange")], []],
])("reads again after an interruption %s", (_about, type, pending, names) => {
  const [line, other] = [resource("line", "ServiceBinding"), resource("other", "ServiceBinding")];
  const strange = resource("strange", "Strange");
  const replaced = [
    { ...line, delete: true },
    { ...resource("gone", "ServiceBinding"), delete: true },
  ];
  const resources = [resource("calls"), resource("more"), line, ...replaced, other, line, strange];
  const urns = disturbedUrns({ resources, pending: pendingOf(type, ...pending) });
  expect(urns.map((urn) => urn.split("::").at(-1))).toEqual(names);
});
