import type { RequestLogEntry } from "../../../src/emulator/index.js";
import type { Strike } from "./drive.js";

/** How long after an answer a request may still arrive that was under way before it was read. */
const UNDER_WAY_MS = 250;
/** Clocks of two processes on one machine, in whole milliseconds. */
const CLOCK_MS = 5;

/** Requests that came before the time was over that an answer had told, each as a sentence. */
export function earlyRetries(
  requests: readonly RequestLogEntry[],
  strikes: readonly Strike[],
  endedAt: number,
): Early[] {
  const found: Early[] = [];
  // A call with a process of its own has been told nothing of what other processes were told.
  const apart = new Set(strikes.filter(({ injection }) => injection.alone).map(({ rule }) => rule));
  for (const strike of strikes) {
    const { toldMs, toldUntil } = strike.injection;
    const answer = requests.find(({ faults }) => faults?.includes(strike.rule));
    if (!answer || (toldMs ?? toldUntil) === undefined) continue;
    const answeredAt = Date.parse(answer.at) + answer.ms;
    const processEndedAt = strike.injection.alone ? strike.to : (strike.runEndedAt ?? endedAt);
    const until = Math.min(toldUntil ?? answeredAt + (toldMs ?? 0), processEndedAt);
    for (const request of requests) {
      if (request.operation !== answer.operation || request.sequence === answer.sequence) continue;
      const at = Date.parse(request.at);
      const isSame = request.path === answer.path && sameBody(request, answer);
      const isApart = strike.injection.alone || request.faults?.some((rule) => apart.has(rule));
      if (isApart && !isSame) continue;
      const after = answeredAt + (isSame ? 0 : UNDER_WAY_MS);
      if (request.sequence < answer.sequence || at < after || at >= until - CLOCK_MS) continue;
      found.push({
        strike,
        text: `${request.method} ${request.path} came ${Math.round(until - at)} ms before the time told`,
      });
    }
  }
  return found;
}

export interface Early {
  readonly strike: Strike;
  readonly text: string;
}

/** Calls that went on after their total deadline, told by when the caller cut the connection. */
export function overruns(
  requests: readonly RequestLogEntry[],
  strikes: readonly Strike[],
  timeoutSeconds: number,
): Early[] {
  const limit = timeoutSeconds * 1000 * 1.1 + 250;
  return strikes.flatMap((strike) => {
    const request = requests.find(({ faults }) => faults?.includes(strike.rule));
    if (strike.injection.faultClass !== "slow" || !request) return [];
    const open = request.droppedMs ?? strike.to - Date.parse(request.at);
    return open > limit ? [{ strike, text: `${request.operation}: waited ${Math.round(open)} ms` }] : [];
  });
}

function sameBody(one: RequestLogEntry, other: RequestLogEntry): boolean {
  return JSON.stringify(one.requestBody) === JSON.stringify(other.requestBody);
}
