import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Dialect, FaultRule } from "../../src/emulator/index.js";
import type { Kind, RunOptions } from "../engine/program.js";
import type { Command } from "./command.js";
import { DEADLINE_MS, FAULTY_SPEED, type Fault, layFaults } from "./faults.js";
import { takeLog } from "./log.js";
import { declaredOf, Moment, type Observation, type RunKind } from "./observation.js";
import { programOf, type Shop, type World } from "./world.js";

/** A run that a command asks for, in words and as the engine takes it. */
export interface Ask {
  readonly run: RunKind;
  readonly options: RunOptions;
  readonly words: string;
  /** The process dies at this write, before or after the server has carried it out. */
  /** No faults are laid for it. */
  readonly calm?: boolean;
  readonly kill?: { readonly write: number; readonly when: "before" | "after" };
}

function nth<T>(items: readonly T[], index: number): T | undefined {
  return items.length === 0 ? undefined : items[index % items.length];
}

/** The run that a command means; undefined where it means none. */
export function askOf(shop: Shop, { verb, pick, value }: Command): Ask | undefined {
  const up = (options: RunOptions, words: string): Ask => ({ run: "up", options, words });
  const target = nth(
    declaredOf(shop, shop.stack.state.entries, shop.stack.state.entries).filter(({ draft }) => draft.name !== "bad"),
    pick,
  );
  switch (verb) {
    case "up":
      return up({}, "up");
    case "upSerial":
      return up({ parallel: 1 }, "up --parallel 1");
    case "upSkipPreview":
      return up({ skipPreview: true }, "up --skip-preview");
    case "upRefresh":
      return up({ refresh: true }, "up --refresh");
    case "upTarget":
      return target && up({ targets: [target.urn] }, `up --target "${target.draft.name}"`);
    case "upReplace":
      return target?.before && up({ replace: [target.urn] }, `up --replace "${target.draft.name}"`);
    case "upKilled": {
      const when = pick % 2 === 0 ? "after" : "before";
      const kill = { write: value % 3, when } as const;
      return { ...up({}, `up, killed ${when} write ${kill.write + 1} is carried out`), kill };
    }
    case "refresh":
      return { run: "refresh", options: {}, words: "refresh" };
    case "destroy":
      return { run: "destroy", options: {}, words: "destroy" };
    default:
      return undefined;
  }
}

/** What earlier runs have left. */
export interface Past {
  /** Ids that a killed run may have left behind. */
  readonly lost: Set<string>;
  /** Use cases that runs of this stack have unbound, and nobody has bound since. */
  readonly cut: Set<string>;
}

/** Carries a run out and looks at everything before and after it. The seed is that of its faults. */
export async function carryOut(
  world: World,
  shop: Shop,
  ask: Ask,
  { lost, cut }: Past,
  seed = 0,
): Promise<Observation> {
  const { emulator, key } = world;
  const index = world.shops.indexOf(shop);
  const before = new Moment(world);
  const program = programOf(shop);
  const isArmed = emulator.faults.list().length > 0 || ask.kill !== undefined;
  const faults = world.rate > 0 && !ask.calm ? layFaults(emulator, world.rate, seed, key) : new Map<string, Fault>();
  const options = ask.kill ? { ...ask.options, killed: killAt(world, ask.kill) } : ask.options;
  emulator.clearRequests();
  const delays = monitorEventLoopDelay({ resolution: 5 });
  delays.enable();
  const { stack } = shop;
  const result =
    ask.run === "up"
      ? await stack.up(program, options)
      : ask.run === "refresh"
        ? await stack.refresh(options)
        : await stack.destroy(options);
  if (result.outcome === "killed") await settled(world);
  delays.disable();
  const busyMs = (delays.max / 1e6) * FAULTY_SPEED;
  const struck = emulator.requests.flatMap((request) => request.faults ?? []).flatMap((id) => faults.get(id) ?? []);
  const lagMs = Math.max(0, ...struck.map((fault) => fault.lagMs ?? 0));
  if (lagMs > 0) await sleep(lagMs + 500);
  emulator.faults.clear();
  if (struck.some(({ waitMs = 0 }) => waitMs > DEADLINE_MS)) world.nextKey();
  const faulty = isArmed || struck.length > 0;
  const log = takeLog();
  const after = new Moment(world);
  const requests = emulator.requests.map((entry) => ({ ...entry }));
  if (result.outcome === "killed") for (const id of madeIds(before, after)) lost.add(id);
  const [old, now] = [before.states[index] ?? [], after.states[index] ?? []];
  const declared = ask.run === "up" ? declaredOf(shop, old, now, options.targets) : [];
  const { dialect } = emulator;
  const { run } = ask;
  const cutBefore = new Set(cut);
  noteCut(cut, before, after);
  const looked = { run, options, index, program, declared, before, after, result, requests };
  return { ...looked, faulty, faults, busyMs, key, log, lost, cut: cutBefore, dialect };
}

