import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import * as path from "node:path";
import { COMMAND } from "../command.js";
import { projectFor } from "../stack/project.js";
import { Pulumi } from "../stack/pulumi.js";
import { changesIn, failureText, type RunStep, reportTo, runStack, type StackRun } from "../stack/run.js";
import { exportState, lifecycleOf } from "../stack/state.js";
import { environmentFor } from "./account.js";
import type { WorkspaceEntry } from "./config.js";
import { prepareProject, workspaceIn } from "./deploy.js";
import { parseDocument } from "./document.js";
import type { Environment } from "./environment.js";
import { replaceFile } from "./files.js";
import { keyText } from "./names.js";
import {
  appendHistory,
  entryBefore,
  entryOf,
  type HistoryEntry,
  historyFile,
  type Move,
  moved,
  movesBack,
  movesBetween,
  moveText,
  promotable,
  readHistory,
  writeMoved,
} from "./promote.js";
import { References } from "./references.js";
import { SourceText } from "./source-text.js";

export interface PromotionOptions {
  readonly to: WorkspaceEntry;
  /** The folder of `amigo.yaml`, where the history stands. */
  readonly folder: string;
  /** @default the alias */
  readonly stack?: string;
  readonly cwd: string;
  readonly dryRun: boolean;
  readonly reason?: string;
  readonly note: (line: string) => void;
  readonly warn: (line: string) => void;
  readonly confirm: (question: string) => Promise<boolean>;
}

export interface PromotionReport {
  readonly stack: string;
  readonly document: string;
  readonly moves: readonly Move[];
  readonly state: "nothing to do" | "dry run" | "done";
}

/** Brings the version numbers of the source into the target's document, and runs its stack. */
export async function promote(
  options: PromotionOptions & { source: Environment; set: string; service?: string },
): Promise<PromotionReport> {
  const document = targetDocument(options.to);
  const target = parseDocument(document);
  const moves = movesBetween(options.source, target, options);
  warnOfUnmapped(options, target, moves);
  return carryOut(options, { document, moves, source: options.source.name });
}

/** Goes back to what entry number `backTo` of the history had made; by default to the promotion before the one in effect. */
export async function rollback(options: PromotionOptions & { backTo?: number }): Promise<PromotionReport> {
  const document = targetDocument(options.to);
  const file = historyFile(options.folder, options.to.alias);
  const history = readHistory(file);
  if (history.length === 0) {
    throw new Error(
      `nothing was promoted to ${options.to.alias} yet, so there is nothing to take back: its history would be in ${file}. Nothing was changed`,
    );
  }
  const backTo = options.backTo ?? entryBefore(history);
  const moves = movesBack(history, backTo);
  const takenBack = history.slice(backTo);
  return carryOut(options, { document, moves, source: `history entry ${backTo}`, backTo, takenBack });
}

function targetDocument({ alias, environment }: WorkspaceEntry): SourceText {
  if (environment) return SourceText.read(environment);
  throw new Error(`amigo.yaml names no document for "${alias}": add \`environment: environments/${alias}.yaml\` to it`);
}

/** A number without a mapping stands for itself, which is right in the same workspace only. */
function warnOfUnmapped(
  { to, source, warn }: PromotionOptions & { source: Environment },
  target: Environment,
  moves: readonly Move[],
): void {
  const references = to.references ? References.read(to.references, { optional: true }) : References.none();
  if (source.workspaceId !== undefined && source.workspaceId === (to.id ?? references.workspace)) return;
  for (const { path: place, to: number } of moves) {
    const item = target.items.find(
      ({ kind, where }) => kind.within.length > 0 && JSON.stringify(where) === JSON.stringify(place.slice(0, 2)),
    );
    const property = item?.kind.within.flatMap(({ form }) => form.versions?.[place.at(-1) as string] ?? [])[0];
    const reference = property === undefined ? undefined : item?.kind.form.references?.[property];
    if (!reference || !("aliases" in reference) || number === null) continue;
    const alias = String(item?.fields[reference.as]);
    if (references.workspaceNumber(reference.aliases, alias, number) !== undefined) continue;
    warn(
      `version ${number} of ${reference.as} ${alias} has no number of ${to.alias} in ${to.references ?? "a references file"} (${reference.aliases}.${alias}.versions): it stands for itself, and only the run can show whether it exists`,
    );
  }
}

