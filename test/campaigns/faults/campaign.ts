import { setTimeout as sleep } from "node:timers/promises";
import { seedIds } from "../../../src/emulator/index.js";
import { readTruth } from "./control.js";
import { draw } from "./draw.js";
import { FaultyDrive, type OperationRecord, type Strike } from "./drive.js";
import { Gate } from "./gate.js";
import { type Plant, plant } from "./plants.js";
import type { Operation } from "./program.js";
import { Random } from "./random.js";
import { refreshAll } from "./refresh.js";
import { judgeRound } from "./round.js";
import type { CampaignOptions, ForeignMove, Scene, Side } from "./scene.js";
import { Stack, type Step } from "./stack.js";
import type { Session } from "./subject.js";
import { Tally } from "./tally.js";
import { shownAs } from "./truth.js";
import { World } from "./world.js";

/** Calls under way at once, over all stacks, as the engine's default comes to on two cores. */
const AT_ONCE = 16;
/** Changes of one stack in one round. */
const MOST_PER_ROUND = 24;
/** Runs that a user gives an operation before it counts as not converged. */
const MOST_RUNS = 6;

/** Runs seeded operations of one provider on several stacks at once, round by round, and judges each round. */
export class Campaign implements Scene {
  readonly tally = new Tally();
  readonly sides: Side[];
  /** Not yet looked at by a refresh, by use case. */
  readonly moves = new Map<string, ForeignMove>();
  readonly gate = new Gate(AT_ONCE);
  readonly logs: string[] = [];
  readonly errors: string[] = [];
  private readonly perRound: number;
  private readonly foreignServices = new Map<string, string>();

  constructor(readonly options: CampaignOptions) {
    const { operations, seed } = options;
    const count = operations >= 1500 ? 16 : 8;
    const rounds = Math.max(2, Math.ceil(operations / (count * MOST_PER_ROUND)));
    this.perRound = Math.ceil(operations / (count * rounds));
    this.sides = Array.from({ length: count }, (_, index) => ({
      stack: new Stack(`stack-${index}`, index),
      world: new World(seed, index),
      program: new Map(),
    }));
  }

  async run(): Promise<Tally> {
    const { operations, progress = () => undefined } = this.options;
    const startedAt = Date.now();
    let done = 0;
    for (let round = 0; done < operations; round += 1) {
      done += await this.round(round);
      progress(done);
    }
    await this.withSession((session) => refreshAll(this, session));
    this.tally.seconds = (Date.now() - startedAt) / 1000;
    return this.tally;
  }

  private async round(round: number): Promise<number> {
    const { emulator, subject } = this.options;
    this.askForForeignServices();
    // Both readings of what the contract leaves open, in turn.
    emulator.dialect.useCaseUnique = round % 2 === 1;
    emulator.dialect.archivedStatus = round % 4 < 2 ? 404 : 403;
    const records = new Map<string, OperationRecord>();
    const strikes: Strike[] = [];
    const formerIds = new Map<string, string>();
    const plants = new Map<OperationRecord, Plant>();
    let quietAt = 0;
    let logFrom = "";
    await this.withSession(async (session) => {
      if (round > 0) await refreshAll(this, session);
      emulator.clearRequests();
      for (const side of this.sides) {
        for (const operation of side.world.change(round, this.perRound)) {
          records.set(operation.name, newRecord(operation));
          const id = side.stack.state.get(operation.name)?.id;
          if (id !== undefined) formerIds.set(operation.name, id);
        }
        side.program = new Map(side.world.declared);
      }
      this.plantAll(records, plants);
      quietAt = await this.runAll(session, records, strikes, plants);
      logFrom = session.log();
    });
    this.judgePlants(plants, logFrom);
    for (let run = 1; run < MOST_RUNS && this.open(records).length > 0; run += 1) {
      await this.withSession(async (session) => {
        quietAt = Math.max(quietAt, await this.runAll(session, records, strikes, new Map()));
      });
    }
    this.open(records);
    await sleep(Math.max(0, quietAt - Date.now()));
    await judgeRound(this, { records, strikes, formerIds });
    this.tally.rounds += 1;
    subject.leftovers();
    return records.size;
  }

  /** One run of all stacks that are not where they should be; the latest moment of what the server may still do. */
  private async runAll(
    session: Session,
    records: Map<string, OperationRecord>,
    strikes: Strike[],
    plants: ReadonlyMap<OperationRecord, Plant>,
  ): Promise<number> {
    const { subject, emulator, timing } = this.options;
    this.tally.runs += 1;
    await this.takeOut(this.open(records));
    for (const record of this.open(records)) record.runs += 1;
    const drives = await Promise.all(
      this.sides.map(async (side) => {
        const drive = new FaultyDrive({
          subject,
          emulator,
          session,
          gate: this.gate,
          timing,
          stackName: side.stack.name,
          records,
          strikes,
          logs: this.logs,
          errors: this.errors,
          draw: (record, step) => {
            if (plants.has(record)) return step.action === "create" ? "ownership" : undefined;
            const drawn = this.drawFor(side, record, step);
            // What is somebody else's stands there before a run begins, or not at all.
            return drawn === "ownership" ? undefined : drawn;
          },
        });
        await side.stack.up(side.program, drive);
        return { side, drive };
      }),
    );
    for (const strike of strikes) strike.runEndedAt ??= Date.now();
    for (const { side, drive } of drives) {
      if (drive.asksToRecover) await this.recover(side, records);
    }
    return Math.max(...drives.map(({ drive }) => drive.quietAt));
  }

