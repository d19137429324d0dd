import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { isUuid } from "../api/ids.js";
import { COMMAND } from "../command.js";
import { action, EXIT, warn } from "./common.js";
import { projectFiles } from "./init-files.js";
import type { Choice } from "./init-ids.js";

interface Flags {
  name?: string;
  workspaceId?: string;
  agentId?: string;
  contextGraphId?: string;
  setupId?: string;
  emulator?: boolean;
  dryRun: boolean;
}

const help = `
Writes package.json, Pulumi.yaml, tsconfig.json, index.ts and .gitignore, and
prints what to type next. It changes no file that exists, and sends nothing to
the API that changes anything.

Where the ids come from:
  - Options come first.
  - With a key in AMIGO_API_KEY, the rest comes from the account: its workspace,
    and the agent and the context graph of one of its services. If the key sees
    several workspaces, init lists them.
  - Without a key, with the emulator's own key, or with --emulator, the ids are
    those of the emulator.

Examples:
  $ ${COMMAND} init ../clinic
  $ ${COMMAND} init ../clinic --emulator
  $ ${COMMAND} init ../clinic --dry-run
  $ ${COMMAND} init ../clinic --workspace-id 0d2a5b7c-94a7-4c1e-8f3b-6f0c1d529e10
`;

/** `pulumi-amigo init`: writes a project that installs and previews. */
export function initCommand(): Command {
  return new Command("init")
    .description("write a new Pulumi project")
    .argument("[folder]", "where to write it; made if it does not exist", ".")
    .option("--name <project>", "the project's name (default: the folder's)", projectName)
    .option("--workspace-id <id>", "the workspace", uuid)
    .option("--agent-id <id>", "the agent of the first service", uuid)
    .option("--context-graph-id <id>", "the context graph of the first service", uuid)
    .option("--setup-id <id>", "an approved voice setup; adds a use case and its binding", uuid)
    .addOption(new Option("--emulator", "use the emulator's ids, also where there is a key"))
    .option("--dry-run", "write nothing, and say what would be written", false)
    .addHelpText("after", help)
    .action(action(run));
}

async function run(folder: string, flags: Flags): Promise<number> {
  const target = path.resolve(folder);
  const { name = nameOfFolder(target), emulator = false, dryRun, ...given } = flags;
  const clone = cloneAround(target);
  const outside =
    clone === undefined ? undefined : path.relative("", path.join(clone, "..", outsideName(target, clone)));
  // Before a request is sent for nothing.
  refuseExisting(target, folder, outside);
  if (outside !== undefined) {
    warn(
      `${target} is inside the clone of pulumi-amigo (${clone}), and git and npm take it for a part of that: ` +
        `\`${COMMAND} init ${outside}\` writes it beside the clone`,
    );
  }
  const { idsFor } = await import("./init-ids.js");
  const choice = await idsFor(given, emulator);
  const baseUrl = choice.isEmulator ? undefined : choice.baseUrl;
  const { ownDependency } = await import("../environment/program-folder.js");
  const facts = { name, ids: choice.ids, baseUrl, dependency: ownDependency(target) };
  const files = projectFiles(facts);
  if (dryRun) {
    console.log([...(await wouldBe(target, files)), ...choice.notes, "Nothing was written (--dry-run)."].join("\n"));
    return EXIT.done;
  }
  const { written, kept } = write(target, files);
  console.log(report(folder, choice, { written, kept, onPath: await pathLine() }).join("\n"));
  return EXIT.done;
}

/** Where the emulator listens. */
const DEFAULT_PORT = "8787";

/** The names of a project that init must write itself; a .gitignore may be there. */
const OWN_FILES = ["package.json", "Pulumi.yaml", "Pulumi.yml", "tsconfig.json", "index.ts"];

function refuseExisting(target: string, folder: string, outside: string | undefined): void {
  if (statSync(target, { throwIfNoEntry: false })?.isDirectory() === false) {
    throw new Error(`${folder} is a file. Nothing was written; name a new folder`);
  }
  const there = OWN_FILES.filter((file) => existsSync(path.join(target, file)));
  if (there.length === 0) return;
  throw new Error(
    `the folder ${folder} has ${there.join(", ")} already. Nothing was written; name a new folder${outside ? `, such as ${outside}` : ""}`,
  );
}

