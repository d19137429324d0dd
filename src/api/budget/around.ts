import { once } from "node:events";
import { connect } from "node:net";
import type { Limits } from "../limiter.js";
import { type SharedBudget, startSharedBudget } from "./server.js";

/** The budget around this process where there is one, else a new one. `what` names in warnings what keeps to it. */
export async function budgetFor(limits: Limits, what: string, warn: (line: string) => void): Promise<SharedBudget> {
  const outer = process.env.AMIGO_SHARED_BUDGET;
  if (outer && (await isHeld(outer))) {
    warn(
      `this runs within another budget (AMIGO_SHARED_BUDGET); ${what} keeps to that one, and the limits given here do not hold`,
    );
    return { address: outer, close: async () => {} };
  }
  if (outer) {
    warn(`the budget that AMIGO_SHARED_BUDGET names has ended; a new one is started for ${what}`);
  }
  try {
    return await startSharedBudget(limits);
  } catch (error) {
    throw new Error(
      `the budget cannot be started: ${(error as Error).message}. It is a socket in the folder for temporary files: ` +
        "let TMPDIR name a folder with a short path that can be written",
    );
  }
}

async function isHeld(address: string): Promise<boolean> {
  const socket = connect(address);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
