import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Values } from "../engine/lifecycle.js";
import { didYouMean } from "../engine/nearest.js";
import { sameText } from "../resources/fields.js";
import { parseDocument } from "./document.js";
import { applied, type Change, changesFor } from "./edit.js";
import type { Environment, Item } from "./environment.js";
import { replaceFile } from "./files.js";
import { kinds } from "./kinds.js";
import { parsed, SourceText } from "./source-text.js";

/** One number that moves; null where there is none. */
export interface Move {
  /** Where it stands in the document, such as `["services", "Front desk", "versionSets", "release", "agentVersionNumber"]`. */
  readonly path: readonly string[];
  readonly from: number | null;
  readonly to: number | null;
  /** Of a number that goes: how many steps of the path stay, though nothing is left in them. @default all */
  readonly stays?: number;
}

/** A line of `history/<alias>.jsonl`. */
export interface HistoryEntry {
  readonly time: string;
  readonly who: string;
  /** The numbers before, as a part of the document; null in the place of what was not there. */
  readonly from: Numbers;
  /** The numbers after. */
  readonly to: Numbers;
  /** What was done to the document's text, one after the other. */
  readonly changes?: readonly Change[];
  /** What the numbers were taken from. */
  readonly source: string;
  readonly commit?: string;
  readonly reason?: string;
  /** Of a rollback: the entry whose numbers are in effect again; 0 for those before all of them. */
  readonly backTo?: number;
}

export interface Numbers {
  readonly [key: string]: Numbers | number | null;
}

/** What the history says of a document that changed. */
export function entryOf(
  source: SourceText,
  { text, changes }: Moved,
  moves: readonly Move[],
): Pick<HistoryEntry, "from" | "to" | "changes"> {
  return { from: numbersIn(source.value, moves), to: numbersIn(parsed(text), moves), changes };
}

function numbersIn(value: unknown, moves: readonly Move[]): Numbers {
  const part: Values = {};
  for (const { path: place } of moves) {
    let [from, to] = [value as Values, part];
    for (const step of place) {
      const found = from[step] ?? null;
      to[step] ??= typeof found === "object" && found !== null ? {} : found;
      if (typeof found !== "object" || found === null) break;
      [from, to] = [found as Values, to[step] as Values];
    }
  }
  return part as unknown as Numbers;
}

/** The moves of an entry back to what was before it. */
function movesOut(
  { from, to }: Pick<HistoryEntry, "from" | "to">,
  above: readonly string[] = [],
  end?: number,
): Move[] {
  return Object.keys({ ...from, ...to }).flatMap((key): Move[] => {
    const [before, after] = [from[key] ?? null, to[key] ?? null];
    const place = [...above, key];
    if (isPart(before)) return movesOut({ from: before, to: isPart(after) ? after : {} }, place, end);
    if (isPart(after)) return movesOut({ from: {}, to: after }, place, end ?? above.length);
    return [{ path: place, from: after, to: before, ...(end === undefined ? {} : { stays: end }) }];
  });
}

function isPart(value: Numbers | number | null): value is Numbers {
  return typeof value === "object" && value !== null;
}

/** What brings the numbers of the source's version sets into the target's document. */
export function movesBetween(
  source: Environment,
  target: Environment,
  { set, service }: { readonly set: string; readonly service?: string },
): Move[] {
  const chosen = target.items.filter(
    ({ kind, path: [first] }) =>
      kind.within.some(({ form }) => form.versions) && (service === undefined || sameText(service, first)),
  );
  if (service !== undefined && chosen.length === 0) {
    const known = target.items
      .filter(({ kind }) => kind.within.some(({ form }) => form.versions))
      .map((item) => item.path[0] ?? "");
    throw new Error(
      `${target.name} has no service "${service}"${didYouMean(service, known) || `: it has ${known.join(", ") || "none"}`}`,
    );
  }
  return chosen.flatMap((item) => movesOf(item, { source, target, set, isNamed: service !== undefined }));
}

interface Promotion {
  readonly source: Environment;
  readonly target: Environment;
  readonly set: string;
  readonly isNamed: boolean;
}

function movesOf({ kind: above, path: own, where }: Item, { source, target, set, isNamed }: Promotion): Move[] {
  return above.within.flatMap((kind): Move[] => {
    const numbers = Object.keys(kind.form.versions ?? {});
    if (numbers.length === 0) return [];
    const at = (items: readonly Item[]) =>
      items.find((item) => item.kind === kind && sameText(item.path[0], own[0]) && item.path[1] === set);
    const isInSource = source.items.some((item) => item.kind === above && sameText(item.path[0], own[0]));
    if (!isInSource && !isNamed) return [];
    const found = at(source.items);
    const unpinned = numbers.filter((name) => typeof found?.fields[name] !== "number");
    if (unpinned.length > 0) {
      throw new Error(
        `service "${own.join(" / ")}" of ${source.name} has no ${unpinned.join(" and no ")} in its version set ${set}: what is not pinned cannot be promoted, since nobody knows what was tested. Promote others alone with --service NAME, or pin it there first, and deploy it where ${source.name} is what is live`,
      );
    }
    const there = at(target.items);
    return numbers.flatMap((name): Move[] => {
      const [from, to] = [there?.fields[name] ?? null, found?.fields[name] ?? null] as (number | null)[];
      const place = [...(where ?? []).map(String), kind.form.section, set, name];
      return from === to ? [] : [{ path: place, from: from ?? null, to: to ?? null }];
    });
  });
}

