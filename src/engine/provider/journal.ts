import { randomUUID } from "node:crypto";
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import * as path from "node:path";
import { parsedUrl } from "../../api/url.js";
import { COMMAND } from "../../command.js";
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

/** What a line says of an entry, and when it was written: lines of one entry may stand in several files. */
type Line = Partial<Entry> & Pick<Entry, "entry"> & { readonly written?: number };

const MOST_BYTES = 1_000_000;
const KEPT_SETTLED = 500;
const KEPT_DAYS = 30;

export function journalFolder(): string {
  return path.join(pulumiHome(), "pulumi-amigo");
}

/**
 * Creates of things that have no place for an owner mark, one JSON line before each is sent and one when its outcome is
 * known: the evidence from which `recover` tells what an interrupted run made. No key and no secret goes in.
 *
 * Any number of processes append at the same time, also while one of them drops old lines: it moves the file away before it
 * reads it, and who has just written to a file that was moved writes again. Files that were moved are read like the first.
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
    const host = parsedUrl(baseUrl)?.host ?? "unknown";
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
    const lines = merged(this.files().flatMap(({ text }) => text)).filter(isWhole);
    return lines.map(({ written, ...entry }) => entry).sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  }

  private append(line: Line): void {
    try {
      if (!this.opened) this.open();
      // The first line break ends a line that a crash cut short.
      // Finer than a millisecond, so that no two lines of a process have the same.
      const written = performance.timeOrigin + performance.now();
      const text = `\n${JSON.stringify({ ...line, written })}\n`;
      while (!this.write(text));
    } catch (error) {
      const { message } = error as Error;
      if (!this.failed) this.warn(`cannot write the journal from which \`${COMMAND} recover\` works: ${message}`);
      this.failed = true;
    }
  }

  /** Whether the text went into the file that stands there afterwards, and not into one that was moved away. */
  private write(text: string): boolean {
    const file = openSync(this.file, "a", 0o600);
    try {
      const written = writeSync(file, text);
      if (written < Buffer.byteLength(text)) throw new Error(`${this.file} took only a part of a line`);
      const [mine, standing] = [fstatSync(file), statSync(this.file, { throwIfNoEntry: false })];
      return mine.ino === standing?.ino && mine.dev === standing.dev;
    } finally {
      closeSync(file);
    }
  }

  private open(): void {
    this.opened = true;
    mkdirSync(path.dirname(this.file), { recursive: true, mode: 0o700 });
    if ((statSync(this.file, { throwIfNoEntry: false })?.size ?? 0) >= MOST_BYTES) this.compact();
  }

  /** Drops what was settled long ago. What is open stays, however old. */
  private compact(): void {
    const name = `${this.file}.${randomUUID()}`;
    try {
      renameSync(this.file, `${name}.moved`);
    } catch {
      // Another process has just moved it.
      return;
    }
    const moved = this.moved().map((file) => ({ file, text: textOf(file) }));
    const lines = merged(moved.flatMap(({ text }) => text));
    const isOpen = ({ state }: Line) => state === "asked" || state === "claimed";
    const young = lines.filter((line) => timeOf(line) > Date.now() - KEPT_DAYS * 86_400_000);
    const settled = new Set(young.filter((line) => isWhole(line) && !isOpen(line)).slice(-KEPT_SETTLED));
    // The beginning of what is not whole is in a file that another process is merging.
    const parts = new Set(young.filter((line) => !isWhole(line)));
    const kept = lines.filter((line) => (isWhole(line) && isOpen(line)) || settled.has(line) || parts.has(line));
    writeFileSync(`${name}.new`, kept.map((line) => `${JSON.stringify(line)}\n`).join(""), { mode: 0o600 });
    renameSync(`${name}.new`, `${name}.kept`);
    for (const { file } of moved) rmSync(file, { force: true });
  }

  /** The journal's files with their text, the one that is written to last. */
  private files(): { file: string; text: string }[] {
    for (;;) {
      const before = this.moved();
      const files = [...before, this.file].map((file) => ({ file, text: textOf(file) }));
      // Else another process has moved or merged some meanwhile, and a part may be missing.
      if (before.join() === this.moved().join()) return files;
    }
  }

  private moved(): string[] {
    const [folder, name] = [path.dirname(this.file), path.basename(this.file)];
    const names = list(folder).filter((one) => one.startsWith(`${name}.`) && /\.(moved|kept)$/.test(one));
    return names.sort().map((one) => path.join(folder, one));
  }
}

/** What all the lines say together: of each entry the newest, in the order in which they were written last. */
function merged(texts: readonly string[]): Line[] {
  const lines = texts.flatMap((text) => text.split("\n").map(parsed)).filter((line) => line !== undefined);
  const entries = new Map<string, Line>();
  for (const line of lines.sort((a, b) => timeOf(a) - timeOf(b))) {
    const before = entries.get(line.entry);
    entries.delete(line.entry);
    entries.set(line.entry, { ...before, ...line });
  }
  return [...entries.values()];
}

function timeOf({ written, at = "" }: Line): number {
  return written ?? (Date.parse(at) || 0);
}

/** Whether the line with which an entry begins is there. */
function isWhole(line: Line): line is Line & Entry {
  return line.kind !== undefined && line.at !== undefined && Array.isArray(line.key);
}

function list(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
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
