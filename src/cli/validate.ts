import { Command } from "commander";
import { COMMAND } from "../command.js";
import type { Validation } from "../environment/validate.js";
import { action, EXIT, note, warn } from "./common.js";

interface Flags {
  references?: string;
  online?: string;
  config?: string;
  json: boolean;
  cwd: string;
}

const help = `
Checks the schema, the limits, that nothing stands there twice, that each name
in the document leads to an entry of it, and that a service answers for one use
case of each channel. With references: that each alias has an id. With --online:
what the workspace shows of these ids and names. Writes nothing.

What is wrong is printed as FILE:LINE:COLUMN: SENTENCE.

Exit code: 0 valid, 1 not valid or an error, 2 valid with open ends, such as an
alias without an id or a kind that is incomplete

Examples:
  $ ${COMMAND} validate environments/staging.yaml
  $ ${COMMAND} validate staging.yaml --references references/staging.yaml
  $ ${COMMAND} validate environments/production.yaml --online production
`;

/** `pulumi-amigo validate`: whether a document can be used. */
export function validateCommand(): Command {
  return new Command("validate")
    .description("check an environment document")
    .argument("<document>", "the document's path")
    .option(
      "--references <file>",
      "the references file (default: that of --online in amigo.yaml, else of the alias whose document it is)",
    )
    .option("--online <workspace>", "a workspace in which ids and names are looked up")
    .option("--config <file>", "amigo.yaml (default: in this folder or the nearest above)")
    .option("--json", "print the result as JSON", false)
    .option("-C, --cwd <folder>", "the folder to work in", ".")
    .addHelpText("after", help)
    .action(action(run));
}

async function run(document: string, { json, ...flags }: Flags): Promise<number> {
  const { validate } = await import("../environment/validate.js");
  const found = await validate({ document, ...flags, warn });
  if (json) console.log(JSON.stringify(found, undefined, 2));
  else print(found);
  if (!found.valid) return EXIT.error;
  return found.openEnds.length > 0 ? EXIT.seen : EXIT.done;
}

function print({ document, valid, references, problems, openEnds, notes }: Validation): void {
  for (const line of [...problems, ...openEnds]) console.log(line);
  for (const line of notes) note(`note: ${line}`);
  const ends = openEnds.length > 0 ? `, with ${openEnds.length} open ${openEnds.length === 1 ? "end" : "ends"}` : "";
  const checked = references === undefined ? "valid by itself" : `valid with ${references}`;
  const left = valid && references === undefined ? " Its references were not checked." : "";
  console.log(`${document} is ${valid ? checked : "not valid"}${ends}.${left}`);
}
