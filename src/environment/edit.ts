import { isDeepStrictEqual } from "node:util";
import { isAlias, isMap, isNode, isPair, isScalar, isSeq, type Node, type Pair, Scalar, visit } from "yaml";
import type { Values } from "../engine/lifecycle.js";
import { fieldsOf, kinds } from "./kinds.js";
import { printed, yamlDocument } from "./print.js";
import { parsed, type SourceText, TextError } from "./source-text.js";

/** Lists in which order means nothing: sets, and entries that hold their keys. */
const unordered = new Map<string, readonly string[]>(
  kinds.flatMap((kind): [string, readonly string[]][] => [
    ...(kind.form.shape === "list" ? [[kind.form.section, kind.form.key] as [string, readonly string[]]] : []),
    ...fieldsOf(kind).flatMap(({ name, schema }): [string, readonly string[]][] =>
      schema.normalise && Array.isArray(schema.normalise([]))
        ? [[kind.form.shape === "value" ? kind.form.section : name, []]]
        : [],
    ),
  ]),
);

/** A piece of a text in the place of another one. */
export interface Change {
  readonly at: number;
  readonly was: string;
  readonly now: string;
}

/** The text so that it stands for another value. Only the bytes of what changes are touched: comments, order and style stay. */
export function editedText(source: SourceText, value: Values): string {
  return applied(source.text, changesFor(source, value)) as string;
}

/** The changes, to be made one after the other, that {@link editedText} makes. */
export function changesFor(source: SourceText, value: Values): Change[] {
  if (isDeepStrictEqual(source.document.toJS(), value)) return [];
  const editor = new Editor(source);
  editor.change(source.document.contents, value, "");
  const changes = editor.changes();
  if (same(parsed(applied(source.text, changes) as string), value)) return changes;
  throw new TextError([
    `${source.file}: cannot be edited without losing its comments or its style: change it by hand, or remove it and run this again`,
  ]);
}

/** Nothing where the text does not hold what a change starts from. */
export function applied(text: string, changes: readonly Change[]): string | undefined {
  return changes.reduce<string | undefined>(
    (now, { at, was, now: own }) =>
      now?.startsWith(was, at) ? now.slice(0, at) + own + now.slice(at + was.length) : undefined,
    text,
  );
}

class Editor {
  private readonly edits: Change[] = [];
  private readonly newline: string;

  constructor(private readonly source: SourceText) {
    this.newline = source.text.includes("\r\n") ? "\r\n" : "\n";
  }

  changes(): Change[] {
    // From the end on; of what is added at one place the first comes to stand first.
    return this.edits.reverse().sort((a, b) => b.at - a.at || b.was.length - a.was.length);
  }

  change(node: unknown, value: unknown, name: string): void {
    if (!isNode(node) || !node.range) return;
    if (isDeepStrictEqual(node.toJS(this.source.document), value)) return;
    if (isAlias(node) || this.isShared(node.anchor)) {
      const { line, column } = this.place(node.range[0]);
      throw new TextError([
        `${this.source.file}:${line}:${column}: this value is shared by an anchor: write it out where it is used, then run this again`,
      ]);
    }
    if (isMap(node) && isObject(value) && this.changeMap(node.items as Pair[], node, value)) return;
    if (isSeq(node) && Array.isArray(value) && this.changeList(node, value, name)) return;
    if (isScalar(node) && !isObject(value) && !Array.isArray(value)) {
      this.changeScalar(node, value, node.range);
      return;
    }
    this.replaceWhole(node, value);
  }

  /** Whether an alias of the text points at the anchor. */
  private isShared(anchor: string | undefined): boolean {
    let found = false;
    if (anchor !== undefined) {
      visit(this.source.document, {
        Alias: (_key, { source }) => {
          found ||= source === anchor;
        },
      });
    }
    return found;
  }

  private changeScalar(node: Scalar, value: unknown, [start, end]: readonly [number, number, ...unknown[]]): void {
    if (node.type !== "BLOCK_LITERAL" && node.type !== "BLOCK_FOLDED") {
      this.replace(start, end, this.scalarText(value, node));
      return;
    }
    // The range of such a text holds the end of its last line, too.
    const own = this.source.text.slice(start, end);
    const isPlainText =
      typeof value === "string" && /^[^\s][\x20-\x7e\xa0-\u2027\u202a-\ufefe\n]*[^\s]\n?$/.test(value);
    const indent = /\n([ ]+)\S/.exec(own)?.[1];
    const text =
      isPlainText && value.includes("\n") && indent !== undefined
        ? [
            `|${value.endsWith("\n") ? "" : "-"}`,
            ...value
              .trimEnd()
              .split("\n")
              .map((line) => (line === "" ? "" : indent + line)),
          ].join(this.newline)
        : this.scalarText(value, node);
    this.replace(start, start + own.trimEnd().length, text);
  }

