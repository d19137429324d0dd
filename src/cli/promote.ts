import { existsSync } from "node:fs";
import * as path from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { COMMAND } from "../command.js";
import type { PromotionReport } from "../environment/promotion.js";
import { action, asked, EXIT, note, warn } from "./common.js";

interface Flags {
  stack?: string;
  reason?: string;
  config?: string;
  cwd: string;
  dryRun: boolean;
  yes: boolean;
  json: boolean;
}

const promoteHelp = `
FROM is an alias of amigo.yaml, stack:NAME, or the path of a document. TO is an
alias with a document (\`environment\`). The version numbers of FROM's version
set go into that document; nothing else in it is touched. Then the stack of TO
runs, and a line goes into history/<alias>.jsonl.

Numbers that are not pinned in FROM are refused. So is a run that would change
more than numbers.

Exit code: 0 done or nothing to do, 1 an error.

Examples:
  $ ${COMMAND} promote staging production --dry-run
  $ ${COMMAND} promote staging production --service "Front desk"
`;

const rollbackHelp = `
ENV is an alias of amigo.yaml. The promotion that is in effect is taken back:
the numbers are again those of the promotion before it in history/<alias>.jsonl.
Run again, it goes back one more. With --to they are those of entry N (1 is the
first line, 0 is before all of them). The document gets its former bytes, the
stack runs, and a line goes into the history.

Exit code: 0 done, 1 an error.

Examples:
  $ ${COMMAND} rollback production --reason "calls drop after greeting"
  $ ${COMMAND} rollback production --to 3
`;

/** `pulumi-amigo promote`: tested version numbers into another environment. */
export function promoteCommand(): Command {
  return withShared(
    new Command("promote")
      .description("bring version numbers into another environment, and run its stack")
      .argument("<from>", "where the numbers come from")
      .argument("<to>", "where they go, by its alias")
      .option("--set <name>", "the version set", "release")
      .option("--service <name>", "this service alone (default: all that both have)"),
  )
    .addHelpText("after", promoteHelp)
    .action(action(runPromote));
}

/** `pulumi-amigo rollback`: takes back what was promoted. */
export function rollbackCommand(): Command {
  return withShared(
    new Command("rollback")
      .description("take back what was promoted, and run the stack")
      .argument("<environment>", "an alias of amigo.yaml")
      .option("--to <number>", "the entry of the history to go back to", entryNumber),
  )
    .addHelpText("after", rollbackHelp)
    .action(action(runRollback));
}

/** An empty text is no number: as 0 it would take back everything. */
export function entryNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be the number of an entry, such as 3; 0 takes back everything.");
}

function withShared(command: Command): Command {
  return command
    .option("-s, --stack <name>", "the stack (default: named like the alias)")
    .option("--reason <text>", "a reason for the history")
    .option("--config <file>", "amigo.yaml, where it is not in this folder or above")
    .option("-C, --cwd <folder>", "the folder to work in", ".")
    .option("--dry-run", "write nothing, and say what would be done", false)
    .option("-y, --yes", "ask nothing", false)
    .option("--json", "print the result as JSON", false);
}

async function runPromote(from: string, to: string, flags: Flags & { set: string; service?: string }): Promise<number> {
  const { promote } = await import("../environment/promotion.js");
  const { readSource } = await import("../environment/source.js");
  const options = await shared(to, flags);
  const { cwd, config, set, service } = flags;
  const { environment: source } = await readSource(from, { cwd, config, warn });
  return show(await promote({ ...options, source, set, service }), flags);
}

async function runRollback(alias: string, flags: Flags & { to?: number }): Promise<number> {
  const { rollback } = await import("../environment/promotion.js");
  return show(await rollback({ ...(await shared(alias, flags)), backTo: flags.to }), flags);
}

async function shared(alias: string, { config, cwd, stack, dryRun, yes, reason }: Flags) {
  const { AmigoConfig } = await import("../environment/config.js");
  const read = AmigoConfig.read(config, cwd);
  const to = read.workspace(alias);
  if (to.environment !== undefined && !existsSync(to.environment)) {
    throw new Error(
      `there is no file ${to.environment}, which \`environment\` of ${alias} in ${read.file} names: correct that, ` +
        `or write it with \`${COMMAND} export ${alias} --out ${path.relative(cwd, to.environment)}\``,
    );
  }
  const confirm = async (question: string) => yes || (await asked(question));
  return { to, folder: path.dirname(read.file ?? cwd), stack, cwd, dryRun, reason, note, warn, confirm };
}

async function show(report: PromotionReport, { json }: Flags): Promise<number> {
  const { moveText } = await import("../environment/promote.js");
  const endings = {
    "nothing to do": "Nothing to do: the numbers are the same.",
    "dry run": "Nothing was written (--dry-run).",
    done: `Done: stack ${report.stack} runs these numbers.`,
  };
  // Of a run they were said before its question.
  const lines = [...(report.state === "dry run" ? report.moves.map(moveText) : []), endings[report.state]];
  console.log(json ? JSON.stringify(report, undefined, 2) : lines.join("\n"));
  return EXIT.done;
}
