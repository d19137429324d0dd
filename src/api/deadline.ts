/** Node turns longer timers into none. */
const longestTimer = 2 ** 31 - 1;

/** The time that one call may take, over all its attempts and the waits between them. */
export class Deadline {
  readonly #controller = new AbortController();
  #leftMs: number;
  #endsAt: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(readonly totalMs: number) {
    this.#leftMs = totalMs;
  }

  /** Starts the clock; later calls do nothing. */
  begin(): void {
    if (this.#endsAt !== undefined) return;
    this.#endsAt = Date.now() + this.#leftMs;
    this.#timer = setTimeout(() => this.expire(), Math.min(this.#leftMs, longestTimer));
  }

  get begun(): boolean {
    return this.#endsAt !== undefined;
  }

  /** Takes away time that passed before the clock started; after that it does nothing. */
  spend(milliseconds: number): void {
    this.#leftMs = Math.max(0, this.#leftMs - milliseconds);
  }

  /** Milliseconds left. */
  get remaining(): number {
    return this.#endsAt === undefined ? this.#leftMs : Math.max(0, this.#endsAt - Date.now());
  }

  get expired(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Ends the time at once. */
  expire(): void {
    this.#controller.abort();
  }

  /** Calls back at the end; the answer takes that back. */
  onExpiry(callback: () => void): () => void {
    const { signal } = this.#controller;
    if (signal.aborted) callback();
    else signal.addEventListener("abort", callback, { once: true });
    return () => signal.removeEventListener("abort", callback);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
