import { NotFoundError, PermissionError } from "../api/errors.js";
import { canonicalId } from "../api/index.js";
import { timeOf } from "../api/times.js";
import { COMMAND } from "../command.js";
import { HIDDEN } from "../engine/hidden.js";
import type { Values } from "../engine/lifecycle.js";
import type { ProviderContext } from "../engine/provider/context.js";
import { withFullMark } from "../engine/provider/outputs.js";
import { Accounts } from "../stack/accounts.js";
import { stackFlags } from "../stack/project.js";
import { Pulumi } from "../stack/pulumi.js";
import { exportState, inClear, pendingText, type StackState } from "../stack/state.js";
import {
  changesOf,
  type Declared,
  type Finding,
  foreignIn,
  Names,
  otherOwnerOf,
  StackFacts,
  thingKey,
} from "./drift-findings.js";
import { compareTexts } from "./environment.js";
import { type Kind, kinds } from "./kinds.js";
import { type Found, type Inventory, readWorkspace } from "./live.js";
import { declaredBy, workspaceOf } from "./stack-environment.js";

export interface DriftReport {
  readonly stack: string;
  /** The folder of its Pulumi project. */
  readonly cwd: string;
  /** False where something could not be read. */
  readonly complete: boolean;
  readonly findings: readonly Finding[];
  /** What else is to be known, each as a sentence. */
  readonly notes: readonly string[];
}

export interface DriftOptions {
  readonly stack: string | undefined;
  readonly cwd: string;
  readonly warn: (message: string) => void;
}

/** Compares the state of a stack with what exists. Writes neither. */
export async function readDrift({ stack, cwd, warn }: DriftOptions): Promise<DriftReport> {
  const pulumi = await Pulumi.find(stack, cwd);
  const state = await exportState(pulumi, "--show-secrets");
  const accounts = new Accounts(pulumi, state.resources, warn);
  try {
    return await driftOf(pulumi, state, accounts);
  } finally {
    await accounts.close();
  }
}

export async function driftOf(
  { stack, cwd }: Pick<Pulumi, "stack" | "cwd">,
  state: StackState,
  accounts: Pick<Accounts, "of">,
): Promise<DriftReport> {
  const flags = stackFlags({ stack, cwd });
  const declared = declaredBy(state.resources);
  if (declared.length === 0) throw new Error(nothingToCompare(stack, flags, state));
  const facts = new StackFacts(declared);
  const workspaces = await byWorkspace(declared, accounts);
  const results = await Promise.all(workspaces.map((one) => new WorkspaceDrift(one, facts).read()));
  const [failed] = results.flatMap(({ error }) => error ?? []);
  const nothingRead = results.every(({ error, unread }, index) => error ?? isAll(unread, workspaces[index]?.declared));
  if (nothingRead)
    throw failed ?? new Error(`nothing could be read: ${results.flatMap(({ notes }) => notes).join("; ")}`);
  const findings = new Map<string, Finding>();
  for (const finding of results.flatMap((result) => result.findings)) {
    // Two accounts of one workspace both see what is foreign.
    findings.set(`${finding.class} ${thingKey(finding.kind, finding.id)}`, finding);
  }
  return {
    stack,
    cwd,
    complete: results.every(({ error, unread }) => error === undefined && unread.size === 0),
    findings: [...findings.values()].sort(inOrder),
    notes: [
      ...pendingNotes(flags, state),
      ...new Set(results.flatMap(({ notes, error }) => [...notes, ...(error ? [error.message] : [])])),
    ],
  };
}

function nothingToCompare(stack: string, flags: string, { resources, pending }: StackState): string {
  const others = resources.filter(({ custom, type }) => custom && !type.startsWith("pulumi:")).length;
  const what =
    resources.length === 0
      ? "is empty"
      : `holds no resource of this provider${others > 0 ? `, and ${others} of others` : ""}`;
  const next =
    pending.length > 0
      ? `A run was interrupted: run \`${COMMAND} recover ${flags}\` first`
      : "Deploy it first (`pulumi up`, or `fleet up` for a document), or name another stack with --stack";
  return `the state of stack ${stack} ${what}: there is nothing to compare. ${next}`;
}

