import { EmulatorStore, type RequestLogEntry, type StoreSnapshot } from "../../src/emulator/index.js";
import type { RunOptions } from "../engine/program.js";
import { type Kind, type Program, type Ref, urnOf, type Values } from "../engine/program.js";
import type { RunResult } from "../engine/stack.js";
import type { Entry } from "../engine/state.js";
import { resolve } from "../engine/values.js";
import type { Fault } from "./faults.js";
import { liveValues } from "./kinds.js";
import { type Draft, programOf, type Shop, STACKS, type World } from "./world.js";

export type RunKind = "up" | "refresh" | "destroy";

/** The server and the states of both stacks at one moment. */
export class Moment {
  readonly store = new EmulatorStore();
  readonly states: readonly (readonly Entry[])[];
  readonly stateFiles: readonly string[];

  constructor(world: World) {
    this.store.load(world.store.snapshot() as StoreSnapshot);
    this.states = world.shops.map(({ stack }) => stack.state.entries);
    this.stateFiles = world.shops.map(({ stack }) => stack.state.file);
  }

  live(kind: Kind, id: string): Values | undefined {
    return liveValues(this.store, kind, id);
  }

  /** All entries of all stacks, or of all but one. */
  entries(except?: number): Entry[] {
    return this.states.flatMap((entries, index) => (index === except ? [] : entries));
  }
}

/** One declared resource as a run found and left it. */
export interface Declared {
  readonly draft: Draft;
  readonly urn: string;
  /** The entry that the run went on from. */
  readonly before?: Entry;
  readonly after?: Entry;
  /** What the program says, with the ids of what it names. */
  readonly wanted: Values;
  readonly ignored: readonly string[];
}

/** Everything that can be seen of one run. */
export interface Observation {
  readonly run: RunKind;
  readonly options: RunOptions;
  /** Which stack ran. */
  readonly index: number;
  readonly program: Program;
  readonly declared: readonly Declared[];
  readonly before: Moment;
  readonly after: Moment;
  readonly result: RunResult;
  readonly requests: readonly RequestLogEntry[];
  /** Whether a rule made the server misbehave during this run. */
  readonly faulty: boolean;
  /** The faults that were laid, by the names that the requests have of those which struck. */
  readonly faults: ReadonlyMap<string, Fault>;
  /** For how long this process did nothing at most, in the time of stories under faults: a busy machine, not the provider. */
  readonly busyMs: number;
  /** The key of this run. */
  readonly key: string;
  /** What the provider wrote to its log. */
  readonly log: string;
  /** Ids that an earlier killed run may have left behind. */
  readonly lost: ReadonlySet<string>;
  /** Use cases that earlier runs of this stack have unbound, and nobody has bound since. */
  readonly cut: ReadonlySet<string>;
  /** What stories know of the server's ways. */
  readonly dialect: World["emulator"]["dialect"];
}

export const succeeded = ({ result }: Observation) => result.outcome === "succeeded";

/** Whether it ended before anything was done. */
export const inPreview = ({ result }: Observation) => result.failedIn === "preview";

/** An up of the whole program that went through. */
export const complete = (seen: Observation) =>
  seen.run === "up" && succeeded(seen) && seen.options.targets === undefined;

/** The program's resources with what state held of them before and after. */
export function declaredOf(shop: Shop, before: readonly Entry[], after: readonly Entry[], targets?: readonly string[]) {
  const program = programOf(shop) as Draft[];
  const find = (entries: readonly Entry[], draft: { kind: Kind; name: string; options: Draft["options"] }) => {
    const names = [draft.name, ...(draft.options.aliases ?? [])];
    const urns = names.map((name) => urnOf(shop.stack.name, draft.kind, name));
    return urns.map((urn) => entries.find((entry) => entry.urn === urn && !entry.pendingDelete)).find(Boolean);
  };
  const idOf = (ref: Ref) => {
    const target = program.find(({ kind, name }) => kind === ref.kind && name === ref.name);
    return target && (find(after, target) ?? find(before, target))?.id;
  };
  return program
    .map((draft): Declared => {
      const urn = urnOf(shop.stack.name, draft.kind, draft.name);
      const wanted = resolve(draft.inputs, (ref) => idOf(ref) ?? `new ${ref.name}`) as Values;
      const ignored = (draft.options.ignoreChanges ?? []) as readonly string[];
      return { draft, urn, before: find(before, draft), after: find(after, draft), wanted, ignored };
    })
    .filter(({ urn }) => targets?.includes(urn) ?? true);
}

/** Whether the run made or wrote this resource. */
export function stepOf({ result }: Observation, { urn }: Declared) {
  return result.steps.findLast((step) => step.urn === urn && step.type !== "read" && step.type !== "delete");
}

/** The requests that one fault has struck, each with its fault. Of several, only one takes effect. */
export function strikes({ requests, faults }: Observation): { request: RequestLogEntry; fault: Fault }[] {
  return requests.flatMap((request) =>
    (request.faults?.length === 1 ? request.faults : []).flatMap((id) => {
      const fault = faults.get(id);
      return fault ? [{ request, fault }] : [];
    }),
  );
}

/** Use cases that somebody else bound while the run did. */
export function movedMeanwhile(seen: Observation): string[] {
  const foreign = seen.requests.filter(({ faults = [] }) =>
    faults.some((id) => seen.faults.get(id)?.faultClass === "foreign write"),
  );
  return foreign.map(({ path }) => /use-cases\/([^/]+)/.exec(path)?.[1]?.toLowerCase() ?? "");
}

/** Requests that are no reads. */
export function writes({ requests }: Observation): RequestLogEntry[] {
  return requests.filter(({ method }) => method !== "GET");
}

export function stackLabel(index: number): string {
  return STACKS[index]?.stack ?? "";
}
