import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import type * as Yaml from "yaml";
import { show } from "../engine/compare.js";
import { yamlProblem } from "./yaml-problems.js";

/** Loaded with the first text: programs that read none go without it. */
const yaml = (): typeof Yaml => require("yaml");

type Path = readonly (string | number)[];

/** What is wrong with a text that a person wrote, each as `file:line:column: sentence`, in the order of the text. */
export class TextError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const ordered = byPlace(problems);
    super(ordered.join("\n"));
    this.problems = ordered;
  }
}

/** In the order of their lines and columns; files stay in the order in which they come, and what has no place comes first. */
export function byPlace(problems: readonly string[]): string[] {
  const placed = problems.map((problem) => {
    const [, file = "", line, column] = /^(.+?):(\d+):(\d+): /.exec(problem) ?? [];
    return { problem, file, line: Number(line ?? 0), column: Number(column ?? 0) };
  });
  const files = ["", ...placed.map(({ file }) => file)];
  return placed
    .sort((a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column)
    .map(({ problem }) => problem);
}

/** A YAML or JSON text with the places of its values. */
export class SourceText {
  private constructor(
    readonly file: string,
    readonly text: string,
    readonly document: Yaml.Document.Parsed,
    private readonly lines: Yaml.LineCounter,
  ) {}

  static read(file: string): SourceText {
    let bytes: Buffer;
    try {
      bytes = readFileSync(file);
    } catch (error) {
      const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
      throw new TextError([
        isMissing ? `there is no file ${file}` : `cannot read ${file}: ${(error as Error).message}`,
      ]);
    }
    // Read as they are, strange bytes would be lost where the text is written back.
    if (!isUtf8(bytes)) throw new TextError([notUtf8(file, bytes)]);
    return SourceText.parse(file, bytes.toString("utf8"));
  }

  /** Throws what is wrong with the text itself, and where it holds nothing. */
  static parse(file: string, text: string): SourceText {
    const lines = new (yaml().LineCounter)();
    const document = yaml().parseDocument(text, { lineCounter: lines, prettyErrors: false, keepSourceTokens: true });
    const source = new SourceText(file, text, document, lines);
    const found = source.unparsed();
    if (found.length === 0) found.push(...source.unreadable());
    if (found.length > 0) throw new TextError(found);
    if (document.contents === null || (yaml().isScalar(document.contents) && document.contents.value === null)) {
      throw new TextError([source.at(0, "the file is empty: nothing is read from it, and nothing is planned")]);
    }
    return source;
  }

  get value(): unknown {
    return this.document.toJS({ maxAliasCount: 100 });
  }

  /** `file:line:column: sentence` for the value at this path, or the nearest one above that is there. */
  problem(path: Path, sentence: string): string {
    return this.at(this.offsetOf(path), sentence);
  }

  /** What the parser refuses: the first of each line, since others follow from it. */
  private unparsed(): string[] {
    const { errors, warnings } = this.document;
    const lines = new Set<number>();
    return [...errors, ...warnings].flatMap((error) => {
      const [offset] = error.pos;
      const { line } = this.lines.linePos(offset);
      if (lines.has(line)) return [];
      lines.add(line);
      const text = (this.text.split(/\r?\n/)[line - 1] ?? "").trim();
      return [this.at(offset, `${yamlProblem(error)}${text === "" ? "" : `; found ${show(text, 80)}`}`)];
    });
  }

  /** What the parser takes and no value can be made of. */
  private unreadable(): string[] {
    const { document } = this;
    const found: string[] = [];
    yaml().visit(document, {
      Alias: (_key, alias) => {
        if (alias.resolve(document) === undefined) {
          found.push(
            this.at(
              rangeOf(alias)?.[0] ?? 0,
              `*${alias.source} names no anchor above it: text that starts with * needs quotes`,
            ),
          );
        }
      },
      Pair: (_key, { key }) => {
        if (!yaml().isCollection(key)) return;
        found.push(this.at(rangeOf(key)?.[0] ?? 0, "a list or a mapping cannot be a key"));
      },
    });
    return found;
  }

  private at(offset: number, sentence: string): string {
    const { line, col } = this.lines.linePos(offset);
    return `${this.file}:${Math.max(line, 1)}:${Math.max(col, 1)}: ${sentence}`;
  }

  /** Where the value starts; of an entry of a map, where its key does. */
  private offsetOf(path: Path): number {
    const { isMap, isScalar, isSeq } = yaml();
    let node: unknown = this.document.contents;
    let offset = rangeOf(node)?.[0] ?? 0;
    for (const step of path) {
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(step));
        if (!pair) break;
        offset = rangeOf(pair.key)?.[0] ?? offset;
        node = pair.value;
      } else if (isSeq(node)) {
        node = node.items[Number(step)];
        offset = rangeOf(node)?.[0] ?? offset;
      } else break;
    }
    return offset;
  }
}

/** The value of a YAML text; undefined where it has none. */
export function parsed(text: string): unknown {
  try {
    return yaml().parse(text);
  } catch {
    return undefined;
  }
}

function notUtf8(file: string, bytes: Buffer): string {
  const lines = bytes.toString("latin1").split("\n");
  const index = lines.findIndex((line) => !isUtf8(Buffer.from(line, "latin1")));
  const column = Buffer.from(lines[index] ?? "", "latin1")
    .toString("utf8")
    .indexOf("\ufffd");
  return `${file}:${Math.max(index, 0) + 1}:${Math.max(column, 0) + 1}: is not written in UTF-8: save it as UTF-8, and run this again`;
}

function rangeOf(node: unknown): Yaml.Node["range"] {
  return yaml().isNode(node) ? node.range : undefined;
}
