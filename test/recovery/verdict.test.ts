import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { NotFoundError, PermissionError, ServerError } from "../../src/api/errors.js";
import { summary } from "../../src/cli/recover.js";
import { seedIds } from "../../src/emulator/index.js";
import { HIDDEN } from "../../src/engine/hidden.js";
import type { Existing, Lifecycle, Values } from "../../src/engine/lifecycle.js";
import type { Entry } from "../../src/engine/provider/journal.js";
import { forgottenCreates, type OpenCreate, pendingCreates } from "../../src/recovery/creates.js";
import { judge, type Verdict } from "../../src/recovery/verdict.js";
import { intentOf } from "../../src/resources/journalled.js";
import { useCaseLifecycle } from "../../src/resources/use-case.js";
import { workspaceLifecycle } from "../../src/resources/workspace.js";
import type { StackState } from "../../src/stack/state.js";
import { owner, useLab } from "./support.js";

const lab = useLab();
const { workspace: workspaceId, agents, contextGraphs, setups } = seedIds;
const [agentId, contextGraphId] = [agents.frontDesk, contextGraphs.scheduling];

const useCase = {
  workspaceId,
  channel: "inbound_voice",
  entityName: "Clinic",
  name: "Line",
  setupId: setups.voiceApproved,
  __owner: owner("calls"),
};
const useCaseRecord = {
  workspace_id: workspaceId,
  channel: "inbound_voice",
  entity_name: "Clinic",
  name: "Line",
  setup_id: setups.voiceApproved,
} as const;
const service = { workspaceId, name: "Desk", agentId, contextGraphId, __owner: owner("desk") };
const clinic = { slug: "north-clinic", name: "North", environment: "staging", __owner: owner("clinic") };

/** What is found of a pending create with these inputs, by a process that did not make it. */
async function verdictOn(kind: string, inputs: Values): Promise<Verdict> {
  const context = lab().process();
  const urn = `urn:pulumi:dev::clinic::pulumi-nodejs:dynamic/amigo:${kind}::thing`;
  const resource = { urn, type: `pulumi-nodejs:dynamic/amigo:${kind}`, inputs };
  const state: StackState = { resources: [], pending: [{ type: "creating", resource }] };
  const [create] = await pendingCreates(state, { of: async () => context });
  if (!create) throw new Error("not seen as an open create");
  return judge(create);
}

const made = (id: string) => ({ is: "made", existing: { id } });

it("says what to do after a destroy, where no create is open", () => {
  const nothing = {
    stack: "dev",
    cwd: process.cwd(),
    isEmpty: false,
    dryRun: false,
    creates: [],
    others: [],
    disturbed: [],
    settled: true,
  };
  expect(summary({ ...nothing, isEmpty: true })).toEqual([
    "No create is open, and the stack is empty: there is nothing to settle.",
  ]);
  expect(summary(nothing)).toEqual([
    "No create is open: there is nothing to settle.",
    "Was a `pulumi destroy` interrupted? Run `pulumi destroy --stack dev` again: it goes on with what is left.",
    "If it was run since then, `npx pulumi-amigo drift --stack dev` shows what is gone, and `pulumi up --stack dev` with --refresh makes it again.",
    "Was nothing interrupted, and a run says that something exists already? Then another stack or somebody else made it: do what that message says.",
  ]);
});

it("names both ways on after a deletion that was interrupted, and no create where there was none", () => {
  const gone = { urn: "urn", operation: "deleting", advice: "" };
  const report = {
    stack: "dev",
    cwd: process.cwd(),
    isEmpty: false,
    dryRun: false,
    creates: [],
    others: [gone],
    disturbed: ["urn"],
    settled: true,
  };
  expect(summary(report)).toEqual([
    "Next: if it was a `pulumi destroy` that was interrupted, `pulumi destroy --stack dev` goes on deleting; `pulumi up --stack dev` makes what is missing again.",
  ]);
  const built = path.resolve(".pulumi-amigo", "dev");
  expect(summary({ ...report, cwd: built })[0]).toMatch(
    /`pulumi destroy --stack dev -C \.pulumi-amigo.dev` goes on deleting; `fleet up` \(or the `clone` that made it\) makes/,
  );
  const create = { kind: "Service", name: "desk", outcome: "nothing" as const };
  expect(summary({ ...report, creates: [create] })).toEqual([
    "No create is open any more.",
    "Next: pulumi preview --stack dev",
  ]);
});

