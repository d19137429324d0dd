import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Denial } from "../limiter.js";

/** Processes and their shared budget exchange lines of JSON; `id` is the asking process's own number for a request. */
export type ToBudget =
  | { ask: number; of: string; leftMs: number; begun: boolean; isRetry: boolean }
  | { finished: number; succeeded: boolean; throttled: boolean; pauseMs?: number; told?: string };

export type FromBudget = { admitted: number } | { denied: number; denial: Denial };

export function send(socket: Socket, message: ToBudget | FromBudget): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}

/** Calls back with each whole line; one that is cut short by the other's end is dropped. */
export function onMessage<T>(socket: Socket, callback: (message: T) => void): void {
  createInterface({ input: socket }).on("line", (line) => {
    let message: T;
    try {
      message = JSON.parse(line) as T;
    } catch {
      return;
    }
    callback(message);
  });
}
