import { spawn } from "node:child_process";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { lock } from "proper-lockfile";
import { findInFolder, onPath } from "./find.js";
import { placeLauncher } from "./launcher.js";
import { engineVersion, executable, type FoundEngine, pulumiHome } from "./places.js";
import { type Progress, showProgress } from "./progress.js";

export interface Program {
  name: string;
  /** Folder of the go.mod and go.sum that pin it, beside this file. */
  module: string;
  package: string;
  version: string;
  tags: string[];
}

const versionVariable = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";

export const programs: Program[] = [
  {
    name: "pulumi-language-nodejs",
    module: "language-nodejs",
    package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
    // The last version whose Go module still holds the language host; it works with the CLI below.
    version: "3.65.1",
    tags: [],
  },
  {
    name: "pulumi",
    module: "pulumi",
    package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    version: engineVersion,
    tags: ["osusergo", "grpcnotrace"],
  },
];

/**
 * Builds the engine from its published Go modules into the Pulumi home: about four minutes on two cores, once.
 * Only whole programs ever stand there, and of several processes one builds.
 */
export async function buildEngine(log: (line: string) => void): Promise<FoundEngine> {
  const go = onPath(executable("go"));
  if (!go) throw new Error("build: there is no `go` on PATH");
  const folder = path.join(pulumiHome(), "versions", engineVersion, "bin");
  await mkdir(folder, { recursive: true });
  return alone(folder, log, async () => {
    const madeByAnother = await findInFolder(folder);
    if (madeByAnother) return madeByAnother;
    log(`Building Pulumi ${engineVersion} from its Go modules. This happens once and takes about four minutes.`);
    await removeLeftovers(folder);
    for (const program of programs) await buildProgram(go, program, folder, log);
    await placeLauncher(folder);
    const built = await findInFolder(folder);
    if (!built) throw new Error(`build: what was built in ${folder} does not run here`);
    return built;
  });
}

/** A build that shows no sign of life for so long is passed over. */
const deadAfterMs = 20_000;

/** Runs the work while no other process builds. */
async function alone<T>(folder: string, log: (line: string) => void, work: () => Promise<T>): Promise<T> {
  const options = { lockfilePath: path.join(folder, ".build.lock"), stale: deadAfterMs };
  const release = await lock(folder, options).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ELOCKED") throw error;
    log("another process is building the Pulumi engine; waiting for it");
    return lock(folder, { ...options, retries: { forever: true, minTimeout: 500, factor: 1 } });
  });
  try {
    return await work();
  } finally {
    await release();
  }
}

async function buildProgram(go: string, program: Program, folder: string, log: (line: string) => void): Promise<void> {
  const unfinished = path.join(folder, `.${program.name}.${process.pid}.unfinished`);
  const progress = showProgress(`building ${program.name}`, log);
  try {
    await compile(go, program, unfinished, progress);
    await rename(unfinished, path.join(folder, executable(program.name)));
  } finally {
    progress.stop();
    await rm(unfinished, { force: true });
  }
}

/** Compiles one program to `output`; the module's go.sum is not changed. */
export async function compile(go: string, program: Program, output: string, progress: Progress): Promise<void> {
  const flags = ["-trimpath", "-v", "-tags", program.tags.join(",")];
  const link = `-s -w -X ${versionVariable}=v${program.version}`;
  const child = spawn(go, ["build", ...flags, "-ldflags", link, "-o", output, program.package], {
    cwd: path.join(__dirname, program.module),
    env: { ...process.env, GOFLAGS: "-mod=readonly -buildvcs=false", GOWORK: "off", CGO_ENABLED: "0" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  const complaints: string[] = [];
  let modules = 0;
  let packages = 0;
  for await (const line of createInterface({ input: child.stderr })) {
    if (line.startsWith("go: downloading ")) modules++;
    else if (/^[\w.~/+-]+$/.test(line)) packages++;
    else complaints.push(line);
    progress.detail = `${modules} modules downloaded, ${packages} packages compiled`;
  }
  const code = await ended;
  if (code !== 0) throw new Error([`build: go build of ${program.name} failed`, ...complaints.slice(-8)].join("\n"));
}

async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.endsWith(".unfinished")) await rm(path.join(folder, name), { force: true });
  }
}
