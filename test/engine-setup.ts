import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import * as path from "node:path";
import { ensureEngine } from "../lab/cli/engine.js";
import { tellEngine } from "../lab/cli/environment.js";
import { PROVIDERS, placeQuickNode } from "../lab/cli/launcher.js";
import { pulumiHome } from "../lab/cli/places.js";
import { startProviderHosts } from "../lab/cli/provider-host.js";
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
  await symlink(path.join(pulumiHome(), "versions"), path.join(home, "versions"));
  await placeQuickNode(home);
  process.env.PULUMI_HOME = home;
  const providers = process.platform === "linux" ? await startProviderHosts() : undefined;
  process.env[PROVIDERS] = String(providers?.port ?? "");
  tellEngine({ ...engine, env: { ...engine.env, PATH: [home, engine.env.PATH].join(path.delimiter) } });
  return async () => {
    providers?.close();
    await rm(home, { recursive: true, force: true });
  };
}
