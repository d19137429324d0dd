import { fstatSync } from "node:fs";
import { styleText } from "node:util";
import { messageLines, type Terminal } from "../environment/show/layout.js";

/** Standard output as the result's lines are made for it; FORCE_COLOR and NO_COLOR are honoured. */
export function terminal(stream: NodeJS.WriteStream = process.stdout): Terminal {
  const coloured = hasColours(stream);
  return {
    width: Math.max(40, columnsOf(stream)),
    paint: (style, text) => (coloured ? styleText(style, text) : text),
  };
}

/** Messages as a terminal shows them, broken between words; elsewhere they stay as they are. Indented lines do too. */
export function asShown(text: string, stream: NodeJS.WriteStream = process.stderr): string {
  if (!stream.isTTY) return text;
  const { width } = terminal(stream);
  return text
    .split("\n")
    .map((line) => broken(line, width))
    .join("\n");
}

function broken(line: string, width: number): string {
  const [mark = ""] = /^(error|warning): /.exec(line) ?? [];
  const rest = line.slice(mark.length);
  return /^\s/.test(rest) ? line : mark + messageLines(rest, width - mark.length).join(`\n${" ".repeat(mark.length)}`);
}

/** A terminal of size 0x0, as some containers have, says nothing of its width. */
function columnsOf({ columns = 80 }: NodeJS.WriteStream): number {
  return columns || Number(process.env.COLUMNS) || 80;
}

function hasColours(stream: NodeJS.WriteStream): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no } = process.env;
  if (force !== undefined && force !== "") return force !== "0" && force !== "false";
  return !no && stream.isTTY === true && process.env.TERM !== "dumb";
}

/** Whether what is written to both is read in one place. False where nobody can tell: of two pipes, each may go elsewhere. */
export function isOneOutput(a: Output, b: Output): boolean {
  if (a.isTTY && b.isTTY) return true;
  const [one, other] = [fileOf(a), fileOf(b)];
  return one !== undefined && one.ino !== 0n && one.ino === other?.ino && one.dev === other.dev;
}

interface Output {
  readonly fd: number;
  readonly isTTY?: boolean;
}

function fileOf({ fd }: Output) {
  try {
    return fstatSync(fd, { bigint: true });
  } catch {
    return undefined;
  }
}
