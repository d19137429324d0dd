import { Command, InvalidArgumentError, Option } from "commander";
import { COMMAND } from "../command.js";
import type { Dialect, Emulator, RequestLogEntry } from "../emulator/index.js";

interface Flags {
  port: number;
  host: string;
  persist?: string;
  seed: "demo" | "empty";
  dialect?: string[];
  listDialects?: boolean;
  latency: number;
  log: "json" | "text" | "off";
  apiKey?: string;
}

const help = `
The emulator checks each request and each answer against the API's contract. It
starts with two organisations, their agents, context graphs, personas and
setups, and one workspace; \`--seed empty\` leaves the workspace out.

Dialects choose how the server behaves where the contract is silent. Give
--dialect once for each.

Control routes, for this machine only and without a key:
  GET, PUT, DELETE  /__emulator/faults    answer late, wrongly or not at all
  GET, PUT          /__emulator/dialect   change dialects while it runs
  GET, DELETE       /__emulator/requests  what was asked so far
  GET               /__emulator/state     everything that exists

Examples:
  $ ${COMMAND} emulator
  $ ${COMMAND} emulator --port 9000 --persist state/emulator
  $ ${COMMAND} emulator --list-dialects
  $ ${COMMAND} emulator --dialect putNull=clears --latency 50
  $ ${COMMAND} emulator --dialect rateLimit=10/1000/seconds
  $ AMIGO_BASE_URL=http://127.0.0.1:8787 AMIGO_API_KEY=amigo-demo-key pulumi up
  $ curl -X PUT http://127.0.0.1:8787/__emulator/faults -d '{"rules": [
      {"operation": "create-service", "times": 1, "when": "before",
       "action": {"kind": "status", "status": 503}}]}'

All of it: https://github.com/amigo-ai/pulumi-amigo/blob/main/docs/emulator.md
`;

/** `pulumi-amigo emulator`: the API on this machine, until it is interrupted. */
export function emulatorCommand(): Command {
  return new Command("emulator")
    .description("run the Amigo platform API on this machine: contract-checked and seeded, no account needed")
    .addOption(new Option("--port <port>", "port; 0 takes a free one").default(8787).argParser(portNumber))
    .option("--host <address>", "loopback address to listen on", "127.0.0.1")
    .option("--persist <folder>", "keep the state in this folder between runs (default: memory only)")
    .addOption(
      new Option("--seed <seed>", "what an empty state starts with").choices(["demo", "empty"]).default("demo"),
    )
    .option("--dialect <name=value...>", "behave differently where the contract is silent")
    .option("--list-dialects", "print the names, values and defaults of all dialects, and end")
    .addOption(new Option("--latency <ms>", "milliseconds added to every request").default(0).argParser(milliseconds))
    .addOption(new Option("--log <form>", "how requests are printed").choices(["json", "text", "off"]).default("text"))
    .option("--api-key <key>", "the key to accept for the demo organisation (default: amigo-demo-key)")
    .addHelpText("after", help)
    .action(run);
}

async function run(flags: Flags, command: Command): Promise<void> {
  const { startEmulator, parseDialectSetting, dialectLines, logLine, defaultApiKeys, demoKey, secondKey } =
    await import("../emulator/index.js");
  if (flags.listDialects) return console.log(dialectLines().join("\n"));
  const print = (entry: RequestLogEntry) => {
    if (flags.log !== "off") console.log(flags.log === "json" ? JSON.stringify(entry) : logLine(entry));
  };
  const key = flags.apiKey ?? demoKey;
  let emulator: Emulator;
  try {
    const dialect = (flags.dialect ?? []).map(parseDialectSetting);
    emulator = await startEmulator({
      port: flags.port,
      host: flags.host,
      persist: flags.persist,
      seed: flags.seed,
      apiKeys: flags.apiKey === undefined ? defaultApiKeys : { [key]: "owner", [secondKey]: "owner@second" },
      dialect: Object.assign({}, ...dialect) as Partial<Dialect>,
      latencyMs: flags.latency,
      onRequest: print,
    });
  } catch (error) {
    return command.error(`error: ${startFailure(error, flags)}`, { exitCode: 1 });
  }
  const { url, seedIds } = emulator;
  console.log(
    flags.log === "json"
      ? JSON.stringify({ url, key, secondKey, seedIds })
      : greeting(emulator, key, secondKey, flags.seed),
  );
  await interrupted();
  await emulator.close();
  // The terminal has just echoed ^C.
  if (process.stdout.isTTY) console.log();
  if (flags.log !== "json") console.log("emulator stopped");
}

function greeting(emulator: Emulator, key: string, secondKey: string, seed: Flags["seed"]): string {
  const { seedIds } = emulator;
  const lines: [string, string][] = [
    ["url", emulator.url],
    ["key", key],
    ["key, second organisation", secondKey],
    ...(seed === "demo" ? ([["workspace demo-clinic", seedIds.workspace]] as [string, string][]) : []),
    ["agent Front Desk", seedIds.agents.frontDesk],
    ["agent Night Nurse", seedIds.agents.nightNurse],
    ["context graph Scheduling", seedIds.contextGraphs.scheduling],
    ["context graph Intake", seedIds.contextGraphs.intake],
    ["persona Warm", seedIds.personas.warm],
    ["persona Brisk", seedIds.personas.brisk],
    ["voice setup, approved", seedIds.setups.voiceApproved],
    ["voice setup, not approved", seedIds.setups.voiceUnapproved],
    ["email setup, approved", seedIds.setups.emailApproved],
    ["email setup, not approved", seedIds.setups.emailUnapproved],
  ];
  const width = Math.max(...lines.map(([label]) => label.length));
  return [
    ...lines.map(([label, value]) => `${label.padEnd(width)}  ${value}`),
    "",
    "In another terminal, in the folder of your Pulumi project:",
    `  export AMIGO_BASE_URL=${emulator.url} AMIGO_API_KEY=${key}`,
    "Ctrl-C stops the emulator.",
  ].join("\n");
}

function startFailure(error: unknown, flags: Flags): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") {
    return `port ${flags.port} is taken, perhaps by another emulator; stop it or choose another with --port`;
  }
  return message;
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError("A port is 0 to 65535.");
  return port;
}

function milliseconds(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError("Write milliseconds, 0 or more.");
  return value;
}
