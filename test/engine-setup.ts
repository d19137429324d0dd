import { mkdir, mkdtemp, rm } from "node:fs/promises";
import * as path from "node:path";
import { ensureEngine } from "../lab/cli/engine.js";
import { tellEngine } from "../lab/cli/environment.js";
import { startHosts } from "../lab/cli/hosts.js";
import { HOSTS, placeQuickEngine } from "../lab/cli/launcher.js";
import { repositoryRoot } from "../lab/root.js";

/**
 * The tests on the real engine find it here, or every such test fails. They have a Pulumi home of their own: the CLI leaves a log
 * there for each command and looks through them all at each start.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const engine = await ensureEngine({ log: (line) => console.error(line) });
  const state = path.join(repositoryRoot, "state");
  await mkdir(state, { recursive: true });
  const home = await mkdtemp(path.join(state, "test-home-"));
  const folder = path.join(home, "versions", engine.version, "bin");
  const bin = await placeQuickEngine(folder, engine.bin);
  process.env.PULUMI_HOME = home;
  const hosts = process.platform === "linux" ? await startHosts() : undefined;
  process.env[HOSTS] = String(hosts?.port ?? "");
  const env = { ...engine.env, PATH: [folder, engine.env.PATH].join(path.delimiter) };
  tellEngine({ ...engine, root: path.dirname(folder), bin, env });
  return async () => {
    hosts?.close();
    await rm(home, { recursive: true, force: true });
  };
}
