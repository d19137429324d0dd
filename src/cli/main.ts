#!/usr/bin/env node
// First, before what an old Node.js cannot load.
import "./require-node.js";
import { Command } from "commander";
import { version } from "../version.js";
import { budgetCommand } from "./budget.js";
import { emulatorCommand } from "./emulator.js";
import { initCommand } from "./init.js";
import { recoverCommand } from "./recover.js";

/** The whole command line; each command loads its heavy parts when it runs. */
export function createProgram(): Command {
  return new Command("pulumi-amigo")
    .description("tools around the Pulumi provider for the Amigo platform API")
    .version(version)
    .addCommand(budgetCommand())
    .addCommand(emulatorCommand())
    .addCommand(initCommand())
    .addCommand(recoverCommand());
}

if (require.main === module) {
  createProgram()
    .parseAsync()
    .catch((error: unknown) => {
      console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    });
}
