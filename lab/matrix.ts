import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { Command } from "commander";
import { satisfies } from "semver";
import { projectFiles } from "../src/cli/init-files.js";
import { seedIds, startEmulator } from "../src/emulator/index.js";
import { cleanEnvironment } from "./cli/environment.js";
import { readEvents } from "./cli/events.js";
import { findInFolder, findOnPath } from "./cli/find.js";
import { type FoundEngine, pulumiHome } from "./cli/places.js";
import { start } from "./cli/process.js";
import { ensureDist } from "./dist.js";
import { repositoryRoot } from "./root.js";

const run = promisify(execFile);
const say = (line: string) => process.stderr.write(`${line}\n`);

interface Node {
  readonly version: string;
  /** The folder of the `node` executable. */
  readonly bin: string;
}

interface Sdk {
  readonly version: string;
  /** The versions of Node that it runs on. */
  readonly node: string;
  /** A project that has this SDK and the packed library. */
  readonly project: string;
}

new Command("npm run matrix --")
  .description("runs a program on each version of Node, of the SDK and of the CLI, and one on each TypeScript")
  .option("--node <range...>", "npm versions of Node, beside the one that runs this", ["22", "24"])
  .option("--sdk <version...>", "npm versions of @pulumi/pulumi", ["3.248.0", "latest"])
  .option("--typescript <range...>", "npm versions of TypeScript, for the project that init writes", ["5.9", "<7"])
  .option("--cli <folder...>", "folders with `pulumi` in them, beside PATH and the Pulumi home", [])
  .action(main)
  .parseAsync();