interface Work {
  readonly document: SourceText;
  readonly moves: readonly Move[];
  readonly source: string;
  /** Of a rollback: the entry that is gone back to. */
  readonly backTo?: number;
  /** Of a rollback: the entries after that one. */
  readonly takenBack?: readonly HistoryEntry[];
}

async function carryOut(options: PromotionOptions, work: Work): Promise<PromotionReport> {
  const { document, moves, source, backTo, takenBack } = work;
  const { to, dryRun, reason, confirm, note, warn } = options;
  const stack = options.stack ?? to.alias;
  const report = { stack, document: document.file, moves };
  if (moves.length === 0) return { ...report, state: "nothing to do" };
  const after = moved(document, moves, takenBack);
  const { text } = after;
  // Before a question or a write: a stack that is not there.
  await exportState(await prepared(options, stack, document.file));
  if (dryRun) {
    await tryOut(options, { stack, text, moves });
    return { ...report, state: "dry run" };
  }
  for (const move of moves) note(moveText(move));
  if (
    !(await confirm(
      `Shall I write ${moves.length === 1 ? "this number" : "these numbers"} to ${document.file} and run stack ${stack}?`,
    ))
  ) {
    throw new Error("stopped; nothing was written");
  }
  writeMoved(document, text);
  let run: StackRun;
  try {
    const pulumi = await prepared(options, stack, document.file);
    refuseMore(await succeeded(runStack(pulumi, "preview")), stack, moves);
    run = await runStack(pulumi, "up", reportTo(note, warn));
    const isNothingDone = changesIn({ steps: run.steps.filter(({ status }) => status === "done") }).length === 0;
    if (!run.succeeded && isNothingDone) throw new Error(failure(run, work));
  } catch (error) {
    replaceFile(document.file, document.text);
    throw new Error(`${(error as Error).message}\nNothing was deployed, and ${document.file} is as it was`, {
      cause: error,
    });
  }
  const commit = commitOf(options.folder);
  appendHistory(historyFile(options.folder, to.alias), {
    time: new Date().toISOString(),
    who: who(),
    ...entryOf(document, after, moves),
    source,
    ...(commit ? { commit } : {}),
    ...(reason ? { reason } : {}),
    ...(backTo === undefined ? {} : { backTo }),
  });
  if (!run.succeeded) {
    const project = projectFor(options.cwd, stack);
    const where = project.kind === "built-in" ? ` --cwd ${project.folder}` : "";
    throw new Error(
      `${failure(run, work)}\nA part was deployed, so ${document.file} and the history keep the new numbers: mend the cause and run \`pulumi up --stack ${stack}${where}\`, or take them back with \`${COMMAND} rollback ${to.alias}\``,
    );
  }
  return { ...report, state: "done" };
}

/** What made the run fail, and where the numbers of what failed stand. */
function failure(run: StackRun, { document, moves, source }: Pick<Work, "document" | "moves" | "source">): string {
  const failed = run.steps.filter(({ status }) => status === "failed").map(({ name }) => name);
  const isOf = ({ path: [, service = "", , set = ""] }: Move) => {
    const name = keyText([service, set]);
    return failed.some((one) => one === name || one.endsWith(`/${name}`));
  };
  const places = moves
    .filter(isOf)
    .map((move) => document.problem([...move.path], `${moveText(move)}, from ${source}, was not deployed`));
  return [failureText(run), ...places].join("\n");
}