it("knows a service by its owner mark", async () => {
  const { emulator, process: run, create } = lab();
  expect(await verdictOn("Service", service)).toMatchObject({ is: "nothing" });
  const id = await create(run(), "service", service);
  expect(await verdictOn("Service", service)).toMatchObject(made(id));
  expect(await verdictOn("Service", { ...service, __owner: owner("other") })).toMatchObject({
    is: "open",
    why: expect.stringContaining(`belongs to ${owner("desk")}`),
  });
  emulator.store.addService({
    workspace_id: workspaceId,
    name: "Night desk",
    agent_id: agentId,
    context_graph_id: contextGraphId,
  });
  expect(await verdictOn("Service", { ...service, name: "Night desk" })).toMatchObject({
    is: "open",
    why: expect.stringContaining("carries no owner mark"),
  });
});

it("knows a use case by the journal: sent from here, and not there before", async () => {
  const { process: run, create, emulator } = lab();
  expect(await verdictOn("UseCase", useCase)).toMatchObject({ is: "nothing" });
  const id = await create(run(), "useCase", useCase);
  expect(await verdictOn("UseCase", useCase)).toMatchObject(made(id));
  expect(await verdictOn("UseCase", { ...useCase, description: "Another" })).toMatchObject(made(id));
  emulator.store.addUseCase({ ...useCaseRecord });
  expect(await verdictOn("UseCase", useCase), "the API told its id").toMatchObject(made(id));
});

it("does not take what had the key before, what differs, or one of two", async () => {
  const { emulator, process: run } = lab();
  const { journal } = run();
  const former = emulator.store.addUseCase({ ...useCaseRecord });
  journal?.ask(intentOf(useCaseLifecycle, useCase, [former.id]));
  expect(await verdictOn("UseCase", useCase)).toMatchObject({
    is: "nothing",
    why: "what has its name was there before",
  });
  const other = emulator.store.addUseCase({ ...useCaseRecord, description: "Somebody else's" });
  expect(await verdictOn("UseCase", useCase)).toMatchObject({
    is: "open",
    why: expect.stringMatching(/differs: description/),
  });
  emulator.store.useCases.update(other.id, { description: null });
  expect(await verdictOn("UseCase", useCase)).toMatchObject(made(other.id));
  emulator.store.addUseCase({ ...useCaseRecord });
  expect(await verdictOn("UseCase", useCase)).toMatchObject({
    is: "open",
    why: expect.stringContaining("several have its name"),
  });
});

it("knows a workspace by the journal and by its age, and does not miss what further requests add", async () => {
  const { emulator, process: run } = lab();
  expect(await verdictOn("Workspace", clinic)).toMatchObject({ is: "nothing" });
  const { slug, name, environment } = clinic;
  const [principal] = emulator.store.workspaces.list();
  const there = emulator.store.addWorkspace({
    slug,
    name,
    environment: environment as "staging",
    organisation_id: principal?.organisation_id ?? "",
    owner: principal?.owner,
  });
  expect(await verdictOn("Workspace", clinic)).toMatchObject({ is: "open" });
  run().journal?.ask(intentOf(workspaceLifecycle, clinic));
  expect(await verdictOn("Workspace", { ...clinic, connectorType: "epic" })).toMatchObject(made(there.id));
  expect(await verdictOn("Workspace", { ...clinic, name: "South" })).toMatchObject({
    is: "open",
    why: expect.stringMatching(/differs: name/),
  });
  emulator.store.workspaces.update(there.id, { created_at: "2020-01-01T00:00:00.000Z" });
  expect(await verdictOn("Workspace", clinic)).toMatchObject({
    is: "open",
    why: expect.stringContaining("older than the create"),
  });
});

it("takes version sets, bindings and numbers where they exist as declared, and leaves them to the create where not", async () => {
  const { process: run, create } = lab();
  const process = run();
  const serviceId = await create(process, "service", service);
  const useCaseId = await create(process, "useCase", useCase);
  const set = { workspaceId, serviceId, name: "canary", agentVersionNumber: 1 };
  const binding = { workspaceId, useCaseId, serviceId };
  const numbers = { workspaceId, numbers: ["+14155550100"] };
  const all: [kind: string, inputs: Values][] = [
    ["VersionSet", set],
    ["ServiceBinding", binding],
    ["TestCallerNumbers", numbers],
  ];
  for (const [kind, inputs] of all) expect(await verdictOn(kind, inputs)).toMatchObject({ is: "nothing" });
  await create(process, "versionSet", set);
  await create(process, "serviceBinding", binding);
  await create(process, "testCallerNumbers", numbers);
  const ids = [`${serviceId}/canary`, useCaseId, workspaceId];
  for (const [index, [kind, inputs]] of all.entries()) {
    expect(await verdictOn(kind, inputs)).toMatchObject(made(ids[index] ?? ""));
  }
  expect(await verdictOn("VersionSet", { ...set, agentVersionNumber: 2 })).toMatchObject({
    is: "nothing",
    why: expect.stringContaining("takes over nothing that is somebody else's"),
  });
});

