import { styleText } from "node:util";
import type { Terminal } from "../environment/show/layout.js";

/** Standard output as the result's lines are made for it; FORCE_COLOR and NO_COLOR are honoured. */
export function terminal(stream: NodeJS.WriteStream = process.stdout): Terminal {
  const coloured = hasColours(stream);
  return {
    width: Math.max(40, columnsOf(stream)),
    paint: (style, text) => (coloured ? styleText(style, text) : text),
  };
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
