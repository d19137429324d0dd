import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Deadline } from "../deadline.js";
import type { Denial } from "../limiter.js";
import { writeToStandardError } from "../log.js";
import { type FromBudget, onMessage, send } from "./messages.js";

/** What a request's end says about the load. */
export interface Ending {
  readonly succeeded: boolean;
  readonly throttled: boolean;
  readonly pauseMs?: number;
  readonly told?: string;
}

/** This process's side of a budget that many share. When the budget is gone, the process goes on with its own limits. */
export class BudgetClient {
  readonly #socket: Promise<Socket | undefined>;
  readonly #waiting = new Map<number, { admit: () => void; deny: (denial: Denial) => void }>();
  #last = 0;

  constructor(address: string) {
    this.#socket = this.#connect(address);
  }

  /** Answers when the request may start; rejects with a Denial. What it answers ends the turn, and must be called. */
  async turn(of: string, deadline: Deadline, isRetry: boolean): Promise<(ending: Ending) => void> {
    const socket = await this.#socket;
    if (!socket?.writable) return () => {};
    const id = ++this.#last;
    await new Promise<void>((admit, deny: (denial: Denial) => void) => {
      this.#waiting.set(id, { admit, deny });
      socket.ref();
      send(socket, { ask: id, of, leftMs: deadline.remaining, begun: deadline.begun, isRetry });
    });
    return (ending) => send(socket, { finished: id, ...ending });
  }

  async #connect(address: string): Promise<Socket | undefined> {
    const socket = connect(address);
    const gone = (error?: Error) => {
      const why = error ? ` (${error.message})` : "";
      if (this.#waiting.size > 0 || error) {
        writeToStandardError(
          `warning: the shared budget AMIGO_SHARED_BUDGET is gone${why}; each process keeps to its own limits`,
        );
      }
      for (const { admit } of this.#waiting.values()) admit();
      this.#waiting.clear();
    };
    try {
      await once(socket, "connect");
    } catch (error) {
      gone(error as Error);
      return undefined;
    }
    // It must not keep a process that has nothing else to do.
    socket.unref();
    socket.on("error", () => {});
    socket.on("close", () => gone());
    onMessage<FromBudget>(socket, (message) => {
      const id = "admitted" in message ? message.admitted : message.denied;
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) socket.unref();
      if ("admitted" in message) waiting?.admit();
      else waiting?.deny(message.denial);
    });
    return socket;
  }
}

let shared: BudgetClient | undefined;

/** The budget that `AMIGO_SHARED_BUDGET` names; undefined where this process shares none. */
export function sharedBudget(): BudgetClient | undefined {
  const address = process.env.AMIGO_SHARED_BUDGET;
  if (address) shared ??= new BudgetClient(address);
  return address ? shared : undefined;
}
