import { COMMAND } from "../command.js";
import { lockHolders } from "../stack/lock-holders.js";
import { stackFlags } from "../stack/project.js";
import { placeOf, prepare, pulumiFor } from "./program.js";
import type { FleetStack } from "./stacks.js";

export interface StackLock {
  readonly stack: string;
  readonly holder: string;
  /** Whether the holder's process surely runs no more. */
  readonly isGone: boolean;
  /** The folder in which `pulumi cancel` can be run. */
  readonly cwd: string;
}

/** The stacks that are locked, each with who has it. Asks each project's backend once. */
export async function findLocked(
  bin: string,
  stacks: readonly FleetStack[],
  folder: string,
  warn: (line: string) => void,
): Promise<StackLock[]> {
  const locked: StackLock[] = [];
  for (const group of byProject(stacks)) {
    const [first] = group;
    if (!first) continue;
    // The built-in programs are one project, which must be there for its backend to be asked.
    await prepare(first, folder, warn);
    const places = group.map((stack) => placeOf(stack, folder));
    const holders = await lockHolders(pulumiFor(bin, first, folder), places);
    for (const { stack, cwd } of places) {
      const holder = holders.get(stack);
      if (holder !== undefined) locked.push({ stack, holder: holder.text, isGone: holder.isGone, cwd });
    }
  }
  return locked;
}

/** Throws where a stack is locked: nothing may start then. */
export async function refuseLocked(
  bin: string,
  stacks: readonly FleetStack[],
  folder: string,
  warn: (line: string) => void,
): Promise<void> {
  const locked = await findLocked(bin, stacks, folder, warn);
  if (locked.length === 0) return;
  throw new Error(
    [
      ...locked.map(({ stack, holder }) => `stack ${stack} is locked by ${holder}`),
      ...locked
        .slice(0, 1)
        .map(
          ({ stack, cwd }) =>
            `Nothing was started. Wait for ${locked.length === 1 ? "it" : "them"}. Where that process is gone, run \`${COMMAND} recover ${stackFlags({ stack, cwd })}\`, then this again. With state elsewhere than in a folder, run \`pulumi cancel ${stackFlags({ stack, cwd })}\` before \`recover\``,
        ),
    ].join("\n"),
  );
}

function byProject(stacks: readonly FleetStack[]): FleetStack[][] {
  const groups = new Map<string, FleetStack[]>();
  for (const stack of stacks) {
    const key = stack.project ?? "";
    groups.set(key, [...(groups.get(key) ?? []), stack]);
  }
  return [...groups.values()];
}
