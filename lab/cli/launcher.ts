import { existsSync } from "node:fs";
import { chmod, copyFile, rename, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { repositoryRoot } from "../root.js";

const name = process.platform === "win32" ? "pulumi-resource-pulumi-nodejs.cmd" : "pulumi-resource-pulumi-nodejs";

/**
 * Copies the SDK's launcher of dynamic providers beside a CLI that lacks it: a release brings it, a build does not.
 * The script finds the SDK from the program's folder, so one copy serves all versions.
 */
export async function placeLauncher(folder: string): Promise<void> {
  const launcher = path.join(folder, name);
  if (existsSync(launcher)) return;
  const unfinished = `${launcher}.${process.pid}.unfinished`;
  await copyFile(path.join(repositoryRoot, "node_modules", "@pulumi", "pulumi", name), unfinished);
  await chmod(unfinished, 0o755);
  await rename(unfinished, launcher);
}

/**
 * Writes a `node` for the PATH of tests. The SDK's launchers start Node.js twice in each run, only to find a file; where that lies
 * as usual, the shell finds it in a tenth of the time.
 */
export async function placeQuickNode(folder: string): Promise<void> {
  await writeFile(path.join(folder, "node"), quickNode, { mode: 0o755 });
}

const quickNode = `#!/bin/sh
case $2 in
*"require.resolve('@pulumi/pulumi/cmd/run')"*) file=cmd/run/index.js ;;
*"require.resolve('@pulumi/pulumi/cmd/dynamic-provider')"*) file=cmd/dynamic-provider/index.js ;;
*) file= ;;
esac
if [ -n "$file" ] && [ -e "node_modules/@pulumi/pulumi/$file" ]; then
  echo "$(cd node_modules/@pulumi/pulumi && pwd -P)/$file"
else
  exec "${process.execPath}" "$@"
fi
`;
