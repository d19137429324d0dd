import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { Command } from "commander";
import { DEFAULT_MAX_CONCURRENCY, type Limits } from "../api/limiter.js";
import { COMMAND } from "../command.js";
import { endTree, isInForeground, signalTo } from "../stack/processes.js";
import { warn } from "./common.js";

interface Flags {
  maxConcurrency?: string;
  requestsPerSecond?: string;
}

const help = `
Runs COMMAND and holds one budget of requests for all that COMMAND starts.
Stacks that run side by side keep to the limits together. When the server asks
one of them to wait before it calls an endpoint again, all of them wait.

The limits hold for each server and key. A process's own settings
(amigo:maxConcurrency, amigo:requestsPerSecond) hold as well. The processes find
the budget by AMIGO_SHARED_BUDGET.

COMMAND runs without a shell, and should wait for what it starts: the budget
ends with COMMAND, and what runs on after that has only its own limits.

Signals:
  Ctrl-C in a terminal   COMMAND gets it once, and may take its time to cancel.
  SIGINT, no terminal    COMMAND and what it has started get it.
  SIGTERM                COMMAND and what it has started get it, and the budget
                         waits for them. A Pulumi CLI cancels its run.
A shell script that starts programs with \`&\` makes them ignore Ctrl-C. Use
xargs -P or make -j instead.

Within another budget COMMAND keeps to the outer one; a warning says so. If
AMIGO_SHARED_BUDGET names a budget that has ended, a new one is started.

Exit code:
  COMMAND's own; 128 + N if signal N ended it
  127  COMMAND was not found
  126  COMMAND cannot be started
  1    wrong options

Examples:
  $ ${COMMAND} budget -- ./deploy-all-clinics.sh
  $ ${COMMAND} budget --requests-per-second 10 -- \\
      xargs -P 4 -n 1 pulumi up --yes --stack < stacks.txt
  $ ${COMMAND} budget --max-concurrency 8 -- make -j 4 clinics
`;

/** `pulumi-amigo budget`: one budget of requests for all that a command starts. */
export function budgetCommand(): Command {
  return new Command("budget")
    .description("run a command whose stacks share one budget of requests")
    .usage("[options] -- COMMAND [ARGS...]")
    .argument("[command...]", "the command with its arguments, after `--`")
    .option(
      "--max-concurrency <n>",
      `requests under way at once, over all processes (default: ${DEFAULT_MAX_CONCURRENCY})`,
    )
    .option("--requests-per-second <r>", "requests begun per second, over all processes (default: no limit)")
    .addHelpText("after", help)
    .action(run);
}

async function run([program, ...args]: string[], flags: Flags, command: Command): Promise<void> {
  const { limits, problems } = await readLimits(flags);
  if (!program)
    problems.push(
      `no command was given that could share the budget: it stands after \`--\`, as ${COMMAND} budget --help shows`,
    );
  if (!program || problems.length > 0) {
    return command.error(problems.map((problem) => `error: ${problem}`).join("\n"), { exitCode: 1 });
  }
  let child: ChildProcess | undefined;
  let tooEarly: NodeJS.Signals | undefined;
  let ending: Promise<void> | undefined;
  // A terminal sends its signals to our whole group, so there the command stays in it; elsewhere it leads its own. So it
  // gets each signal once: a second interrupt would make the Pulumi CLI give up its cancellation.
  const sharesGroup = process.platform === "win32" || isInForeground();
  for (const signal of ["SIGINT", "SIGQUIT", "SIGHUP", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (child?.pid === undefined) tooEarly ??= signal;
      else if (signal === "SIGTERM") ending ??= endTree(child.pid, warn);
      else if (!sharesGroup) signalTo(-child.pid, signal, warn);
    });
  }
  const { budgetFor } = await import("../api/budget/around.js");
  const budget = await budgetFor(limits, "COMMAND", warn);
  try {
    if (tooEarly) process.exitCode = signalled(tooEarly);
    else {
      child = spawn(program, args, {
        stdio: "inherit",
        detached: !sharesGroup,
        env: { ...process.env, AMIGO_SHARED_BUDGET: budget.address },
      });
      process.exitCode = await ended(child);
      await ending;
    }
  } catch (error) {
    const { code, message } = startFailure(program, error as NodeJS.ErrnoException);
    console.error(`error: ${message}`);
    process.exitCode = code;
  } finally {
    await budget.close();
  }
  // Turns that were waiting for the server's pause would hold the process until it is over.
  process.exit();
}

/** Takes and refuses the values that the settings of the same names do. */
async function readLimits(flags: Flags): Promise<{ limits: Limits; problems: string[] }> {
  const { argumentOf, readSettings } = await import("../engine/settings.js");
  const given: Record<string, string | undefined> = { ...flags };
  const settings = readSettings({ config: (name) => given[name], environment: {}, explicit: true });
  const optionOf = { maxConcurrency: "--max-concurrency", requestsPerSecond: "--requests-per-second" };
  const problems = settings.problems.map((problem) =>
    Object.entries(optionOf).reduce((text, [name, option]) => text.replace(argumentOf(name), option), problem),
  );
  // For a setting this means that it is not set.
  for (const [name, option] of Object.entries(optionOf)) {
    if (given[name]?.trim() === "") problems.push(`${option}: found ""; give a number, or leave the option out`);
  }
  const { maxConcurrency = DEFAULT_MAX_CONCURRENCY, requestsPerSecond } = settings;
  return { limits: { maxConcurrency, requestsPerSecond }, problems };
}

/** The command's exit code. Rejects when it could not be started. */
function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("exit", (code, signal) => resolve(signal ? signalled(signal) : (code ?? 1)));
    child.once("error", reject);
  });
}

/** As a shell tells that a signal ended a command. */
function signalled(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

function startFailure(program: string, { code, message }: NodeJS.ErrnoException): { code: number; message: string } {
  const name = JSON.stringify(program);
  if (code === "ENOENT") {
    const hint = "Install it, or write its path. What only a shell understands is written as sh -c '...'";
    return { code: 127, message: `the command ${name} was not found. ${hint}` };
  }
  const hint = "It must be a program, or a script with a first line like #!/bin/sh, that you may execute (chmod +x)";
  return { code: 126, message: `the command ${name} cannot be started: ${message}. ${hint}` };
}
