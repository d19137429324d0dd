import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import * as path from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { seedIds } from "../../src/emulator/index.js";
import type { Values } from "../../src/engine/lifecycle.js";
import { typeToken } from "../../src/engine/tokens.js";
import { type RecoverOptions, recover } from "../../src/recovery/recover.js";
import { intentOf } from "../../src/resources/journalled.js";
import { useCaseLifecycle } from "../../src/resources/use-case.js";
import { Accounts } from "../../src/stack/accounts.js";
import { Pulumi } from "../../src/stack/pulumi.js";
import type { PendingOperation, StateResource } from "../../src/stack/state.js";
import { owner, useLab } from "./support.js";

const lab = useLab();
const { workspace: workspaceId, agents, contextGraphs, setups } = seedIds;
const stack = "organization/clinic/dev";
const stackUrn = "urn:pulumi:dev::clinic::pulumi:pulumi:Stack::clinic-dev";

const desk = { workspaceId, name: "Desk", agentId: agents.frontDesk, contextGraphId: contextGraphs.scheduling };
const service = { ...desk, __owner: owner("desk") };
const line = {
  workspaceId,
  channel: "inbound_voice",
  entityName: "Clinic",
  name: "Line",
  setupId: setups.voiceApproved,
};
const useCase = { ...line, __owner: owner("calls") };
const record = { workspace_id: workspaceId, channel: "inbound_voice", entity_name: "Clinic", name: "Line" } as const;

const resource = (type: string, name: string, more: Partial<StateResource> = {}): StateResource => ({
  ...{ urn: `urn:pulumi:dev::clinic::${type}::${name}`, type, custom: true },
  ...more,
});
const ours = (kind: string, name: string, inputs?: Values, more: Partial<StateResource> = {}) =>
  resource(typeToken(kind), name, { inputs, ...more });
const creating = (...resources: StateResource[]): PendingOperation[] =>
  resources.map((one) => ({ type: "creating", resource: one }));

afterEach(() => {
  vi.restoreAllMocks();
});

interface Scene {
  readonly resources?: StateResource[];
  readonly pending?: PendingOperation[];
  readonly backend?: string;
}

/** Recovers a stack of this state; `ran` holds the commands that may change it. */
async function recovering(
  { resources = [], pending = [], backend = "https://state.example" }: Scene,
  { agrees = true, ...options }: Partial<RecoverOptions> & { agrees?: boolean } = {},
) {
  const { home, emulator } = lab();
  const stackItself = { urn: stackUrn, type: "pulumi:pulumi:Stack" };
  const deployment = { resources: [...resources, stackItself], pending_operations: pending };
  const config = { baseUrl: emulator.url, apiKey: "amigo-demo-key", settleSeconds: "0" };
  const ran: string[] = [];
  const exported: string[][] = [];
  const imported: Values[] = [];
  const run = async (...args: string[]) => {
    if (args[0] === "config")
      return JSON.stringify(
        Object.fromEntries(Object.entries(config).map(([name, value]) => [`amigo:${name}`, { value }])),
      );
    if (args[1] === "export") {
      exported.push(args.slice(2));
      return JSON.stringify({ deployment });
    }
    if (args[0] === "import") imported.push(...JSON.parse(readFileSync(args[2] ?? "", "utf8")).resources);
    ran.push(args[0] === "import" ? "import" : args.join(" "));
    return "";
  };
  const environment = () => ({ PULUMI_BACKEND_URL: backend });
  vi.spyOn(Pulumi, "find").mockResolvedValue({ stack, cwd: home, run, environment } as unknown as Pulumi);
  const [printed, asked]: [string[], string[]] = [[], []];
  const confirm = async (question: string) => {
    asked.push(question);
    return agrees;
  };
  const work = recover({ cwd: home, dryRun: false, tell: (text) => printed.push(text), confirm, ...options });
  const [settled] = await Promise.allSettled([work]);
  const report = settled.status === "fulfilled" ? settled.value : undefined;
  const failure = settled.status === "rejected" ? String(settled.reason.message) : undefined;
  return { report, failure, ran, exported, imported, printed, asked };
}

