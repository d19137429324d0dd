const styled = process.stdout.isTTY && !process.env.NO_COLOR;

/** A heading, so that one can see where a step begins. */
export function heading(text: string): void {
  console.log(`\n${bold(text)}`);
}

export function say(text: string): void {
  console.log(text);
}

/** Rows in columns as wide as their widest cell. */
export function table(rows: string[][]): void {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length))) ?? [];
  for (const row of rows) say(`  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd());
}

export function bold(text: string): string {
  return styled ? `\x1b[1m${text}\x1b[22m` : text;
}
