import { existsSync } from "node:fs";
import { chmod, copyFile, link, mkdir, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import * as path from "node:path";
import type { Engine } from "./engine.js";
import { placeLauncher } from "./launcher.js";
import { executable } from "./places.js";

const analyzer = `#!/bin/sh
exec node "$(node -e "console.log(require.resolve('@pulumi/pulumi/cmd/run-policy-pack'))")" "$@"
`;

/**
 * An engine that can run policy packs written for Node, by inline Automation API programs.
 *
 * A released engine is returned as it is. The language host that Go can still build is too old to start a policy pack,
 * and the CLI looks for the older analyzer script only where it finds no language host at all; so for that one this
 * makes a folder with the CLI, the script, the dynamic provider's launcher and nothing else.
 */
export async function policyEngine(engine: Engine): Promise<Engine> {
  const folder = path.dirname(engine.bin);
  // A release brings the hosts of all languages; the build makes the one for Node.
  if (existsSync(path.join(folder, executable("pulumi-language-python")))) return engine;

  const root = path.join(engine.root, "policy");
  const bin = path.join(root, "bin");
  await mkdir(bin, { recursive: true });
  await placeCli(engine.bin, path.join(bin, executable("pulumi")));
  await placeScript("pulumi-analyzer-policy-nodejs", bin, () => analyzer);
  await placeLauncher(bin);
  await replace(path.join(bin, "node"), (file) => symlink(process.execPath, file));
  return {
    ...engine,
    root,
    bin: path.join(bin, executable("pulumi")),
    env: { ...engine.env, PATH: [bin, ...foldersWithoutLanguageHost()].join(path.delimiter) },
  };
}

/** A copy or a hard link: the CLI looks beside its real path, so a symbolic link would lead it back to the host. */
async function placeCli(from: string, to: string): Promise<void> {
  const [source, present] = [await stat(from), await stat(to).catch(() => undefined)];
  if (present?.size === source.size && present.mtimeMs >= source.mtimeMs) return;
  await replace(to, (file) => link(from, file).catch(() => copyFile(from, file)));
}

async function placeScript(name: string, folder: string, text: () => string): Promise<void> {
  await replace(path.join(folder, name), async (file) => {
    await writeFile(file, text());
    await chmod(file, 0o755);
  });
}

/** Under the final name only when whole: several test processes may do this at once. */
async function replace(file: string, make: (file: string) => Promise<void>): Promise<void> {
  const unfinished = `${file}.${process.pid}`;
  await rm(unfinished, { force: true });
  await make(unfinished);
  await rename(unfinished, file);
}

function foldersWithoutLanguageHost(): string[] {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  return folders.filter((folder) => !existsSync(path.join(folder, executable("pulumi-language-nodejs"))));
}
