import type { Link } from "../compare.js";
import { safe } from "./layout.js";

/** Hosts draw no more edges than about 500, and nobody can read as many. */
const MOST_LINKS = 60;

/** A picture of what is bound to what; of many links, those that differ. */
export function mermaid(links: readonly Link[]): string[] {
  const changed = links.filter(({ state }) => state !== "both");
  const shown = (links.length <= MOST_LINKS ? links : changed).slice(0, MOST_LINKS);
  if (shown.length === 0) return [];
  const lines = ["```mermaid", "flowchart LR"];
  const ids = new Map<string, string>();
  const node = (side: string, text: string, open: string, close: string) => {
    const key = `${side} ${text}`;
    const known = ids.get(key);
    if (known) return known;
    const id = `${side}${ids.size + 1}`;
    ids.set(key, id);
    lines.push(`  ${id}${open}"${label(text)}"${close}`);
    return id;
  };
  const arrows = { both: "-->", "only in A": '-. "only in A" .->', "only in B": '== "only in B" ==>' };
  const styles: string[] = [];
  for (const [index, { from, to, state }] of shown.entries()) {
    lines.push(`  ${node("u", from, "([", "])")} ${arrows[state]} ${node("s", to, "[", "]")}`);
    if (state !== "both") styles.push(`  linkStyle ${index} stroke:${state === "only in A" ? "#d1242f" : "#1a7f37"}`);
  }
  const left = links.length - shown.length;
  return [
    ...lines,
    ...styles,
    "```",
    ...(left > 0 ? ["", `The picture leaves out ${left} of ${links.length} bindings.`] : []),
  ];
}

/** Text in a quoted label: everything that Mermaid or HTML gives a meaning to is written as its code. */
function label(text: string): string {
  return safe(text).replace(/[^\p{L}\p{N} /_.,-]/gu, (character) => `#${character.codePointAt(0)};`);
}
