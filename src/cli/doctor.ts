import { Command } from "commander";
import { COMMAND } from "../command.js";
import type { DoctorReport } from "../environment/doctor.js";
import type { Check } from "../environment/doctor-check.js";
import type { Style, Terminal } from "../environment/show/layout.js";
import { action, EXIT } from "./common.js";
import { terminal } from "./terminal.js";

interface Flags {
  config?: string;
  stack?: string;
  json: boolean;
  cwd: string;
}

const help = `
Looks at Node.js, the Pulumi CLI and SDK, this package and the stack's state.
For the stack's account ("account") and each workspace of amigo.yaml it looks
at the key, the address, and what the key may read. Never shows a key. Writes
nothing.

Exit code: 0 all is well, 2 there is something to see, 1 it could not run

Examples:
  $ ${COMMAND} doctor
  $ ${COMMAND} doctor -C infrastructure --stack production
  $ ${COMMAND} doctor --json
`;

/** `pulumi-amigo doctor`: whether everything is there that a run needs. */
export function doctorCommand(): Command {
  return new Command("doctor")
    .description("check versions, keys, permissions and the stack's state")
    .option("-s, --stack <name>", "the stack (default: the selected one)")
    .option("--config <file>", "amigo.yaml (default: in this folder or the nearest above)")
    .option("--json", "print the result as JSON", false)
    .option("-C, --cwd <folder>", "the folder of the Pulumi project", ".")
    .addHelpText("after", help)
    .action(action(run));
}

async function run({ json, ...flags }: Flags): Promise<number> {
  const [{ examine }, { paragraph, safe }] = await Promise.all([
    import("../environment/doctor.js"),
    import("../environment/show/layout.js"),
  ]);
  const report = await examine(flags);
  if (json) console.log(JSON.stringify(report, undefined, 2));
  else
    print(report, terminal(), (text, screen, indent) =>
      text.split("\n").flatMap((line) => paragraph(safe(line), screen, indent)),
    );
  return report.checks.every(({ state }) => state === "ok") ? EXIT.done : EXIT.seen;
}

const STYLES: Record<Check["state"], Style> = { ok: "green", warning: "yellow", problem: "red" };

type Lines = (text: string, terminal: Terminal, indent: string) => string[];

function print({ checks, unknown }: DoctorReport, screen: Terminal, lines: Lines): void {
  const indent = " ".repeat(9);
  for (const { name, state, found, next } of checks) {
    const [first = "", ...rest] = lines(`${name}: ${found}`, screen, indent);
    console.log(`${screen.paint(STYLES[state], state.padEnd(indent.length - 1))} ${first.trimStart()}`);
    for (const line of rest) console.log(line);
    for (const line of next === undefined ? [] : lines(`Next: ${next}`, screen, indent)) console.log(line);
  }
  console.log("");
  const skipped = `Not checked, since nothing but a write would show it: ${unknown.join("; ")}.`;
  for (const line of lines(skipped, screen, "")) console.log(line);
}