it("waits while a create that was sent a moment ago may still be carried out", async () => {
  const { emulator, process: run } = lab();
  run().journal?.ask(intentOf(useCaseLifecycle, useCase));
  const context = run();
  Object.assign(context.settings, { settleSeconds: 5 });
  const urn = "urn:pulumi:dev::clinic::pulumi-nodejs:dynamic/amigo:UseCase::calls";
  const resource = { urn, type: "pulumi-nodejs:dynamic/amigo:UseCase", inputs: useCase };
  const [create] = await pendingCreates(
    { resources: [], pending: [{ type: "creating", resource }] },
    { of: async () => context },
  );
  if (!create) throw new Error("not seen as an open create");
  const verdict = judge(create);
  setTimeout(() => emulator.store.addUseCase({ ...useCaseRecord }), 600);
  expect(await verdict).toMatchObject({ is: "made" });
});

it("says what it cannot see, and fails where the API cannot be reached", async () => {
  const { emulator } = lab();
  const inputs = { ...useCase, workspaceId: "00000000-0000-4000-8000-000000000000" };
  expect(await verdictOn("UseCase", inputs)).toMatchObject({ is: "open" });
  emulator.faults.add({ operation: "list-use-cases", when: "before", action: { kind: "status", status: 401 } });
  await expect(verdictOn("UseCase", useCase)).rejects.toThrow(/401/);
});

it("finds in the journal what the engine has forgotten: of this stack, not in its state, not settled", async () => {
  const { process: run, create } = lab();
  const context = run();
  const kept = await create(context, "useCase", useCase);
  const lost = await create(context, "useCase", { ...useCase, name: "Lost", __owner: owner("lost") });
  await create(context, "useCase", { ...useCase, name: "Other", __owner: owner("x").replace("/dev/", "/production/") });
  const claimed = await create(context, "service", service);
  const entry = context.journal?.entries().find(({ id }) => id === claimed)?.entry ?? "";
  context.journal?.settle(entry, "claimed", claimed);

  const urn = "urn:pulumi:dev::clinic::pulumi-nodejs:dynamic/amigo:UseCase::calls";
  const state: StackState = {
    resources: [{ urn, type: "pulumi-nodejs:dynamic/amigo:UseCase", id: kept, outputs: useCase }],
    pending: [],
  };
  const stack = { project: "clinic", name: "dev" };
  const found = await forgottenCreates(stack, state, { all: async () => [context] }, []);
  expect(found.map(({ name, lifecycle }) => [lifecycle.kind, name])).toEqual([["UseCase", "lost"]]);
  expect(await judge(found[0] as (typeof found)[0])).toMatchObject(made(lost));
});

it("looks for what the first of several attempts may have made, where a later one was refused because of it", async () => {
  const { emulator, process: run, create } = lab();
  const context = run();
  emulator.faults.add({
    operation: "create-self-service-workspace",
    when: "after",
    times: 1,
    action: { kind: "status", status: 504 },
  });
  emulator.faults.add({
    operation: "list-workspaces",
    when: "before",
    times: 1,
    action: { kind: "status", status: 403 },
  });
  await expect(create(context, "workspace", clinic)).rejects.toThrow(/outcome is unknown/);
  await expect(create(context, "workspace", clinic)).rejects.toThrow(/slug is taken/);
  expect(context.journal?.entries().map(({ state }) => state)).toEqual(["asked", "closed"]);

  const stack = { project: "clinic", name: "dev" };
  const found = await forgottenCreates(stack, { resources: [], pending: [] }, { all: async () => [context] }, []);
  expect(found.map(({ name }) => name)).toEqual(["clinic"]);
  const id = emulator.store.workspaces.find(({ slug }) => slug === clinic.slug)?.id ?? "";
  expect(await judge(found[0] as (typeof found)[0])).toMatchObject(made(id));
});

const sentAt = "2026-01-01T12:00:00.000Z";
const entryOf = (more: Partial<Entry> = {}): Entry => ({
  ...{ entry: "e1", kind: "Note", key: ["a"], before: [], at: sentAt, state: "asked" },
  ...more,
});

