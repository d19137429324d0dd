import { safe, valueText } from "./layout.js";

/** Longer values are cut: a table is to be read. */
const LONGEST = 300;

/** Text of somebody else in Markdown, so that it is neither formatting nor HTML, and mentions nobody. */
export function escaped(text: string): string {
  return safe(text)
    .replace(/&/g, "&amp;")
    .replace(/[<>@#]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/[\\`*_{}[\]()|~!:]/g, "\\$&")
    .replace(/\b(https?)\\:/g, "$1&#58;");
}

/** A value as code in a table cell. */
export function code(value: unknown): string {
  const text = valueText(value, "");
  if (text === "") return "";
  const cut =
    text.length > LONGEST
      ? `${text.slice(0, LONGEST).replace(/[\ud800-\udbff]$/, "")}… (${text.length} characters)`
      : text;
  return codeText(cut);
}

/** Text as code, with a fence that is longer than any in it; a pipe would end the cell even there. */
export function codeText(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = "`".repeat(longest + 1);
  const space = text.startsWith("`") || text.endsWith("`") ? " " : "";
  return `${fence}${space}${safe(text).replace(/\|/g, "\\|")}${space}${fence}`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [row(head), row(head.map(() => "---")), ...rows.map(row)];
}
