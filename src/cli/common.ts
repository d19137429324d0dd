import * as path from "node:path";
import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import { asShown } from "./terminal.js";

/** Exit codes of all commands: 0 done and nothing differs, 1 an error, 2 there is something to see. */
export const EXIT = { done: 0, error: 1, seen: 2 } as const;

/** Runs the action of a command; what it throws ends the process with its message and exit code 1. */
export function action<Args extends unknown[]>(run: (...args: Args) => Promise<number>) {
  return async (...args: Args): Promise<void> => {
    const command = args.at(-1) as Command;
    try {
      process.exitCode = await run(...args);
    } catch (error) {
      command.error(await errorText(error), { exitCode: EXIT.error });
    }
  };
}

/** What happened and what to do about it, each line marked as an error; no secret shows. */
export async function errorText(error: unknown): Promise<string> {
  const { redact } = await import("../api/redact.js");
  return redact(await textOf(error))
    .split("\n")
    .map((line) => `error: ${line}`)
    .join("\n");
}

async function textOf(error: unknown): Promise<string> {
  const { AuthenticationError } = await import("../api/errors.js");
  const { messageOf } = await import("../engine/provider/failure.js");
  const message = messageOf(error);
  if (!AuthenticationError.isInstance(error)) return message;
  const { KEY_PLACES } = await import("../engine/settings.js");
  return `${message} ${KEY_PLACES}`;
}

/** Progress and warnings, which never mix with the result. */
export function note(line: string): void {
  console.error(asShown(line));
}

export function warn(line: string): void {
  console.error(asShown(`warning: ${line}`));
}

/** A file as somebody in the working folder names it; one far away by its whole path. */
export function nameFrom(cwd: string, file: string): string {
  const whole = path.resolve(cwd, file);
  const near = path.relative(path.resolve(cwd), whole);
  return near.length < whole.length ? near : whole;
}

/** Asks a yes-or-no question on a terminal; throws where nobody can answer. */
export async function asked(question: string, before = "run it with --dry-run first"): Promise<boolean> {
  if (!process.stdin.isTTY) throw new Error(`nobody can be asked here: run it with --yes; ${before}`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}
