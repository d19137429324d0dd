import { stripVTControlCharacters } from "node:util";
import { redact } from "../api/redact.js";

/** The most characters that GitHub takes in a comment or an issue. */
export const mostCharacters = 65_536;

const invisible = "\u200b";
const longestRun = 20;

/** A program's output as plain text: no colours or control characters, no secrets of ours, nothing that looks like a marker. */
export function plain(output: string): string {
  return redact(stripVTControlCharacters(output.replace(/^\ufeff/, "")))
    .replace(/\r\n?/g, "\n")
    .replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, (character) => (/[\n\t]/.test(character) ? character : ""))
    .replaceAll("<!--", `<${invisible}!--`)
    .replace(new RegExp(`\`{${longestRun}}`, "g"), (run) => run + invisible)
    .replace(/^\n+|\s+$/g, "");
}

/** A code block that the text cannot leave: in it nobody is mentioned, and no issue is named. */
export function fenced(text: string, language = "text"): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

/** The most characters that `fenced` adds. */
export const fenceCharacters = 2 * (longestRun + 1) + 20;

/** The text in so many characters: its beginning and its end, whole lines where there are some, and what is missing in between. */
export function cut(text: string, most: number): { text: string; leftOut: number } {
  if (text.length <= most) return { text, leftOut: 0 };
  const note = (count: number) => `\n\n... ${count} characters are left out here ...\n\n`;
  const half = Math.max(0, Math.floor((most - note(text.length).length) / 2));
  const head = wholeLines(text.slice(0, half), (part) => part.slice(0, part.lastIndexOf("\n")));
  const tail = wholeLines(text.slice(text.length - half), (part) => part.slice(part.indexOf("\n") + 1));
  const leftOut = text.length - head.length - tail.length;
  return { text: head + note(leftOut) + tail, leftOut };
}

/** Also no half of a character that JavaScript keeps as two. */
function wholeLines(part: string, trim: (part: string) => string): string {
  const trimmed = part.includes("\n") ? trim(part) : "";
  const kept = trimmed.length > part.length / 2 ? trimmed : part;
  return kept.replace(/^[\udc00-\udfff]/, "").replace(/[\ud800-\udbff]$/, "");
}
