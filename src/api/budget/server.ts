import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { Deadline } from "../deadline.js";
import { type Denial, Limiter, type Limits } from "../limiter.js";
import { onMessage, send, type ToBudget } from "./messages.js";

export interface SharedBudget {
  /** Goes into `AMIGO_SHARED_BUDGET` of the processes that share it. */
  readonly address: string;
  close(): Promise<void>;
}

/** What macOS allows, the least of all systems; Node cuts a longer path off without a word. */
const LONGEST_SOCKET_PATH = 103;

/**
 * One budget of requests for many processes on this machine, such as a fleet's: for each server and key so many at once, so many per
 * second, and a wait that the server told one of them holds all. Each process's own limits hold beside it.
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
  readonly limiter: Limiter;
  readonly deadline: Deadline;
  /** When it began; undefined while it waits. */
  startedAt?: number;
}

function serve(socket: Socket, limits: Limits, limiterOf: (name: string) => Limiter): void {
  const turns = new Map<number, Turn>();

  const end = (id: number, succeeded: boolean) => {
    const turn = turns.get(id);
    turns.delete(id);
    turn?.deadline.clear();
    if (turn?.startedAt !== undefined) turn.limiter.finished(succeeded);
  };

  const ask = async ({ ask: id, of, leftMs, begun, isRetry }: Extract<ToBudget, { ask: number }>) => {
    const turn: Turn = { limiter: limiterOf(of), deadline: new Deadline(leftMs) };
    turns.set(id, turn);
    if (begun) turn.deadline.begin();
    try {
      turn.startedAt = await turn.limiter.admission(limits, turn.deadline, isRetry);
    } catch (denial) {
      end(id, false);
      return send(socket, { denied: id, denial: denial as Denial });
    }
    // It waited for a process that has ended meanwhile.
    if (!turns.has(id)) turn.limiter.finished(false);
    else send(socket, { admitted: id });
  };

  onMessage<ToBudget>(socket, (message) => {
    if ("ask" in message) return void ask(message);
    const turn = turns.get(message.finished);
    if (message.throttled && turn?.startedAt !== undefined) turn.limiter.throttled(limits, turn.startedAt);
    if (message.pauseMs !== undefined) turn?.limiter.pause(message.pauseMs, message.told ?? "");
    end(message.finished, message.succeeded);
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    for (const id of [...turns.keys()]) end(id, false);
  });
}