/** Previews the numbers from a copy of the document, which only the built-in program can be made to read. */
async function tryOut(
  options: PromotionOptions,
  { stack, text, moves }: { stack: string; text: string; moves: readonly Move[] },
): Promise<void> {
  if (projectFor(options.cwd, stack).kind === "own") {
    options.note(
      "a dry run does not write the document, so there is no preview: whether the project's program builds it, with `new amigo.Environment(...)`, only the run shows",
    );
    return;
  }
  const { environment: file = "" } = options.to;
  const folder = mkdtempSync(path.join(tmpdir(), "pulumi-amigo-"));
  const copy = path.join(folder, path.basename(file));
  try {
    writeFileSync(copy, text);
    const pulumi = await prepared(options, stack, copy);
    refuseMore(await succeeded(runStack(pulumi, "preview")), stack, moves);
  } finally {
    await prepared(options, stack, file);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The stack's program, with the target's account; the built-in one where the user has none. */
async function prepared({ to, cwd }: PromotionOptions, stack: string, document: string): Promise<Pulumi> {
  const project = projectFor(cwd, stack);
  if (project.kind === "built-in") {
    const { references } = to;
    // What amigo.yaml does not name, an earlier run has written.
    const workspaceId = to.id ?? workspaceIn(project.folder);
    prepareProject({ folder: project.folder, document, references, workspaceId, entry: to });
  }
  return Pulumi.find(stack, project.folder, environmentFor(to));
}

async function succeeded(running: Promise<StackRun>): Promise<StackRun> {
  const run = await running;
  if (!run.succeeded) throw new Error(failureText(run));
  return run;
}

/** A promotion moves numbers, and nothing that happens to wait in the program. */
function refuseMore(run: StackRun, stack: string, moves: readonly Move[]): void {
  const changes = changesIn(run).filter(({ type }) => lifecycleOf(type) !== undefined);
  if (changes.length === 0) {
    throw new Error(
      `the program of stack ${stack} declares something else: its preview shows none of these changes. Let it build the document with \`new amigo.Environment(...)\`, or change the numbers in the program and run \`pulumi up\``,
    );
  }
  const others = unexpected(changes, moves);
  if (others.length === 0) return;
  const shown = others
    .slice(0, 5)
    .map(({ op, name, changed }) => `${op} ${name}${changed?.length ? ` (${changed.join(", ")})` : ""}`);
  throw new Error(
    `the run of stack ${stack} would change more than these version numbers: ${shown.join(", ")}${others.length > 5 ? " and more" : ""}. Deploy that first with \`pulumi up\``,
  );
}

/** The steps that the moves do not explain: other kinds, other properties, and more sets made or removed than they make or remove. */
export function unexpected(steps: readonly RunStep[], moves: readonly Move[]): RunStep[] {
  const sets = new Map<string, Move[]>();
  for (const move of moves) {
    const set = JSON.stringify(move.path.slice(0, -1));
    sets.set(set, [...(sets.get(set) ?? []), move]);
  }
  const countOf = (side: "from" | "to") =>
    [...sets.values()].filter((found) => found.every(({ [side]: number }) => number === null)).length;
  const allowed: Record<string, number> = { create: countOf("from"), delete: countOf("to"), update: sets.size };
  const numbers = new Set(moves.map(({ path: place }) => place.at(-1)));
  return steps.filter(({ op, type, changed = [] }) => {
    const isOwn = promotable.has(lifecycleOf(type)?.kind ?? "");
    if (!isOwn || (op === "update" && !changed.every((name) => numbers.has(name)))) return true;
    const left = allowed[op] ?? 0;
    allowed[op] = left - 1;
    return left <= 0;
  });
}

function who(): string {
  return process.env.GITHUB_ACTOR ?? userInfo().username;
}

function commitOf(folder: string): string | undefined {
  try {
    return execFileSync("git", ["rev-parse", "HEAD"], {
      cwd: path.resolve(folder),
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return undefined;
  }
}
