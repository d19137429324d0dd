import { existsSync } from "node:fs";
import { chmod, copyFile, rename } from "node:fs/promises";
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
