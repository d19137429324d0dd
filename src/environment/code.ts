/** In place of a value: an expression of the program, such as `frontDesk.id`. */
export class Code {
  constructor(readonly text: string) {}
}

/** The width that Prettier keeps by default, whose output this is. */
const WIDTH = 80;

/** A value as a TypeScript expression, from a column and with a text after it on its last line. */
export function valueText(value: unknown, indent: number, column: number, after: number): string {
  const flat = flatText(value);
  if (flat !== undefined && column + widthOf(flat) + after <= WIDTH) return flat;
  if (Array.isArray(value) && value.length > 1 && value.every((item) => typeof item === "number")) {
    return `[\n${filledLines(
      value.map((item) => `${flatText(item)},`),
      indent + 2,
    )}${pad(indent)}]`;
  }
  if (Array.isArray(value) && value.length > 0) {
    const items = value.map((item) => `${pad(indent + 2)}${valueText(item, indent + 2, indent + 2, 1)},\n`);
    return `[\n${items.join("")}${pad(indent)}]`;
  }
  if (isObject(value) && Object.keys(value).length > 0) return objectText(value, indent);
  return flat ?? "{}";
}

/** Numbers: as many on a line as there is place for. */
function filledLines(texts: readonly string[], indent: number): string {
  const lines: string[] = [];
  for (const text of texts) {
    const last = lines.at(-1);
    if (last !== undefined && indent + last.length + 1 + text.length <= WIDTH)
      lines[lines.length - 1] = `${last} ${text}`;
    else lines.push(text);
  }
  return lines.map((line) => `${pad(indent)}${line}\n`).join("");
}

/** An object with each property on a line of its own. `{ workspaceId: new Code("workspaceId") }` becomes the short `workspaceId`. */
export function objectText(value: object, indent: number): string {
  const lines = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .map(([key, inner]) => `${pad(indent + 2)}${propertyText(key, inner, indent + 2)},\n`);
  return `{\n${lines.join("")}${pad(indent)}}`;
}

function propertyText(key: string, value: unknown, indent: number): string {
  if (value instanceof Code && value.text === key) return key;
  const name = keyText(key);
  const text = valueText(value, indent, indent + widthOf(name) + 2, 1);
  const [start = ""] = text.split("\n");
  const end = text === start ? 1 : 0;
  // What is too long for the line moves to the next one, where the key is not very short; a number without a sign stays.
  const stays = widthOf(name) <= 4 || (typeof value === "number" && value >= 0) || typeof value === "boolean";
  if (stays || indent + widthOf(name) + 2 + widthOf(start) + end <= WIDTH) return `${name}: ${text}`;
  return `${name}:\n${pad(indent + 2)}${valueText(value, indent + 2, indent + 2, 1)}`;
}

/** On one line; undefined where Prettier breaks a list of objects in any case. */
function flatText(value: unknown): string | undefined {
  if (value instanceof Code) return value.text;
  if (typeof value === "string") return stringText(value);
  if (Array.isArray(value)) {
    const breaks = value.length > 1 && value.every((item) => sizeOf(item) > 1) && sameSort(value);
    const items = value.map(flatText);
    return breaks || items.includes(undefined) ? undefined : `[${items.join(", ")}]`;
  }
  if (isObject(value)) {
    const pairs = Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => [keyText(key), flatText(inner)]);
    if (pairs.some(([, inner]) => inner === undefined)) return undefined;
    return pairs.length === 0 ? "{}" : `{ ${pairs.map(([key, inner]) => `${key}: ${inner}`).join(", ")} }`;
  }
  return JSON.stringify(value)?.replace("e+", "e") ?? "undefined";
}

function sizeOf(value: unknown): number {
  return Array.isArray(value) ? value.length : isObject(value) ? Object.keys(value).length : 0;
}

function sameSort(values: readonly unknown[]): boolean {
  return values.every((value) => Array.isArray(value) === Array.isArray(values[0]));
}

/** In the quotes that need fewer escapes, double ones where there is no difference. */
export function stringText(value: string): string {
  const double = JSON.stringify(value);
  const count = (quote: string) => value.split(quote).length - 1;
  if (count('"') <= count("'")) return double;
  return `'${double.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

/** The key of a property, in quotes where it needs them. */
export function keyText(key: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u.test(key) && !/[\ud800-\udfff]/.test(key)
    ? key
    : stringText(key);
}

/** The columns that a text takes, as Prettier counts them: pictures and letters of East Asian scripts take two. */
export function widthOf(text: string): number {
  let width = 0;
  const rest = text.replace(PICTURE, () => {
    width += 2;
    return "";
  });
  for (const character of rest) {
    if (/\p{Mn}|\p{Me}|\p{Cc}/u.test(character)) continue;
    width += WIDE.test(character) ? 2 : 1;
  }
  return width;
}

/** Whole pictures, of which one may be several characters. The compiler does not know this flag yet, which Node.js 20 does. */
const SETS = "v";
const PICTURE = new RegExp("\\p{RGI_Emoji}", `g${SETS}`);

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;

export function pad(columns: number): string {
  return " ".repeat(columns);
}

function isObject(value: unknown): value is object {
  return value !== null && typeof value === "object" && !Array.isArray(value) && !(value instanceof Code);
}
