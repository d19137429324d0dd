import type { Results } from "../results.js";
import { type Table, tables } from "./tables.js";
import { about } from "./text.js";

/** Puts a text between a page's marks, `<!-- NAME -->` and `<!-- end of NAME -->`; a page without them becomes the text. */
export function intoPage(page: string, name: string, text: string): string {
  const marks = [`<!-- ${name} -->`, `<!-- end of ${name} -->`] as const;
  const [from, to] = marks.map((mark) => page.indexOf(mark)) as [number, number];
  if (from < 0 || to < from) return text;
  return `${page.slice(0, from + marks[0].length)}\n\n${text}\n${page.slice(to)}`;
}

/** The tables in Markdown. */
export function markdown(results: Results): string {
  const [command, ...facts] = about(results).split("\n");
  const parts = tables(results).map((table) => `### ${table.title}\n\n${tableRows(table)}`);
  return [`\`${command}\``, "", ...facts, "", ...parts].join("\n");
}

export function tableRows({ head, rows }: Pick<Table, "head" | "rows">): string {
  return [row(head), row(head.map(() => "---")), ...rows.map(row), ""].join("\n");
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
