import { startFixture } from "../fixture/process.js";
import { fleet } from "../fleet.js";
import type { Options } from "../options.js";
import type { Results, StartCost } from "../results.js";
import type { Subject, SubjectKind } from "../subjects/subject.js";

type TellsDifferences = Subject & Required<Pick<Subject, "firstDifference">>;

/** How long a preview takes to its first difference, where next to nothing but the start is left: one clinic, in turns. */
export async function measureStarts(
  kinds: readonly SubjectKind[],
  { starts, latencyMs, parallel, library }: Options,
  results: Results,
  log: (line: string) => void,
): Promise<void> {
  log(`to the first difference, ${starts} times`);
  const fixture = await startFixture(latencyMs);
  const measured: { subject: TellsDifferences; cost: StartCost }[] = [];
  try {
    for (const [place, { name, prepare }] of kinds.entries()) {
      const subject = await prepare({ fixture, fleet: fleet(1, place), parallel, library });
      if (!tellsDifferences(subject)) {
        subject.remove();
        continue;
      }
      measured.push({ subject, cost: { subject: name, firstDifferenceSeconds: [], seconds: [] } });
      await subject.run("create");
    }
    for (let round = 0; round < starts; round++) {
      measured.reverse();
      for (const { subject, cost } of measured) {
        const { firstDifferenceSeconds, seconds } = await subject.firstDifference();
        cost.firstDifferenceSeconds.push(firstDifferenceSeconds);
        cost.seconds.push(seconds);
      }
    }
    results.starts = measured.map(({ cost }) => cost);
  } finally {
    for (const { subject } of measured) subject.remove();
    await fixture.stop();
  }
}

function tellsDifferences(subject: Subject): subject is TellsDifferences {
  return subject.firstDifference !== undefined;
}
