import type { Step } from "./fleet.js";

/** Seconds that a step may take on two cores: a start, a part for each service, and one that grows with their square. */
type Growth = readonly [start: number, perService: number, perSquare: number];

const ENGINE: Record<Step, Growth> = {
  create: [2, 0.03, 0.00025],
  preview: [2, 0.02, 0],
  up: [2, 0.02, 0],
  refresh: [1.5, 0.012, 0],
  change: [2, 0.03, 0.0002],
  destroy: [1.5, 0.03, 0.0002],
};

/** How much longer than ours: checkpoints of a larger state, or of none. */
const FACTORS: Record<string, number> = {
  floor: 0.1,
  documented: 3,
  traces: 1.4,
  terraform: 1.1,
  journal: 0.6,
  "http-state": 4,
};

export interface Planned {
  readonly subject: string;
  readonly size: number;
  readonly step: Step;
}

/** Tells how long the rest will take, and learns from each step that is done. */
export class Estimate {
  private expected = 0;
  private taken = 0;

  constructor(private readonly left: Planned[]) {}

  done(planned: Planned, seconds: number): void {
    const { subject, size, step } = planned;
    const place = this.left.findIndex((one) => one.subject === subject && one.size === size && one.step === step);
    this.left.splice(place, 1);
    this.expected += guess(planned);
    this.taken += seconds;
  }

  /** Seconds. */
  remaining(): number {
    const pace = this.expected > 0 ? this.taken / this.expected : 1;
    return pace * this.left.reduce((sum, planned) => sum + guess(planned), 0);
  }
}

function guess({ subject, size, step }: Planned): number {
  const [start, perService, perSquare] = ENGINE[step];
  return (FACTORS[subject] ?? 1) * (start + perService * size + perSquare * size * size);
}
