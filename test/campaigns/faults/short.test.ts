import { expect, it } from "vitest";
import { FAULT_CLASSES } from "./classes.js";
import { measure } from "./measure.js";
import { misses } from "./table.js";

const common = { seed: 14, operations: 200, rate: 0.35, timeScale: 0.02 };

/** Told by clocks of two processes, which a busy machine stops; `npm run faults` counts them, on a quiet one. */
const byTheClock = /early retries|overruns/;

it("keeps to every pass figure under every class of faults", async () => {
  const tally = await measure({ ...common, subject: "ours" });
  const [missed, details] = [misses({ name: "ours", tally }), tally.details].map((lines) =>
    lines.filter((line) => !byTheClock.test(line)),
  );
  expect({ missed, details }).toEqual({ missed: [], details: [] });
  const { rows } = tally;
  const notStruck = FAULT_CLASSES.filter((name) => rows[name].operations + rows[name].reads === 0);
  expect(notStruck).toEqual([]);
}, 120_000);

it("sees what a plain dynamic provider does under the same faults", async () => {
  const { all } = await measure({ ...common, subject: "documented" });
  expect(all.failures.duplicates).toBeGreaterThan(0);
  expect(all.failures.orphans).toBeGreaterThan(0);
}, 120_000);