  private changeMap(items: readonly Pair[], node: Node & { flow?: boolean }, value: Values): boolean {
    const keys = items.map(({ key }) => String(isScalar(key) ? key.value : key));
    const added = Object.keys(value).filter((key) => !keys.includes(key));
    const kept = keys.filter((key) => Object.hasOwn(value, key));
    if (kept.length === 0) return false;
    for (const [index, pair] of items.entries()) {
      const key = keys[index] as string;
      if (Object.hasOwn(value, key)) this.changePair(pair, value[key], key);
      else if (node.flow) this.removeFlow(items, index, keys.lastIndexOf(kept.at(-1) as string));
      else this.removeLines(pair.key, pair.value ?? pair.key, index > 0);
    }
    const order = Object.keys(value);
    for (const key of added) {
      const before = order
        .slice(0, order.indexOf(key))
        .filter((name) => keys.includes(name))
        .at(-1);
      const pair = items[keys.indexOf(before ?? (kept.at(-1) as string))] as Pair;
      if (node.flow)
        this.insertFlow(
          pair,
          this.flowText({ [key]: value[key] })
            .slice(1, -1)
            .trim(),
        );
      else this.insertAfter(pair.value ?? pair.key, this.columnOf(items[0]?.key), { [key]: value[key] });
    }
    return true;
  }

  private changePair({ key, value: node }: Pair, value: unknown, name: string): void {
    if (isNode(node) && !(isScalar(node) && node.range && node.range[0] === node.range[1])) {
      this.change(node, value, name);
    } else if (value !== null && isNode(key) && key.range) {
      const colon = this.source.text.indexOf(":", key.range[1]) + 1;
      this.replace(colon, colon, ` ${this.flowText(value)}`);
    }
  }

  private changeList(
    node: Node & { items: unknown[]; flow?: boolean },
    value: readonly unknown[],
    name: string,
  ): boolean {
    const identity = unordered.get(name);
    if (identity === undefined || value.length === 0) return false;
    const idOf = (item: unknown) =>
      JSON.stringify(identity.length > 0 && isObject(item) ? identity.map((key) => item[key]) : item);
    const before = node.items.map((item) => idOf((item as Node).toJS(this.source.document)));
    const after = value.map(idOf);
    if (!before.some((id) => after.includes(id))) return false;
    for (const [index, item] of node.items.entries()) {
      const at = after.indexOf(before[index] as string);
      if (at >= 0) this.change(item, value[at], "");
      else if (node.flow)
        this.removeFlow(
          node.items,
          index,
          before.findLastIndex((id) => after.includes(id)),
        );
      else this.removeLines(item, item, index > 0);
    }
    for (const [at, id] of after.entries()) {
      if (before.includes(id)) continue;
      const known = after
        .slice(0, at)
        .filter((one) => before.includes(one))
        .at(-1);
      const kept = before.filter((one) => after.includes(one)).at(-1) as string;
      const item = node.items[before.indexOf(known ?? kept)] as Node;
      if (node.flow) this.insertFlow(item, this.flowText(value[at]));
      else this.insertAfter(item, this.lineIndent((node.items[0] as Node).range?.[0] ?? 0), [value[at]]);
    }
    return true;
  }

  /** An entry after another one in brackets; on a line of its own where that one has one without a comment. */
  private insertFlow(item: unknown, text: string): void {
    const { start, end } = this.extent(item);
    const before = this.source.text.slice(this.lineStart(start), start);
    const hasOwnLine = before.trim() === "" && !this.source.text.slice(end, this.lineEnd(end)).includes("#");
    this.replace(end, end, hasOwnLine ? `,${this.newline}${before}${text}` : `, ${text}`);
  }

  /** An entry in brackets, with its comma; `last` is the last one that stays. */
  private removeFlow(items: readonly unknown[], index: number, last: number): void {
    const { start, end } = this.extent(items[index]);
    if (index < last) this.replace(start, this.extent(items[index + 1]).start, "");
    else {
      const { end: former } = this.extent(items[index - 1]);
      const { text } = this.source;
      const comma = /^\s*,/.exec(text.slice(end))?.[0].length ?? 0;
      if (text.slice(former, start).includes("#")) this.replace(start, end + comma, "");
      else this.replace(former, end, "");
    }
  }

  private extent(item: unknown): { start: number; end: number } {
    const [first, last] = isPair(item) ? [item.key, item.value ?? item.key] : [item, item];
    return { start: isNode(first) ? (first.range?.[0] ?? 0) : 0, end: this.lastEnd(last) };
  }

