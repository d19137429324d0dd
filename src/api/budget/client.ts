import { connect, type Socket } from "node:net";
import { writeToStandardError } from "../log.js";
import type { Denial, Paced, Release } from "../turn.js";
import { fromBudget, onMessage, send } from "./messages.js";

const PING_MS = 250;
/** So many pings without an answer, and the budget counts as gone. */
const MOST_UNANSWERED = 12;
/** Node turns longer timers into none. */
const LONGEST_TIMER = 2 ** 31 - 1;

interface Waiting {
  /** The budget has shown a sign of life. */
  alive(): void;
  admit(spentMs: number): void;
  deny(denial: Denial): void;
}

/**
 * This process's side of a budget that many share. When the budget is gone or silent, the process
 * goes on with its own limits.
 */
export class BudgetClient {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #isGone = false;
  #last = 0;
  #unanswered = 0;
  #heardAt = 0;
  #pings: NodeJS.Timeout | undefined;

  constructor(address: string) {
    this.#socket = connect(address);
    // It must not keep a process that has nothing else to do.
    this.#socket.unref();
    this.#socket.on("error", (error) => this.#gone(` (${error.message})`));
    this.#socket.on("close", () => this.#gone(""));
    onMessage(this.#socket, fromBudget, (message) => {
      this.#unanswered = 0;
      this.#heardAt = Date.now();
      for (const { alive } of this.#waiting.values()) alive();
      if ("admitted" in message) this.#waiting.get(message.admitted)?.admit(message.spentMs);
      if ("denied" in message) this.#waiting.get(message.denied)?.deny(message.denial);
    });
  }

  /**
   * Resolves when the request may start; calls `alive` meanwhile, for each sign of life. Rejects
   * with a Denial.
   */
  async acquire(request: Paced, of: string, alive: () => void): Promise<Release> {
    if (this.#isGone) return () => {};
    const id = ++this.#last;
    const { deadline, operation, isRetry } = request;
    const askedAt = Date.now();
    await new Promise<void>((resolve, reject: (denial: Denial) => void) => {
      let timer: NodeJS.Timeout | undefined;
      let stopWatching = () => {};
      const settle = () => {
        clearTimeout(timer);
        stopWatching();
        this.#waiting.delete(id);
        this.#watch();
      };
      const deny = (denial: Denial) => {
        settle();
        reject(denial);
      };
      const giveUp = (denial: Denial) => {
        if (!this.#waiting.has(id)) return;
        send(this.#socket, { finished: id, succeeded: false, throttled: false });
        deny(denial);
      };
      // A budget that is at work keeps to the deadline by itself, and knows whether its queue
      // moves.
      const listen = (ms: number) => {
        timer = setTimeout(() => setImmediate(judge), Math.min(ms, LONGEST_TIMER));
      };
      const judge = () => {
        if (!this.#waiting.has(id)) return;
        const left = deadline.remaining - (Date.now() - Math.max(askedAt, this.#heardAt));
        if (left > 0) return listen(left);
        if (this.#unanswered > 0) return giveUp({ reason: "silent" });
        this.#ping();
        listen(Math.min(PING_MS, deadline.remaining));
      };
      this.#waiting.set(id, {
        alive,
        admit: (spentMs) => {
          settle();
          deadline.spend(spentMs);
          resolve();
        },
        deny,
      });
      stopWatching = deadline.onExpiry(() => giveUp({ reason: "deadline" }));
      if (deadline.expired) return;
      send(this.#socket, { ask: id, of, operation, isRetry, leftMs: deadline.remaining, begun: deadline.begun });
      if (!deadline.begun) listen(deadline.remaining);
      this.#watch();
    });
    return (ending) => send(this.#socket, { finished: id, ...ending });
  }

  /** Asks for a sign of life for as long as somebody waits. */
  #watch(): void {
    if (this.#waiting.size === 0) {
      clearInterval(this.#pings);
      this.#pings = undefined;
    } else if (this.#pings === undefined) {
      this.#unanswered = 0;
      this.#pings = setInterval(() => this.#ping(), PING_MS);
      this.#ping();
    }
  }

  #ping(): void {
    // Counted in pings, not in time: a process that was stopped itself must not blame the budget.
    if (this.#unanswered >= MOST_UNANSWERED) this.#gone(` (no answer for ${(PING_MS * MOST_UNANSWERED) / 1000} s)`);
    this.#unanswered += 1;
    send(this.#socket, { ping: true });
  }

  #gone(why: string): void {
    if (this.#isGone) return;
    this.#isGone = true;
    if (this.#waiting.size > 0 || why !== "") {
      writeToStandardError(
        `warning: the shared budget AMIGO_SHARED_BUDGET is gone${why}; each process keeps to its own limits`,
      );
    }
    for (const { admit } of [...this.#waiting.values()]) admit(0);
    this.#socket.destroy();
  }
}

let shared: { address: string; client: BudgetClient } | undefined;

/** The budget that `AMIGO_SHARED_BUDGET` names; undefined where this process shares none. */
export function sharedBudget(): BudgetClient | undefined {
  const address = process.env.AMIGO_SHARED_BUDGET;
  if (!address) return undefined;
  if (shared?.address !== address) shared = { address, client: new BudgetClient(address) };
  return shared.client;
}
