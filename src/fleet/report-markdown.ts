import { escaped, table } from "../environment/show/markdown.js";
import type { FleetReport, StackEntry } from "./report.js";
import { changesText, summary } from "./report-text.js";

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
    ...table(["Stack", "Wave", "State", "Changes", "Seconds", "What is wrong"], stacks.map(row)),
    ...(notes.length > 0 ? ["", ...notes.map((note) => `- ${oneLine(note)}`)] : []),
  ].join("\n");
}

function row({ name, wave, state, changes, seconds, differences = [], error }: StackEntry): string[] {
  const wrong = [...(error === undefined ? [] : [error]), ...differences].map(oneLine).join("<br>");
  const time = seconds === undefined ? "" : seconds.toFixed(1);
  return [escaped(name), escaped(wave), state, changes ? escaped(changesText(changes)) : "", time, wrong];
}

function oneLine(text: string): string {
  return escaped(text.trim().replace(/\s+/g, " "));
}
