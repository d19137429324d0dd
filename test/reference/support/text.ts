/** Parts of a page with an empty line between them. */
export function page(...parts: (string | string[])[]): string {
  const note = "`npm run docs` writes this page from the source.";
  return `${[
    ...parts
      .flat()
      .filter((part) => part !== "")
      .map(wrapped),
    note,
  ].join("\n\n")}\n`;
}

/** Prose in lines of at most 100 characters; tables, code and headings as they are. */
function wrapped(part: string): string {
  if (/^[|#`]{2,}|^\| |^#|^```|\n\|/.test(part)) return part;
  return part.replaceAll(/(?=.{101})(.{1,100})\s/g, "$1\n");
}

export function code(text: string): string {
  return text === "" ? "" : `\`${text}\``;
}

export function table(head: string[], rows: string[][]): string {
  const used = head.map((_name, column) => rows.some((row) => row[column] !== ""));
  const line = (cells: string[]) =>
    `| ${cells
      .filter((_cell, column) => used[column])
      .map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " "))
      .join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
