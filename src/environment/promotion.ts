import { execFileSync } from "node:child_process";
import { userInfo } from "node:os";
import * as path from "node:path";
import { projectFor } from "../stack/project.js";
import { Pulumi } from "../stack/pulumi.js";
import { changesIn, failureText, runStack, type StackRun } from "../stack/run.js";
import { lifecycleOf } from "../stack/state.js";
import { environmentFor } from "./account.js";
import type { WorkspaceEntry } from "./config.js";
import { prepareProject } from "./deploy.js";
import { parseDocument } from "./document.js";
import type { Environment } from "./environment.js";
import { replaceFile } from "./files.js";
import {
  appendHistory,
  historyFile,
  type Move,
  moved,
  movesBack,
  movesBetween,
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

/** Takes back what was promoted after entry number `after` of the history; the last entry by default. */
export async function rollback(options: PromotionOptions & { after?: number }): Promise<PromotionReport> {
  const document = targetDocument(options.to);
  const history = readHistory(historyFile(options.folder, options.to.alias));
  const after = options.after ?? history.length - 1;
  const moves = movesBack(history, after);
  return carryOut(options, { document, moves, source: `history entry ${after}` });
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
}

async function carryOut(options: PromotionOptions, { document, moves, source }: Work): Promise<PromotionReport> {
  const { to, dryRun, reason, confirm } = options;
  const stack = options.stack ?? to.alias;
  const report = { stack, document: document.file, moves };
  if (moves.length === 0) return { ...report, state: "nothing to do" };
  const text = moved(document, moves);
  if (dryRun) return { ...report, state: "dry run" };
  const restore = () => replaceFile(document.file, document.text);
  writeMoved(document, text);
  let pulumi: Pulumi;
  try {
    pulumi = await prepared(options, stack);
    refuseMore(await succeeded(runStack(pulumi, "preview")), stack);
    if (!(await confirm(`Shall I run stack ${stack} with these numbers?`))) throw new Error("stopped");
  } catch (error) {
    restore();
    throw new Error(`${(error as Error).message}\nNothing was deployed, and ${document.file} is as it was`, {
      cause: error,
    });
  }
  const run = await runStack(pulumi, "up", {
    onStep: ({ op, name, type, status }) => {
      if (status !== "started" && op !== "same" && lifecycleOf(type)) options.note(`${status} ${op} ${name}`);
    },
  });
  const done = changesIn({ steps: run.steps.filter(({ status }) => status === "done") });
  if (!run.succeeded && done.length === 0) {
    restore();
    throw new Error(`${failureText(run)}\nNothing was deployed, and ${document.file} is as it was`);
  }
  const commit = commitOf(options.folder);
  const entry = { time: new Date().toISOString(), who: who(), source, moves };
  appendHistory(historyFile(options.folder, to.alias), {
    ...entry,
    ...(commit ? { commit } : {}),
    ...(reason ? { reason } : {}),
  });
  if (!run.succeeded) {
    throw new Error(
      `${failureText(run)}\nA part was deployed, so ${document.file} and the history keep the new numbers: mend the cause and run \`pulumi up --stack ${stack}\`, or take them back with \`pulumi-amigo rollback ${to.alias}\``,
    );
  }
  return { ...report, state: "done" };
}

/** The stack's program, with the target's account; the built-in one where the user has none. */
async function prepared({ to, cwd, note }: PromotionOptions, stack: string): Promise<Pulumi> {
  const project = projectFor(cwd, stack);
  note(project.note);
  if (project.kind === "built-in") {
    const { environment: document = "", references, id: workspaceId } = to;
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
function refuseMore(run: StackRun, stack: string): void {
  const changes = changesIn(run);
  const others = changes.filter(({ op, type }) => {
    const kind = lifecycleOf(type)?.kind;
    return kind !== undefined && !(promotable.has(kind) && (op === "update" || op === "create" || op === "delete"));
  });
  if (others.length > 0) {
    const names = others.slice(0, 5).map(({ op, name }) => `${op} ${name}`);
    throw new Error(
      `the run of stack ${stack} would change more than version numbers: ${names.join(", ")}${others.length > 5 ? " and more" : ""}. Deploy that first with \`pulumi up\``,
    );
  }
  if (!changes.some(({ type }) => promotable.has(lifecycleOf(type)?.kind ?? ""))) {
    throw new Error(`the program of stack ${stack} declares something else: its preview shows none of these changes`);
  }
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
