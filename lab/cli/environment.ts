import * as path from "node:path";
import { repositoryRoot } from "../root.js";
import { type Engine, ensureEngine } from "./engine.js";
import { HOSTS } from "./launcher.js";

let engine: Promise<Engine> | undefined;

/** The engine of this machine; the global set-up has made sure that there is one. */
export function testEngine(): Promise<Engine> {
  const { [FOUND]: found } = process.env;
  engine ??= found ? Promise.resolve(JSON.parse(found)) : ensureEngine({ log: (line) => console.error(line) });
  return engine;
}

/** Tells the processes that are started from now on which engine was found. */
export function tellEngine(found: Engine): void {
  process.env[FOUND] = JSON.stringify(found);
}

const FOUND = "PULUMI_OF_TESTS";

/**
 * What the tests' processes inherit: no account, stack or setting of whoever runs them, nothing of the test runner.
 * @param asUsers without what makes a start cheaper in tests; so it always is outside of the test runner.
 */
export function cleanEnvironment({ asUsers = process.env.VITEST === undefined } = {}): Record<string, string> {
  const clean: Record<string, string> = asUsers ? {} : { ...cheaper, [HOSTS]: process.env[HOSTS] ?? "" };
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && (name === "PULUMI_HOME" || !foreign.test(name))) clean[name] = value;
  }
  return clean;
}

/** The engine's processes are short: they end before the memory that they would collect is worth the time. */
const cheaper = {
  NODE_OPTIONS: `--require ${JSON.stringify(path.join(repositoryRoot, "lab/cli/lazy-sdk.cjs"))}`,
  GOGC: "off",
  GOMEMLIMIT: "1GiB",
  // The types of the examples are checked with all others.
  PULUMI_NODEJS_TRANSPILE_ONLY: "true",
};

const foreign =
  /^(PULUMI_.*|AMIGO_.*|QUICKSTART_.*|VITEST.*|TINYPOOL.*|NODE_(OPTIONS|ENV|CHANNEL_FD)|TEST|MODE|DEV|PROD|SSR)$/;
