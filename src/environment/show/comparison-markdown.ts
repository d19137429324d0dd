import type { Comparison, Difference } from "../compare.js";
import type { ValueDifference } from "../value-differences.js";
import { summary } from "./comparison-text.js";
import { code, codeText, escaped, table } from "./markdown.js";
import { mermaid } from "./mermaid.js";

/** A comparison for a pull request. */
export function comparisonMarkdown(comparison: Comparison, all = false): string {
  const { a, b, differences, equal, notCompared, links } = comparison;
  const rows = differences.flatMap(rowsOf);
  const picture = mermaid(links);
  return [
    `### ${escaped(a)} (A) and ${escaped(b)} (B)`,
    "",
    escaped(summary(comparison)),
    ...(rows.length > 0 ? ["", ...table(["", "Entry", "Field", "A", "B"], rows)] : []),
    ...(all && equal.length > 0
      ? [
          "",
          ...table(
            ["Equal on both sides"],
            equal.map(({ kind, name }) => [`${kind} ${escaped(name)}`]),
          ),
        ]
      : []),
    ...(notCompared.length > 0
      ? ["", "Not compared:", "", ...notCompared.map(({ section, reason }) => `- \`${section}\`: ${escaped(reason)}`)]
      : []),
    ...(picture.length > 0 ? ["", "What is bound to what:", "", ...picture] : []),
  ].join("\n");
}

function rowsOf({ kind, name, state, fields, perhaps }: Difference): string[][] {
  const entry = `${kind} **${escaped(name)}**`;
  if (state !== "differs") {
    const direction = state === "only in A" ? "to" : "from";
    const hint = perhaps === undefined ? "" : `perhaps renamed ${direction} **${escaped(perhaps)}**`;
    return [[state, entry, hint, state === "only in A" ? "✔" : "", state === "only in B" ? "✔" : ""]];
  }
  return fields.map((field, index) => [
    index === 0 ? state : "",
    index === 0 ? entry : "",
    codeText(field.path),
    ...cells(field),
  ]);
}

/** Both values; of a list whose order means nothing, what each side has alone. */
export function cells({ a, b, added, removed }: ValueDifference): [string, string] {
  if (!added || !removed) return [code(a), code(b)];
  const items = (mark: string, list: readonly unknown[]) => list.map((item) => `${mark} ${code(item)}`).join("<br>");
  return [items("−", removed), items("+", added)];
}
