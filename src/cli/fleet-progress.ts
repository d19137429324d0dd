import { clearScreenDown, moveCursor } from "node:readline";
import { safe } from "../environment/show/layout.js";
import type { FleetListener } from "../fleet/commands.js";
import type { StackEntry } from "../fleet/report.js";
import { stackText } from "../fleet/report-text.js";
import type { FleetRun } from "../fleet/runs.js";

/** What a fleet does as it happens: a live table on terminals, else a line for each stack that starts or ends. */
export function fleetProgress(stream: NodeJS.WriteStream): (run: FleetRun) => FleetListener & { close(): void } {
  return (run) => (stream.isTTY && process.env.TERM !== "dumb" ? new LiveTable(run, stream) : plainLines(run, stream));
}

function plainLines(run: FleetRun, stream: NodeJS.WritableStream) {
  const line = (text: string) => void stream.write(`${text}\n`);
  return {
    onStart: (stack: string) => line(`${stack}: started`),
    onProgress: () => {},
    onEnd: (stack: string) => line(stackText(run.stack(stack), run.report.command)),
    onWave: line,
    close: () => {},
  };
}

const REFRESH_MS = 500;
/** Rows that a table leaves to the lines above it. */
const KEPT_ROWS = 6;

/** The stacks that run, below the lines of those that have ended. */
class LiveTable implements FleetListener {
  private readonly running = new Map<string, { since: number; text: string }>();
  private readonly timer: NodeJS.Timeout;
  private drawn = 0;

  constructor(
    private readonly run: FleetRun,
    private readonly stream: NodeJS.WriteStream,
  ) {
    this.timer = setInterval(() => this.draw(), REFRESH_MS);
  }

  onStart(stack: string): void {
    this.running.set(stack, { since: Date.now(), text: "" });
    this.draw();
  }

  onProgress(stack: string, text: string): void {
    const row = this.running.get(stack);
    if (row) row.text = text;
  }

  onEnd(stack: string): void {
    this.running.delete(stack);
    this.draw(stackText(this.run.stack(stack), this.run.report.command));
  }

  onWave(text: string): void {
    this.draw(text);
  }

  close(): void {
    clearInterval(this.timer);
    this.erase();
  }

  /** Draws the table anew, below a line that stays. */
  private draw(line?: string): void {
    this.erase();
    if (line !== undefined) this.stream.write(`${line}\n`);
    const rows = this.rows();
    this.stream.write(rows.map((row) => `${row}\n`).join(""));
    this.drawn = rows.length;
  }

  private erase(): void {
    if (this.drawn === 0) return;
    moveCursor(this.stream, 0, -this.drawn);
    clearScreenDown(this.stream);
    this.drawn = 0;
  }

  private rows(): string[] {
    const { columns = 80, rows = 24 } = this.stream;
    const names = [...this.running.keys()];
    const column = Math.max(0, ...names.map(({ length }) => length));
    const shown = names.slice(0, Math.max(1, rows - KEPT_ROWS)).map((name) => {
      const { since = 0, text = "" } = this.running.get(name) ?? {};
      const seconds = `${Math.round((Date.now() - since) / 1000)} s`.padStart(7);
      return `  ${name.padEnd(column)} ${seconds}  ${safe(text)}`.slice(0, columns - 1);
    });
    return [...shown, this.counts().slice(0, columns - 1)];
  }

  private counts(): string {
    const { stacks } = this.run.report;
    const count = (...states: StackEntry["state"][]) => stacks.filter(({ state }) => states.includes(state)).length;
    return `${count("done")} done, ${count("failed", "interrupted", "lost")} failed, ${count("running")} running, ${count("waiting")} waiting`;
  }
}