/** The clone of this package that a folder is in. */
function cloneAround(target: string): string | undefined {
  for (let at = target; ; at = path.dirname(at)) {
    if (nameIn(path.join(at, "package.json")) === "pulumi-amigo") return at;
    if (at === path.dirname(at)) return undefined;
  }
}

function nameIn(manifest: string): unknown {
  try {
    return (JSON.parse(readFileSync(manifest, "utf8")) as { name?: unknown } | null)?.name;
  } catch {
    return undefined;
  }
}

function outsideName(target: string, clone: string): string {
  return target === clone ? "clinic" : path.basename(target);
}

function write(target: string, files: Record<string, string>): { written: string[]; kept: string[] } {
  mkdirSync(target, { recursive: true });
  const kept = Object.keys(files).filter((file) => existsSync(path.join(target, file)));
  const written = Object.keys(files).filter((file) => !kept.includes(file));
  for (const file of written) writeFileSync(path.join(target, file), files[file] ?? "", { flag: "wx" });
  return { written, kept };
}

async function wouldBe(target: string, files: Record<string, string>): Promise<string[]> {
  const { fileStateText } = await import("../environment/files.js");
  return Object.keys(files).map((name) => {
    const file = path.join(target, name);
    // What is there is kept.
    return fileStateText(existsSync(file) ? "same" : "new", path.relative(process.cwd(), file));
  });
}

/** What brings the Pulumi CLI on PATH, where it is not. */
async function pathLine(): Promise<string[]> {
  const { findInHome, findOnPath, minimumVersion } = await import("../stack/find-cli.js");
  if (await findOnPath()) return [];
  const found = await findInHome();
  if (found) return [`export PATH="${path.dirname(found.bin)}:$PATH"   # where the Pulumi CLI is`];
  return [`# install the Pulumi CLI ${minimumVersion} or newer: https://www.pulumi.com/docs/install/`];
}

interface Outcome {
  readonly written: readonly string[];
  readonly kept: readonly string[];
  readonly onPath: readonly string[];
}

function report(folder: string, choice: Choice, { written, kept, onPath }: Outcome): string[] {
  const place = path.relative(process.cwd(), path.resolve(folder));
  const { port = DEFAULT_PORT } = choice.baseUrl ? new URL(choice.baseUrl) : {};
  const quoted = /\s/.test(place) ? JSON.stringify(place) : place;
  const install = [
    ...(place ? [`cd ${quoted}`] : []),
    ...onPath,
    "npm install",
    "pulumi login --local   # keeps the state on this disk and asks for a passphrase; or: pulumi login",
    "pulumi stack init dev",
  ];
  const deploy = ["pulumi preview", "pulumi up"];
  const address = choice.baseUrl ?? `http://127.0.0.1:${DEFAULT_PORT}`;
  const blocks: Record<string, string[]> = choice.isEmulator
    ? {
        "Next:": install,
        [`Then in another terminal, in the same folder${place ? ` (${place})` : ""}; let it run:`]: [
          `${COMMAND} emulator${port === DEFAULT_PORT ? "" : ` --port ${port}`}`,
        ],
        "Then here:": [`export AMIGO_BASE_URL=${address} AMIGO_API_KEY=amigo-demo-key`, ...deploy],
      }
    : { "Next:": [...install, "pulumi config set --secret amigo:apiKey   # asks for the key", ...deploy] };
  return [
    `Wrote ${written.join(", ")} in ${place || "this folder"}.`,
    ...kept.map((file) => `Kept ${file} as it is.`),
    ...choice.notes,
    ...Object.entries(blocks).flatMap(([title, lines]) => ["", title, ...lines.map((line) => `  ${line}`)]),
  ];
}

function nameOfFolder(target: string): string {
  const name = path.basename(target).toLowerCase();
  return (
    name
      .replaceAll(/[^a-z0-9_-]+/g, "-")
      .replaceAll(/^[-_]+|[-_]+$/g, "")
      .slice(0, 100) || "clinic"
  );
}

function projectName(text: string): string {
  if (/^[a-z0-9][a-z0-9_-]{0,99}$/.test(text)) return text;
  throw new InvalidArgumentError("A name has small letters, digits, hyphens and underscores, at most 100.");
}

function uuid(text: string): string {
  if (!isUuid(text)) throw new InvalidArgumentError("An id is a UUID, such as 6f0c1d52-94a7-4c1e-8f3b-0d2a5b7c9e10.");
  return text.toLowerCase();
}
