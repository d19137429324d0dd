import { execFile } from "node:child_process";
import * as path from "node:path";
import { promisify } from "node:util";
import type { Fixture } from "../fixture/process.js";
import { repositoryRoot } from "../subjects/project.js";

/** Bytes that the provider's code holds on to after a run that created and read this many services, with lines and bindings. */
export async function measureHeldMemory(fixture: Fixture, services: number): Promise<number> {
  await fixture.reset();
  const script = path.join(__dirname, "held.ts");
  const args = ["--expose-gc", "--import", "tsx", script, fixture.url, String(services)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: repositoryRoot });
  return Number(stdout);
}
