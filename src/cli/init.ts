import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { isUuid } from "../api/ids.js";
import { action, EXIT } from "./common.js";
import { projectFiles, publishedVersion } from "./init-files.js";
import type { Choice } from "./init-ids.js";

interface Flags {
  name?: string;
  workspaceId?: string;
  agentId?: string;
  contextGraphId?: string;
  setupId?: string;
  emulator?: boolean;
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
  - Without a key, or with --emulator, the ids are those of the emulator.

Examples:
  $ pulumi-amigo init clinic
  $ pulumi-amigo init clinic --emulator
  $ pulumi-amigo init clinic --workspace-id 0d2a5b7c-94a7-4c1e-8f3b-6f0c1d529e10
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
    .addHelpText("after", help)
    .action(action(run));
}

async function run(folder: string, flags: Flags): Promise<number> {
  const target = path.resolve(folder);
  const { name = nameOfFolder(target), emulator = false, ...given } = flags;
  // Before a request is sent for nothing.
  refuseExisting(target, folder);
  const { idsFor } = await import("./init-ids.js");
  const choice = await idsFor(given, emulator);
  const facts = { name, ids: choice.ids, baseUrl: choice.baseUrl, dependency: ownDependency(target) };
  const { written, kept } = write(target, projectFiles(facts));
  console.log(report(folder, choice, written, kept).join("\n"));
  return EXIT.done;
}

/** The names of a project that init must write itself; a .gitignore may be there. */
const OWN_FILES = ["package.json", "Pulumi.yaml", "tsconfig.json", "index.ts"];

function refuseExisting(target: string, folder: string): void {
  const there = OWN_FILES.filter((file) => existsSync(path.join(target, file)));
  if (there.length === 0) return;
  throw new Error(`the folder ${folder} has ${there.join(", ")} already. Nothing was written; name a new folder`);
}

function write(target: string, files: Record<string, string>): { written: string[]; kept: string[] } {
  mkdirSync(target, { recursive: true });
  const kept = Object.keys(files).filter((file) => existsSync(path.join(target, file)));
  const written = Object.keys(files).filter((file) => !kept.includes(file));
  for (const file of written) writeFileSync(path.join(target, file), files[file] ?? "", { flag: "wx" });
  return { written, kept };
}

/** Run from a clone, the project uses that clone: its version may not be published. */
function ownDependency(target: string): string {
  const root = path.join(__dirname, "..", "..");
  if (!existsSync(path.join(root, "src"))) return publishedVersion;
  return `file:${path.relative(target, root).split(path.sep).join("/")}`;
}

function report(folder: string, choice: Choice, written: string[], kept: string[]): string[] {
  const place = path.relative(process.cwd(), path.resolve(folder));
  const account = choice.isEmulator
    ? [
        "npx pulumi-amigo emulator   # in another terminal",
        "export AMIGO_BASE_URL=http://127.0.0.1:8787 AMIGO_API_KEY=amigo-demo-key",
      ]
    : ["pulumi config set --secret amigo:apiKey   # asks for the key"];
  return [
    `Wrote ${written.join(", ")} in ${place || "this folder"}.`,
    ...kept.map((file) => `Kept ${file} as it is.`),
    ...choice.notes,
    "",
    "Next:",
    ...[
      ...(place ? [`cd ${/\s/.test(place) ? JSON.stringify(place) : place}`] : []),
      "npm install",
      "pulumi stack init dev",
      ...account,
      "pulumi preview",
      "pulumi up",
    ].map((line) => `  ${line}`),
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