function pendingNotes(flags: string, { pending }: StackState): string[] {
  if (pending.length === 0) return [];
  return [
    `an interrupted run left ${pendingText(pending)}, so what it made may be shown as foreign: run \`${COMMAND} recover ${flags}\` first`,
  ];
}

function isAll(unread: ReadonlySet<Kind>, declared: readonly Declared[] = []): boolean {
  return declared.every(({ kind }) => unread.has(kind));
}

interface WorkspaceOfStack {
  readonly context: ProviderContext;
  readonly workspaceId: string;
  readonly declared: Declared[];
}

/** The resources of the stack by the account and the workspace that they belong to. */
async function byWorkspace(declared: readonly Declared[], accounts: Pick<Accounts, "of">): Promise<WorkspaceOfStack[]> {
  const found: WorkspaceOfStack[] = [];
  for (const one of declared) {
    const context = await accounts.of(one.resource.provider);
    const workspaceId = canonicalId(workspaceOf(one));
    const known = found.find((other) => other.context === context && other.workspaceId === workspaceId);
    if (known) known.declared.push(one);
    else found.push({ context, workspaceId, declared: [one] });
  }
  return found;
}

interface WorkspaceResult {
  readonly findings: readonly Finding[];
  readonly notes: readonly string[];
  /** The kinds that could not be read. */
  readonly unread: ReadonlySet<Kind>;
  /** Why nothing could be read. */
  readonly error?: Error;
}

/** Lists that lag are looked behind for this many changes; more are no lag. */
const MOST_LOOKED_BEHIND = 50;

/** One workspace of a stack, read through one account. */
class WorkspaceDrift {
  private readonly unread = new Set<Kind>();
  private readonly notes: string[] = [];

  constructor(
    private readonly workspace: WorkspaceOfStack,
    private readonly facts: StackFacts,
  ) {}

  async read(): Promise<WorkspaceResult> {
    const { context, workspaceId, declared } = this.workspace;
    try {
      // Whether a workspace exists says nothing where the stack does not manage it.
      const wanted = kinds.filter(
        ({ form, name }) => form.shape !== "object" || declared.some(({ kind }) => kind.name === name),
      );
      const inventory = await readWorkspace(context, workspaceId, wanted);
      for (const kind of kinds.filter(({ name }) => inventory.incomplete.has(name))) this.cannotRead(kind);
      const findings = await this.compare(inventory);
      return { findings, notes: this.notes, unread: this.unread };
    } catch (error) {
      return { findings: [], notes: [], unread: this.unread, error: this.explained(error) };
    }
  }

  private explained(error: unknown): Error {
    const { context, workspaceId } = this.workspace;
    const isHidden = NotFoundError.isInstance(error) || PermissionError.isInstance(error);
    const why = isHidden
      ? `workspace ${workspaceId} is archived, or this key cannot see it: is it the right account and the right base URL (${context.settings.baseUrl})? `
      : "";
    return new Error(`${why}${context.messageOf(error)}`, { cause: error });
  }

  private cannotRead(kind: Kind): void {
    this.unread.add(kind);
    this.notes.push(
      `${kind.section} of workspace ${this.workspace.workspaceId} could not be read (403), so nothing is known of them: use a key that may read them`,
    );
  }

