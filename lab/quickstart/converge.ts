import { removeState, settleLocks, unsettled } from "./leftovers.js";
import { heading, say } from "./say.js";
import type { Session } from "./session.js";
import { baseSettings, configure, exportState, initStack, stackExists, up } from "./stack.js";

/**
 * Starts the account and brings the stack to the program's base form, from nothing or from wherever an earlier run
 * ended. All that the stack describes lives in the emulator, so what cannot be brought in order is thrown away.
 */
export async function converge(session: Session): Promise<void> {
  const cameBack = await findEarlierRun(session);
  await session.startAccount();
  if (!cameBack) await initStack(session.engine);
  heading(cameBack ? "1. Back to the program's base form" : "1. Everything is made");
  await configure(session.engine, session.account.seedIds, baseSettings);
  if (await up(session.engine)) return;
  if (!cameBack) throw new Error("The engine failed; what it said stands above.");
  say("What an earlier run left cannot be brought in order (see above): starting over with an empty account.");
  await session.startOver();
  await converge(session);
}

/** Whether there is a sound stack of an earlier run; an unsound one is removed. */
async function findEarlierRun(session: Session): Promise<boolean> {
  if (stackExists()) {
    await settleLocks(session.engine, session.former);
    const open = unsettled(await exportState(session.engine));
    if (open.length === 0) return true;
    say(`An earlier run was killed while the engine was at work on ${open.join(", ")}. Nobody knows how that ended.`);
    say("With a real account, `npx pulumi-amigo recover` would settle it; this demonstration starts over instead.");
  }
  removeState();
  return false;
}
