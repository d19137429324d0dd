import { safe } from "../environment/show/layout.js";
import { changesIn, resourcesIn, type StackRun } from "../stack/run.js";
import { lifecycleOf } from "../stack/state.js";

/** What a run would do to one resource. */
export interface ResourceChange {
  readonly operation: string;
  /** Such as `Service`; of another package's resource its type. */
  readonly kind: string;
  /** Its name in the program. */
  readonly name: string;
  /** Of an update or a replacement: the properties that differ. */
  readonly changed?: readonly string[];
}

/** What cannot be undone stands first, since a list may be cut. */
const FIRST = ["delete", "replace", "update"];
const rank = ({ operation }: ResourceChange) => (FIRST.includes(operation) ? FIRST.indexOf(operation) : FIRST.length);

/** The resources that a preview would change: as many as it counts. */
export function changesOf({ steps }: StackRun): ResourceChange[] {
  return changesIn({ steps: resourcesIn(steps) })
    .map(({ op, type, name, changed = [] }) => ({
      operation: op,
      kind: lifecycleOf(type)?.kind ?? type,
      name,
      ...(changed.length > 0 ? { changed } : {}),
    }))
    .sort((a, b) => rank(a) - rank(b) || compare(a.kind, b.kind) || compare(a.name, b.name));
}

export function changeText({ operation, kind, name, changed = [] }: ResourceChange): string {
  return safe(`${operation} ${kind} "${name}"${changed.length > 0 ? ` (${changed.join(", ")})` : ""}`);
}

/** The same order on each machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
