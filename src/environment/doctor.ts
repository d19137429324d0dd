import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { COMMAND } from "../command.js";
import { unsupportedNode } from "../node-version.js";
import { compareVersions, executable, findInHome, findOnPath, minimumVersion, onPath } from "../stack/find-cli.js";
import { projectName } from "../stack/project.js";
import { NoCli, Pulumi } from "../stack/pulumi.js";
import { version } from "../version.js";
import { AmigoConfig } from "./config.js";
import { defaultAccountChecks, workspaceChecks } from "./doctor-accounts.js";
import { type Caused, type Check, saidOnce } from "./doctor-check.js";
import { openStack, stackChecks } from "./doctor-stack.js";

export interface DoctorReport {
  readonly checks: readonly Check[];
  /** What nobody can know without a write. */
  readonly unknown: readonly string[];
}

export interface DoctorOptions {
  readonly cwd: string;
  readonly config?: string;
  /** @default the selected stack, where there is one */
  readonly stack?: string;
}

/** Looks at everything that a run needs. Writes nothing. */
export async function examine({ cwd, config, stack }: DoctorOptions): Promise<DoctorReport> {
  const folder = path.resolve(cwd);
  const { workspaces } = AmigoConfig.read(config, folder);
  const opened = await openStack(folder, stack);
  const pulumi = opened instanceof Pulumi ? opened : undefined;
  const besideOthers = workspaces.size > 0;
  const [engine, stacks, ...accounts] = await Promise.all([
    engineCheck(),
    pulumi ? stackChecks(pulumi) : [],
    // The stack's own account; without amigo.yaml and a stack, that of the environment.
    ...(pulumi || !besideOthers ? [defaultAccountChecks(pulumi, { besideOthers, folder })] : []),
    ...[...workspaces.values()].map((entry) => workspaceChecks(entry)),
  ]);
  const noStack = opened === undefined || opened instanceof Pulumi ? [] : [opened];
  return {
    checks: saidOnce([nodeCheck(), engine, ...packageChecks(folder), ...noStack, ...stacks, ...accounts.flat()]),
    unknown: ["whether a key may write", "whether it may make a workspace by self-service"],
  };
}

function nodeCheck(): Check {
  const problem = unsupportedNode();
  return problem
    ? { name: "Node.js", state: "problem", found: problem, next: "install a newer Node.js" }
    : { name: "Node.js", state: "ok", found: process.versions.node };
}

async function engineCheck(): Promise<Caused> {
  const name = "Pulumi CLI";
  const onThePath = await findOnPath();
  const found = onThePath ?? (await findInHome());
  if (found) {
    const place = onThePath ? "PATH" : "the Pulumi home";
    return {
      name,
      state: "ok",
      found: `${found.version} with its language host for Node, from ${place} (${found.bin})`,
    };
  }
  const other = onPath(executable("pulumi"));
  return {
    name,
    state: "problem",
    found: other
      ? `${other} is older than ${minimumVersion}, does not run, or lacks its language host for Node (pulumi-language-nodejs)`
      : "neither on PATH nor in the Pulumi home",
    next: `install Pulumi ${minimumVersion} or newer: https://www.pulumi.com/docs/install/`,
    cause: NoCli.name,
  };
}

/** What a program in the folder would load. */
function packageChecks(folder: string): Check[] {
  let project: string | undefined;
  try {
    project = projectName(folder);
  } catch (error) {
    return [{ name: "Pulumi project", state: "problem", found: (error as Error).message, next: "mend that file" }];
  }
  if (project === undefined) {
    return [
      {
        name: "Pulumi project",
        state: "warning",
        found: `there is none in ${folder} or above it`,
        next: "name its folder with -C, to look at its packages and its stack too",
      },
    ];
  }
  return [sdkCheck(folder), ownPackageCheck(folder)];
}

function sdkCheck(folder: string): Check {
  const name = "Pulumi SDK";
  const found = versionIn(folder, "@pulumi/pulumi");
  const next = "run `npm install @pulumi/pulumi@^3` in the project";
  if (found === undefined)
    return { name, state: "problem", found: `@pulumi/pulumi is not installed in ${folder}`, next };
  const range = ownManifest().peerDependencies["@pulumi/pulumi"];
  const [least = "", below = ""] = range.match(/[\d.]+/g) ?? [];
  const fits = compareVersions(found, least) >= 0 && compareVersions(found, below) < 0;
  if (fits) return { name, state: "ok", found: `@pulumi/pulumi ${found}` };
  return {
    name,
    state: "problem",
    found: `@pulumi/pulumi ${found} is not ${range}, which pulumi-amigo ${version} needs`,
    next,
  };
}

function ownPackageCheck(folder: string): Check {
  const name = "package";
  const found = versionIn(folder, "pulumi-amigo");
  if (found === version) return { name, state: "ok", found: `pulumi-amigo ${version}` };
  if (found === undefined) {
    return {
      name,
      state: "problem",
      found: `pulumi-amigo is not installed in ${folder}, and the engine loads the provider from there`,
      next: "run `npm install pulumi-amigo` in the project",
    };
  }
  return {
    name,
    state: "warning",
    found: `the project has pulumi-amigo ${found}, and this command is ${version}`,
    next: `run the project's own: \`${COMMAND}\``,
  };
}

function versionIn(folder: string, name: string): string | undefined {
  try {
    const file = createRequire(path.join(folder, "index.js")).resolve(`${name}/package.json`);
    return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version : undefined;
  } catch {
    return undefined;
  }
}

function ownManifest(): { peerDependencies: Record<"@pulumi/pulumi", string> } {
  return JSON.parse(readFileSync(path.join(__dirname, "..", "..", "package.json"), "utf8"));
}
