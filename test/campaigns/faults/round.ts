import type { Row } from "./classes.js";
import { readRequests, readTruth } from "./control.js";
import type { OperationRecord, Strike } from "./drive.js";
import type { Scene } from "./scene.js";
import type { Failure } from "./tally.js";
import { earlyRetries, overruns } from "./traffic.js";
import { keyOf, lostUpdate, strays } from "./truth.js";

export interface RoundFacts {
  readonly records: ReadonlyMap<string, OperationRecord>;
  readonly strikes: readonly Strike[];
  /** By resource, of what existed when the round began. */
  readonly formerIds: ReadonlyMap<string, string>;
}

const counted = new WeakMap<Scene, Set<string>>();
const rowsByKey = new WeakMap<Scene, Map<string, Row>>();

/** Compares what the server holds with what the provider has said, and counts what must not be. */
export async function judgeRound(campaign: Scene, { records, strikes, formerIds }: RoundFacts): Promise<void> {
  const { tally, sides, moves, options } = campaign;
  const { emulator, timing } = options;
  const endedAt = Date.now();
  const [truth, requests] = await Promise.all([readTruth(emulator.url), readRequests(emulator.url)]);
  const rows = rowsByKey.get(campaign) ?? new Map<string, Row>();
  rowsByKey.set(campaign, rows);

  for (const record of records.values()) {
    const { operation, row, converged } = record;
    const { kind, action, name } = operation;
    const figures = tally.rows[row];
    figures.operations += 1;
    tally.kinds[kind] = (tally.kinds[kind] ?? 0) + 1;
    for (const variant of record.variants) figures.variants[variant] = (figures.variants[variant] ?? 0) + 1;
    if (record.runs > 1) figures.rerun += 1;
    const stack = sides[operation.stack]?.stack;
    const held = stack?.state.get(name);
    const values = held?.reached ?? stack?.resolve(operation.declared);
    if (values) rows.set(keyOf(kind, values), row);
    if (!converged) {
      figures.notConverged += 1;
      tally.details.push(`${row}, not converged: ${action} ${name} (${record.variants}): ${record.errors.at(-1)}`);
      continue;
    }
    figures.times.push(record.activeMs);
    const id = formerIds.get(name);
    const lost = lostUpdate(truth, operation, held, id);
    const isMoved = kind === "serviceBinding" && moves.has(held?.id ?? id ?? "");
    if (lost && !isMoved) tally.count(row, "lost updates", `${action} ${name} (${record.variants}): ${lost}`);
  }

  const seen = counted.get(campaign) ?? new Set<string>();
  counted.set(campaign, seen);
  const held = sides.flatMap(({ stack }) => [...stack.state.values(), ...stack.condemned]);
  for (const { what, id, key, text } of strays(truth, held)) {
    // Once for each thing: what is a duplicate now may be the only one later.
    if (seen.has(id)) continue;
    seen.add(id);
    const record = [...records.values()].find(({ operation }) => isOf(campaign, operation.stack, operation.name, key));
    const failure: Failure = what === "orphan" ? "orphans" : "duplicates";
    tally.count(
      rows.get(key) ?? "none",
      failure,
      `${text} (${record?.variants ?? ""}; ${record?.errors.at(-1) ?? ""})`,
    );
  }

  for (const { strike, text } of earlyRetries(requests, strikes, endedAt)) {
    tally.count("throttling", "early retries", `${strike.injection.variant}: ${text}`);
  }
  for (const { strike, text } of overruns(requests, strikes, timing.timeoutSeconds)) {
    tally.count("slow", "deadline overruns", `${strike.injection.variant}: ${text}`);
  }
  tally.requests[`${options.seed}/${tally.rounds}`] = requests.length;
  searchSecrets(campaign);
}

function isOf({ sides }: Scene, stackIndex: number, name: string, key: string): boolean {
  const stack = sides[stackIndex]?.stack;
  const held = stack?.state.get(name);
  return held !== undefined && keyOf(held.kind, held.reached) === key;
}

/** The planted key in outputs, errors, logs and what is left on disk. */
function searchSecrets(campaign: Scene): void {
  const { sides, errors, logs, tally, options } = campaign;
  const places: Record<string, string> = {
    state: JSON.stringify(sides.map(({ stack }) => [...stack.state.values()])),
    errors: errors.splice(0).join("\n"),
    logs: logs.splice(0).join("\n"),
    files: options.subject.leftovers(),
  };
  for (const [place, text] of Object.entries(places)) {
    for (let hits = text.split(options.apiKey).length - 1; hits > 0; hits -= 1) {
      tally.count("secrets", "secret hits", `the planted key stands in ${place}`);
    }
  }
}
