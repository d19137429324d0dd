import { randomUUID } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { pulumiHome } from "./home.js";

/** A create that is about to be sent: what it makes, under which natural key, and what had that key before. */
export interface Intent {
  readonly kind: string;
  readonly workspaceId?: string;
  /** The values by which people tell the thing from others, such as a slug. */
  readonly key: readonly string[];
  /** Ids of the things that had this key before the create was sent. */
  readonly before: readonly string[];
  /** The resource that asks, as its owner mark names it. */
  readonly owner?: string;
}

/** An intent and what became of it. */
export interface Entry extends Intent {
  readonly entry: string;
  /** When it was written, ISO 8601. */
  readonly at: string;
  /** Sent and not answered; answered with an id; found to be ours by `recover`, for the next create; nothing was made. */
  readonly state: "asked" | "made" | "claimed" | "closed";
  readonly id?: string;
}

type Line = Partial<Entry> & Pick<Entry, "entry">;

const MOST_BYTES = 1_000_000;
const KEPT_SETTLED = 500;
const KEPT_DAYS = 30;

export function journalFolder(): string {
  return path.join(pulumiHome(), "pulumi-amigo");
}

/**
 * Creates of things that have no place for an owner mark, one JSON line before each is sent and one when its outcome is
 * known: the evidence from which `recover` tells what an interrupted run made. No key and no secret goes in.
 */
export class Journal {
  readonly file: string;
  private opened = false;
  private failed = false;

  /** `baseUrl`: each server has a journal of its own. */
  constructor(
    baseUrl: string,
    private readonly warn: (message: string) => void,
  ) {
    // What is no address may hold a password, and is refused elsewhere.
    const host = URL.canParse(baseUrl) ? new URL(baseUrl).host : "unknown";
    this.file = path.join(journalFolder(), `${host.replace(/[^\w.-]/g, "_")}.jsonl`);
  }

  /** Notes that a create is about to be sent; returns the name of the entry. */
  ask(intent: Intent): string {
    const entry = randomUUID();
    this.append({ entry, at: new Date().toISOString(), ...intent, state: "asked" });
    return entry;
  }

  settle(entry: string, state: Exclude<Entry["state"], "asked">, id?: string): void {
    this.append({ entry, state, id });
  }

  /** What `recover` has claimed for this intent and no create has taken over yet. */
  claimOf(intent: Intent): Entry | undefined {
    const isSame = (entry: Entry) => identity(entry) === identity(intent);
    return this.entries().findLast((entry) => entry.state === "claimed" && isSame(entry));
  }

  /** All entries, oldest first; a line that a crash cut short is passed over. */
  entries(): Entry[] {
    const entries = new Map<string, Line>();
    const text = existsSync(this.file) ? readFileSync(this.file, "utf8") : "";
    for (const line of text.split("\n").map(parsed)) {
      if (line) entries.set(line.entry, { ...entries.get(line.entry), ...line });
    }
    return [...entries.values()].filter((line): line is Entry => line.kind !== undefined && Array.isArray(line.key));
  }

  private append(line: Line): void {
    try {
      if (!this.opened) this.open();
      appendFileSync(this.file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
    } catch (error) {
      const { message } = error as Error;
      if (!this.failed) this.warn(`cannot write the journal from which \`pulumi-amigo recover\` works: ${message}`);
      this.failed = true;
    }
  }

  private open(): void {
    this.opened = true;
    mkdirSync(path.dirname(this.file), { recursive: true, mode: 0o700 });
    if ((statSync(this.file, { throwIfNoEntry: false })?.size ?? 0) < MOST_BYTES) return;
    const isOpen = ({ state }: Entry) => state === "asked" || state === "claimed";
    const young = this.entries().filter(({ at }) => Date.parse(at) > Date.now() - KEPT_DAYS * 86_400_000);
    const settled = new Set(young.filter((entry) => !isOpen(entry)).slice(-KEPT_SETTLED));
    const kept = young.filter((entry) => isOpen(entry) || settled.has(entry));
    const unfinished = `${this.file}.${process.pid}`;
    writeFileSync(unfinished, kept.map((entry) => `${JSON.stringify(entry)}\n`).join(""), { mode: 0o600 });
    renameSync(unfinished, this.file);
  }
}

function identity({ kind, workspaceId, key, owner }: Intent): string {
  return JSON.stringify([kind, workspaceId, key, owner]);
}

function parsed(text: string): Line | undefined {
  try {
    const line = JSON.parse(text) as Line | null;
    return typeof line?.entry === "string" ? line : undefined;
  } catch {
    return undefined;
  }
}