interface Case {
  /** What exists under the key. */
  readonly found?: Existing[];
  /** What the read shows then; the first that was found where it is not set. */
  readonly read?: Existing | null;
  readonly entry?: Entry;
  readonly journal?: Entry[];
  readonly inputs?: Values;
  readonly isForgotten?: boolean;
  readonly of?: Partial<Lifecycle>;
}

/** An open create of a made-up kind that is found by its name, or by its id where `of` has an `idFrom`. */
function open({ found = [], read = found[0], entry, journal = [], inputs, isForgotten, of }: Case): OpenCreate {
  const text = z.string();
  const lifecycle = {
    kind: "Note",
    properties: { name: { schema: text, change: "update" }, size: { schema: text, change: "update" } },
    recovery: { find: async () => found, called: "title" },
    read: async (_context: unknown, id: string) => (read ? { ...read, id } : undefined),
    ...of,
  };
  const context = { settings: { settleSeconds: 5 }, journal: { entries: () => journal } };
  const pending = isForgotten ? undefined : { urn: "urn", type: "Note" };
  const declared = { name: "A", [HIDDEN.owner]: "mine", ...inputs };
  return { lifecycle, context, name: "a", inputs: declared, pending, entry } as unknown as OpenCreate;
}

const note = (id: string, live: Values = {}) => ({ id, live: { name: "A", createdAt: sentAt, ...live } });
const isOpen = (why: string) => ({ is: "open", why });
const isNothing = (why: string) => ({ is: "nothing", why });
const marked = { marked: true };
const unanswered = entryOf();
const answered = entryOf({ id: "1", state: "made" });
const noEntry =
  "1 (created 2026-01-01T12:00:00.000Z) has its title, and the journal of this machine holds no such create; if it is this one, take it over with the resource option import";

describe("of what is found by its key", () => {
  it.each<[about: string, create: Case, verdict: object]>([
    ["nothing", { entry: unanswered }, isNothing("nothing was made")],
    ["the only one", { found: [note("1")], entry: unanswered }, made("1")],
    ["one that nobody has noted", { found: [note("1")] }, isOpen(noEntry)],
    [
      "one that was there before",
      { found: [note("1")], entry: entryOf({ before: ["1"] }) },
      isNothing("what has its title was there before"),
    ],
    ["one beside it", { found: [note("0"), note("1")], entry: entryOf({ before: ["0"] }) }, made("1")],
    [
      "one that another create made",
      { found: [note("1")], entry: unanswered, journal: [entryOf({ entry: "e2", id: "1" })] },
      isNothing("what has its title was there before"),
    ],
    ["its own, noted", { found: [note("1")], entry: unanswered, journal: [entryOf({ id: "1" })] }, made("1")],
    [
      "two",
      { found: [note("1"), note("2")], entry: unanswered },
      isOpen(`several have its title: 1 (created ${sentAt}), 2 (created ${sentAt})`),
    ],
    ["the one of two that it made", { found: [note("2"), note("1")], entry: answered }, made("1")],
    ["another than it made", { found: [note("2")], entry: answered }, isNothing("what it made (1) is gone")],
    ["what it made, though it differs", { found: [note("1", { name: "B" })], entry: answered }, made("1")],
    ["what it made, though it is old", { found: [note("1", { createdAt: "2020-01-01" })], entry: answered }, made("1")],
    [
      "one that is older",
      { found: [note("1", { createdAt: "2025-12-31T12:00:00Z" })], entry: unanswered },
      isOpen(
        `1 (created 2025-12-31T12:00:00Z) has its title and is older than the create, which was sent at ${sentAt}`,
      ),
    ],
    [
      "one that differs",
      { found: [note("1", { name: "B", size: "s" })], entry: unanswered, inputs: { size: "t" } },
      isOpen(
        `1 (created ${sentAt}) has its title and differs: name: declared "A", exists as "B"; size: declared "t", exists as "s"`,
      ),
    ],
    [
      "one that lacks what only later requests send",
      {
        found: [note("1")],
        entry: unanswered,
        inputs: { size: "t" },
        of: { recovery: { find: async () => [note("1")], firstSent: ({ name }: Values) => ({ name }) } as never },
      },
      made("1"),
    ],
    [
      "one that differs, of a create that only the journal knows",
      { found: [note("1", { name: "B" })], entry: unanswered, isForgotten: true },
      made("1"),
    ],
    [
      "one that is gone since",
      { found: [note("1")], read: null, entry: unanswered },
      isNothing(`1 (created ${sentAt}) was there a moment ago and is gone`),
    ],
    ["its mark, without a journal", { found: [note("1", { [HIDDEN.owner]: "mine" })], of: marked }, made("1")],
    [
      "its mark, though it differs and the journal holds the id",
      {
        found: [note("1", { name: "B", [HIDDEN.owner]: "mine" })],
        journal: [entryOf({ entry: "e2", id: "1" })],
        of: marked,
      },
      made("1"),
    ],
    [
      "another mark",
      { found: [note("1", { [HIDDEN.owner]: "theirs" })], of: marked },
      isOpen(`1 (created ${sentAt}) has its title and belongs to theirs`),
    ],
    [
      "no mark",
      { found: [note("1")], of: { ...marked, recovery: { find: async () => [note("1")] } as never } },
      isOpen(`1 (created ${sentAt}) has its name and carries no owner mark; if it is this one, declare adopt: true`),
    ],
  ])("%s", async (_about, create, verdict) => {
    expect(await judge(open(create))).toMatchObject(verdict);
  });
});

