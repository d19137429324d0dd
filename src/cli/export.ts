import { Command, Option } from "commander";
import { COMMAND } from "../command.js";
import type { Source } from "../environment/source.js";
import { action, EXIT, nameFrom, note, warn } from "./common.js";
import { jsonOption } from "./result.js";

interface Flags {
  out?: string;
  references?: string;
  program?: string;
  only?: string[];
  service?: string;
  format?: "yaml" | "json";
  config?: string;
  cwd: string;
  json?: boolean;
  dryRun: boolean;
  yes: boolean;
}

const help = `
SOURCE is an alias of amigo.yaml, stack:NAME, a workspace's id, or the path of a
document. The document goes to standard output without --out. Of a file that
exists, only what changed is touched: comments and order stay.

The references file says which ids the aliases of the document stand for. It is
written where --references or amigo.yaml names one. Aliases that it has are
kept.

--program writes a Pulumi project, with one resource for each thing in the
workspace. Run \`${COMMAND} adopt\` with it: then a preview shows no change.
Files that hold something else are not replaced without --yes.

--only takes sections of a document: workspace, services, useCases,
testCallerNumbers. --service narrows the services, and the use cases to those
that one of them answers; without --only it chooses services alone. What the
chosen things need is added, and said.

Exit code: 0 all was exported, 1 an error, 2 some kinds could not be read (see
\`incomplete\`), or some names are none that a document can have.

Examples:
  $ ${COMMAND} export staging
  $ ${COMMAND} export staging --out environments/staging.yaml
  $ ${COMMAND} export staging --program clinic
  $ ${COMMAND} export staging --only services --service "Front*"
  $ ${COMMAND} export stack:dev --format json
`;

/** `pulumi-amigo export`: a workspace as a document, or as a program. */
export function exportCommand(): Command {
  return new Command("export")
    .description("write a workspace as an environment document, or as a Pulumi project")
    .argument("<source>", "what to export")
    .option("-o, --out <file>", "the document's file (default: standard output)")
    .option(
      "--references <file>",
      "the references file (default: that of the alias in amigo.yaml, or of the alias whose document it is)",
    )
    .option("--program <folder>", "write a Pulumi project into this folder")
    .option("--only <sections>", "sections to export, with commas between them", commaList)
    .option("--service <pattern>", "export the services whose names fit")
    .addOption(
      new Option("--format <format>", "of standard output; a file's format is its name's")
        .choices(["yaml", "json"])
        .default("yaml"),
    )
    .option("--config <file>", "amigo.yaml, where it is not in this folder or above")
    .option("-C, --cwd <folder>", "the folder to work in", ".")
    .addOption(jsonOption())
    .option("--dry-run", "write no file, and say which would be written", false)
    .option("-y, --yes", "replace files that hold something else", false)
    .addHelpText("after", help)
    .action(action(run));
}

async function run(text: string, flags: Flags): Promise<number> {
  const { readSource } = await import("../environment/source.js");
  const { documentText, partOf, problemsOf } = await import("../environment/export.js");
  const source = await readSource(text, { ...flags, warn });
  const { part, added } = partOf(source.environment, flags);
  const refused = source.kind === "document" ? [] : problemsOf(part);
  for (const line of [...added, ...(part.notes ?? []), ...refused]) note(line);
  const { dryRun } = flags;
  if (flags.program !== undefined) {
    const { relative, resolve } = await import("node:path");
    const { writeProgram } = await import("../environment/program-folder.js");
    const folder = resolve(flags.cwd, flags.program);
    const written = writeProgram(folder, part, { overwrite: flags.yes, dryRun });
    if (flags.json) console.log(JSON.stringify(written, undefined, 2));
    else for (const file of written) console.log(file);
    if (written.length === 0) note(`${folder} holds this program already`);
    else if (!dryRun)
      note(
        `Next: \`cd ${relative("", folder)} && npm install && pulumi stack init dev\`, then \`${COMMAND} adopt ${source.kind === "workspace" ? text : part.workspaceId} --stack dev\` brings what exists under that stack`,
      );
  } else if (flags.out === undefined)
    process.stdout.write(documentText(part, flags.json ? "json" : (flags.format ?? "yaml")));
  if (flags.out !== undefined) {
    const { resolve } = await import("node:path");
    const { writeDocument } = await import("../environment/files.js");
    const isPart = flags.only !== undefined || flags.service !== undefined;
    const written = writeDocument(resolve(flags.cwd, flags.out), part, { isPart, dryRun });
    const name = nameFrom(flags.cwd, flags.out);
    note(written ? `${name} ${verb(dryRun)}` : `${name} says so already`);
  }
  // A program has its references in a file of its own.
  if (flags.program === undefined || source.referencesFile !== undefined) await keepReferences(source, flags);
  if (dryRun) note("Nothing was written (--dry-run)");
  if (part.incomplete.size > 0) {
    const { kinds } = await import("../environment/kinds.js");
    const sections = kinds.filter(({ name }) => part.incomplete.has(name)).map(({ section }) => section);
    note(`incomplete: this key may not read ${sections.join(", ")}`);
  }
  return part.incomplete.size > 0 || refused.length > 0 ? EXIT.seen : EXIT.done;
}

/** The aliases of the document, where a file is named for them. */
async function keepReferences(
  { kind, text, referencesFile, environment }: Source,
  { cwd, dryRun }: Flags,
): Promise<void> {
  if (kind === "document") return;
  if (referencesFile === undefined) {
    note(
      `the references were not written: name a file with --references, or as \`references\` of ${text} in amigo.yaml`,
    );
    return;
  }
  const { writeReferences } = await import("../environment/files.js");
  const written = writeReferences(referencesFile, environment.references, { dryRun });
  if (written) note(`${nameFrom(cwd, referencesFile)} ${verb(dryRun)}`);
}

function verb(dryRun: boolean): string {
  return dryRun ? "would be written" : "is written";
}

export function commaList(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
