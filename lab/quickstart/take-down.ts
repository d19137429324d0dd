import { removeState, settleLocks } from "./leftovers.js";
import { heading, say } from "./say.js";
import type { Session } from "./session.js";
import { baseSettings, configure, destroy, stackExists, up } from "./stack.js";

/** `npm run destroy`: lifts the protection, destroys the stack, and removes what the quickstart kept. */
export async function takeDown(session: Session): Promise<void> {
  if (!stackExists()) {
    removeState();
    say("There is no stack; nothing to destroy.");
    return;
  }
  await settleLocks(session);
  await session.startAccount();
  heading("The workspace is protected by default: the program lifts that first");
  await configure(session.engine, session.account.seedIds, { ...baseSettings, protect: false });
  requireSuccess(await up(session.engine));
  heading("Everything is destroyed");
  requireSuccess(await destroy(session.engine));
  await session.startOver();
  say("All gone: the stack, and the account that the emulator kept.");
}

function requireSuccess(succeeded: boolean): void {
  if (succeeded) return;
  throw new Error("The engine failed (see above). `npm start` brings the stack in order; then destroy it again.");
}
