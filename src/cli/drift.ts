import { Command, Option } from "commander";
import { COMMAND } from "../command.js";
import type { DriftReport } from "../environment/drift.js";
import type { Finding } from "../environment/drift-findings.js";
import { action, EXIT, warn } from "./common.js";
import { type FormatFlags, formatOption, jsonOption, printResult, wordsOf } from "./result.js";
import { terminal } from "./terminal.js";

const CLASSES = ["foreign", "changed", "missing"] as const satisfies Finding["class"][];

interface Flags extends FormatFlags {
  stack?: string;
  failOn: Finding["class"][];
  cwd: string;
}

const help = `
Compares each resource in the state of the stack with what exists:

  changed  it exists with another value than the stack declares
  missing  it is gone
  foreign  it exists in a workspace of the stack, which does not declare it

What carries the owner tag of another stack is shown, and does not count. What
the platform made itself is left out. The command reads with the account of the
stack's own configuration. It writes neither the state nor to the API.

Exit code: 0 no drift, 2 drift or something that could not be read, 1 an error

Examples:
  $ ${COMMAND} drift --stack production
  $ ${COMMAND} drift --stack production --fail-on changed,missing
  $ ${COMMAND} drift --stack production --json > drift.json
`;

/** `pulumi-amigo drift`: what differs between a stack and what exists. */
export function driftCommand(): Command {
  return new Command("drift")
    .description("show what has changed outside of a stack")
    .option("-s, --stack <name>", "the stack, as `pulumi --stack` takes it (default: the selected one)")
    .addOption(formatOption())
    .addOption(jsonOption())
    .addOption(
      new Option("--fail-on <classes>", "what ends with exit code 2")
        .argParser(wordsOf(CLASSES))
        .default([...CLASSES], CLASSES.join(",")),
    )
    .option("-C, --cwd <folder>", "the folder of the Pulumi project", ".")
    .addHelpText("after", help)
    .action(action(run));
}

async function run({ stack, cwd, failOn, ...shown }: Flags): Promise<number> {
  const { readDrift } = await import("../environment/drift.js");
  const report = await readDrift({ stack, cwd, warn });
  const [{ driftText }, { driftMarkdown }] = await Promise.all([
    import("../environment/show/drift-text.js"),
    import("../environment/show/drift-markdown.js"),
  ]);
  if (shown.json || shown.format !== "text") for (const line of report.notes) warn(line);
  printResult(shown, {
    text: () => driftText(report, terminal()),
    markdown: () => driftMarkdown(report),
    json: () => report,
  });
  return exitCodeOf(report, failOn);
}

/** What another stack manages is that stack's own. */
function exitCodeOf({ complete, findings }: DriftReport, failOn: readonly Finding["class"][]): number {
  const counts = findings.some((finding) => finding.owner === undefined && failOn.includes(finding.class));
  return counts || !complete ? EXIT.seen : EXIT.done;
}
