import { homedir } from "node:os";
import * as path from "node:path";

/** The version that is downloaded or built. */
export const engineVersion = "3.259.0";

/** The oldest CLI whose import files carry the inputs and outputs that adopting dynamic resources needs. */
export const minimumVersion = "3.254.0";

export const repositoryRoot = path.resolve(__dirname, "..", "..");

/** `pulumi` and its language host in one folder or on PATH, and the CLI's version. */
export interface FoundEngine {
  bin: string;
  version: string;
}

/** Where Pulumi keeps its own things: `PULUMI_HOME`, by default `~/.pulumi`. */
export function pulumiHome(): string {
  return process.env.PULUMI_HOME || path.join(homedir(), ".pulumi");
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
