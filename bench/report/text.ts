import { isScaled, PROVENANCE } from "../peers.js";
import type { Results } from "../results.js";
import { tables } from "./tables.js";

/** The tables in columns, for a terminal. */
export function text(results: Results): string {
  return [
    about(results),
    ...tables(results).map(({ title, head, rows }) => `${title}\n${columns([head, ...rows])}`),
  ].join("\n\n");
}

/** What was measured where. */
export function about(results: Results): string {
  const { command, date, machine, latencyMs, parallel } = results;
  return (
    `${command}\n${date}, ${machine.cores} cores (${machine.processor}), Node ${machine.node}, Pulumi ${machine.engine}; ` +
    `load ${machine.load.join(" at the start, ")} at the end; API of ${latencyMs} ms, --parallel ${parallel}.\n` +
    `CPU is user and system time of the engine and all its processes that were waited for; memory is sampled.` +
    (isScaled(results) ? `\n${PROVENANCE}` : "")
  );
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  return rows
    .map((row) => `  ${row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join("  ")}`.trimEnd())
    .join("\n");
}
