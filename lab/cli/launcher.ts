import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, readdir, rename, symlink, writeFile } from "node:fs/promises";
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

/** The variable with the port of processes that have started already; empty for processes of a run's own. */
export const HOSTS = "PULUMI_HOSTS_OF_TESTS";

/**
 * Makes a folder with a `pulumi` and a `node` for tests, beside links to all else that is beside this CLI. The SDK's launchers
 * start Node.js twice in each run, only to find a file; where that lies as usual, the shell finds it in a tenth of the time.
 */
export async function placeQuickEngine(folder: string, bin: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const beside = path.dirname(bin);
  for (const file of await readdir(beside)) {
    if (/^pulumi-/.test(file)) await symlink(path.join(beside, file), path.join(folder, file));
  }
  await writeFile(path.join(folder, "node"), quickNode, { mode: 0o755 });
  const quick = path.join(folder, path.basename(bin));
  await writeFile(quick, quickPulumi(bin), { mode: 0o755 });
  return quick;
}

/** Runs a JavaScript program in a process that is there, which is free again when the CLI ends and closes the connection. */
const quickPulumi = (bin: string) => `#!/bin/bash
case $1 in
up | preview)
  if [ -n "$${HOSTS}" ] && grep -qs "^ *typescript: false$" Pulumi.yaml && exec 3<>"/dev/tcp/127.0.0.1/$${HOSTS}"; then
    echo "program $$" >&3
    read -r address <&3 && exec "${bin}" "$@" "--client=$address"
  fi ;;
esac
exec "${bin}" "$@"
`;

const quickNode = `#!/bin/bash
case "$1 $2" in
*/cmd/dynamic-provider/index.js\\ *)
  if [ -n "$${HOSTS}" ] && exec 3<>"/dev/tcp/127.0.0.1/$${HOSTS}"; then
    # A provider that is there takes these two, and answers in place of this process until the engine ends it.
    exec 4>&1 5>&2
    echo "provider $$" >&3
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
