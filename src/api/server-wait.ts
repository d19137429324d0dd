/** For how long the server holds one operation back, now and so far. */
export class ServerWait {
  /** Nothing starts before. */
  until = 0;
  /** The answer that asked for it. */
  because = "";
  #from = 0;
  #endedMs = 0;
  #markedMs = 0;

  /**
   * The server asks to wait so long from now; true when that is longer than it had asked before.
   */
  extend(now: number, waitMs: number, because: string): boolean {
    if (now + waitMs <= Math.max(now, this.until)) return false;
    this.#endedMs = this.heldMs(now);
    this.#from = now;
    this.until = now + waitMs;
    this.because = because;
    return true;
  }

  /** Milliseconds of all waits so far. */
  heldMs(now: number): number {
    return this.#endedMs + Math.min(now, this.until) - this.#from;
  }

  /** From here on `heldSinceMark` counts. */
  mark(now: number): void {
    this.#markedMs = this.heldMs(now);
  }

  heldSinceMark(now: number): number {
    return this.heldMs(now) - this.#markedMs;
  }
}