/** The entry to go back to by default: the promotion before the one that is in effect, or 0. */
export function entryBefore(history: readonly HistoryEntry[]): number {
  const inEffect: number[][] = [[]];
  for (const [index, { backTo }] of history.entries()) {
    inEffect.push(backTo === undefined ? [...(inEffect[index] as number[]), index + 1] : (inEffect[backTo] ?? []));
  }
  const now = inEffect.at(-1) as number[];
  if (now.length === 0)
    throw new Error("all that the history holds was taken back already; --to names an entry to go to");
  return now.at(-2) ?? 0;
}

/** The moves from what is in effect to what entry number `to` had made; 0 is the state before all entries. */
export function movesBack(history: readonly HistoryEntry[], to: number): Move[] {
  if (!Number.isInteger(to) || to < 0 || to >= history.length) {
    throw new Error(
      `--to ${to}: the history has the entries 1 to ${history.length}, and the last is in effect; 0 is the state before all of them`,
    );
  }
  const moves = new Map<string, Move>();
  for (const entry of history.slice(to).reverse()) {
    for (const move of movesOut(entry)) {
      const key = JSON.stringify(move.path);
      moves.set(key, { ...move, from: (moves.get(key) ?? move).from });
    }
  }
  return [...moves.values()].filter(({ from, to: back }) => from !== back);
}

export interface Moved {
  readonly text: string;
  readonly changes: readonly Change[];
}

/**
 * The document's text after the moves, in its former bytes where the entries that are taken back still tell them. Throws where it does
 * not hold what the moves start from.
 */
export function moved(source: SourceText, moves: readonly Move[], takenBack: readonly HistoryEntry[] = []): Moved {
  const value = structuredClone(source.value) as Values;
  for (const { path: place, from, to } of moves) {
    const key = place.at(-1) as string;
    const above = place.slice(0, -1).reduce<Values>((at, step) => {
      at[step] ??= {};
      return at[step] as Values;
    }, value);
    const found = (above[key] ?? null) as number | null;
    if (found !== from) {
      throw new Error(
        source.problem(
          [...place],
          `${place.join(".")} is ${found ?? "absent"}, and ${from ?? "nothing"} was expected: somebody changed it since. Nothing was written`,
        ),
      );
    }
    if (to === null) delete above[key];
    else above[key] = to;
  }
  pruneEmpty(value, moves);
  const changes = changesBack(source.text, value, takenBack) ?? changesFor(source, value);
  const text = applied(source.text, changes) as string;
  parseDocument(SourceText.parse(source.file, text));
  return { text, changes };
}

/** The changes of the entries from the last on the other way round, until the text stands for the value. */
function changesBack(text: string, value: Values, entries: readonly HistoryEntry[]): Change[] | undefined {
  const back: Change[] = [];
  for (const { changes = [] } of entries.toReversed()) {
    back.push(...changes.toReversed().map(({ at, was, now }) => ({ at, was: now, now: was })));
    const former = applied(text, back);
    if (former === undefined) return undefined;
    if (isDeepStrictEqual(parsed(former), value)) return back;
  }
  return undefined;
}

/** A set that a promotion made goes with its last number. */
function pruneEmpty(value: Values, moves: readonly Move[]): void {
  for (const { path: place, stays = place.length } of moves.filter(({ to }) => to === null)) {
    for (let length = place.length - 1; length > stays; length--) {
      const above = place.slice(0, length - 1).reduce<Values>((at, step) => (at?.[step] ?? {}) as Values, value);
      const key = place[length - 1] as string;
      if (above[key] !== undefined && Object.keys(above[key] as Values).length === 0) delete above[key];
    }
  }
}

/** Writes the document, unless it changed since it was read. */
export function writeMoved(source: SourceText, text: string): void {
  if (readFileSync(source.file, "utf8") !== source.text) {
    throw new Error(`${source.file} changed while this ran: nothing was written. Run it again`);
  }
  replaceFile(source.file, text, source.text);
}

export function historyFile(folder: string, alias: string): string {
  return path.join(folder, "history", `${alias}.jsonl`);
}

export function readHistory(file: string): HistoryEntry[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.flatMap((line, index) => {
    if (line.trim() === "") return [];
    try {
      return [JSON.parse(line) as HistoryEntry];
    } catch {
      throw new Error(`${file}:${index + 1}: is no line of JSON: mend or remove it`);
    }
  });
}

export function appendHistory(file: string, entry: HistoryEntry): void {
  mkdirSync(path.dirname(file), { recursive: true });
  appendFileSync(file, `${JSON.stringify(entry)}\n`);
}

/** `services.Front desk.versionSets.release.agentVersionNumber: 3 → 4`. */
export function moveText({ path: place, from, to }: Move): string {
  return `${place.slice(1).join(".")}: ${from ?? "none"} → ${to ?? "none"}`;
}

/** The kinds whose resources a promotion changes. */
export const promotable: ReadonlySet<string> = new Set(
  kinds.filter(({ form }) => form.versions).map(({ name }) => name),
);
