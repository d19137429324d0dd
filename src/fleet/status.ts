import { COMMAND } from "../command.js";
import { Pulumi } from "../stack/pulumi.js";
import { readFleet, selectFrom } from "./file.js";
import { fleetOwner, type Owner, ownerText } from "./folder-lock.js";
import { findLocked, type StackLock } from "./locks.js";
import type { FleetReport, StackUnderWay } from "./report.js";
import { resumeCommand } from "./report-text.js";
import { FleetRun } from "./runs.js";

export interface FleetStatus {
  /** What the last `up` of this fleet file did; null where there was none. */
  readonly last: FleetReport | null;
  /** Whether a run is under way in the folder of the file. */
  readonly running: boolean;
  /** The process that runs it, where that is known. */
  readonly process?: Owner;
  /** The stacks that the last run started and that still run. */
  readonly underWay: readonly StackUnderWay[];
  /** Stacks that are locked; null where this could not be found out. */
  readonly locked: readonly Omit<StackLock, "cwd">[] | null;
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
  const owner = await fleetOwner(fleet.folder);
  const running = owner !== null;
  const facts = { last, running, ...(owner ? { process: owner } : {}) };
  try {
    const found = await findLocked(await Pulumi.cli(), fleet.stacks, fleet.folder, warn);
    const underWay = stacksUnderWay(last, owner, found);
    const locked = found.map(({ stack, holder, isGone }) => ({ stack, holder, isGone }));
    return { ...facts, underWay, locked, notes: notesOf(last, owner, underWay) };
  } catch (error) {
    const underWay = stacksUnderWay(last, owner, []);
    const unknown = `whether stacks are locked is not known: ${(error as Error).message}`;
    return { ...facts, underWay, locked: null, notes: [...notesOf(last, owner, underWay), unknown] };
  }
}

/** Whether the process that has the folder runs this very run, and no other of the folder. */
export function isOwn(last: FleetReport, owner: Owner | null | undefined): boolean {
  if (last.state !== "running" || owner === null) return false;
  return owner === undefined || (owner.pid === last.process?.pid && owner.host === last.process.host);
}

/** A stack runs where the process of its run does, or where somebody holds its lock. */
export function stacksUnderWay(
  last: FleetReport | null,
  owner: Owner | null | undefined,
  locked: readonly StackLock[],
): StackUnderWay[] {
  if (last === null) return [];
  return last.stacks.flatMap(({ name, state, startedAt }): StackUnderWay[] => {
    if (state !== "running") return [];
    const lock = locked.find(({ stack, isGone }) => stack === name && !isGone);
    if (!lock && !isOwn(last, owner)) return [];
    const by = lock?.holder ?? (owner ? ownerText(owner) : "a process that is not known");
    return [{ stack: name, ...(startedAt ? { since: startedAt } : {}), by }];
  });
}

function notesOf(
  last: FleetReport | null,
  owner: Owner | null | undefined,
  underWay: readonly StackUnderWay[],
): string[] {
  if (last?.state !== "running" || isOwn(last, owner)) return [];
  const others = owner === null ? "" : "the run that is under way is of another fleet file in this folder; ";
  const names = underWay.map(({ stack }) => stack).join(", ");
  const wait =
    underWay.length > 0 ? `wait for ${names}, or where that process is gone, run \`${COMMAND} recover\`; then ` : "";
  return [
    `${others}run ${last.run} ended before it was over, as a kill or a crash does: ${wait}go on with \`${resumeCommand(last)}\``,
  ];
}
