import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers/promises";

/**
 * Makes time pass faster for the whole process: dates, timers and waits. A story that waits for a
 * lag of seconds then takes milliseconds.
 */
export function speedUpTime(factor: number): void {
  const RealDate = Date;
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
  syncBuiltinESMExports();
}
