import { COMMAND } from "../../command.js";
import { isBuiltIn, stackFlags } from "../../stack/project.js";
import type { DriftReport } from "../drift.js";
import type { DriftField, Finding } from "../drift-findings.js";
import type { ValueDifference } from "../value-differences.js";
import { columnOf, count, paragraph, quoted, type Style, safe, type Terminal, valueLines } from "./layout.js";

const MARKS: Record<Finding["class"], { mark: string; style: Style }> = {
  changed: { mark: "~", style: "yellow" },
  missing: { mark: "-", style: "red" },
  foreign: { mark: "+", style: "green" },
};

/** A drift report for a terminal. */
export function driftText(report: DriftReport, terminal: Terminal): string {
  const { stack, findings, notes } = report;
  const { paint } = terminal;
  const column = columnOf(
    findings.flatMap(({ fields = [] }) => fields.map(({ path }) => path)),
    terminal,
  );
  const lines = findings.flatMap((finding) => findingLines(finding, column, terminal));
  return [
    `Stack ${paint("bold", safe(stack))}`,
    "",
    ...lines,
    ...(lines.length > 0 ? [""] : []),
    ...paragraph(driftSummary(report), terminal),
    ...notes
      .flatMap((note) => paragraph(`Note: ${safe(note.replace(/\s+/g, " "))}.`, terminal))
      .map((line) => paint("yellow", line)),
    ...waysOut(report).flatMap((line) => paragraph(line, terminal)),
  ].join("\n");
}

/** How much has drifted, in a sentence or two. */
export function driftSummary({ findings, complete }: DriftReport): string {
  const number = (test: (finding: Finding) => boolean) => findings.filter(test).length;
  const [changed, missing] = [number((one) => one.class === "changed"), number((one) => one.class === "missing")];
  const others = number((one) => one.owner !== undefined);
  const foreign = number((one) => one.class === "foreign") - others;
  const parts = [
    ...(changed > 0 ? [`${changed} changed`] : []),
    ...(missing > 0 ? [`${missing} missing`] : []),
    ...(foreign > 0 ? [`${count(foreign, "thing", "things")} of no known stack`] : []),
    ...(others > 0 ? [`${count(others, "thing", "things")} of other stacks`] : []),
  ];
  const found = parts.length > 0 ? `${parts.join(", ")}.` : "No drift.";
  return complete ? found : `${found} The report is incomplete: not everything could be read.`;
}

/** What a person can do about it. */
export function waysOut({ findings, ...place }: Pick<DriftReport, "findings" | "stack" | "cwd">): string[] {
  const flags = stackFlags(place);
  const keep = isBuiltIn(place)
    ? "write it into the document"
    : `change the program to match, then \`pulumi refresh ${flags}\``;
  const has = (name: Finding["class"]) => findings.some((one) => one.class === name && one.owner === undefined);
  return [
    ...(has("changed") || has("missing")
      ? [
          `To put it back: \`pulumi up --refresh ${flags}\`. What is not declared stays as it is: declare it first. To keep it: ${keep}.`,
        ]
      : []),
    ...(has("foreign") ? [foreignText(findings, flags)] : []),
  ];
}

function foreignText(findings: readonly Finding[], flags: string): string {
  const foreign = findings.filter((one) => one.class === "foreign" && one.owner === undefined);
  const kept = foreign.filter(({ kind, id }) => kind === "VersionSet" && id.endsWith("/release"));
  return [
    `Foreign is what this stack does not declare. To manage it here: declare it, then \`${COMMAND} adopt WORKSPACE ${flags}\`, with its alias or id.`,
    ...(kept.length < foreign.length
      ? ["Before you delete it, ask who made it: another stack may manage it, and not everything says which one."]
      : []),
    ...(kept.length > 0 ? ["A version set `release` cannot be deleted."] : []),
  ].join(" ");
}

/** A field as the difference that it is, with the names that ids stand for. */
export function asDifference({ declared, live, declaredName, liveName, ...field }: DriftField): ValueDifference {
  const named = (value: unknown, name: string | undefined) =>
    name === undefined ? value : `${name} (${String(value)})`;
  return { ...field, a: named(declared, declaredName), b: named(live, liveName) };
}

function findingLines(finding: Finding, column: number, terminal: Terminal): string[] {
  const { mark, style } = MARKS[finding.class];
  const title = `${mark} ${finding.kind} ${quoted(finding.name)}`;
  const owner = finding.owner === undefined ? "" : ` (of ${safe(finding.owner)})`;
  const isOthers = finding.owner !== undefined;
  return [
    terminal.paint(isOthers ? "dim" : style, `${title}  ${finding.class}${owner}`),
    ...(finding.class === "foreign" ? [terminal.paint("dim", `    ${safe(finding.id)}`)] : []),
    ...(finding.fields ?? []).flatMap((field) =>
      valueLines(asDifference(field), ["declared", "live"], column, terminal),
    ),
  ];
}
