import { Command } from "commander";
import { COMMAND } from "../command.js";
import type { Environment } from "../environment/environment.js";
import { action, EXIT, warn } from "./common.js";
import { type FormatFlags, formatOption, jsonOption, printResult } from "./result.js";
import { terminal } from "./terminal.js";

interface Flags extends FormatFlags {
  all: boolean;
  config?: string;
  referencesA?: string;
  referencesB?: string;
  cwd: string;
}

const help = `
A and B are each an alias of amigo.yaml, a workspace's id, stack:NAME, or the
path of a document. A document has the references of the alias whose
\`environment\` it is, unless several share it.

Entries are matched by name and compared field by field. Defaults, the order of
sets, ids and the owner tag make no difference. Values of fields that look like
credentials are never shown.

Exit code: 0 nothing differs, 2 something does or could not be read, 1 an error

Examples:
  $ ${COMMAND} compare staging production
  $ ${COMMAND} compare environments/staging.yaml staging --all
  $ ${COMMAND} compare stack:dev staging --format markdown > report.md
`;

/** `pulumi-amigo compare`: what differs between two environments. */
export function compareCommand(): Command {
  return new Command("compare")
    .description("show what differs between two workspaces, stacks or documents")
    .argument("<A>", "one side")
    .argument("<B>", "the other side")
    .addOption(formatOption())
    .addOption(jsonOption())
    .option("--all", "show what is equal too", false)
    .option("--references-a <file>", "the references file of A (default: the one that amigo.yaml names)")
    .option("--references-b <file>", "the references file of B (default: the one that amigo.yaml names)")
    .option("--config <file>", "amigo.yaml (default: in this folder or the nearest above)")
    .option("-C, --cwd <folder>", "the folder to work in", ".")
    .addHelpText("after", help)
    .action(action(run));
}

async function run(a: string, b: string, flags: Flags): Promise<number> {
  const [{ readSource }, { compareEnvironments, comparisonValue }] = await Promise.all([
    import("../environment/source.js"),
    import("../environment/compare.js"),
  ]);
  const { cwd, config, all } = flags;
  const read = (text: string, references?: string) =>
    readSource(text, { cwd, config, references, warn, showSecrets: true });
  const sources = await Promise.all([read(a, flags.referencesA), read(b, flags.referencesB)]);
  const [left, right] = sources.map(({ environment }) => environment) as [Environment, Environment];
  for (const note of [left, right].flatMap(({ name, notes = [] }) => notes.map((text) => `${name}: ${text}`)))
    warn(note);
  const comparison = compareEnvironments(left, right);
  for (const note of comparison.notes) warn(note);
  const [{ comparisonText }, { comparisonMarkdown }] = await Promise.all([
    import("../environment/show/comparison-text.js"),
    import("../environment/show/comparison-markdown.js"),
  ]);
  printResult(flags, {
    text: () => comparisonText(comparison, terminal(), all),
    markdown: () => comparisonMarkdown(comparison, all),
    json: () => comparisonValue(comparison, all),
  });
  // What could not be read may differ.
  const isKnown = left.incomplete.size + right.incomplete.size === 0;
  return comparison.differences.length === 0 && isKnown ? EXIT.done : EXIT.seen;
}
