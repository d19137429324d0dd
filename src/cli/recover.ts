import { Command } from "commander";
import { COMMAND } from "../command.js";
import type { RecoverReport } from "../recovery/recover.js";
import { isBuiltIn, stackFlags } from "../stack/project.js";
import { action, asked, EXIT } from "./common.js";

interface Flags {
  stack?: string;
  cwd: string;
  dryRun?: boolean;
  yes?: boolean;
  json?: boolean;
}

const help = `
Run it after a \`pulumi up\` that was killed or lost its provider. It looks at
what that run left: its lock, its pending creates, and the journal that the
provider keeps in the Pulumi home. It asks the API what each create made, brings
that into the stack, and clears what is settled. What may be somebody else's is
left alone. Where the run was killed while it moved lines, the bindings of the
stack are read again: the next \`up\` brings up what is down.

It reads with the account of the stack's own configuration and writes nothing to
the API. It changes nothing before you have agreed, and asks once.

With --yes it also cancels the lock of a run on another machine or in a
container. Make sure first that the run has ended.

Exit code:
  0  all is settled
  2  some creates stay open
  1  an error

Examples:
  $ ${COMMAND} recover --dry-run
  $ ${COMMAND} recover --stack dev
  $ ${COMMAND} recover --stack dev --cwd infrastructure --yes --json
`;

/** `pulumi-amigo recover`: settles the creates that an interrupted run left open. */
export function recoverCommand(): Command {
  return new Command("recover")
    .description("settle the creates that an interrupted run left open")
    .option("-s, --stack <name>", "the stack, as `pulumi --stack` takes it (default: the selected one)")
    .option("-C, --cwd <folder>", "the folder of the Pulumi project", ".")
    .option("--dry-run", "change nothing and say what would be done")
    .option("-y, --yes", "ask nothing")
    .option("--json", "print the result as JSON; progress goes to standard error")
    .addHelpText("after", help)
    .action(action(run));
}

async function run(flags: Flags): Promise<number> {
  const { recover } = await import("../recovery/recover.js");
  const tell = (line: string) => (flags.json ? console.error(line) : console.log(line));
  const confirm = async (question: string) => flags.yes || (await asked(question));
  const { stack, cwd, dryRun = false, yes = false } = flags;
  const report = await recover({ stack, cwd, dryRun, tell, confirm, agreed: yes });
  if (flags.json) console.log(JSON.stringify(report, undefined, 2));
  else for (const line of summary(report)) console.log(line);
  return report.settled ? EXIT.done : EXIT.seen;
}

export function summary({
  stack,
  cwd,
  isEmpty,
  dryRun,
  lock,
  creates,
  others,
  copy,
  settled,
}: RecoverReport): string[] {
  const flags = stackFlags({ stack, cwd });
  const up = isBuiltIn({ stack, cwd }) ? "`fleet up` (or the `clone` that made it)" : `\`pulumi up ${flags}\``;
  const destroy = `\`pulumi destroy ${flags}\``;
  if (creates.length === 0 && others.length === 0) {
    const locked = lock && dryRun ? " but to cancel the lock" : "";
    if (isEmpty) return [`No create is open, and the stack is empty: there is nothing to settle${locked}.`];
    return [
      `No create is open: there is nothing to settle${locked}.`,
      `Was a \`pulumi destroy\` interrupted? Run ${destroy} again: it goes on with what is left.`,
      `If it was run since then, \`${COMMAND} drift ${flags}\` shows what is gone, and ${up} with --refresh makes it again.`,
      "Was nothing interrupted, and a run says that something exists already? Then another stack or somebody else made it: do what that message says.",
    ];
  }
  if (dryRun) return ["Nothing was changed (--dry-run)."];
  const adopted = creates.some(({ outcome }) => outcome === "adopted");
  const deleting = others.some(({ operation }) => operation === "deleting");
  const left = "Some creates stay open; a create that stays open may be made a second time by the next `up`.";
  return [
    ...(copy ? [`The pending operations as they were found: ${copy}`] : []),
    ...(settled && creates.length > 0 ? ["No create is open any more."] : []),
    ...(settled ? [] : [left]),
    // Only an `up` creates; what deleted may have been either.
    creates.length === 0 && deleting
      ? `Next: if it was a \`pulumi destroy\` that was interrupted, ${destroy} goes on deleting; ${up} makes what is missing again.`
      : `Next: pulumi preview ${flags}${adopted ? `, and ${up} before any \`pulumi destroy\` (it restores the order between resources)` : ""}`,
  ];
}
