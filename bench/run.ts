import { loadavg } from "node:os";
import { Estimate, type Planned } from "./estimate.js";
import { type Fixture, startFixture } from "./fixture/process.js";
import { total } from "./fixture/statistics.js";
import { fleet } from "./fleet.js";
import type { Options } from "./options.js";
import type { Results } from "./results.js";
import type { Subject, SubjectKind } from "./subjects/subject.js";

interface Round {
  readonly size: number;
  readonly run: number;
}

export interface Observer {
  log(line: string): void;
  /** Called after each measurement. */
  save(): void;
}

/**
 * Runs everything that the options ask for into the results, smallest sizes first. Every step is done by all subjects before the
 * next one begins, in an order that is turned round each time: what else the machine does then meets all of them alike.
 */
export async function runAll(
  kinds: readonly SubjectKind[],
  options: Options,
  results: Results,
  { log, save }: Observer,
): Promise<void> {
  const sizes = [...options.sizes].sort((a, b) => a - b);
  // After those that were taken along.
  const before = (size: number) =>
    Math.max(0, ...results.cells.filter((cell) => cell.size === size).map(({ run }) => run));
  const rounds = sizes.flatMap((size) =>
    Array.from({ length: options.runs(size) }, (_, run) => ({ size, run: before(size) + run + 1 })),
  );
  const estimate = new Estimate(
    rounds.flatMap(({ size }) =>
      options.steps.flatMap((step) => kinds.map(({ name }): Planned => ({ subject: name, size, step }))),
    ),
  );
  log(`about ${duration(estimate.remaining())} to go; load ${loadavg()[0]?.toFixed(1)}`);
  const fixture = await startFixture(options.latencyMs);
  try {
    for (const round of rounds) await runRound(round, { kinds, fixture, options, results, estimate, log, save });
  } finally {
    await fixture.stop();
  }
}

interface Surroundings extends Observer {
  readonly kinds: readonly SubjectKind[];
  readonly fixture: Fixture;
  readonly options: Options;
  readonly results: Results;
  readonly estimate: Estimate;
}

async function runRound({ size, run }: Round, surroundings: Surroundings): Promise<void> {
  const { kinds, fixture, options, results, estimate, log, save } = surroundings;
  const { parallel, library } = options;
  log(`${size} services, run ${run}`);
  await fixture.reset();
  const subjects: { kind: SubjectKind; subject: Subject }[] = [];
  for (const [place, kind] of kinds.entries()) {
    subjects.push({ kind, subject: await kind.prepare({ fixture, fleet: fleet(size, place), parallel, library }) });
  }
  for (const step of options.steps) {
    subjects.reverse();
    for (const { kind, subject } of subjects) {
      await fixture.statistics();
      const cost = await subject.run(step);
      estimate.done({ subject: kind.name, size, step }, cost?.seconds ?? 0);
      if (!cost) continue;
      const seen = await fixture.statistics();
      const bytes = subject.stateBytes();
      const stateBytesPerResource = bytes === undefined ? undefined : Math.round(bytes / (3 * size));
      results.cells.push({ subject: kind.name, size, step, run, ...cost, ...seen, stateBytesPerResource });
      save();
      log(
        `  ${step}, ${kind.name}: ${cost.seconds.toFixed(1)} s, ${total(seen.operations)} requests` +
          ` (about ${duration(estimate.remaining())} left)`,
      );
    }
  }
  for (const { subject } of subjects) subject.remove();
}

function duration(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}
