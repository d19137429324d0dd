import { header, type Reply } from "./exchange.js";
import { timeOf } from "./times.js";

/** Milliseconds that an answer asks to wait: `Retry-After` in seconds or as a date, else on a 429 the vendor's `X-RateLimit-Reset`; undefined when it asks nothing. */
export function retryAfterMs(reply: Reply, now: number): number | undefined {
  const asked = header(reply, "retry-after")?.trim();
  if (asked !== undefined && asked !== "")
    return /^\d+(\.\d+)?$/.test(asked)
      ? Math.min(Number(asked) * 1000, Number.MAX_SAFE_INTEGER)
      : untilDate(asked, reply, now);
  if (reply.status !== 429 || header(reply, "x-ratelimit-remaining") !== "0") return undefined;
  const reset = Number(header(reply, "x-ratelimit-reset"));
  return Number.isFinite(reset) && reset > 0 ? Math.max(0, reset * 1000 - serverNow(reply, now)) : undefined;
}

function untilDate(text: string, reply: Reply, now: number): number | undefined {
  const date = timeOf(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - serverNow(reply, now));
}

/** The server's own clock where it tells it, since ours may be wrong; its `Date` is rounded down, so the wait is never too short. */
function serverNow(reply: Reply, now: number): number {
  const date = timeOf(header(reply, "date") ?? "");
  return Number.isNaN(date) ? now : date;
}
