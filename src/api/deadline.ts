/** The time one call may take, over all its attempts and the waits between them. It begins when the first request may start. */
export class Deadline {
  readonly #controller = new AbortController();
  #endsAt: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(readonly totalMs: number) {}

  /** Starts the clock; later calls do nothing. */
  begin(): void {
    if (this.#endsAt !== undefined) return;
    this.#endsAt = Date.now() + this.totalMs;
    this.#timer = setTimeout(() => this.#controller.abort(), this.totalMs);
  }

  get begun(): boolean {
    return this.#endsAt !== undefined;
  }

  /** Milliseconds left. */
  get remaining(): number {
    return this.#endsAt === undefined ? this.totalMs : Math.max(0, this.#endsAt - Date.now());
  }

  get expired(): boolean {
    return this.#controller.signal.aborted;
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
