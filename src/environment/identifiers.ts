import { widthOf } from "./code.js";

/** The most columns, so that a declaration's first line stays short. */
const WIDEST = 40;

/** What a program cannot use, or what its files use already. */
const TAKEN = new Set(
  (
    "abstract amigo any arguments as async await boolean break case catch class const constructor continue debugger declare default " +
    "delete do else enum eval exports export extends false finally for from function get if implements import in instanceof " +
    "interface is keyof let module namespace never new null number object of package private protected public pulumi require " +
    "return set static string super switch symbol this throw true try type typeof undefined unknown var void while with " +
    "workspaceId yield __dirname __filename Infinity NaN globalThis"
  ).split(" "),
);

/** Names of variables for one file: valid, readable, and each given once. */
export class Identifiers {
  private readonly given: Set<string>;

  constructor(taken: Iterable<string> = []) {
    this.given = new Set([...TAKEN, ...taken]);
  }

  /** The first of the texts whose name is free, as a name; else the last one with a number. `word` is used where nothing is left of them. */
  make(texts: readonly string[], word: string): string {
    const names = texts.map((text) => identifierOf(text, word));
    const last = names.at(-1) ?? word;
    let name = names.find((one) => !this.given.has(one));
    for (let number = 2; name === undefined; number++) {
      if (!this.given.has(`${last}${number}`)) name = `${last}${number}`;
    }
    this.given.add(name);
    return name;
  }
}

/** `Front desk 24/7` as `frontDesk247`; letters of any script stay. */
function identifierOf(text: string, word: string): string {
  const parts = text
    .normalize("NFKC")
    .split(/(?:[^\p{ID_Continue}]|[\u{10000}-\u{10ffff}])+|_+/u)
    .filter((part) => part !== "");
  const joined = parts.map((part, index) => (index === 0 ? lowered(part) : raised(part))).join("");
  const cut = shortened(joined);
  if (cut === "") return word;
  const startsWell = /^[\p{ID_Start}$_]/u.test(cut) && !TAKEN.has(cut);
  return startsWell ? cut : shortened(`${word}${raised(cut)}`);
}

function shortened(text: string): string {
  let cut = "";
  for (const character of text.normalize("NFC")) {
    if (widthOf(cut + character) > WIDEST) break;
    cut += character;
  }
  return cut;
}

/** An acronym stays one: `IVR` becomes `ivr`, `iPhone` stays. */
function lowered(part: string): string {
  return part === part.toUpperCase() ? part.toLowerCase() : part.charAt(0).toLowerCase() + part.slice(1);
}

function raised(part: string): string {
  return part.charAt(0).toUpperCase() + part.slice(1);
}
