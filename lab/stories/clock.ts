import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers/promises";
import { isMainThread } from "node:worker_threads";

const RealDate = Date;

/** Milliseconds since 1970 as the rest of the machine counts them, Node's own `Date` header too. */
export const realTime = () => RealDate.now();

/**
 * Makes time pass faster for the whole process: dates, timers and waits. A story that waits for a
 * lag of seconds then takes milliseconds. The answer sets time right again.
 */
export function speedUpTime(factor: number): () => void {
  // The HTTP library keeps a timer that was made meanwhile, and what waits after that would wait too short.
  if (isMainThread && process.env.VITEST)
    throw new Error("a test that speeds up time belongs to ownClock in vitest.config.ts");
  const realNow = performance.now.bind(performance);
  const start = RealDate.now();
  const now = () => Math.floor(start + (RealDate.now() - start) * factor);
  globalThis.Date = class extends RealDate {
    constructor(...given: unknown[]) {
      super(...((given.length === 0 ? [now()] : given) as [number]));
    }

    static override now(): number {
      return now();
    }
  } as DateConstructor;
  const { setTimeout: later } = globalThis;
  globalThis.setTimeout = Object.assign(
    (work: (...given: unknown[]) => void, ms = 0, ...given: unknown[]) => later(work, ms / factor, ...given),
    later,
  ) as typeof later;
  const sleep = timers.setTimeout;
  timers.setTimeout = ((ms = 0, ...rest: [unknown?, object?]) => sleep(ms / factor, ...rest)) as typeof sleep;
  performance.now = () => realNow() * factor;
  syncBuiltinESMExports();
  return () => {
    globalThis.Date = RealDate;
    globalThis.setTimeout = later;
    timers.setTimeout = sleep;
    performance.now = realNow;
    syncBuiltinESMExports();
  };
}
