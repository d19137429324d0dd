import * as path from "node:path";
import { Command } from "commander";
import { COMMAND } from "../command.js";
import type { CloneReport } from "../environment/clone.js";
import { action, asked, EXIT, note, warn } from "./common.js";

interface Flags {
  stack: string;
  newWorkspace?: string;
  references?: string;
  delete: boolean;
  config?: string;
  cwd: string;
  dryRun: boolean;
  yes: boolean;
  json: boolean;
}

const help = `
FROM is an alias of amigo.yaml, stack:NAME, a workspace's id, or the path of a
document. TO is an alias of amigo.yaml. The stack manages the copy; it is made
if it is not there. In a Pulumi project the stack runs that project's program;
in another folder it runs a built-in one.

Before anything is written, the command says what is verified, what only the run
can show, and what blocks it. Run again, it goes on where it stopped. A second
clone of the same writes nothing.

Exit code: 0 the target has all of it, 1 an error, 2 blocked, or the target
differs after the run.

Examples:
  $ ${COMMAND} clone staging production --stack production --dry-run
  $ ${COMMAND} clone staging production --stack production
  $ ${COMMAND} clone staging trial --stack trial --new-workspace riverside-trial
`;

/** `pulumi-amigo clone`: all of one environment into another workspace. */
export function cloneCommand(): Command {
  return new Command("clone")
    .description("copy an environment to another workspace")
    .argument("<from>", "what to copy")
    .argument("<to>", "the workspace to copy to, by its alias")
    .requiredOption("-s, --stack <name>", "the stack that manages the copy")
    .option("--new-workspace <slug>", "make the workspace first")
    .option(
      "--references <file>",
      "the references file of FROM, where it is a document (default: that of its alias) or a stack",
    )
    .option(
      "--delete",
      "delete what the source does not have: in the target, if this stack made it, and in the target's document",
      false,
    )
    .option("--config <file>", "amigo.yaml, where it is not in this folder or above")
    .option("-C, --cwd <folder>", "the folder to work in", ".")
    .option("--dry-run", "write nothing, and say what would be done", false)
    .option("-y, --yes", "ask nothing", false)
    .option("--json", "print the result as JSON", false)
    .addHelpText("after", help)
    .action(action(run));
}

async function run(from: string, to: string, flags: Flags): Promise<number> {
  const { AmigoConfig } = await import("../environment/config.js");
  const { readSource, sourceNamed } = await import("../environment/source.js");
  const { clone } = await import("../environment/clone.js");
  const { StackOfClone } = await import("../environment/clone-stack.js");
  const { cwd, config, dryRun, yes, newWorkspace } = flags;
  const entry = AmigoConfig.read(config, cwd).workspace(to);
  const source = await readSource(from, { cwd, config, references: flags.references, warn });
  const confirm = async (question: string) => yes || (await asked(question));
  const shared = { to: entry, newWorkspace, dryRun, note, warn, confirm };
  const stack = new StackOfClone({ ...shared, name: flags.stack, cwd, agreed: yes });
  const { environment, kind } = source;
  if (kind === "workspace") {
    const file = sourceNamed(from, { config, cwd });
    const document = file.kind === "workspace" ? file.entry?.environment : undefined;
    if (document !== undefined)
      note(`the source is workspace ${from} as it is now; its document ${path.relative("", document)} is not read`);
  }
  const mayDelete = flags.delete;
  const report = await clone({ ...shared, source: environment, isDocument: kind === "document", stack, mayDelete });
  console.log(flags.json ? JSON.stringify(report, undefined, 2) : (await summary(report)).join("\n"));
  return report.state === "blocked" || report.state === "differs" ? EXIT.seen : EXIT.done;
}

const ENDINGS: Record<CloneReport["state"], string> = {
  blocked: "Blocked: nothing was written.",
  "dry run": "Nothing was written (--dry-run).",
  "nothing to do": "Nothing to do: the target has all of it.",
  done: "Done: the target has all of it.",
  differs: `The run ended, and the target differs from the source: \`${COMMAND} compare\` shows where.`,
};

async function summary({ checks, state, planned, counts }: CloneReport): Promise<string[]> {
  const { checkLines } = await import("../environment/readiness.js");
  const isRun = state !== "blocked" && state !== "dry run";
  const numbers = Object.entries(planned).map(([op, count]) => `${op} ${count}`);
  return [
    ...(isRun ? [] : checkLines(checks)),
    ...(numbers.length > 0 ? [`${isRun ? "run" : "plan"}: ${numbers.join(", ")}`] : []),
    ...counts.map(({ section, wanted, there }) => `${section}: ${there} of ${wanted} are there`),
    ENDINGS[state],
  ];
}
