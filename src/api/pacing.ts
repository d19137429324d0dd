import { createHash } from "node:crypto";
import { sharedBudget } from "./budget/client.js";
import { type Limits, limiterFor } from "./limiter.js";
import type { Pacing } from "./turn.js";

/**
 * The turns of one account: all who use a key at an origin. A request waits for its turn in this
 * process, then for its turn among all processes of a shared budget.
 */
export function pacingFor(origin: string, key: string, limits: Limits): Pacing {
  // The key stands in the name as a digest only.
  const account = `${origin} ${createHash("sha256").update(key).digest("hex")}`;
  const limiter = limiterFor(account);
  return {
    acquire: async (request) => {
      const release = await limiter.acquire(request, limits);
      const budget = sharedBudget();
      if (budget === undefined) return release;
      try {
        const releaseShared = await budget.acquire(request, account, () => limiter.moved());
        return (ending) => {
          release(ending);
          releaseShared(ending);
        };
      } catch (denial) {
        release({ succeeded: false, throttled: false });
        throw denial;
      }
    },
  };
}
