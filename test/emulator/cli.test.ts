import type { CommanderError } from "commander";
import { expect, onTestFinished, test, vi } from "vitest";
import packageJson from "../../package.json";
import { createProgram } from "../../src/cli/main.js";
import { startCli } from "./cli-process.js";
import { demo, startApi } from "./support.js";

const authorization = { authorization: "Bearer amigo-demo-key" };

test("starts, prints where and what, logs a line per request and stops on SIGTERM", async () => {
  const cli = await startCli(["--dialect", "errorBodies=empty", "validationBodies=empty", "--latency", "5"]);
  expect((await fetch(`${cli.url}/v1/workspaces`, { headers: authorization })).status).toBe(200);
  expect(await (await fetch(`${cli.url}/v1/workspaces`)).text()).toBe("");
  cli.kill("SIGTERM");
  expect(await cli.ended).toBe(0);
  const text = cli.lines.join("\n");
  expect(text).toContain("amigo-demo-key");
  for (const id of [demo.workspace, demo.agents.nightNurse, demo.setups.emailUnapproved]) expect(text).toContain(id);
  expect(text).toMatch(/GET \/v1\/workspaces 200 \d+ ms req_\w+/);
});

test("--log json prints JSON lines, --api-key another key, SIGINT stops", async () => {
  const cli = await startCli(["--log", "json", "--api-key", "my-key", "--seed", "empty"]);
  expect((await fetch(`${cli.url}/v1/workspaces`, { headers: authorization })).status).toBe(401);
  const response = await fetch(`${cli.url}/v1/workspaces`, { headers: { authorization: "Bearer my-key" } });
  expect(await response.json()).toMatchObject({ items: [] });
  cli.kill("SIGINT");
  expect(await cli.ended).toBe(0);
  const [start, ...requests] = cli.lines.map((line) => JSON.parse(line));
  expect(start).toMatchObject({ url: cli.url, key: "my-key" });
  expect(requests.map((entry) => entry.status)).toEqual([401, 200]);
});

/** Runs a command line in this process; returns what it prints and its exit code. */
async function runHere(args: string[]): Promise<{ code: number; output: string }> {
  let output = "";
  const write = (text: string) => {
    output += text;
  };
  const program = createProgram();
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeOut: write, writeErr: write });
  }
  const code = await program.parseAsync(args, { from: "user" }).then(
    () => 0,
    (error: CommanderError) => error.exitCode,
  );
  return { code, output };
}

test("a taken port, a wrong dialect, an open host and a wrong number are clear messages and exit 1", async () => {
  const { emulator } = await startApi();
  const attempts = [
    { args: ["--port", String(emulator.port)], message: `port ${emulator.port} is taken` },
    { args: ["--dialect", "putNull=maybe"], message: 'Dialect putNull cannot be "maybe"' },
    { args: ["--dialect", "putNul=clears"], message: "did you mean putNull?" },
    { args: ["--host", "0.0.0.0"], message: "not a loopback address" },
    { args: ["--port", "http"], message: "A port is 0 to 65535" },
    { args: ["--latency", "-1"], message: "Write milliseconds" },
  ];
  for (const { args, message } of attempts) {
    const { code, output } = await runHere(["emulator", ...args]);
    expect([code, output]).toEqual([1, expect.stringContaining(message)]);
    expect(output).not.toContain("    at ");
  }
});

test("--list-dialects prints all names and values and starts nothing", async () => {
  const print = vi.spyOn(console, "log").mockImplementation(() => undefined);
  onTestFinished(() => print.mockRestore());
  expect((await runHere(["emulator", "--list-dialects"])).code).toBe(0);
  expect(print.mock.calls.join()).toMatch(/^putNull +unchanged, clears \(default: unchanged\)$/m);
  expect(print).toHaveBeenCalledTimes(1);
});

test("help has examples, and the version is the package's", async () => {
  const help = await runHere(["emulator", "--help"]);
  expect([help.code, help.output]).toEqual([
    0,
    expect.stringContaining("$ npx pulumi-amigo emulator --port 9000 --persist"),
  ]);
  expect(await runHere(["--version"])).toEqual({ code: 0, output: `${packageJson.version}\n` });
});
