import { type ServerResponse, STATUS_CODES } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { FaultAction } from "./faults.js";

/** An answer as it goes over the wire. */
export interface WireAnswer {
  status: number;
  headers: Record<string, string>;
  text: string;
}

/** Cuts the connection with a TCP reset. */
export function cut(outgoing: ServerResponse): void {
  outgoing.socket?.resetAndDestroy();
}

/** Sends an answer, distorted by the fault actions that shape one. */
export async function send(
  outgoing: ServerResponse,
  answer: WireAnswer,
  actions: FaultAction[],
  stopped: AbortSignal,
): Promise<void> {
  if (outgoing.headersSent || outgoing.socket?.destroyed !== false) return;
  const shaped = withContentType(answer, actions);
  const body = Buffer.from(shaped.text);
  const headers: Record<string, string> =
    body.length > 0 ? { ...shaped.headers, "content-length": String(body.length) } : shaped.headers;
  outgoing.writeHead(shaped.status, STATUS_CODES[shaped.status] ?? "", headers);
  const stall = actions.find((action) => action.kind === "stallBody");
  if (stall !== undefined && !(await pause(outgoing, stall.ms, stopped))) return;
  if (actions.some((action) => action.kind === "truncate")) {
    outgoing.write(body.subarray(0, Math.floor(body.length / 2)), () => cutGently(outgoing));
    return;
  }
  const drip = actions.find((action) => action.kind === "drip");
  if (drip !== undefined && !(await trickle(outgoing, body, drip.bytesPerSecond, stopped))) return;
  outgoing.end(drip === undefined ? body : undefined);
}

function withContentType(answer: WireAnswer, actions: FaultAction[]): WireAnswer {
  const action = actions.find((candidate) => candidate.kind === "contentType");
  if (action === undefined) return answer;
  return {
    ...answer,
    headers: { ...answer.headers, "content-type": action.value },
    text: action.body ?? answer.text,
  };
}

/** Lets what was written arrive; a reset could overtake it. */
function cutGently(outgoing: ServerResponse): void {
  outgoing.socket?.destroySoon();
}

async function trickle(
  outgoing: ServerResponse,
  body: Buffer,
  bytesPerSecond: number,
  stopped: AbortSignal,
): Promise<boolean> {
  const intervalMs = Math.max(1000 / bytesPerSecond, 20);
  const step = Math.max(Math.round((bytesPerSecond * intervalMs) / 1000), 1);
  for (let sent = 0; sent < body.length; sent += step) {
    outgoing.write(body.subarray(sent, sent + step));
    if (!(await pause(outgoing, intervalMs, stopped))) return false;
  }
  return true;
}

/** Waits; false when the server stops or the caller has gone meanwhile. */
async function pause(outgoing: ServerResponse, ms: number, stopped: AbortSignal): Promise<boolean> {
  outgoing.flushHeaders();
  return (await wait(ms, stopped)) && outgoing.socket?.destroyed === false;
}

/** Waits; false when the server stops meanwhile. */
export async function wait(ms: number, stopped: AbortSignal): Promise<boolean> {
  return sleep(ms, true, { signal: stopped }).catch(() => false);
}
