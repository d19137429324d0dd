import type { Dialect } from "./dialects.js";
import { ApiError } from "./errors.js";

interface Window {
  startedAt: number;
  used: number;
}

/** Counts requests per organisation and operation in fixed windows, as the vendor's docs describe the limits. */
export class RateLimiter {
  readonly #windows = new Map<string, Window>();

  /** Counts one request; returns the limit's headers, or throws the 429. */
  count(organisation: string, operation: string, limit: NonNullable<Dialect["rateLimit"]>): Record<string, string> {
    const key = `${organisation} ${operation}`;
    const now = Date.now();
    const known = this.#windows.get(key);
    const window = known !== undefined && now < known.startedAt + limit.perMs ? known : { startedAt: now, used: 0 };
    this.#windows.set(key, window);
    window.used += 1;
    const endsAt = window.startedAt + limit.perMs;
    const headers = {
      "x-ratelimit-limit": String(limit.requests),
      "x-ratelimit-remaining": String(Math.max(limit.requests - window.used, 0)),
      "x-ratelimit-reset": String(Math.ceil(endsAt / 1000)),
    };
    if (window.used <= limit.requests) return headers;
    throw new ApiError(429, "rate_limited", "Too many requests.", {
      headers: { ...headers, ...retryAfter(limit.retryAfter, endsAt - now) },
    });
  }
}

function retryAfter(form: "seconds" | "date" | "absent", milliseconds: number): Record<string, string> {
  const seconds = Math.max(Math.ceil(milliseconds / 1000), 1);
  if (form === "seconds") return { "retry-after": String(seconds) };
  // An HTTP date has whole seconds: rounded up, so that no client comes back too early.
  if (form === "date") return { "retry-after": new Date(Math.ceil(Date.now() / 1000 + seconds) * 1000).toUTCString() };
  return {};
}