  /** What an error says to take out of state, its user takes out, once they have seen that the thing is gone. */
  private async takeOut(open: readonly OperationRecord[]): Promise<void> {
    const told = open.filter(
      ({ operation, errors }) => operation.action === "delete" && errors.at(-1)?.includes("pulumi state delete"),
    );
    if (told.length === 0) return;
    const truth = await readTruth(this.options.emulator.url);
    for (const { operation } of told) {
      const { state } = this.sides[operation.stack]?.stack ?? {};
      const managed = state?.get(operation.name);
      if (!managed || shownAs(truth, managed.kind, managed.id)) continue;
      state?.delete(operation.name);
      this.tally.byHand += 1;
    }
  }

  private async recover({ stack }: Side, records: ReadonlyMap<string, OperationRecord>): Promise<void> {
    const { subject } = this.options;
    const startedAt = Date.now();
    await subject.recover?.({
      name: stack.name,
      project: "faults",
      resources: [...stack.state.values(), ...stack.condemned],
    });
    this.tally.recoveries += 1;
    for (const record of records.values()) {
      const asked = record.operation.stack === stack.index && !record.converged;
      if (asked && subject.asksToRecover(record.errors.at(-1) ?? "")) record.activeMs += Date.now() - startedAt;
    }
  }

  /** Marks what has converged; answers what has not. */
  private open(records: ReadonlyMap<string, OperationRecord>): OperationRecord[] {
    return [...records.values()].filter((record) => {
      const { operation } = record;
      const side = this.sides[operation.stack];
      const declared = side?.program.get(operation.name);
      const { state, condemned = [] } = side?.stack ?? {};
      const isReached =
        operation.action === "delete" ? !state?.has(operation.name) : declared && side?.stack.holds(declared);
      record.converged = Boolean(isReached) && !condemned.some(({ name }) => name === operation.name);
      return !record.converged;
    });
  }

  private drawFor({ world }: Side, record: OperationRecord, step: Step) {
    const { seed, rate, timing, apiKey, only } = this.options;
    // A run that is repeated again and again comes to an end.
    if (record.runs > 2) return undefined;
    const { action, kind, id, inputs: values } = step;
    const random = new Random(seed, record.operation.id, record.runs, action);
    const workspaceId = String(values.workspaceId);
    const around = {
      timing,
      random,
      apiKey,
      foreignService: this.foreignServices.get(workspaceId),
      rebind: (useCaseId: string, serviceId: string) => {
        this.options.emulator.store.bind(useCaseId, serviceId);
        this.moves.set(useCaseId, { useCaseId, serviceId, workspaceId, record });
      },
    };
    if (step.name === world.home) return undefined;
    return draw({ action, kind, id, values }, around, rate, only);
  }

  /** Puts somebody else's things where some creates of this round want to put theirs. */
  private plantAll(records: ReadonlyMap<string, OperationRecord>, plants: Map<OperationRecord, Plant>): void {
    for (const record of records.values()) {
      const { operation } = record;
      const side = this.sides[operation.stack];
      const values = side?.stack.resolve(operation.declared);
      if (!side || !values || operation.action !== "create") continue;
      const step: Step = { action: "create", name: operation.name, kind: operation.kind, inputs: values };
      record.runs = 1;
      const isChosen = this.drawFor(side, record, step) === "ownership";
      record.runs = 0;
      if (!isChosen) continue;
      const foreign = this.foreignServices.get(String(values.workspaceId));
      const random = new Random(this.options.seed, "plant", operation.id);
      const planted = plant(this.options.emulator.store, operation.kind, values, foreign, random);
      if (planted) plants.set(record, planted);
    }
  }

  private judgePlants(plants: ReadonlyMap<OperationRecord, Plant>, log: string): void {
    const { options, tally } = this;
    for (const [record, { id, there, before, mayBeTakenOver, remove }] of plants) {
      const { stack, name, kind } = record.operation;
      const managed = this.sides[stack]?.stack.state.get(name);
      const isHeld = managed?.id === id;
      const isTold = mayBeTakenOver !== undefined && options.subject.name === "ours" && mayBeTakenOver.test(log);
      if (JSON.stringify(there()) !== before) tally.count("ownership", "taken over", `${kind} ${name} was changed`);
      else if (isHeld && !isTold) tally.count("ownership", "taken over", `${kind} ${name} was adopted silently`);
      // A list that was stale just then, or what stood in the way of a thing that was replaced meanwhile.
      if (managed && !isHeld) tally.beside += 1;
      if (!isHeld) remove();
    }
  }

  private askForForeignServices(): void {
    const { store } = this.options.emulator;
    for (const { stack, world } of this.sides) {
      const home = stack.state.get(world.home)?.id;
      if (home === undefined || this.foreignServices.has(home)) continue;
      const { id } = store.addService({
        workspace_id: home,
        name: "Somebody else's desk",
        agent_id: seedIds.agents.frontDesk,
        context_graph_id: seedIds.contextGraphs.intake,
      });
      this.foreignServices.set(home, id);
    }
  }

  private async withSession(work: (session: Session) => Promise<void>): Promise<void> {
    const session = await this.options.subject.start();
    try {
      await work(session);
    } finally {
      this.logs.push(session.log());
      await session.stop();
    }
  }
}

function newRecord(operation: Operation): OperationRecord {
  const row = operation.paired ? "version sets" : "none";
  return { operation, row, variants: [], runs: 0, activeMs: 0, converged: false, errors: [] };
}
