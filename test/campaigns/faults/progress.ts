import { elapsed } from "../../../lab/cli/progress.js";

/** A bar that is rewritten on a terminal, a plain line for each round elsewhere. */
export class Progress {
  private readonly done = new Map<string, number>();
  private readonly startedAt = Date.now();

  constructor(private readonly total: number) {}

  of(name: string): (done: number) => void {
    return (done) => {
      this.done.set(name, done);
      const all = [...this.done.values()].reduce((sum, one) => sum + one, 0);
      const line = `${Math.min(all, this.total)}/${this.total} operations, ${elapsed(Date.now() - this.startedAt)}`;
      if (!process.stderr.isTTY) {
        console.error(`${name}: ${done} done; ${line}`);
        return;
      }
      const filled = Math.min(30, Math.round((all / this.total) * 30));
      process.stderr.write(`\r\x1b[2K[${"#".repeat(filled)}${"-".repeat(30 - filled)}] ${line}`);
    };
  }

  end(): void {
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[2K");
  }
}