  /** Another value in the place of this one: on lines of its own where it stood so, else in brackets. */
  private replaceWhole(node: Node & { flow?: boolean }, value: unknown): void {
    const [start = 0] = node.range ?? [];
    const isBlock = (isMap(node) || isSeq(node)) && !node.flow;
    const isFilled = value !== null && typeof value === "object" && Object.keys(value).length > 0;
    const text = isBlock && isFilled ? this.blockText(value, this.columnOf(node)) : this.flowText(value);
    this.replace(start, isBlock ? this.lastEnd(node) : (node.range?.[1] ?? start), text);
  }

  private insertAfter(node: unknown, indent: number, value: unknown): void {
    const at = this.lineEnd(this.lastEnd(node));
    const isLast = at >= this.source.text.length && !this.source.text.endsWith("\n");
    const body = `${" ".repeat(indent)}${this.blockText(value, indent)}`;
    this.replace(at, at, isLast ? `${this.newline}${body}` : `${body}${this.newline}`);
  }

  /** The value on lines of its own, of which the first stands at a place that is indented already. */
  private blockText(value: unknown, indent: number): string {
    const [first = "", ...lines] = printed(yamlDocument(value)).trimEnd().split("\n");
    return [first, ...lines.map((line) => (line === "" ? line : " ".repeat(indent) + line))].join(this.newline);
  }

  /** The lines of an entry, with the comments right above it. */
  private removeLines(first: unknown, last: unknown, withComments: boolean): void {
    const { text } = this.source;
    let start = this.lineStart(isNode(first) ? (first.range?.[0] ?? 0) : 0);
    while (withComments && start > 0) {
      const above = this.lineStart(start - 1);
      if (!/^\s*#/.test(text.slice(above, start))) break;
      start = above;
    }
    this.replace(start, this.lineEnd(this.lastEnd(last)), "");
  }

  private replace(start: number, end: number, text: string): void {
    this.edits.push({ at: start, was: this.source.text.slice(start, end), now: text });
  }

  /** Where the last value in a node ends, without the comments and empty lines that follow. */
  private lastEnd(node: unknown): number {
    if ((isMap(node) || isSeq(node)) && !node.flow && node.items.length > 0) {
      const last = node.items.at(-1);
      return this.lastEnd(isPair(last) ? (last.value ?? last.key) : last);
    }
    if (!isNode(node) || !node.range) return 0;
    const own = this.source.text.slice(node.range[0], node.range[1]);
    return node.range[0] + own.trimEnd().length;
  }

  private lineEnd(offset: number): number {
    const found = this.source.text.indexOf("\n", offset);
    return found < 0 ? this.source.text.length : found + 1;
  }

  private lineStart(offset: number): number {
    return this.source.text.lastIndexOf("\n", offset - 1) + 1;
  }

  private columnOf(node: unknown): number {
    const start = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    return start - this.lineStart(start);
  }

  /** The column of the dash of a list's entry. */
  private lineIndent(offset: number): number {
    const line = this.source.text.slice(this.lineStart(offset), offset);
    const dash = line.lastIndexOf("-");
    return dash < 0 ? 0 : dash;
  }

  private scalarText(value: unknown, like: Scalar): string {
    const scalar = new Scalar(value);
    if (typeof value === "string" && (like.type === "QUOTE_DOUBLE" || like.type === "QUOTE_SINGLE"))
      scalar.type = like.type;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not stand in a line
    if (typeof value === "string" && /[\x00-\x1f]/.test(value)) scalar.type = "QUOTE_DOUBLE";
    return this.rendered(scalar);
  }

  private flowText(value: unknown): string {
    if (this.source.text.trimStart().startsWith("{")) return JSON.stringify(value, undefined, 1).replace(/\n\s*/g, " ");
    const document = yamlDocument(value);
    if (isMap(document.contents) || isSeq(document.contents)) document.contents.flow = true;
    return this.rendered(document.contents);
  }

  private rendered(contents: unknown): string {
    const document = yamlDocument(null);
    document.contents = contents as typeof document.contents;
    return printed(document, { collectionStyle: "flow" }).trimEnd();
  }

  private place(offset: number): { line: number; column: number } {
    const before = this.source.text.slice(0, offset).split("\n");
    return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
  }
}

function isObject(value: unknown): value is Values {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** Whether two values mean the same: in lists whose order means nothing, it is not compared. */
function same(a: unknown, b: unknown, name = ""): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    const sorted = (list: unknown[]) => list.map((item) => JSON.stringify(ordered(item))).sort();
    return unordered.has(name) ? isDeepStrictEqual(sorted(a), sorted(b)) : isDeepStrictEqual(a, b);
  }
  if (!isObject(a) || !isObject(b)) return isDeepStrictEqual(a, b);
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key], key))
  );
}

/** With the keys in order, at any depth. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, ordered(value[key])]),
  );
}
