import * as path from "node:path";
import { repositoryRoot } from "../root.js";
import { buildEngine } from "./build.js";
import { downloadEngine } from "./download.js";
import { findInHome, findOnPath } from "./find.js";
import { placeLauncher } from "./launcher.js";
import { engineVersion, type FoundEngine, minimumVersion, pulumiHome } from "./places.js";

/** A Pulumi engine that can run this project's programs: the CLI and the language host for Node. */
export interface Engine {
  /** Folder that holds `bin/`; what the Automation API calls the root of an installation. */
  root: string;
  /** The `pulumi` executable, absolute. */
  bin: string;
  /** Version of the CLI, without a leading `v`. */
  version: string;
  /** Where it was found, or how it was got. */
  source: "path" | "home" | "downloaded" | "built";
  /** Lay this over the environment of every process that runs the engine. */
  env: Record<string, string>;
}

export interface EnsureEngineOptions {
  /** Receives one plain line per noteworthy step. */
  log: (line: string) => void;
}

/**
 * Finds the Pulumi engine on PATH or in the Pulumi home; else downloads it, else builds it with Go.
 * Throws with all four ways when none of them works.
 */
export async function ensureEngine({ log }: EnsureEngineOptions): Promise<Engine> {
  const onPath = await findOnPath();
  if (onPath) return describe(onPath, "path");
  const inHome = await findInHome();
  if (inHome) {
    await placeLauncher(path.dirname(inHome.bin));
    return describe(inHome, "home");
  }

  const reasons: string[] = [];
  for (const [source, get] of [
    ["downloaded", downloadEngine],
    ["built", buildEngine],
  ] as const) {
    try {
      return describe(await get(log), source);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log(reason);
      reasons.push(reason);
    }
  }
  throw new Error(nothingWorked(reasons));
}

function describe(found: FoundEngine, source: Engine["source"]): Engine {
  const folder = path.dirname(found.bin);
  const sdk = path.join(repositoryRoot, "node_modules", "@pulumi", "pulumi");
  return {
    root: path.dirname(folder),
    bin: found.bin,
    version: found.version,
    source,
    env: {
      PATH: [folder, sdk, process.env.PATH ?? ""].join(path.delimiter),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_SUPPRESS_NEO_LINK: "true",
      PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK: "true",
    },
  };
}

function nothingWorked(reasons: string[]): string {
  return [
    `No Pulumi engine (CLI ${minimumVersion} or newer with its language host for Node). Any one of these gives you one:`,
    `  1. install Pulumi so that \`pulumi\` and \`pulumi-language-nodejs\` are on PATH;`,
    `  2. unpack a release of it into ${path.join(pulumiHome(), "versions", engineVersion, "bin")};`,
    "  3. let this machine reach the release host, and run this again: it downloads by itself;",
    "  4. install Go and let it reach its module proxy, and run this again: it builds by itself, in about four minutes.",
    "What was tried:",
    ...reasons.map((reason) => `  - ${reason.replaceAll("\n", "\n    ")}`),
  ].join("\n");
}
