import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { Deadline } from "../deadline.js";
import { Limiter, type Limits } from "../limiter.js";
import type { Ending, Release } from "../turn.js";
import { type FromBudget, onMessage, send, type ToBudget, toBudget } from "./messages.js";

export interface SharedBudget {
  /** Goes into `AMIGO_SHARED_BUDGET` of the processes that share it. */
  readonly address: string;
  close(): Promise<void>;
}

/** What macOS allows, the least of all systems; Node cuts a longer path off without a word. */
const LONGEST_SOCKET_PATH = 103;

/**
 * One budget of requests for many processes on this machine, such as a fleet's: for each server and
 * key so many at once, so many per second. A wait that the server asks one of them for holds that
 * operation back in all. Each process's own limits hold beside it.
 */
export async function startSharedBudget(limits: Limits): Promise<SharedBudget> {
  const limiters = new Map<string, Limiter>();
  const limiterOf = (name: string) => {
    const limiter = limiters.get(name) ?? new Limiter();
    limiters.set(name, limiter);
    return limiter;
  };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    serve(socket, limits, limiterOf);
  });
  // Private to this user, as the folder is.
  const folder = mkdtempSync(path.join(tmpdir(), "amigo-budget-"));
  const address = process.platform === "win32" ? `\\\\.\\pipe\\${path.basename(folder)}` : path.join(folder, "socket");
  try {
    if (Buffer.byteLength(address) > LONGEST_SOCKET_PATH)
      throw new Error(`the path of its socket, ${address}, is longer than ${LONGEST_SOCKET_PATH} bytes`);
    server.listen(address);
    await once(server, "listening");
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    address,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Turn {
  readonly deadline: Deadline;
  /** Undefined while it waits. */
  release?: Release;
}

const unused: Ending = { succeeded: false, throttled: false };

function serve(socket: Socket, limits: Limits, limiterOf: (name: string) => Limiter): void {
  const turns = new Map<number, Turn>();

  const end = (id: number, ending: Ending) => {
    const turn = turns.get(id);
    turns.delete(id);
    // One that still waits leaves the queue.
    turn?.deadline.expire();
    turn?.deadline.clear();
    turn?.release?.(ending);
  };

  const ask = async ({ ask: id, of, operation, leftMs, begun, isRetry }: Extract<ToBudget, { ask: number }>) => {
    if (turns.has(id)) return;
    const deadline = new Deadline(leftMs);
    const turn: Turn = { deadline };
    turns.set(id, turn);
    if (begun) deadline.begin();
    try {
      turn.release = await limiterOf(of).acquire({ operation, deadline, isRetry }, limits);
    } catch (denial) {
      end(id, unused);
      return send(socket, { denied: id, denial } as FromBudget);
    }
    // It waited for a process that has ended meanwhile.
    if (!turns.has(id)) return turn.release(unused);
    const spentMs = begun ? 0 : leftMs - deadline.remaining;
    deadline.clear();
    send(socket, { admitted: id, spentMs });
  };

  onMessage(socket, toBudget, (message) => {
    if ("ask" in message) void ask(message);
    else if ("finished" in message) end(message.finished, message);
    else send(socket, { pong: true });
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    for (const id of [...turns.keys()]) end(id, unused);
  });
}
