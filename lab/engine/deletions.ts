import type { RunOptions } from "./program.js";
import type { Entry } from "./state.js";
import { StepFailed, type Steps } from "./steps.js";

/** Deletes entries, dependents before what they depend on; one failure stops what has not begun. */
export class Deletions {
  constructor(
    readonly steps: Steps,
    readonly options: RunOptions,
  ) {}

  refuseProtected(entries: readonly Entry[]): void {
    const found = entries.find((entry) => entry.protect && !entry.pendingDelete);
    if (found) throw new StepFailed(found.urn, "cannot be deleted: it is protected");
  }

  async run(entries: readonly Entry[]): Promise<void> {
    const going = new Set(entries.map(({ urn }) => urn));
    let left = [...entries];
    while (left.length > 0) {
      const free = left.filter((entry) => !left.some((other) => other !== entry && dependsOn(other, entry)));
      const batch = (free.length > 0 ? free : left).toReversed();
      left = left.filter((entry) => !batch.includes(entry));
      for (let start = 0; start < batch.length; start += this.steps.mode.parallel) {
        await this.#together(batch.slice(start, start + this.steps.mode.parallel), going);
      }
    }
  }

  async #together(entries: readonly Entry[], going: ReadonlySet<string>): Promise<void> {
    const results = await Promise.allSettled(entries.map((entry) => this.#delete(entry, going)));
    const failures = results.filter((result) => result.status === "rejected");
    for (const { reason } of failures.slice(1)) this.steps.fail(reason);
    if (failures[0]) throw failures[0].reason;
  }

  async #delete(entry: Entry, going: ReadonlySet<string>): Promise<void> {
    if (entry.protect && !entry.pendingDelete) this.refuseProtected([entry]);
    const withAnother = entry.deletedWith !== undefined && going.has(entry.deletedWith);
    const settled = entry.pendingReplacement && !(this.options.deletesTwice ?? true);
    await this.steps.delete(entry, false, withAnother || settled);
  }
}

export function dependsOn(entry: Entry, other: Entry): boolean {
  return Object.values(entry.dependencies).some((urns) => urns.includes(other.urn));
}