async function main(wanted: { node: string[]; sdk: string[]; typescript: string[]; cli: string[] }): Promise<void> {
  ensureDist(say);
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), "pulumi-amigo-matrix-"));
  const nodes = [{ version: process.versions.node, bin: path.dirname(process.execPath) }];
  for (const range of wanted.node) nodes.push(await installNode(folder, range));
  const tarball = await pack(folder);
  const sdks: Sdk[] = [];
  for (const version of wanted.sdk) sdks.push(await installSdk(folder, version, tarball));
  const clis = await findClis(wanted.cli);

  const rows: string[] = [];
  for (const cli of clis) {
    for (const sdk of sdks) {
      for (const node of nodes) {
        const name = `Node ${node.version}, SDK ${sdk.version}, CLI ${cli.version}`;
        const results = satisfies(node.version, sdk.node)
          ? await tryOut(node, sdk, cli)
          : [`this SDK needs Node ${sdk.node}`];
        say(`${name}: ${results.join(", ")}`);
        rows.push(`| ${[node.version, sdk.version, cli.version, ...pad(results)].join(" | ")} |`);
      }
    }
  }
  const typed: string[] = [];
  const [node] = nodes;
  const [cli] = clis;
  for (const range of wanted.typescript) {
    if (!node || !cli) break;
    const row = await tryTypeScript(range, path.join(folder, `typescript-${typed.length}`), tarball, node, cli);
    say(`TypeScript ${row.join(", ")}`);
    typed.push(`| ${row.join(" | ")} |`);
  }
  process.stdout.write(table(["Node", "SDK", "CLI", ...STEPS.map(({ title }) => title)], rows));
  process.stdout.write(`\n${table(["TypeScript", "SDK", ...TYPED_STEPS], typed)}`);
  const failed = [...rows, ...typed].some((row) => row.includes("failed"));
  if (failed) say(`Kept for a look: ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
  process.exitCode = failed ? 1 : 0;
}

function table(titles: readonly string[], rows: readonly string[]): string {
  return `${[`| ${titles.join(" | ")} |`, `|${" --- |".repeat(titles.length)}`, ...rows].join("\n")}\n`;
}

function pad(results: readonly string[]): string[] {
  return STEPS.map((_, index) => results[index] ?? "");
}

async function npm(cwd: string, ...args: string[]): Promise<string> {
  mkdirSync(cwd, { recursive: true });
  const { stdout } = await run("npm", args, { cwd, maxBuffer: 64_000_000 });
  return stdout;
}

async function installNode(folder: string, range: string): Promise<Node> {
  const home = path.join(folder, `node-${range}`);
  await npm(home, "init", "--yes");
  await npm(home, "install", "--no-audit", "--no-fund", `node@${range}`);
  const bin = path.join(home, "node_modules", "node", "bin");
  const { stdout } = await run(path.join(bin, "node"), ["--version"]);
  return { version: stdout.trim().replace(/^v/, ""), bin };
}

async function pack(folder: string): Promise<string> {
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const [{ filename }] = JSON.parse(await npm(repositoryRoot, ...args)) as [{ filename: string }];
  return path.join(folder, filename);
}

async function installSdk(folder: string, wanted: string, tarball: string): Promise<Sdk> {
  const project = path.join(folder, `sdk-${wanted}`);
  await npm(project, "init", "--yes");
  await npm(project, "install", "--no-audit", "--no-fund", tarball, `@pulumi/pulumi@${wanted}`);
  const { version, engines } = require(path.join(project, "node_modules/@pulumi/pulumi/package.json"));
  return { version, node: engines.node, project };
}

async function findClis(folders: readonly string[]): Promise<FoundEngine[]> {
  const versions = path.join(pulumiHome(), "versions");
  const names = existsSync(versions) ? readdirSync(versions) : [];
  const inHome = await Promise.all(names.map((name) => findInFolder(path.join(versions, name, "bin"))));
  const given = await Promise.all(folders.map((folder) => findInFolder(path.resolve(folder))));
  const found = [await findOnPath(), ...inHome, ...given].filter((cli) => cli !== undefined);
  if (found.length === 0) throw new Error("No Pulumi CLI. Give its folder with --cli, or run `npm run engine` first.");
  return [...new Map(found.map((cli) => [cli.version, cli])).values()];
}

interface Step {
  readonly title: string;
  readonly args: readonly string[];
  /** Of the program: the second one changes values. */
  readonly edition: 1 | 2;
  /** How many resources change. */
  readonly changes?: number;
}

const STEPS: readonly Step[] = [
  { title: "up", args: ["up", "--skip-preview"], edition: 1, changes: 6 },
  { title: "up again", args: ["up", "--skip-preview", "--expect-no-changes"], edition: 1, changes: 0 },
  { title: "refresh", args: ["refresh", "--skip-preview", "--expect-no-changes"], edition: 1 },
  { title: "update", args: ["up"], edition: 2, changes: 4 },
  { title: "destroy", args: ["destroy"], edition: 2, changes: 6 },
];

/** What each step came to; the first that fails is the last. */
async function tryOut(node: Node, sdk: Sdk, cli: FoundEngine): Promise<string[]> {
  const emulator = await startEmulator();
  const folder = path.join(sdk.project, `run-${node.version}-${cli.version}`);
  mkdirSync(folder);
  writeFileSync(
    path.join(folder, "Pulumi.yaml"),
    "name: clinic\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n",
  );
  cpSync(path.join(sdk.project, "package.json"), path.join(folder, "package.json"));
  const pulumi = pulumiIn(folder, sdk.project, node, cli, emulator.url);
  const results: string[] = [];
  try {
    await pulumi("stack", "init");
    for (const { title, args, edition, changes } of STEPS) {
      writeFileSync(path.join(folder, "index.js"), program(edition));
      const log = path.join(folder, `${title.replace(" ", "-")}.jsonl`);
      const { code, output, ms } = await pulumi(...args, "--yes", "--event-log", log);
      const { changed } = readEvents(log, false);
      const ranIt = args[0] !== "up" || output.includes(`on Node ${node.version}`);
      const right = code === 0 && ranIt && (changes === undefined || changed.length === changes);
      results.push(right ? `${(ms / 1000).toFixed(1)} s` : "failed");
      if (right) continue;
      say(`${title} ended with ${code}; changed: ${changed.join(", ") || "nothing"}\n${output}`);
      break;
    }
  } finally {
    await emulator.close();
  }
  return results;
}

/** Runs the CLI in a folder of a project, on a backend of its own. */
function pulumiIn(folder: string, project: string, node: Node, cli: FoundEngine, baseUrl: string) {
  mkdirSync(path.join(folder, "backend"));
  const launcher = path.join(project, "node_modules", "@pulumi", "pulumi");
  const env = {
    ...cleanEnvironment(),
    PATH: [node.bin, path.dirname(cli.bin), launcher, process.env.PATH].join(path.delimiter),
    PULUMI_BACKEND_URL: `file://${folder}/backend`,
    PULUMI_CONFIG_PASSPHRASE: "test",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DEBUG_COMMANDS: "true",
    AMIGO_API_KEY: "amigo-demo-key",
    AMIGO_BASE_URL: baseUrl,
    AMIGO_WORKSPACE_ID: seedIds.workspace,
  };
  return (...args: string[]) =>
    start(cli.bin, [...args, "--stack", "dev", "--non-interactive", "--color=never"], { cwd: folder, env }).done;
}

