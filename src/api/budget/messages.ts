import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import { z } from "zod";

/**
 * Processes and their shared budget exchange lines of JSON. An id is the asking process's own
 * number for a request.
 */
const id = z.number();
const refusal = z.object({ operation: z.string(), requestId: z.string().optional() });

const denial = z.discriminatedUnion("reason", [
  z.object({ reason: z.literal("deadline") }),
  z.object({ reason: z.literal("wait"), waitMs: z.number(), because: z.string() }),
  z.object({ reason: z.literal("refused"), refusal }),
]);

const finished = z.object({
  finished: id,
  succeeded: z.boolean(),
  throttled: z.boolean(),
  waitMs: z.number().optional(),
  because: z.string().optional(),
  refused: refusal.optional(),
});

export const toBudget = z.union([
  z.object({
    ask: id,
    of: z.string(),
    operation: z.string().default(""),
    leftMs: z.number().nonnegative(),
    begun: z.boolean(),
    isRetry: z.boolean(),
  }),
  finished,
  z.object({ ping: z.literal(true) }),
]);

export const fromBudget = z.union([
  z.object({ admitted: id, spentMs: z.number().default(0) }),
  z.object({ denied: id, denial }),
  z.object({ pong: z.literal(true) }),
]);

export type ToBudget = z.infer<typeof toBudget>;
export type FromBudget = z.infer<typeof fromBudget>;

export function send(socket: Socket, message: ToBudget | FromBudget): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}

/** Calls back with each line that is a message; whatever else comes is dropped. */
export function onMessage<T>(socket: Socket, schema: z.ZodType<T>, callback: (message: T) => void): void {
  const lines = createInterface({ input: socket });
  lines.on("error", () => {});
  lines.on("line", (line) => {
    const message = schema.safeParse(jsonOf(line)).data;
    if (message !== undefined) callback(message);
  });
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