  private async compare({ found }: Inventory): Promise<Finding[]> {
    const { declared } = this.workspace;
    const names = new Names(found, declared);
    const listed = new Map(found.map((one) => [thingKey(one.kind.name, one.id), one]));
    const known = declared.filter(({ kind }) => !this.unread.has(kind));
    const shown = known.filter(({ kind, id }) => listed.has(thingKey(kind.name, id)));
    const own = await Promise.all([
      ...shown.map(async (one) => ({ one, live: listed.get(thingKey(one.kind.name, one.id))?.live })),
      // A list may lag, and leaves out what is built in.
      ...known.filter((one) => !shown.includes(one)).map(async (one) => ({ one, live: await this.readAlone(one) })),
    ]);
    const findings: Finding[] = [];
    let lookedBehind = 0;
    for (const { one, live } of own) {
      const facts = { kind: one.kind.name, name: names.of(one), id: one.id };
      if (live === undefined) {
        if (!this.unread.has(one.kind)) findings.push({ class: "missing", ...facts });
        continue;
      }
      let changes = changesOf(one, live);
      if (changes.length > 0 && mayLag(one, live) && lookedBehind++ < MOST_LOOKED_BEHIND) {
        // One after the other: reads at the same time would share a list.
        const now = await this.readAlone(one);
        if (now === undefined) {
          findings.push({ class: "missing", ...facts });
          continue;
        }
        changes = changesOf(one, now);
      }
      if (changes.length > 0)
        findings.push({ class: "changed", ...facts, fields: changes.map((change) => names.field(change)) });
    }
    return [...withoutParts(findings, known), ...(await this.foreign(found, names))];
  }

  /** What exists under the id of a resource, read by itself. */
  private async readAlone(
    one: Pick<Declared, "kind" | "id" | "live"> & Partial<Declared>,
  ): Promise<Values | undefined> {
    const { context } = this.workspace;
    const state = { ...one.live, ...(inClear(one.resource?.outputs ?? {}) as Values) };
    try {
      return (await one.kind.lifecycle.read(context, one.id, withFullMark(one.kind.lifecycle, state)))?.live;
    } catch (error) {
      if (!PermissionError.isInstance(error)) throw error;
      if (!this.unread.has(one.kind)) this.cannotRead(one.kind);
      return undefined;
    }
  }

  private async foreign(found: readonly Found[], names: Names): Promise<Finding[]> {
    const findings: Finding[] = [];
    for (const one of foreignIn(found, this.facts)) {
      const owner = otherOwnerOf(one, found, this.facts);
      const facts = { class: "foreign", kind: one.kind.name, name: names.of(one), id: one.id } as const;
      if (one.live[HIDDEN.owner] !== undefined && owner === undefined) {
        // This stack's own mark: a list that lags shows what the last run has deleted.
        if ((await this.readAlone(one)) === undefined) continue;
        this.notes.push(
          `${facts.kind} "${facts.name}" (${facts.id}) carries an owner mark of this stack, or one that names no stack, and is not in its state: was a run interrupted? See \`${COMMAND} recover\``,
        );
      }
      findings.push(owner === undefined ? facts : { ...facts, owner });
    }
    return findings;
  }
}

/** What goes with something that is gone is no finding of its own: a version set with its service. */
function withoutParts(findings: readonly Finding[], declared: readonly Declared[]): Finding[] {
  const missing = findings.filter((one) => one.class === "missing");
  const gone = new Set(missing.map(({ kind, id }) => thingKey(kind, id)));
  const parts = declared.filter(({ kind: { form }, resource }) => {
    const { within } = form;
    return within?.deletedWith && gone.has(thingKey(within.kind, String(resource.inputs?.[within.property])));
  });
  const left = new Set(parts.map(({ kind, id }) => thingKey(kind.name, id)));
  return findings.filter((one) => one.class !== "missing" || !left.has(thingKey(one.kind, one.id)));
}

/** Whether the list may be older than the last write of the stack. */
function mayLag({ resource }: Declared, live: Values): boolean {
  const outputs = resource.outputs ?? {};
  const written = outputs.updatedAt ?? outputs.createdAt;
  if (typeof written !== "string" || typeof live.updatedAt !== "string") return true;
  return timeOf(live.updatedAt) < timeOf(written);
}

const CLASSES: readonly Finding["class"][] = ["changed", "missing", "foreign"];

function inOrder(a: Finding, b: Finding): number {
  const place = ({ kind }: Finding) => kinds.findIndex(({ name }) => name === kind);
  return (
    CLASSES.indexOf(a.class) - CLASSES.indexOf(b.class) ||
    place(a) - place(b) ||
    compareTexts([a.name, a.id], [b.name, b.id])
  );
}
