import type { Results } from "../results.js";
import { tables } from "./tables.js";
import { about } from "./text.js";

const MARKS = ["<!-- results -->", "<!-- end of results -->"] as const;

/** Puts the tables between the marks of a page that has them; else they are the whole page. */
export function intoPage(page: string, results: Results): string {
  const [from, to] = MARKS.map((mark) => page.indexOf(mark)) as [number, number];
  if (from < 0 || to < from) return markdown(results);
  return `${page.slice(0, from + MARKS[0].length)}\n\n${markdown(results)}\n${page.slice(to)}`;
}

/** The tables in Markdown. */
export function markdown(results: Results): string {
  const [command, ...facts] = about(results).split("\n");
  const parts = tables(results).map(({ title, head, rows }) =>
    [`### ${title}`, "", row(head), row(head.map(() => "---")), ...rows.map(row), ""].join("\n"),
  );
  return [`\`${command}\``, "", ...facts, "", ...parts].join("\n");
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