describe("of what is found by its id", () => {
  const idFrom = ({ name }: Values) => `id of ${name}`;

  it.each<[about: string, create: Case, verdict: object]>([
    ["nothing", {}, isNothing("it does not exist")],
    ["as declared", { read: note("1") }, made("id of A")],
    [
      "otherwise",
      { read: note("1", { name: "B" }), inputs: { size: "t" } },
      isNothing(
        'what exists differs (name: declared "A", exists as "B"; size: declared "t", exists as nothing); ' +
          "`up` sends the create again, which takes over nothing that is somebody else's",
      ),
    ],
  ])("%s", async (_about, create, verdict) => {
    expect(await judge(open({ ...create, of: { idFrom } }))).toMatchObject(verdict);
  });
});

describe("a look that fails", () => {
  const identity = { operation: "get-workspace", method: "GET", path: "/", detail: "no", attempts: 1 };
  const gone = new NotFoundError({ ...identity, status: 404 });
  const hidden = new PermissionError({ ...identity, status: 403 });
  const trouble = new ServerError({ ...identity, status: 500 });
  const failing = (error: Error) => ({ recovery: { find: async () => Promise.reject(error) } as never });
  const isMade = { entry: answered, isForgotten: true };

  it.each<[about: string, error: Error, create: Case, verdict: object]>([
    ["for want of the workspace", gone, { entry: answered }, { is: "open", why: expect.stringContaining("no") }],
    ["for want of a permission", hidden, {}, { is: "open", why: expect.stringContaining("no") }],
    ["within another error", new Error("reading", { cause: gone }), {}, isOpen("reading")],
    ["of what was made, and only the journal knows", gone, isMade, isNothing("its workspace is gone")],
    [
      "of what may have been made",
      gone,
      { ...isMade, entry: unanswered },
      { is: "open", why: expect.stringContaining("no") },
    ],
  ])("%s", async (_about, error, create, verdict) => {
    expect(await judge(open({ ...create, of: failing(error) }))).toMatchObject(verdict);
  });

  it.each([
    trouble,
    new Error("reading", { cause: trouble }),
    new Error("unknown"),
  ])("otherwise, fails: %s", async (error) => {
    await expect(judge(open({ entry: answered, isForgotten: true, of: failing(error) }))).rejects.toBe(error);
  });
});

it("leaves a kind open that nothing finds, and asks nothing of an import", async () => {
  const find = undefined as never;
  const recovery = { keyOf: () => [], inputsOf: () => ({}) };
  expect(await judge(open({ of: { recovery: find } }))).toEqual(isOpen("nothing says how to find a Note"));
  expect(await judge(open({ of: { recovery } }))).toEqual(isOpen("nothing says how to find a Note"));
  const importing = open({ of: { recovery: find }, inputs: { [HIDDEN.adopt]: { id: "1", ignore: [] } } });
  expect(await judge(importing)).toEqual(isNothing("it was an import, which writes nothing"));
});

it("looks once at what was sent long ago, and for as long as the settings say at what was sent just now", async () => {
  let looks = 0;
  const find = async () => {
    looks += 1;
    return looks > 2 ? [note("1", { createdAt: new Date().toISOString() })] : [];
  };
  const of = { recovery: { find, called: "title" } as never };
  const judging = (entry: Entry | undefined) => judge(open({ entry, of, read: note("1") }));
  expect(await judging(unanswered)).toEqual(isNothing("nothing was made"));
  expect(await judging(undefined)).toEqual(isNothing("nothing was made"));
  looks = 0;
  expect(await judging(entryOf({ at: new Date().toISOString() }))).toMatchObject(made("1"));
});
