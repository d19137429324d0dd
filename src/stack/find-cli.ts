import { execFile } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { pulumiHome } from "../engine/provider/home.js";

const run = promisify(execFile);

/** The oldest CLI whose import files carry the inputs and outputs that adopting dynamic resources needs. */
export const minimumVersion = "3.254.0";

/** `pulumi` and its language host in one folder or on PATH, and the CLI's version. */
export interface FoundEngine {
  bin: string;
  version: string;
}

/** The first `pulumi` on PATH, if it is new enough and has its language host for Node beside it or on PATH. */
export async function findOnPath(): Promise<FoundEngine | undefined> {
  const bin = onPath(executable("pulumi"));
  if (!bin || languageHost(bin) === undefined) return undefined;
  const version = placed(bin);
  return version !== undefined && isNewEnough(version) ? { bin, version } : usable(bin);
}

/** The language host for Node that this CLI starts. */
export function languageHost(bin: string): string | undefined {
  const host = executable("pulumi-language-nodejs");
  const beside = [path.dirname(bin), path.dirname(realpathSync(bin))].map((folder) => path.join(folder, host));
  return beside.find(isExecutable) ?? onPath(host);
}

/** The newest engine in the Pulumi home that works: a broken one is passed over. */
export async function findInHome(): Promise<FoundEngine | undefined> {
  const versions = path.join(pulumiHome(), "versions");
  const newestFirst = list(versions)
    .filter((name) => VERSION.test(name) && isNewEnough(name))
    .sort((left, right) => compareVersions(right, left));
  for (const name of newestFirst) {
    const found = await findInFolder(path.join(versions, name, "bin"));
    if (found) return found;
  }
  return undefined;
}

/** The engine in this folder, when both of its programs are there, and the CLI runs and is new enough. */
export async function findInFolder(folder: string): Promise<FoundEngine | undefined> {
  const bin = path.join(folder, executable("pulumi"));
  const host = path.join(folder, executable("pulumi-language-nodejs"));
  return isExecutable(bin) && isExecutable(host) ? usable(bin) : undefined;
}

/** The absolute path of a program on PATH. */
export function onPath(name: string): string | undefined {
  for (const folder of (process.env.PATH ?? "").split(path.delimiter)) {
    if (path.isAbsolute(folder) && isExecutable(path.join(folder, name))) return path.join(folder, name);
  }
  return undefined;
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The version of a CLI that lies in its place in the Pulumi home, without a start of it. */
function placed(bin: string): string | undefined {
  const versions = path.join(pulumiHome(), "versions");
  if (!existsSync(versions)) return undefined;
  const [version, ...rest] = path.relative(realpathSync(versions), realpathSync(bin)).split(path.sep);
  return version && VERSION.test(version) && rest.join("/") === `bin/${executable("pulumi")}` ? version : undefined;
}

const VERSION = /^v?\d+\.\d+\.\d+$/;

function isNewEnough(version: string): boolean {
  return compareVersions(version, minimumVersion) >= 0;
}

async function usable(bin: string): Promise<FoundEngine | undefined> {
  try {
    const { stdout } = await run(bin, ["version"], {
      env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
      timeout: 30_000,
    });
    const version = stdout.trim().replace(/^v/, "");
    return isNewEnough(version) ? { bin, version } : undefined;
  } catch {
    return undefined;
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The file name of a program on this platform. */
export function executable(name: string): string {
  return process.platform === "win32" ? `${name}.exe` : name;
}

/** Below zero when `left` is older, above when it is newer; a leading `v` and what follows the numbers is ignored. */
export function compareVersions(left: string, right: string): number {
  const numbers = (version: string) => (version.match(/\d+/g) ?? []).slice(0, 3).map(Number);
  const [a, b] = [numbers(left), numbers(right)];
  for (let index = 0; index < 3; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
