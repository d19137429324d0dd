export interface Progress {
  /** What is under way right now, shown with the next tick. */
  detail: string;
  stop(): void;
}

const frames = ["|", "/", "-", "\\"];

/** Shows that long work is alive: a line that is rewritten on a terminal, a plain line every 15 seconds elsewhere. */
export function showProgress(title: string, log: (line: string) => void, terminal = process.stderr): Progress {
  const startedAt = Date.now();
  const progress: Progress = { detail: "", stop };
  const text = () => `${title}: ${elapsed(Date.now() - startedAt)}${progress.detail && `, ${progress.detail}`}`;
  let frame = 0;
  const timer = terminal.isTTY
    ? setInterval(() => terminal.write(`\r\x1b[2K${frames[frame++ % frames.length]} ${text()}`), 120)
    : setInterval(() => log(text()), 15_000);
  if (!terminal.isTTY) log(`${title} ...`);

  function stop(): void {
    clearInterval(timer);
    if (terminal.isTTY) terminal.write("\r\x1b[2K");
  }
  return progress;
}

export function elapsed(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
