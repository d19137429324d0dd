import type { YAMLError } from "yaml";

const unpaired = "a key needs a colon, a space and its value after it, or a colon alone with its entries below";
const marks = "& and * have a meaning of their own here: text that starts with one of them needs quotes";
const tag = "text that starts with ! needs quotes";

/** What the parser means, by its code; of a list the first whose words fit. */
const SENTENCES: Partial<Record<YAMLError["code"], string | readonly (readonly [RegExp, string])[]>> = {
  ALIAS_PROPS: marks,
  BAD_ALIAS: marks,
  BAD_DIRECTIVE: "no line of this file may start with %",
  BAD_DQ_ESCAPE: 'in a text between " a backslash must be written twice',
  BAD_INDENT: [
    [/^Flow seq/, "a list that was opened with [ needs its ] before this place"],
    [/^Flow map/, "what was opened with { needs its } before this place"],
    [/./, "this line must start in the same column as the entries that it stands beside"],
  ],
  BAD_SCALAR_START: "a text that starts with one of @ ` % , needs quotes",
  BLOCK_AS_IMPLICIT_KEY:
    "one line takes one key: put the value in quotes if its colon is meant so, else let each key start in the same column",
  BLOCK_IN_FLOW: "between [ ] or { } entries stand one after the other with commas",
  DUPLICATE_KEY: "this key stands here a second time: keep one of them",
  KEY_OVER_1024_CHARS: "a key has 1024 characters at most",
  MISSING_CHAR: [
    [/quote/, "a text that was opened with a quote needs its closing quote before this place"],
    [/./, unpaired],
  ],
  MULTILINE_IMPLICIT_KEY: unpaired,
  MULTIPLE_ANCHORS: marks,
  MULTIPLE_DOCS: "a second document starts here: write each into a file of its own",
  TAB_AS_INDENT: "lines must be indented with spaces, and this one has a tab",
  TAG_RESOLVE_FAILED: tag,
  MULTIPLE_TAGS: tag,
  UNEXPECTED_TOKEN: [
    [/block-seq-ind/, "a list with - starts in a line of its own, below its key"],
    [/^Unexpected ,/, "a value is missing before this comma"],
    [/./, "the value has ended before this place: a quote or a bracket is missing, or one too many"],
  ],
};

/** What is wrong, without the parser's own words where there are better ones. */
export function yamlProblem({ code, message }: YAMLError): string {
  const found = SENTENCES[code] ?? `this is not YAML that can be read (${message})`;
  return typeof found === "string" ? found : (found.find(([words]) => words.test(message))?.[1] ?? message);
}
