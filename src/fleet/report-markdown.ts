import { escaped, table } from "../environment/show/markdown.js";
import type { FleetReport, StackEntry } from "./report.js";
import { changesText, resourceLines, summary } from "./report-text.js";

/** A report for a pull request or a job's page. */
export function reportMarkdown(report: FleetReport): string {
  const { command, run, stacks, waves, notes } = report;
  const gates = waves.map(({ name, state, reasons }) => [escaped(name), state, reasons.map(oneLine).join("<br>")]);
  return [
    `### Fleet ${command} ${escaped(run)}`,
    "",
    escaped(summary(report)),
    ...(gates.length > 0 ? ["", ...table(["Wave", "State", "Gate"], gates)] : []),
    "",
    ...table(["Stack", "Wave", "State", "Changes", "Seconds", "What is to be seen"], stacks.map(row)),
    ...(notes.length > 0 ? ["", ...notes.map((note) => `- ${oneLine(note)}`)] : []),
  ].join("\n");
}

function row(stack: StackEntry): string[] {
  const { name, wave, state, changes, seconds, differences = [], error, warnings = [] } = stack;
  const lines = [
    ...(error === undefined ? [] : [error]),
    ...resourceLines(stack),
    ...differences,
    ...warnings.map((text) => `warning: ${text}`),
  ];
  const time = seconds === undefined ? "" : seconds.toFixed(1);
  return [
    escaped(name),
    escaped(wave),
    state,
    changes ? escaped(changesText(changes)) : "",
    time,
    lines.map(oneLine).join("<br>"),
  ];
}

function oneLine(text: string): string {
  return escaped(text.trim().replace(/\s+/g, " "));
}
