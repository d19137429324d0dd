import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import type * as Yaml from "yaml";

/** Loaded with the first text: programs that read none go without it. */
const yaml = (): typeof Yaml => require("yaml");

type Path = readonly (string | number)[];

/** What is wrong with a text that a person wrote, each as `file:line:column: sentence`. */
export class TextError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}

/** Where the parser's own words would not help. */
const SENTENCES: Record<string, string> = {
  MULTILINE_IMPLICIT_KEY:
    "a key needs a colon, a space and its value after it, or a colon alone with its entries below",
  MULTIPLE_DOCS: "a second document starts here: write each into a file of its own",
};

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
    const found = [...document.errors, ...document.warnings].map(({ pos, code, message }) =>
      source.at(pos[0], SENTENCES[code] ?? message),
    );
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
