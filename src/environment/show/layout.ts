import type { ValueDifference } from "../value-differences.js";

export type Style = "bold" | "dim" | "red" | "green" | "yellow";

/** How lines for a terminal are made. */
export interface Terminal {
  readonly width: number;
  /** The text in a style; the text itself where there are no colours. */
  paint(style: Style, text: string): string;
}

/** Controls and marks that turn the direction of text: a terminal would obey them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** A value on one line, safe to print. */
export function valueText(value: unknown, nothing = "(none)"): string {
  if (value === undefined || value === null) return nothing;
  return safe(JSON.stringify(value));
}

export function quoted(text: string): string {
  return safe(JSON.stringify(text));
}

/** The text with what a terminal would obey written as its code. */
export function safe(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Lines of at most `width` characters, broken at spaces where there are any. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const space = rest.lastIndexOf(" ", width);
    const end = space > 0 ? space : width;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).replace(/^ /, "");
  }
  return [...lines, rest];
}

/** Words, and what somebody may copy: commands, quoted texts, JSON. */
const UNBROKEN = /(?:`[^`]*`|"[^"]*"|\{.*\}|\[[^\]]*\]|\S)+/g;

/** Lines of a message, broken between words; what somebody may copy stays whole, however long it is. */
export function messageLines(text: string, width: number): string[] {
  if (text.length <= width) return [text];
  const [first = "", ...words] = text.match(UNBROKEN) ?? [];
  const lines = [first];
  for (const word of words) {
    const joined = `${lines.at(-1)} ${word}`;
    if (joined.length <= width) lines[lines.length - 1] = joined;
    else lines.push(word);
  }
  return lines;
}

/** A paragraph with all lines but the first indented as its text is. */
export function paragraph(text: string, { width }: Terminal, indent = ""): string[] {
  return wrapped(text, width - indent.length).map((line) => `${indent}${line}`);
}

/** One value on both sides: on one line where it fits, else a line or more for each side. */
export function valueLines(
  { path, a, b, added, removed }: ValueDifference,
  labels: readonly [a: string, b: string],
  column: number,
  terminal: Terminal,
): string[] {
  const { width, paint } = terminal;
  const indent = "    ";
  const parts: [style: Style, text: string][] =
    added && removed
      ? [
          ...removed.map((item): [Style, string] => ["red", `- ${valueText(item)}`]),
          ...added.map((item): [Style, string] => ["green", `+ ${valueText(item)}`]),
        ]
      : [
          ["red", valueText(a)],
          ["green", valueText(b)],
        ];
  const name = safe(path);
  const gap = added ? "  " : " → ";
  const plain = parts.map(([, text]) => text).join(gap);
  const painted = parts.map(([style, text]) => paint(style, text)).join(gap);
  if (name.length <= column && indent.length + column + 2 + plain.length <= width) {
    return [`${indent}${name.padEnd(column)}  ${painted}`];
  }
  const deeper = `${indent}  `;
  if (deeper.length + plain.length <= width) return [`${indent}${name}`, `${deeper}${painted}`];
  const widest = Math.max(...labels.map(({ length }) => length));
  const sideLines = ([style, text]: [Style, string], label: string) => {
    const room = width - deeper.length - label.length;
    return wrapped(text, room).map(
      (line, index) => `${deeper}${index === 0 ? label : " ".repeat(label.length)}${paint(style, line)}`,
    );
  };
  return [
    `${indent}${name}`,
    ...parts.flatMap((part, index) => sideLines(part, added ? "" : `${labels[index]?.padEnd(widest)}  `)),
  ];
}

/** The width of the column of paths: the longest that leaves room for values beside it. */
export function columnOf(paths: readonly string[], { width }: Terminal): number {
  const most = Math.floor(width * 0.45);
  return Math.max(0, ...paths.map(({ length }) => length).filter((length) => length <= most));
}

/** `1 service`, `2 services`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
