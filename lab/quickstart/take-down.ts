import { removeState, settleLocks } from "./leftovers.js";
import { heading, say } from "./say.js";
import type { Session } from "./session.js";
import { configure, destroy, exportState, nameOf, ours, stackExists, up } from "./stack.js";

/** `npm run destroy`: lifts the protection, destroys the stack, and removes what the quickstart kept. */
export async function takeDown(session: Session): Promise<void> {
  const { engine, former } = session;
  if (!stackExists()) {
    removeState();
    say("There is no stack; nothing to destroy.");
    return;
  }
  await settleLocks(engine, former);
  await session.startAccount();
  if (ours(await exportState(engine)).some(({ urn }) => nameOf(urn) === WORKSPACE)) {
    heading("The workspace is protected by default: the program lifts that first");
    await configure(engine, session.account.seedIds, { protect: false });
    // Whatever else an interrupted run has left undone goes anyway.
    requireSuccess(await up(engine, "--target", `**::${WORKSPACE}`));
  }
  heading("Everything is destroyed");
  requireSuccess(await destroy(engine));
  await session.startOver();
  say("All gone: the stack, and the account that the emulator kept.");
}

/** Its name in `examples/quickstart`. */
const WORKSPACE = "clinic";

function requireSuccess(succeeded: boolean): void {
  if (succeeded) return;
  throw new Error("The engine failed (see above). `npm start` brings the stack in order; then destroy it again.");
}
