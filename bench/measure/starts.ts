import { startFixture } from "../fixture/process.js";
import { fleet } from "../fleet.js";
import type { Options } from "../options.js";
import type { Results, StartCost } from "../results.js";
import type { Subject, SubjectKind } from "../subjects/subject.js";

/** How long a preview takes to its first difference, where next to nothing but the start is left: one clinic, in turns. */
export async function measureStarts(
  kinds: readonly SubjectKind[],
  { starts, latencyMs, parallel, library }: Options,
  results: Results,
  log: (line: string) => void,
): Promise<void> {
  log(`to the first difference, ${starts} times`);
  const fixture = await startFixture(latencyMs);
  const measured: { subject: Subject; cost: StartCost & { seconds: number[]; firstDifferenceSeconds: number[] } }[] =
    [];
  try {
    for (const [place, { name, prepare }] of kinds.entries()) {
      const subject = await prepare({ fixture, fleet: fleet(1, place), parallel, library });
      if (!subject.firstDifference) continue;
      measured.push({ subject, cost: { subject: name, firstDifferenceSeconds: [], seconds: [] } });
      await subject.run("create");
    }
    for (let round = 0; round < starts; round++) {
      measured.reverse();
      for (const { subject, cost } of measured) {
        const found = await subject.firstDifference?.();
        if (!found) continue;
        cost.firstDifferenceSeconds.push(found.firstDifferenceSeconds);
        cost.seconds.push(found.seconds);
      }
    }
    results.starts.push(...measured.map(({ cost }) => cost));
  } finally {
    for (const { subject } of measured) subject.remove();
    await fixture.stop();
  }
}
