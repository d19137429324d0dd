import { Command } from "commander";
import { COMMAND } from "../command.js";
import type { AdoptReport } from "../environment/adopt.js";
import { action, asked, EXIT, note, warn } from "./common.js";

interface Flags {
  stack: string;
  cwd: string;
  references?: string;
  config?: string;
  fromStack?: string;
  dryRun: boolean;
  yes: boolean;
  json: boolean;
}

const help = `
Brings what exists in a workspace under a stack of a Pulumi project whose
program declares it. Each resource of the program that the stack does not hold
is looked for by its key: a service by its name, a use case by channel, entity
name and name. What is found goes into the state as it is. Nothing is written to
the API. A preview then shows whether anything is left to change.

SOURCE says in which workspace to look. It is one of these:

  - an alias of amigo.yaml, or the id of a workspace
  - the path of a document: the workspace is the one whose \`environment\` it is
    in amigo.yaml, else the \`workspace\` in the file of --references
  - stack:NAME: the workspace that the state of this stack names

The stack of a fleet's document is made where it is not there yet.

What another stack owns is refused. Where that stack has given it up (\`pulumi
state delete\` there), name it with --from-stack. While its state still holds
what is adopted, this is refused. Its tag stays on the service until the next
update.

What is brought in is what the program declares, whatever the source is. What is
declared and does not exist stays for the next \`pulumi up\`. What a document has
and the program does not declare is shown, and stays where it is.

Exit code: 0 the preview shows no change, 2 it shows some or the program does
not declare all of the document, 1 an error.

Examples:
  $ ${COMMAND} export staging --program clinic    # a program that declares it
  $ ${COMMAND} adopt staging --stack dev --dry-run
  $ ${COMMAND} adopt staging --stack dev --yes
  $ ${COMMAND} adopt environments/staging.yaml --stack dev
  $ ${COMMAND} adopt stack:old --stack new
  $ ${COMMAND} adopt staging --stack new --from-stack old
`;

/** `pulumi-amigo adopt`: brings what exists under a stack. */
export function adoptCommand(): Command {
  return new Command("adopt")
    .description("bring what exists under a stack whose program declares it")
    .argument("<source>", "where to look for what exists")
    .requiredOption("-s, --stack <name>", "the stack, as `pulumi --stack` takes it")
    .option("-C, --cwd <folder>", "the folder of the Pulumi project", ".")
    .option("--references <file>", "the references file of a document, which names its workspace")
    .option("--config <file>", "amigo.yaml, where it is not in the folder or above it")
    .option("--from-stack <name>", "the stack that owned it, and has given it up")
    .option("--dry-run", "change nothing and say what would be done", false)
    .option("-y, --yes", "ask nothing", false)
    .option("--json", "print the result as JSON", false)
    .addHelpText("after", help)
    .action(action(run));
}

async function run(source: string, { yes, json, ...flags }: Flags): Promise<number> {
  const { adopt } = await import("../environment/adopt.js");
  const confirm = async (question: string) => yes || (await asked(question));
  const report = await adopt({ source, ...flags, note, warn, confirm });
  console.log(json ? JSON.stringify(report, undefined, 2) : summary(report, source).join("\n"));
  return report.changes.length + report.undeclared.length > 0 ? EXIT.seen : EXIT.done;
}

function summary(report: AdoptReport, source: string): string[] {
  const { stack, dryRun, adopted, there, missing, undeclared, differing, changes } = report;
  const left = undeclared.map(
    ({ kind, name, id }) => `left     ${kind} "${name}" (${id}): ${source} has it, and the program does not declare it`,
  );
  if (adopted.length === 0 && missing.length === 0 && changes.length === 0) {
    return [
      ...left,
      `Nothing to do: stack ${stack} holds all ${there} resources of the program, and a preview shows no change.`,
    ];
  }
  const would = dryRun ? "would be " : "";
  return [
    ...adopted.map(({ kind, name, id }) => `${would}adopted  ${kind} "${name}" (${id})`),
    ...differing.flatMap(({ kind, name, fields }) => [
      `differs  ${kind} "${name}"`,
      ...fields.map((field) => `  ${field}`),
    ]),
    ...missing.map(({ kind, name }) => `missing  ${kind} "${name}": it does not exist, and the next run makes it`),
    ...left,
    `${adopted.length} ${would}adopted, ${there} in the stack before, ${missing.length} do not exist.`,
    ...(dryRun
      ? ["Nothing was changed (--dry-run)."]
      : changes.length === 0
        ? [`A preview of stack ${stack} shows no change.`]
        : ["A preview shows these changes:", ...changes.map(({ op, name }) => `  ${op} ${name}`)]),
  ];
}
