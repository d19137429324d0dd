import type { Engine } from "../../tools/engine/engine.js";
import type { Step } from "../fleet.js";
import { type StateService, startStateService } from "../journal/process.js";
import type { Traffic } from "../journal/traffic.js";
import type { CommandCost } from "../measure/command.js";
import { type PulumiOptions, pulumiSubject } from "./pulumi.js";
import type { Subject, SubjectKind } from "./subject.js";

export interface OverHttpOptions extends PulumiOptions {
  /** Whether each step is sent as an entry of a journal, or else the whole state around each. */
  readonly journal: boolean;
}

export interface OverHttpCost extends CommandCost {
  readonly stateTraffic: Omit<Traffic, "refused">;
}

/** A program on the real engine whose state is kept by a service that is spoken to as Pulumi Cloud is, of the API's latency. */
export function overHttp(engine: Engine, { journal, ...options }: OverHttpOptions): SubjectKind {
  return {
    name: options.name,
    title: options.title,
    prepare: async (setting) => {
      const state = await startStateService(setting.fixture.latencyMs);
      const switched = { PULUMI_DISABLE_JOURNALING: String(!journal) };
      const env = { ...options.env, ...state.env, ...switched };
      const subject = await pulumiSubject(engine, { ...options, env }).prepare(setting);
      const resources = 3 * setting.fleet.clinics.length;
      return new OverHttp(subject, state, { journal, resources });
    },
  };
}

/** The fleet's resources that a state of the service must hold at least, and at most, after each step that changes them. */
const LEFT: Partial<Record<Step, (resources: number) => readonly [least: number, most: number]>> = {
  create: (resources) => [resources, Number.POSITIVE_INFINITY],
  change: (resources) => [resources, Number.POSITIVE_INFINITY],
  refresh: (resources) => [resources, Number.POSITIVE_INFINITY],
  destroy: () => [0, 0],
};

class OverHttp implements Subject {
  private bytes: number | undefined;
  readonly firstDifference: Subject["firstDifference"];

  constructor(
    private readonly subject: Subject,
    private readonly state: StateService,
    private readonly expected: { readonly journal: boolean; readonly resources: number },
  ) {
    this.firstDifference = subject.firstDifference?.bind(subject);
  }

  async run(step: Step): Promise<OverHttpCost | undefined> {
    await this.state.traffic();
    const cost = await this.subject.run(step);
    const { refused, ...stateTraffic } = await this.state.traffic();
    if (refused.length > 0)
      throw new Error(`the service for the state cannot do what was asked: ${refused.join("; ")}`);
    await this.check(step, stateTraffic);
    return cost && { ...cost, stateTraffic };
  }

  stateBytes(): number | undefined {
    return this.bytes;
  }

  remove(): void {
    this.subject.remove();
    this.state.stop();
  }

  /** Throws where the step was not done in the way that is measured, or the service did not understand what it was sent. */
  private async check(step: Step, { journalEntries, checkpoints }: OverHttpCost["stateTraffic"]): Promise<void> {
    const { journal, resources } = this.expected;
    const [meant, other] = journal ? [journalEntries, checkpoints] : [checkpoints, journalEntries];
    const written = step === "preview" ? 0 : meant;
    if (other > 0 || (step === "create" && written === 0))
      throw new Error(`${step}: ${journalEntries} entries of a journal and ${checkpoints} checkpoints`);
    const exported = await this.state.export("bench/bench/bench");
    this.bytes = Buffer.byteLength(JSON.stringify(exported));
    const held = exported.deployment.resources?.length ?? 0;
    const [least, most] = LEFT[step]?.(resources) ?? [0, Number.POSITIVE_INFINITY];
    if (held < least || held > most) throw new Error(`${step}: the state is left with ${held} resources`);
    if (exported.deployment.pending_operations?.length) throw new Error(`${step}: the state is left with operations`);
  }
}
