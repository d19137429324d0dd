#!/usr/bin/env node
// First, before what an old Node.js cannot load.
import "./require-node.js";
import { Command } from "commander";
import { COMMAND } from "../command.js";
import { didYouMean } from "../engine/nearest.js";
import { version } from "../version.js";
import { adoptCommand } from "./adopt.js";
import { budgetCommand } from "./budget.js";
import { ciCommand } from "./ci.js";
import { cloneCommand } from "./clone.js";
import { EXIT, errorText } from "./common.js";
import { compareCommand } from "./compare.js";
import { doctorCommand } from "./doctor.js";
import { driftCommand } from "./drift.js";
import { emulatorCommand } from "./emulator.js";
import { exportCommand } from "./export.js";
import { fleetCommand } from "./fleet.js";
import { initCommand } from "./init.js";
import { promoteCommand, rollbackCommand } from "./promote.js";
import { recoverCommand } from "./recover.js";
import { asShown } from "./terminal.js";
import { validateCommand } from "./validate.js";

/** The whole command line; each command loads its heavy parts when it runs. */
export function createProgram(): Command {
  const program = new Command("pulumi-amigo")
    .description("tools around the Pulumi provider for the Amigo platform API")
    .version(version)
    .addCommand(adoptCommand())
    .addCommand(budgetCommand())
    .addCommand(ciCommand())
    .addCommand(cloneCommand())
    .addCommand(compareCommand())
    .addCommand(doctorCommand())
    .addCommand(driftCommand())
    .addCommand(emulatorCommand())
    .addCommand(exportCommand())
    .addCommand(fleetCommand())
    .addCommand(initCommand())
    .addCommand(promoteCommand())
    .addCommand(recoverCommand())
    .addCommand(rollbackCommand())
    .addCommand(validateCommand());
  for (const command of [program, ...program.commands]) {
    refuseUnknown(command);
    for (const one of [command, ...command.commands]) {
      one.configureOutput({ outputError: (text, write) => write(asShown(text)) });
      one.showHelpAfterError(`error: it is called as ${COMMAND}${pathOf(one)} ${one.usage()}; --help says more`);
    }
  }
  // From here on an error is none of the command line.
  return program.hook("preAction", (_program, command) => {
    command.showHelpAfterError(false);
  });
}

/** ` fleet up`; empty for the program itself. */
function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : "";
}

/** Names the commands that there are, and the one that was meant. */
function refuseUnknown(command: Command): void {
  command.on("command:*", ([name = ""]: string[]) => {
    const known = command.commands.map((one) => one.name());
    command.error(
      `error: there is no command "${`${pathOf(command)} ${name}`.trim()}"${didYouMean(name, known)}\nerror: the commands are ${known.join(", ")}`,
    );
  });
}

if (require.main === module) {
  createProgram()
    .parseAsync()
    .catch(async (error: unknown) => {
      console.error(asShown(await errorText(error)));
      process.exitCode = EXIT.error;
    });
}
