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

/** The variable with the port of providers that have started already; empty for a process of its own. */
export const PROVIDERS = "PULUMI_PROVIDERS_OF_TESTS";

/**
 * Writes a `node` for the PATH of tests. The SDK's launchers start Node.js twice in each run, only to find a file; where that lies
 * as usual, the shell finds it in a tenth of the time.
 */
export async function placeQuickNode(folder: string): Promise<void> {
  await writeFile(path.join(folder, "node"), quickNode, { mode: 0o755 });
}

const quickNode = `#!/bin/bash
case "$1 $2" in
*/cmd/dynamic-provider/index.js\\ *)
  if [ -n "$${PROVIDERS}" ] && exec 3<>"/dev/tcp/127.0.0.1/$${PROVIDERS}"; then
    # A provider that is there takes these two, and answers in place of this process until the engine ends it.
    exec 4>&1 5>&2
    echo $$ >&3
    read -r _ <&3
    exit
  fi ;;
esac
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