function killAt(world: World, { write, when }: NonNullable<Ask["kill"]>): Promise<void> {
  return new Promise((resolve) => {
    let seen = -1;
    world.emulator.faults.add({
      id: "kill",
      when,
      action: {
        kind: "call",
        fn: ({ request }) => {
          if (request.method !== "GET") seen += 1;
          if (request.method === "GET" || seen < write) return;
          resolve();
          throw new Error("nobody is there to hear this answer");
        },
      },
    });
  });
}

/** What a dead process had sent may still be under way. */
async function settled(world: World): Promise<void> {
  const isOpen = () => world.emulator.requests.some(({ status, faults }) => status === 0 && faults === undefined);
  for (let rounds = 0, calm = 0; rounds < 100 && calm < 3; rounds += 1) {
    const { revision } = world.store;
    await new Promise((resolve) => setTimeout(resolve, 50));
    calm = isOpen() || revision !== world.store.revision ? 0 : calm + 1;
  }
}

function noteCut(cut: Set<string>, before: Moment, after: Moment): void {
  const bound = ({ store }: Moment) => store.bindings.list().map(({ use_case_id }) => use_case_id);
  for (const id of bound(before)) cut.add(id);
  for (const id of bound(after)) cut.delete(id);
}

function madeIds(before: Moment, after: Moment): string[] {
  const ids = ({ store }: Moment) =>
    [...store.services.list(), ...store.useCases.list(), ...store.workspaces.list()].map(({ id }) => id);
  const old = new Set(ids(before));
  return ids(after).filter((id) => !old.has(id));
}

const FAULTS: readonly { readonly words: string; readonly rule: FaultRule; readonly kind?: Kind }[] = [
  { words: "provisioning answers 503 in the next run", rule: status(503, "provision-workspace"), kind: "workspace" },
  { words: "writes of services answer 500 in the next run", rule: status(500, "update-service"), kind: "service" },
  {
    words: "binding answers 502 in the next run",
    rule: status(502, "bind-use-case-to-service"),
    kind: "serviceBinding",
  },
  { words: "creating a service loses its answer in the next run", rule: lost("create-service"), kind: "service" },
  { words: "creating a use case loses its answer in the next run", rule: lost("create-use-case"), kind: "useCase" },
  { words: "deleting a use case answers 504 in the next run", rule: status(504, "delete-use-case"), kind: "useCase" },
  {
    words: "changing a workspace answers 500 in the next run",
    rule: status(500, "update-workspace"),
    kind: "workspace",
  },
  {
    words: "the second write of the next run is carried out and its answer lost",
    rule: { ...lost(), skip: 1, path: /./ },
  },
  {
    words: "writing a version set answers 503 in the next run",
    rule: status(503, "upsert-service-version-set"),
    kind: "versionSet",
  },
  { words: "one answer in ten is lost in the next run", rule: { ...lost(), times: undefined, probability: 0.1 } },
];

function status(code: number, operation: string): FaultRule {
  return { operation, when: "before", action: { kind: "status", status: code } };
}

function lost(operation?: string): FaultRule {
  return { operation, times: 1, when: "after", action: { kind: "reset" } };
}

/** Makes the server misbehave during the next run. */
export function arm(world: World, { drafts }: Shop, { value }: Command): string {
  const fitting = FAULTS.filter(({ kind }) => kind === undefined || drafts.some((draft) => draft.kind === kind));
  const fault = fitting[value % fitting.length] as (typeof FAULTS)[number];
  world.emulator.faults.add({ ...fault.rule });
  return fault.words;
}

/** Readings of the contract under which stories run; the first is the default. */
export const DIALECTS: readonly Partial<Dialect>[] = [
  {},
  { putAbsent: "default", putNull: "clears" },
  { putVersionSets: "merges" },
  { defaultsInAnswers: false },
  { deleteBoundService: "refused" },
  { deleteBoundService: "cascades", serverMadeSets: false },
  { trimStrings: true, extraKeys: true },
  { errorBodies: "empty", validationBodies: "empty" },
  { versionSetLagMs: 500 },
  { useCaseUnique: false },
  { listLagMs: 5_000 },
];
