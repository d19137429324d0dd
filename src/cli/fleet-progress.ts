import { safe } from "../environment/show/layout.js";
import type { FleetListener } from "../fleet/commands.js";
import type { StackEntry } from "../fleet/report.js";
import { endText } from "../fleet/report-text.js";
import type { FleetRun } from "../fleet/runs.js";
import { terminal } from "./terminal.js";

/** What a fleet does as it happens. */
export interface FleetDisplay {
  listen(run: FleetRun): FleetListener;
  /** The stacks of which it printed how they ended. */
  readonly printed: ReadonlySet<string>;
  /** A line that stays, such as a warning. */
  line(text: string): void;
}

/** A live table on a terminal, else a line for each stack that starts or ends; `brief`: with one line of why it failed. */
export async function fleetDisplay(
  stream: NodeJS.WriteStream,
  { plain = false, brief = false } = {},
): Promise<FleetDisplay> {
  if (plain || !stream.isTTY || process.env.TERM === "dumb") return plainLines(stream, brief);
  const { createLogUpdate } = await import("log-update");
  return new LiveTable(stream, createLogUpdate(stream));
}

function plainLines(stream: NodeJS.WritableStream, brief: boolean): FleetDisplay {
  const printed = new Set<string>();
  const line = (text: string) => void stream.write(`${text}\n`);
  const listen = (run: FleetRun): FleetListener => ({
    onStart: (stack) => line(`${stack}: started`),
    onProgress: () => {},
    onEnd: (stack) => {
      printed.add(stack);
      line(endText(run.stack(stack), run.report.command, { brief }));
    },
    onWave: line,
    close: () => {},
  });
  return { printed, line, listen };
}

const REFRESH_MS = 500;
/** Rows that a table leaves to the lines above it. */
const KEPT_ROWS = 6;

/** The stacks that run, below the lines of those that have ended. */
class LiveTable implements FleetDisplay {
  private readonly running = new Map<string, { since: number; text: string }>();
  private run: FleetRun | undefined;
  readonly printed = new Set<string>();

  constructor(
    private readonly stream: NodeJS.WriteStream,
    private readonly table: ReturnType<
      typeof import("log-update", { with: { "resolution-mode": "import" }}).createLogUpdate
    >,
  ) {}

  listen(run: FleetRun): FleetListener {
    this.run = run;
    const timer = setInterval(() => this.draw(), REFRESH_MS);
    return {
      onStart: (stack) => {
        this.running.set(stack, { since: Date.now(), text: "" });
        this.draw();
      },
      onProgress: (stack, text) => {
        const row = this.running.get(stack);
        if (row) row.text = text;
      },
      onEnd: (stack) => {
        this.running.delete(stack);
        this.printed.add(stack);
        this.line(endText(run.stack(stack), run.report.command));
      },
      onWave: (text) => this.line(text),
      close: () => {
        clearInterval(timer);
        this.run = undefined;
        this.table.clear();
        this.table.done();
      },
    };
  }

  /** Not the library's own way, which cuts a line of more rows than the terminal has. */
  line(text: string): void {
    this.table.clear();
    this.stream.write(`${text}\n`);
    this.draw();
  }

  private draw(): void {
    if (this.run) this.table(this.rows(this.run).join("\n"));
  }

  private rows(run: FleetRun): string[] {
    const { rows = 24 } = this.stream;
    const { width } = terminal(this.stream);
    const names = [...this.running.keys()];
    const column = Math.max(0, ...names.map(({ length }) => length));
    const shown = names.slice(0, Math.max(1, rows - KEPT_ROWS)).map((name) => {
      const { since = 0, text = "" } = this.running.get(name) ?? {};
      const seconds = `${Math.round((Date.now() - since) / 1000)} s`.padStart(7);
      return `  ${name.padEnd(column)} ${seconds}  ${safe(text)}`;
    });
    return [...shown, counts(run)].map((row) => row.slice(0, width - 1));
  }
}

function counts({ report: { stacks } }: FleetRun): string {
  const count = (...states: StackEntry["state"][]) => stacks.filter(({ state }) => states.includes(state)).length;
  return `${count("done")} done, ${count("failed", "interrupted", "lost")} failed, ${count("running")} running, ${count("waiting")} waiting`;
}