const journalStates = () => {
  const entries = lab().process().journal?.entries() ?? [];
  return entries.map(({ state, id }) => (id === undefined ? state : `${state} ${id}`));
};
const refresh = "refresh --skip-preview --yes --skip-pending-creates";
const clearing = (...urns: string[]) =>
  `${refresh} --target ${stackUrn}${urns.map((urn) => ` --import-pending-creates ${urn} --import-pending-creates settled`).join("")}`;

it("changes nothing and asks nothing where nothing is open, also where all was agreed to", async () => {
  for (const agreed of [false, true]) {
    const { report, ran, printed, asked } = await recovering({}, { agreed });
    expect(report).toMatchObject({ stack, dryRun: false, creates: [], others: [], disturbed: [], settled: true });
    expect([ran, printed, asked]).toEqual([[], [], []]);
  }
});

describe("of one create", () => {
  it("brings what was made into the stack, after a copy of what was pending", async () => {
    const id = await lab().create(lab().process(), "service", service);
    const pending = ours("Service", "desk", service);
    const scene = { resources: [], pending: creating(pending) };
    const adopted = { kind: "Service", name: "desk", urn: pending.urn, outcome: "adopted", id };
    const dry = await recovering(scene, { dryRun: true });
    expect(dry.report).toMatchObject({ dryRun: true, creates: [adopted], settled: true });
    expect([dry.ran, dry.asked, dry.report?.copy, journalStates()]).toEqual([[], [], undefined, [`made ${id}`]]);

    const closing = vi.spyOn(Accounts.prototype, "close");
    const stopped = await recovering(scene, { agrees: false });
    expect(closing).toHaveBeenCalledTimes(1);
    expect([stopped.failure, stopped.ran]).toEqual(["stopped; no create was settled", []]);

    const { report, ran, exported, imported, printed, asked } = await recovering(scene);
    expect(exported, "the copy shows no secret").toEqual([["--show-secrets"], []]);
    expect(report).toMatchObject({ dryRun: false, creates: [adopted], settled: true });
    expect(asked).toEqual(["Shall I settle this create?"]);
    expect(printed).toEqual([`Service desk: the interrupted create made ${id}, which goes into the stack.`]);
    expect(ran).toEqual(["import", clearing(pending.urn)]);
    expect(imported).toMatchObject([{ logicalName: "desk", id, inputs: desk }]);
    const copy = report?.copy ?? "";
    expect(path.relative(lab().home, copy)).toMatch(
      /^pulumi-amigo\/recovered\/organization_clinic_dev-[\dT-]+Z\.json$/,
    );
    expect(JSON.parse(readFileSync(copy, "utf8"))).toEqual({ stack, pending_operations: scene.pending });
    expect([copy, path.dirname(copy)].map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o700]);
  });

  it.each<[about: string, resources: StateResource[], parent: string | undefined, outcome: string]>([
    [
      "its parent is in the stack",
      [resource("clinic:Front", "front")],
      "urn:pulumi:dev::clinic::clinic:Front::front",
      "adopted",
    ],
    ["its parent is not", [], "urn:pulumi:dev::clinic::clinic:Front::front", "handed over"],
    [
      "the stack holds another under its URN",
      [ours("Service", "desk", service, { id: "old" })],
      undefined,
      "handed over",
    ],
    [
      "another one waits to be deleted",
      [ours("Service", "desk", service, { id: "old", delete: true })],
      undefined,
      "adopted",
    ],
  ])("leaves it to the next run where the engine could not import it: %s", async (_about, resources, parent, outcome) => {
    const id = await lab().create(lab().process({ hasJournal: false }), "service", service);
    const { report, ran, printed } = await recovering({
      resources,
      pending: creating(ours("Service", "desk", service, { parent })),
    });
    expect(report?.creates).toMatchObject([{ outcome, id }]);
    expect(ran.map((command) => command.split(" ")[0])).toEqual(
      outcome === "adopted" ? ["import", "refresh"] : ["refresh"],
    );
    if (outcome === "adopted") return expect(journalStates()).toEqual([]);
    expect(printed).toEqual([
      `Service desk: the interrupted create made ${id}; the next \`up\` takes it over instead of making another.`,
    ]);
    // The next create looks into the journal for it.
    expect(journalStates()).toEqual([`claimed ${id}`]);
  });

  it("leaves what a create takes over by itself to that", async () => {
    const serviceId = await lab().create(lab().process({ hasJournal: false }), "service", service);
    const set = { workspaceId, serviceId, name: "canary", agentVersionNumber: 1 };
    await lab().create(lab().process(), "versionSet", set);
    const pending = ours("VersionSet", "set", set);
    const scene = { resources: [ours("VersionSet", "set", set, { id: "old" })], pending: creating(pending) };
    const { report, ran } = await recovering(scene);
    const why = `${serviceId}/canary exists as declared, and the create takes it over`;
    expect(report?.creates).toMatchObject([{ kind: "VersionSet", outcome: "nothing", why }]);
    expect(ran).toEqual([clearing(pending.urn)]);
  });

  it("clears what is in the stack already", async () => {
    const id = await lab().create(lab().process(), "useCase", useCase);
    const pending = ours("UseCase", "calls", useCase);
    const resources = [ours("UseCase", "calls", useCase, { id })];
    const { report, ran, printed } = await recovering({ resources, pending: creating(pending) });
    expect(report?.creates).toMatchObject([{ outcome: "there", id }]);
    expect([ran, printed]).toEqual([[clearing(pending.urn)], [`UseCase calls: ${id} is in the stack already.`]]);
    expect(journalStates()).toEqual([`made ${id}`]);
    const others = [ours("UseCase", "x", useCase, { id, delete: true }), ours("Service", "y", service, { id })];
    expect((await recovering({ resources: others, pending: creating(pending) })).report?.creates).toMatchObject([
      { outcome: "adopted" },
    ]);
  });

  it("closes what made nothing", async () => {
    lab().process().journal?.ask(intentOf(useCaseLifecycle, useCase));
    const pending = ours("UseCase", "calls", useCase);
    const { report, ran, printed } = await recovering({ pending: creating(pending) });
    expect(report).toMatchObject({ creates: [{ outcome: "nothing", why: "nothing was made" }], settled: true });
    expect([ran, printed, journalStates()]).toEqual([
      ...[[clearing(pending.urn)], ["UseCase calls: nothing was made; the next `up` makes it."], ["closed"]],
    ]);
  });

  it("leaves alone what may be somebody else's", async () => {
    const { id } = lab().emulator.store.addUseCase({ ...record, setup_id: setups.voiceApproved });
    const { report, ran, printed, asked } = await recovering({ pending: creating(ours("UseCase", "calls", useCase)) });
    expect(report).toMatchObject({ creates: [{ outcome: "open", name: "calls" }], settled: false });
    expect([ran, asked, journalStates()]).toEqual([[], [], []]);
    expect(printed).toEqual([expect.stringMatching(`^UseCase calls: stays open: ${id} .* import\\.$`)]);
  });
});

