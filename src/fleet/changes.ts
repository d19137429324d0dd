import type { Item } from "../environment/environment.js";
import { FORMER_NAME, kinds, mayBeRenamed } from "../environment/kinds.js";
import { keysIn } from "../environment/names.js";
import { safe } from "../environment/show/layout.js";
import { firstNames } from "../first-names.js";
import { changesIn, resourcesIn, type StackRun } from "../stack/run.js";
import { lifecycleOf } from "../stack/state.js";

/** What a run would do, or did, to one resource. */
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

/** The resources that a preview would change, or a run has changed: as many as it counts. */
export function changesOf({ steps }: StackRun): ResourceChange[] {
  return changesIn({ steps: resourcesIn(steps).filter(({ status }) => status === "done") })
    .map(({ op, type, name, changed = [] }) => ({
      operation: op,
      kind: lifecycleOf(type)?.kind ?? type,
      name,
      ...(changed.length > 0 ? { changed } : {}),
    }))
    .sort((a, b) => rank(a) - rank(b) || compare(a.kind, b.kind) || compare(a.name, b.name));
}

/** What a new name in a document looks like: of a kind one is deleted and another made. Says how to keep what exists, as sentences. */
export function perhapsRenames(run: StackRun, items: readonly Item[] = []): string[] {
  const changes = changesOf(run);
  return kinds.filter(mayBeRenamed).flatMap(({ name: kind }) => {
    const [gone, made] = ["delete", "create"].map((wanted) =>
      changes.filter((change) => change.operation === wanted && change.kind === kind),
    );
    if (!gone?.length || !made?.length) return [];
    const [former, next] = [gone, made].map((changes) =>
      safe(firstNames(changes.map(({ name }) => keysIn(name).at(-1) ?? name))),
    );
    const unheld = items.flatMap(({ kind: { name }, path, former: said }) =>
      said && name === kind && made.some((one) => keysIn(one.name).at(-1) === path.at(-1))
        ? safe(`; "${path.at(-1)}" says \`${FORMER_NAME}: ${said.at(-1)}\`, and the stack holds nothing of that name`)
        : [],
    );
    const example = gone.length === 1 && made.length === 1 ? ` ${former}` : "";
    return [
      `a ${kind} would be deleted (${former}) and another made (${next}): if that is a new name of the same thing, say \`${FORMER_NAME}:${example}\` in the new entry${unheld.join("")}`,
    ];
  });
}

export function changeText({ operation, kind, name, changed = [] }: ResourceChange): string {
  return safe(`${operation} ${kind} "${name}"${changed.length > 0 ? ` (${changed.join(", ")})` : ""}`);
}

/** The same order on each machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
