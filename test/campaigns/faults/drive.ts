import type { Emulator } from "../../../src/emulator/index.js";
import type { Row, Timing } from "./classes.js";
import type { Drawn } from "./draw.js";
import type { Gate } from "./gate.js";
import type { Injection } from "./injection.js";
import type { Kind, Operation, Values } from "./program.js";
import type { Drive, Step } from "./stack.js";
import type { Session, Subject } from "./subject.js";

/** How one operation went, over all its runs. */
export interface OperationRecord {
  readonly operation: Operation;
  row: Row;
  variants: string[];
  runs: number;
  /** Time spent in calls, not between runs. */
  activeMs: number;
  converged: boolean;
  errors: string[];
}

/** A fault that has struck, as the checker needs it. */
export interface Strike {
  readonly rule: string;
  readonly operation: Operation;
  readonly injection: Injection;
  /** Of the call that it struck, epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  /** When the run ended whose process has been told: the next one knows nothing of it. */
  runEndedAt?: number;
}

export interface RunParts {
  readonly subject: Subject;
  readonly emulator: Emulator;
  readonly session: Session;
  readonly gate: Gate;
  readonly timing: Timing;
  readonly stackName: string;
  /** The operations of this round, by the name of the resource. */
  readonly records: ReadonlyMap<string, OperationRecord>;
  readonly draw: (record: OperationRecord, step: Step) => Drawn;
  readonly strikes: Strike[];
  /** What processes of single calls have printed. */
  readonly logs: string[];
  readonly errors: string[];
}

/** One run of the engine on one stack, with the faults of its operations. */
export class FaultyDrive implements Drive {
  /** The latest moment at which the server may still do something late. */
  quietAt = 0;
  asksToRecover = false;
  private steps = 0;

  constructor(private readonly parts: RunParts) {}

  get session(): Session {
    return this.parts.session;
  }

  hidden(name: string, kind: Kind): Values {
    return this.parts.subject.hidden(this.parts.stackName, kind, name);
  }

  quietly<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.parts.gate.through(() => work(this.session));
  }

  step<T>(step: Step, work: (session: Session) => Promise<T>): Promise<T> {
    return this.parts.gate.through(async () => {
      const record = this.parts.records.get(step.name);
      if (!record) return this.observed(step.name, () => work(this.session));
      const drawn = this.parts.draw(record, step);
      if (drawn === "ownership") record.row = "ownership";
      const injection = typeof drawn === "object" ? drawn : undefined;
      const from = Date.now();
      try {
        if (!injection) return await this.observed(step.name, () => work(this.session));
        return await this.struck(record, step, injection, work);
      } finally {
        record.activeMs += Date.now() - from;
      }
    });
  }

  failed(name: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.parts.errors.push(message);
    this.parts.records.get(name)?.errors.push(message);
    if (this.parts.subject.asksToRecover(message)) this.asksToRecover = true;
  }

  private async observed<T>(name: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.failed(name, error);
      throw error;
    }
  }

  private async struck<T>(
    record: OperationRecord,
    step: Step,
    injection: Injection,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    const { emulator, subject, strikes, logs, timing } = this.parts;
    this.steps += 1;
    const name = `${injection.faultClass}|${record.operation.id}|${record.runs}.${this.steps}`;
    const rules = injection.rules.map((rule, index) => emulator.faults.add({ ...rule, id: `${name}.${index}` }));
    const session = injection.alone && subject.name === "ours" ? await subject.start() : this.session;
    const from = Date.now();
    try {
      return await this.observed(step.name, () => work(session));
    } finally {
      const to = Date.now();
      const counts = emulator.faults.list().filter(({ rule }) => rules.includes(rule.id));
      for (const { rule, struck } of counts) {
        if (struck === 0) continue;
        if (record.row === "none" || record.row === "version sets") record.row = injection.faultClass;
        record.variants.push(injection.variant);
        strikes.push({ rule: rule.id, operation: record.operation, injection, from, to });
      }
      for (const rule of rules) emulator.faults.remove(rule);
      if (injection.lagMs !== undefined)
        this.quietAt = Math.max(this.quietAt, from + injection.lagMs + 3_000 * timing.scale + 300, to);
      if (session !== this.session) {
        logs.push(session.log());
        await session.stop();
      }
    }
  }
}
