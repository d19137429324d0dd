import { ensureEngine } from "../lab/cli/engine.js";
import { tellEngine } from "../lab/cli/environment.js";

/** The tests on the real engine find it here, or every such test fails. */
export default async function setup(): Promise<void> {
  tellEngine(await ensureEngine({ log: (line) => console.error(line) }));
}
