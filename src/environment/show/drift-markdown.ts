import type { DriftReport } from "../drift.js";
import type { Finding } from "../drift-findings.js";
import { cells } from "./comparison-markdown.js";
import { asDifference, driftSummary, waysOut } from "./drift-text.js";
import { codeText, escaped, table } from "./markdown.js";

/** A drift report for an issue or a pull request. */
export function driftMarkdown(report: DriftReport): string {
  const { stack, findings, notes } = report;
  const rows = findings.flatMap(rowsOf);
  const ways = waysOut(report);
  return [
    `### Drift of stack ${escaped(stack)}`,
    "",
    escaped(driftSummary(report)),
    ...(rows.length > 0 ? ["", ...table(["", "Resource", "Field", "Declared", "Live"], rows)] : []),
    ...(notes.length > 0 ? ["", ...notes.map((note) => `- ${escaped(note.replace(/\s+/g, " "))}`)] : []),
    ...(ways.length > 0 ? ["", ...ways] : []),
  ].join("\n");
}

function rowsOf({ class: word, kind, name, id, owner, fields }: Finding): string[][] {
  const resource = `${kind} **${escaped(name)}**`;
  if (!fields) {
    const more = word === "foreign" ? codeText(id) + (owner === undefined ? "" : `<br>of ${codeText(owner)}`) : "";
    return [[word, resource, more, word === "missing" ? "✔" : "", word === "foreign" ? "✔" : ""]];
  }
  return fields.map((field, index) => [
    index === 0 ? word : "",
    index === 0 ? resource : "",
    codeText(field.path),
    ...cells(asDifference(field)),
  ]);
}