describe("of what only the journal knows", () => {
  it("hands over what was made, with no pending operation to clear", async () => {
    const id = await lab().create(lab().process(), "useCase", useCase);
    const { report, ran, asked } = await recovering({});
    expect(report).toMatchObject({ creates: [{ kind: "UseCase", name: "calls", outcome: "handed over", id }] });
    expect([report?.copy, ran, asked, journalStates()]).toEqual([
      ...[undefined, [], ["Shall I settle this create?"], [`claimed ${id}`]],
    ]);
  });

  it("leaves open what may be one of several", async () => {
    lab().process().journal?.ask(intentOf(useCaseLifecycle, useCase));
    for (let one = 0; one < 2; one += 1) lab().emulator.store.addUseCase({ ...record, setup_id: setups.voiceApproved });
    const { report, ran, printed } = await recovering({});
    expect(report).toMatchObject({ creates: [{ name: "calls", outcome: "open" }], settled: false });
    expect([ran, printed]).toEqual([
      [],
      [expect.stringContaining("UseCase calls: stays open: several have its name: ")],
    ]);
  });

  it("says nothing of what is gone, and notes it where all was agreed to", async () => {
    const id = await lab().create(lab().process(), "useCase", useCase);
    lab().emulator.store.useCases.delete(id);
    for (const [agreed, state] of [
      [undefined, "made"],
      [true, "closed"],
    ] as const) {
      const { report, ran, printed, asked } = await recovering({}, { agreed });
      expect([report?.creates, report?.settled, ran, printed, asked]).toEqual([[], true, [], [], []]);
      expect(journalStates()).toEqual([`${state} ${id}`]);
    }
  });
});

