import { Pulumi } from "../stack/pulumi.js";
import { readFleet, selectFrom } from "./file.js";
import { isFleetLocked } from "./folder-lock.js";
import { findLocked, type StackLock } from "./locks.js";
import type { FleetReport } from "./report.js";
import { FleetRun } from "./runs.js";

export interface FleetStatus {
  /** What the last `up` of this fleet file did; null where there was none. */
  readonly last: FleetReport | null;
  /** Whether a run is under way. */
  readonly running: boolean;
  /** Stacks that are locked; null where this could not be found out. */
  readonly locked: readonly Pick<StackLock, "stack" | "holder">[] | null;
  readonly notes: readonly string[];
}

export interface StatusOptions {
  readonly config?: string;
  readonly select?: string;
  readonly warn: (line: string) => void;
}

/** What is known of a fleet: its last run, and who has locked its stacks. Runs nothing. */
export async function fleetStatus(file: string, { config, select, warn }: StatusOptions): Promise<FleetStatus> {
  const fleet = selectFrom(readFleet(file, config), select);
  const last = FleetRun.all(fleet.file).at(-1)?.report ?? null;
  const running = await isFleetLocked(fleet.folder);
  const notes =
    last?.state === "running" && !running
      ? [`run ${last.run} ended before it was over, as a kill or a crash does: go on with --resume ${last.run}`]
      : [];
  try {
    const locked = await findLocked(await Pulumi.cli(), fleet.stacks, fleet.folder, warn);
    return { last, running, locked: locked.map(({ stack, holder }) => ({ stack, holder })), notes };
  } catch (error) {
    return {
      last,
      running,
      locked: null,
      notes: [...notes, `whether stacks are locked is not known: ${(error as Error).message}`],
    };
  }
}
