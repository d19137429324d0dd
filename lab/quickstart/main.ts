import { Interrupted } from "./engine-process.js";
import { Session } from "./session.js";
import { tell } from "./story.js";
import { takeDown } from "./take-down.js";

const commands: Record<string, (session: Session) => Promise<void>> = { up: tell, destroy: takeDown };

async function main(name = "up"): Promise<void> {
  const command = commands[name];
  if (!command) throw new Error(`unknown command ${name}: use one of ${Object.keys(commands).join(", ")}`);
  const session = await Session.open();
  try {
    await command(session);
  } finally {
    await session.close();
  }
}

main(process.argv[2]).then(
  () => process.exit(0),
  (error: Error) => {
    console.error(`\n${error.message}`);
    process.exit(error instanceof Interrupted ? 130 : 1);
  },
);