describe("of other pending operations", () => {
  const pendingOf = (type: string, one: StateResource) => ({ type, resource: one });

  it("says what to do with each, and settles none", async () => {
    const id = await lab().create(lab().process({ hasJournal: false }), "service", service);
    const none = "0d2a5b7c-94a7-4c1e-8f3b-6f0c1d529e10";
    const pending = [
      pendingOf("updating", ours("Service", "desk", { ...service, name: "Front" }, { id, outputs: service })),
      pendingOf("deleting", ours("Service", "gone", service, { id: none })),
      pendingOf("deleting", resource("random:Pet", "pet")),
      pendingOf("updating", resource("pulumi:providers:random", "default")),
      pendingOf("creating", resource("random:Pet", "new")),
    ];
    const { report, ran, printed } = await recovering({ pending }, { dryRun: true });
    expect([report?.settled, ran]).toEqual([false, []]);
    expect(report?.others.map(({ urn, operation }) => [urn.split("::")[3], operation])).toEqual([
      ["desk", "updating"],
      ["gone", "deleting"],
      ["pet", "deleting"],
      ["default", "updating"],
      ["new", "creating"],
    ]);
    expect(printed).toEqual([
      'Service "desk": interrupted while updating. Not all of it is written (name: declared "Front", exists as "Desk"). The same command again finishes it.',
      'Service "gone": interrupted while deleting. It is gone.',
      'random:Pet "pet": interrupted while deleting. `pulumi refresh` finds out how far it came.',
      'pulumi:providers:random "default": interrupted while updating. `pulumi refresh` finds out how far it came.',
      'random:Pet "new": interrupted while creating. It is not this package\'s: look whether it exists, and settle it with an interactive `pulumi refresh`.',
    ]);
    expect((await recovering({ pending: pending.slice(0, 4) }, { dryRun: true })).report?.settled).toBe(true);
    const advice = async (type: string, more: Partial<StateResource>, inputs: Values = service) => {
      const one = ours("Service", "desk", inputs, more);
      // As the engine writes them.
      const operation = pendingOf(type, type === "updating" ? { ...one, id: undefined } : one);
      const scene = { resources: [one], pending: [operation] };
      return (await recovering(scene, { dryRun: true })).report?.others[0]?.advice;
    };
    expect(await advice("deleting", { id })).toBe("It still exists.");
    expect(await advice("updating", { id })).toBe("All of it is written. The same command again finishes it.");
    expect(await advice("updating", { id: none })).toBe("It is gone: `pulumi up --refresh` makes it again.");
    expect(await advice("deleting", { id }, { ...service, workspaceId: none })).toMatch(
      /^How far it came could not be read \(.*404.*\)\. The same command again finishes it\.$/,
    );
    lab().emulator.faults.add({ operation: "get-service", when: "before", action: { kind: "status", status: 401 } });
    expect(await advice("deleting", { id })).toMatch(/^How far it came could not be read \(.*401/);
  });

  it("clears what belongs to the engine", async () => {
    const component = resource("clinic:Front", "front", { custom: undefined });
    const provider = resource("pulumi:providers:random", "default");
    const { report, ran, asked } = await recovering({ pending: creating(component, provider) });
    expect(report).toMatchObject({ others: [], settled: true, copy: expect.any(String) });
    expect(asked).toEqual(["Shall I clear what the engine itself left pending?"]);
    expect(ran).toEqual([clearing(component.urn, provider.urn)]);
  });

  it("reads again what may have been moved or deleted", async () => {
    const id = "0d2a5b7c-94a7-4c1e-8f3b-6f0c1d529e10";
    const binding = (name: string) =>
      ours("ServiceBinding", name, { workspaceId, useCaseId: id, serviceId: id }, { id });
    const [first, second] = [binding("first"), binding("second")];
    const scene = { resources: [first, second], pending: [pendingOf("updating", first)] };
    const { report, ran, printed, asked } = await recovering(scene);
    expect(report?.copy).toBeUndefined();
    expect(report?.disturbed).toEqual([first.urn, second.urn]);
    expect(printed[1]).toBe(
      "These are read again into the state: first, second. The next `up` or `destroy` goes on from there.",
    );
    expect(asked).toEqual(["Shall I read these again?"]);
    expect(ran).toEqual([`${refresh} --target ${first.urn} --target ${second.urn}`]);
    const deleted = await recovering({ resources: [first], pending: [pendingOf("deleting", first)] });
    expect(deleted.asked).toEqual(["Shall I read this again?"]);
  });

  it("clears one entry of a URN at a time, since several runs may have left several", async () => {
    const pending = ours("UseCase", "calls", useCase);
    const other = ours("UseCase", "other", { ...useCase, name: "Other" });
    const { ran, asked } = await recovering({ pending: creating(pending, other, pending) });
    expect(asked).toEqual(["Shall I settle these 3 creates?"]);
    expect(ran).toEqual([clearing(pending.urn, other.urn), clearing(pending.urn)]);
  });
});

describe("with a local backend", () => {
  const backend = (lock?: object, attributes = "{}") => {
    const { home } = lab();
    const folders = { stacks: "stacks/clinic", locks: "locks/organization/clinic/dev" };
    for (const folder of Object.values(folders)) mkdirSync(path.join(home, ".pulumi", folder), { recursive: true });
    writeFileSync(path.join(home, ".pulumi", folders.stacks, "dev.json"), "{}");
    const file = path.join(home, ".pulumi", folders.stacks, "dev.json.attrs");
    writeFileSync(file, attributes);
    if (lock) writeFileSync(path.join(home, ".pulumi", folders.locks, "a.json"), JSON.stringify(lock));
    return { file, scene: { backend: `file://${home}` } };
  };

  it.each<[about: string, host: string, said: RegExp]>([
    [
      "this machine",
      hostname(),
      /that process is gone\.|No such engine runs here, but another machine .* make sure yourself/,
    ],
    ["another machine", "elsewhere", /That is another machine: make sure yourself that it has ended\.$/],
  ])("cancels the lock of a run that has ended on %s", async (_about, host, said) => {
    const lock = { pid: 2 ** 22 + 1, username: "ann", hostname: host };
    const { scene } = backend(lock);
    const { report, ran, printed, asked } = await recovering(scene);
    expect(report?.lock).toEqual(lock);
    expect([ran, asked]).toEqual([["cancel --yes"], ["Shall I cancel that lock?"]]);
    expect(printed).toEqual([expect.stringMatching(said), "The lock was cancelled."]);
    expect(printed[0]).toContain(`The stack is locked by process ${lock.pid} of ann on ${host}`);
    const both = await recovering({ ...scene, pending: creating(ours("UseCase", "calls", useCase)) });
    expect(both.asked).toEqual(["Shall I cancel that lock and settle this create?"]);
    expect(both.ran.map((command) => command.split(" ")[0])).toEqual(["cancel", "refresh"]);
  });

  it("stops where the run that holds the lock goes on", async () => {
    const { scene } = backend({ pid: process.pid, hostname: hostname() });
    // Without `ps` nobody can tell that this process is no engine.
    vi.stubEnv("PATH", "/nowhere");
    const { failure, ran } = await recovering(scene);
    expect(failure).toBe(
      `the stack is locked by process ${process.pid} of somebody on ${hostname()}, and that process runs: wait for it or stop it first. Nothing was changed`,
    );
    expect(ran).toEqual([]);
  });

  it("removes a description that a kill cut short, once that was agreed to", async () => {
    const { file, scene } = backend(undefined, "");
    const what = `The kill cut short ${file}, without which the engine cannot read the stack`;
    const dry = await recovering(scene, { dryRun: true });
    expect(dry.failure).toBe(
      `${what}. Without --dry-run it is removed: it describes the file beside it and holds no state`,
    );
    const stopped = await recovering(scene, { agrees: false });
    expect([stopped.failure, stopped.asked, existsSync(file)]).toEqual([
      ...["stopped; nothing was changed", ["Remove it?"], true],
    ]);
    const { report, printed } = await recovering(scene);
    expect([report?.settled, existsSync(file)]).toEqual([true, false]);
    expect(printed).toEqual([`${what}. It describes the file beside it and holds no state.`]);
  });
});
