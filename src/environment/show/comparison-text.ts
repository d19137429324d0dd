import type { Comparison, Difference } from "../compare.js";
import { columnOf, count, paragraph, quoted, type Style, safe, type Terminal, valueLines } from "./layout.js";

const MARKS: Record<Difference["state"], { mark: string; style: Style }> = {
  "only in A": { mark: "-", style: "red" },
  "only in B": { mark: "+", style: "green" },
  differs: { mark: "~", style: "yellow" },
};

/** A comparison for a terminal: what differs, and with `all` what is equal too. */
export function comparisonText(comparison: Comparison, terminal: Terminal, all = false): string {
  const { a, b, differences, equal, notCompared } = comparison;
  const { paint } = terminal;
  const column = columnOf(
    differences.flatMap(({ fields }) => fields.map(({ path }) => path)),
    terminal,
  );
  const same = all ? equal.map(({ kind, name }) => paint("dim", `= ${kind} ${quoted(name)}`)) : [];
  const left = notCompared.flatMap(({ section, reason }) =>
    paragraph(`Not compared: ${section}, since ${safe(reason)}.`, terminal),
  );
  return [
    `A  ${paint("bold", safe(a))}`,
    `B  ${paint("bold", safe(b))}`,
    "",
    ...differences.flatMap((one) => differenceLines(one, column, terminal)),
    ...same,
    ...(differences.length + same.length > 0 ? [""] : []),
    ...paragraph(summary(comparison), terminal),
    ...left.map((line) => paint("yellow", line)),
  ].join("\n");
}

/** How much differs, in a sentence. */
export function summary({ differences, equal }: Comparison): string {
  if (differences.length === 0) return `Nothing differs: ${count(equal.length, "entry is", "entries are")} equal.`;
  const parts = (["differs", "only in A", "only in B"] as const).flatMap((state) => {
    const number = differences.filter((one) => one.state === state).length;
    if (number === 0) return [];
    return state === "differs"
      ? [count(number, "entry differs", "entries differ")]
      : [`${number} only in ${state.at(-1)}`];
  });
  return `${parts.join(", ")}, ${equal.length} equal.`;
}

function differenceLines(
  { kind, name, state, fields, perhaps }: Difference,
  column: number,
  terminal: Terminal,
): string[] {
  const { mark, style } = MARKS[state];
  const title = `${mark} ${kind} ${quoted(name)}`;
  const head = terminal.paint(style, state === "differs" ? title : `${title}  ${state}`);
  const direction = state === "only in A" ? "renamed to" : "renamed from";
  const hint =
    perhaps === undefined
      ? []
      : paragraph(`perhaps ${direction} ${quoted(perhaps)}: all else is equal`, terminal, "    ");
  return [
    head,
    ...hint.map((line) => terminal.paint("dim", line)),
    ...fields.flatMap((field) => valueLines(field, ["A", "B"], column, terminal)),
  ];
}
