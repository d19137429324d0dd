/** Whether the terminal wants colours and bold letters. */
export const styled = Boolean(process.stdout.isTTY) && !process.env.NO_COLOR;

/** A heading, so that one can see where a step begins. */
export function heading(text: string): void {
  console.log(`\n${bold(wrapped(text, process.stdout.columns ?? 80))}`);
}

/** Wraps prose to the terminal; an indented line is a command or a row, which stays whole. */
export function say(text: string): void {
  console.log(text.startsWith("  ") ? text : wrapped(text, process.stdout.columns ?? 80));
}

export function wrapped(text: string, width: number): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines.join("\n");
}

/** Rows in columns as wide as their widest cell. */
export function table(rows: string[][]): void {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length))) ?? [];
  for (const row of rows) say(`  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd());
}

export function bold(text: string): string {
  return styled ? `\x1b[1m${text}\x1b[22m` : text;
}
