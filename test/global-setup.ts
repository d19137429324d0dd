import { ensureEngine } from "../lab/cli/engine.js";
import { tellEngine } from "../lab/cli/environment.js";
import { ensureDist } from "../lab/dist.js";

/** The engine tests run programs against `dist`, on the real engine: both are made here, or every such test fails. */
export default async function setup(): Promise<void> {
  ensureDist((line) => console.error(line));
  tellEngine(await ensureEngine({ log: (line) => console.error(line) }));
}
