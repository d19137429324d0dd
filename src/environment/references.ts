import { existsSync } from "node:fs";
import { z } from "zod";
import type { Values } from "../engine/lifecycle.js";
import { uuid } from "../resources/fields.js";
import { aliasTables } from "./kinds.js";
import { SourceText, TextError } from "./source-text.js";
import { findProblemsIn } from "./text-problems.js";

/** What an alias of a document stands for in one workspace. */
export interface AliasEntry {
  readonly id: string;
  readonly name?: string;
  /** The document's version number: this workspace's. */
  readonly versions?: Readonly<Record<string, number>>;
}

type Tables = Map<string, Map<string, AliasEntry>>;

const version = z.string().regex(/^\d+$/, { error: "must be a whole number" });
const entry = z.strictObject({
  id: uuid.describe("What the alias stands for in this workspace."),
  name: z.string().optional().describe("The name that the API shows, for readers."),
  versions: z
    .record(version, z.int())
    .optional()
    .describe("The document's version number: this workspace's. One that is not listed stands for itself."),
});

/** The contract of a references file. */
export const referencesSchema = z.strictObject({
  version: z.literal(1),
  workspace: uuid.optional().describe("The workspace whose ids these are."),
  ...Object.fromEntries([...aliasTables.keys()].map((table) => [table, z.record(z.string().min(1), entry).optional()])),
});

/** The aliases of one workspace: which id each stands for. */
export class References {
  private constructor(
    private readonly tables: Tables,
    readonly workspace: string | undefined,
    /** The text that they were read from. */
    readonly source?: SourceText,
  ) {}

  static none(workspace?: string): References {
    return new References(new Map(), workspace);
  }

  /** Reads a references file. `optional` says that it may be missing. */
  static read(file: string, { optional = false } = {}): References {
    if (optional && !existsSync(file)) return References.none();
    const source = SourceText.read(file);
    const problems = findProblemsIn(source, referencesSchema, "references file");
    if (problems.length > 0) throw new TextError(problems);
    const { version: _version, workspace, ...tables } = source.value as Values & { workspace?: string };
    const read = Object.entries(tables).map(([table, aliases]) => {
      const entries = Object.entries((aliases ?? {}) as Record<string, AliasEntry>);
      return [table, new Map(entries.map(([alias, one]) => [alias, { ...one, id: one.id.toLowerCase() }]))] as const;
    });
    return new References(new Map(read), workspace?.toLowerCase(), source);
  }

  get(table: string, alias: string): AliasEntry | undefined {
    return this.tables.get(table)?.get(alias);
  }

  aliasOf(table: string, id: string): string | undefined {
    return this.entries(table).find(([, one]) => one.id === id.toLowerCase())?.[0];
  }

  entries(table: string): [alias: string, entry: AliasEntry][] {
    return [...(this.tables.get(table) ?? [])];
  }

  /**
   * The document's number for a version of this workspace: the one that stands for it, else the number itself. Where that stands
   * for another version, one that stands for none is taken, and kept here.
   */
  proposeNumber(table: string, alias: string | undefined, number: number): number {
    const entry = alias === undefined ? undefined : this.get(table, alias);
    if (alias === undefined || !entry?.versions) return number;
    const { versions } = entry;
    const found = Object.entries(versions).find(([, here]) => here === number);
    if (found) return Number(found[0]);
    if (versions[number] === undefined) return number;
    const taken = new Set([...Object.keys(versions).map(Number), number]);
    // A version that has another number in the document leaves its own free.
    const left = Object.values(versions).filter((here) => !taken.has(here));
    const free = left[0] ?? Math.max(...taken, ...Object.values(versions)) + 1;
    this.set(table, alias, { ...entry, versions: { ...versions, [free]: number } });
    return free;
  }

  /** This workspace's number for a version of the document; undefined where nothing says what it is. */
  workspaceNumber(table: string, alias: string, number: number): number | undefined {
    return this.get(table, alias)?.versions?.[String(number)];
  }

  /** The same with an alias for this id: the one that there is, or one made of its name or of its ordinal. */
  propose(table: string, id: string, name?: string): string {
    const known = this.aliasOf(table, id);
    if (known !== undefined) return known;
    const word = kebab(aliasTables.get(table) ?? table);
    const stem = kebab(name ?? "");
    const isFree = (alias: string) => this.get(table, alias) === undefined;
    let alias = stem;
    for (let ordinal = 1; alias === "" || !isFree(alias); ordinal++) {
      alias = stem === "" ? `${word}-${ordinal}` : `${stem}-${ordinal + 1}`;
    }
    this.set(table, alias, { id: id.toLowerCase(), ...(name ? { name } : {}) });
    return alias;
  }

  set(table: string, alias: string, entry: AliasEntry): void {
    const entries = this.tables.get(table) ?? new Map<string, AliasEntry>();
    this.tables.set(table, entries.set(alias, entry));
  }

  /** A copy that can be added to. */
  copy(workspace = this.workspace): References {
    const tables = [...this.tables].map(([table, entries]) => [table, new Map(entries)] as const);
    return new References(new Map(tables), workspace, this.source);
  }

  /** As the value that the file's text stands for. */
  toValue(): Values {
    const tables = [...aliasTables.keys()].flatMap((table) => {
      const entries = this.entries(table);
      return entries.length > 0 ? [[table, Object.fromEntries(entries)] as const] : [];
    });
    return { version: 1, ...(this.workspace ? { workspace: this.workspace } : {}), ...Object.fromEntries(tables) };
  }
}

/** `Front Desk` as `front-desk`. */
export function kebab(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "");
}
