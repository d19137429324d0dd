import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import * as path from "node:path";
import { PulumiCommand } from "@pulumi/pulumi/automation";
import { SemVer } from "semver";
import { findInFolder } from "./find.js";
import { engineVersion, type FoundEngine, pulumiHome } from "./places.js";
import { showProgress } from "./progress.js";

const reachableWithinMs = 20_000;
const installedWithinMs = 10 * 60_000;

/** Downloads the released engine into the Pulumi home, where the Automation API would put it too. */
export async function downloadEngine(log: (line: string) => void): Promise<FoundEngine> {
  await requireReleaseHost();
  const progress = showProgress(`downloading Pulumi ${engineVersion}`, log);
  try {
    return await install();
  } finally {
    progress.stop();
  }
}

async function requireReleaseHost(): Promise<void> {
  try {
    const signal = AbortSignal.timeout(reachableWithinMs);
    const answer = await fetch("https://get.pulumi.com/install.sh", { method: "HEAD", signal });
    if (!answer.ok) throw new Error(`it answered ${answer.status}`);
  } catch (error) {
    const { message, cause } = error as Error & { cause?: Error };
    throw new Error(`download: the release host cannot be reached (${cause?.message ?? message})`);
  }
}

async function install(): Promise<FoundEngine> {
  const versions = path.join(pulumiHome(), "versions");
  await mkdir(versions, { recursive: true });
  const unfinished = await mkdtemp(path.join(versions, ".download-"));
  try {
    await within(installedWithinMs, PulumiCommand.install({ root: unfinished, version: new SemVer(engineVersion) }));
    const bin = path.join(versions, engineVersion, "bin");
    await mkdir(bin, { recursive: true });
    for (const name of await readdir(path.join(unfinished, "bin"))) {
      await rename(path.join(unfinished, "bin", name), path.join(bin, name));
    }
    const found = await findInFolder(bin);
    if (!found) throw new Error("what was downloaded does not run here");
    return found;
  } catch (error) {
    throw new Error(`download: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${ms / 60_000} minutes`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
