import { styleText } from "node:util";
import type { Terminal } from "../environment/show/layout.js";

/** Standard output as the result's lines are made for it; FORCE_COLOR and NO_COLOR are honoured. */
export function terminal(stream: NodeJS.WriteStream = process.stdout): Terminal {
  const coloured = hasColours(stream);
  return {
    width: Math.max(40, stream.columns ?? 80),
    paint: (style, text) => (coloured ? styleText(style, text) : text),
  };
}

function hasColours(stream: NodeJS.WriteStream): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no } = process.env;
  if (force !== undefined && force !== "") return force !== "0" && force !== "false";
  return !no && stream.isTTY === true && process.env.TERM !== "dumb";
}