const TYPED_STEPS = ["tsc", "up", "destroy"];

/** What the project that `init` writes comes to with this TypeScript; the first step that fails is the last. */
async function tryTypeScript(range: string, project: string, tarball: string, node: Node, cli: FoundEngine) {
  const ids = {
    workspaceId: seedIds.workspace,
    agentId: seedIds.agents.frontDesk,
    contextGraphId: seedIds.contextGraphs.scheduling,
    setupId: seedIds.setups.voiceApproved,
  };
  mkdirSync(project);
  const files = projectFiles({ name: "typed", ids, dependency: `file:${tarball}` });
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(project, name), text);
  await npm(project, "install", "--no-audit", "--no-fund", "--save-dev", `typescript@${range}`);
  const [typescript, sdk] = ["typescript", "@pulumi/pulumi"].map(
    (name) => require(path.join(project, "node_modules", name, "package.json")).version,
  );
  const results: string[] = [];
  const emulator = await startEmulator();
  const pulumi = pulumiIn(project, project, node, cli, emulator.url);
  const compile = () =>
    start(path.join(project, "node_modules/.bin/tsc"), [], { cwd: project, env: cleanEnvironment() });
  try {
    await pulumi("stack", "init");
    for (const step of TYPED_STEPS) {
      const { code, output, ms } = await (step === "tsc" ? compile().done : pulumi(step, "--yes", "--skip-preview"));
      results.push(code === 0 ? `${(ms / 1000).toFixed(1)} s` : "failed");
      if (code === 0) continue;
      say(`${step} ended with ${code}\n${output}`);
      break;
    }
  } finally {
    await emulator.close();
  }
  return [typescript, sdk, ...TYPED_STEPS.map((_, index) => results[index] ?? "")];
}

/** All six resources. The second edition changes four of them in place. */
function program(edition: 1 | 2): string {
  const { agents, contextGraphs, setups } = seedIds;
  return `console.log("on Node " + process.versions.node);
const amigo = require("pulumi-amigo");
new amigo.Workspace("lab", { slug: "lab", name: "Lab ${edition}", environment: "staging", deletionProtection: false });
const desk = new amigo.Service("desk", {
  name: "Desk", agentId: "${agents.frontDesk}", contextGraphId: "${contextGraphs.scheduling}", description: "edition ${edition}",
});
new amigo.VersionSet("canary", { serviceId: desk.id, name: "canary", agentVersionNumber: ${edition} });
const line = new amigo.UseCase("line", {
  channel: "inbound_voice", entityName: "Clinic", name: "Line", setupId: "${setups.voiceApproved}",
});
new amigo.ServiceBinding("bind", { useCaseId: line.id, serviceId: desk.id });
new amigo.TestCallerNumbers("numbers", { numbers: ["+1415555010${edition}"] });
`;
}
