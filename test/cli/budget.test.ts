import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { cleanEnvironment } from "../../lab/cli/environment.js";
import { type RunningProcess, start } from "../../lab/cli/process.js";
import { commandFile, repositoryRoot } from "../../lab/root.js";
import { startSharedBudget } from "../../src/api/budget/server.js";
import { DEFAULT_MAX_CONCURRENCY } from "../../src/api/limiter.js";
import { json, serve, workspace, workspaceId } from "../api/server.js";

const timeoutMs = 60_000;
vi.setConfig({ testTimeout: timeoutMs });

function run(program: string, args: string[], env: Record<string, string> = {}): RunningProcess {
  const running = start(program, args, {
    cwd: repositoryRoot,
    env: { ...cleanEnvironment(), ...env },
    timeoutMs,
  });
  onTestFinished(running.kill);
  return running;
}

/** Runs `pulumi-amigo budget`, at the head of a process group of its own; `first` is a module that runs before it. */
function budget(args: string[], env?: Record<string, string>, first = ""): RunningProcess {
  const preload = `data:text/javascript,${encodeURIComponent(first)}`;
  return run(process.execPath, ["--import", preload, commandFile, "budget", ...args], env);
}

const node = (script: string) => ["--", process.execPath, "-e", script];

/** What a script under a budget says of it, to be used in its text. */
const tellBudget = `console.log("budget", process.env.AMIGO_SHARED_BUDGET, require("fs").existsSync(process.env.AMIGO_SHARED_BUDGET))`;

/** The budget whose address the command has printed; it must have been there for it, and be gone now. */
function expectClosed(stdout: string): void {
  const [, address = "", wasThere] = /budget (\S+) (\w+)/.exec(stdout) ?? [];
  expect([wasThere, existsSync(address), existsSync(join(address, ".."))]).toEqual(["true", false, false]);
}

/** Holds its answers until it has so many requests in hand, and knows the most that it ever had. */
async function gatedServer(opensAt: number) {
  const hand = { now: 0, most: 0 };
  const held: (() => void)[] = [];
  const server = await serve((response) => {
    hand.now += 1;
    hand.most = Math.max(hand.most, hand.now);
    held.push(() => {
      hand.now -= 1;
      json(response, 200, workspace);
    });
    if (hand.most < opensAt) return;
    for (const answer of held.splice(0)) setTimeout(answer, 50);
  });
  return { server, hand };
}

/** Two processes at once, each of which makes so many calls at once. */
function twoCallers(url: string, calls = 12): string[] {
  const caller = `"${process.execPath}" --import tsx ${join("test", "api", "budgeted-calls.ts")} ${url} ${workspaceId} ${calls}`;
  return ["sh", "-c", `${caller} & first=$!; ${caller}; wait $first`];
}

const allDone = `${JSON.stringify(Array(12).fill("done"))}\n`.repeat(2);

it("holds the number of requests at once over all that the command starts", async () => {
  const { server, hand } = await gatedServer(4);
  const { code, stdout, stderr } = await budget(["--max-concurrency", "4", "--", ...twoCallers(server.url)]).done;
  expect([code, stdout, stderr]).toEqual([0, allDone, ""]);
  expect(hand.most).toBe(4);
});

it("is what holds them: without it the same command has more at once", async () => {
  const { server, hand } = await gatedServer(5);
  const [shell = "", ...args] = twoCallers(server.url);
  const { code, stdout } = await run(shell, args).done;
  expect([code, stdout]).toEqual([0, allDone]);
  expect(hand.most).toBeGreaterThan(4);
});

it("holds the number per second", async () => {
  const { server } = await gatedServer(1);
  const { code } = await budget(["--requests-per-second", "5", "--", ...twoCallers(server.url, 4)]).done;
  expect(code).toBe(0);
  const times = server.seen.map(({ at }) => at).sort((a, b) => a - b);
  expect(times).toHaveLength(8);
  // Seven times 200 ms; the first may be on its way for long.
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(700);
});

it("passes arguments, output and the exit code on, and closes the budget", async () => {
  const { code, stdout, stderr } = await budget([
    ...node(`${tellBudget}; console.log(process.argv.slice(1).join("|")); console.error("trouble"); process.exit(7)`),
    "--",
    "--yes",
    "two words",
    "$HOME",
  ]).done;
  expect([code, stderr]).toEqual([7, "trouble\n"]);
  expect(stdout).toContain("--yes|two words|$HOME\n");
  expectClosed(stdout);
});

it("ends at once with the command, though requests still wait for the budget", async () => {
  // One request every 100 s: the second would wait so long.
  const asksTwice = `const socket = require("net").connect(process.env.AMIGO_SHARED_BUDGET);
      for (const ask of [1, 2]) socket.write(JSON.stringify({ ask, of: "x", leftMs: 1e6, begun: true, isRetry: false }) + "\\n");
      socket.once("data", () => { ${tellBudget}; process.exit(3); });`;
  const { code, stdout } = await budget(["--requests-per-second", "0.01", ...node(asksTwice)]).done;
  expect(code).toBe(3);
  expectClosed(stdout);
});

it("leaves a terminal's interrupt to the command, lets it cancel under the budget, and passes SIGTERM on", async () => {
  const script = `let interrupts = 0;
      process.on("SIGINT", () => console.log("interrupted", ++interrupts));
      process.on("SIGTERM", () => { ${tellBudget}; console.log("ended after", interrupts); process.exit(5); });
      setInterval(() => {}, 1000);
      console.log("ready");`;
  const running = budget(node(script));
  await running.printed("ready");
  process.kill(-(running.child.pid ?? Number.NaN), "SIGINT");
  await running.printed("interrupted 1");
  // Signals keep their order, so an interrupt that was passed on would have come before this.
  running.signal("SIGTERM");
  const { code, stdout, stderr } = await running.done;
  expect([code, stderr]).toEqual([5, ""]);
  expect(stdout).toContain("ended after 1\n");
  expectClosed(stdout);
});

const sleepers = (count: number) => {
  // A number that no other process on the machine sleeps for.
  const seconds = `${100_000 + process.pid}.${count}`;
  const run = () =>
    execFileSync("ps", ["-A", "-o", "stat=,args="], { encoding: "utf8" })
      .split("\n")
      .filter((line) => !line.startsWith("Z") && line.includes(`sleep ${seconds}`)).length;
  return { seconds, running: run };
};

it("ends all that the command has started on SIGTERM: its children, their children, and groups of their own", async () => {
  const { seconds, running } = sleepers(1);
  const worker = join(temporaryFolder(), "worker.sh");
  const long = `sleep ${seconds} >/dev/null 2>&1`;
  writeFileSync(worker, `${long} &\nsetsid ${long} &\nsh -c '${long} & exec ${long}' &\necho started\nwait\n`);
  const started = budget(["--", "sh", "-c", `printf "1\\n2\\n" | xargs -P 2 -n 1 sh ${worker}`]);
  await expect.poll(running).toBe(8);
  started.signal("SIGTERM");
  expect((await started.done).code).toBe(143);
  expect(running()).toBe(0);
});

it("waits until what it has asked to end has ended, and leaves a Pulumi CLI to end what is its own", async () => {
  const { seconds, running } = sleepers(2);
  const cli = join(temporaryFolder(), "pulumi");
  const plugin = `setsid sleep ${seconds} >/dev/null 2>&1 &`;
  const cancel = "sleep 1; kill -0 $plugin && echo cancelled with its plugin; kill $plugin; exit 3";
  writeFileSync(cli, `#!/bin/sh\n${plugin}\nplugin=$!\ntrap '${cancel}' TERM\necho ready\nwait\n`, { mode: 0o755 });
  const started = budget(["--", "sh", "-c", `${cli} & wait`]);
  await started.printed("ready");
  started.signal("SIGTERM");
  const { code, stdout } = await started.done;
  expect([code, stdout, running()]).toEqual([143, "ready\ncancelled with its plugin\n", 0]);
});

it("passes an interrupt of its process alone on, once", async () => {
  const script = `let interrupts = 0;
      process.on("SIGINT", () => console.log("interrupted", ++interrupts));
      process.on("SIGTERM", () => process.exit(5));
      setInterval(() => {}, 1000);
      console.log("ready");`;
  const running = budget(node(script));
  await running.printed("ready");
  running.signal("SIGINT");
  await running.printed("interrupted 1");
  running.signal("SIGTERM");
  const { code, stdout } = await running.done;
  expect([code, stdout]).toEqual([5, "ready\ninterrupted 1\n"]);
});

it("lets Ctrl-C in a terminal reach the command once", async () => {
  const script = `let interrupts = 0;
      process.on("SIGINT", () => console.log("interrupted " + ++interrupts));
      process.on("SIGTERM", () => { console.log("terminal " + process.stdin.isTTY); process.exit(5); });
      setInterval(() => {}, 1000);
      console.log("ready");`;
  const file = join(temporaryFolder(), "script.js");
  writeFileSync(file, script);
  const command = `exec "${process.execPath}" ${commandFile} budget -- "${process.execPath}" ${file}`;
  // Python opens a terminal, types into it, and sends SIGTERM to the budget at last.
  const terminal = `import os, pty, signal, sys
pid, fd = pty.fork()
if pid == 0: os.execvp("sh", ["sh", "-c", sys.argv[1]])
text = b""
def until(wanted):
    global text
    while wanted not in text: text += os.read(fd, 1000)
until(b"ready")
os.write(fd, b"\\x03")
until(b"interrupted 1")
os.kill(pid, signal.SIGTERM)
try:
    while True:
        more = os.read(fd, 1000)
        if not more: break
        text += more
except OSError: pass
print(text.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))`;
  const { stdout } = await run("python3", ["-c", terminal, command]).done;
  expect(stdout.replaceAll("\r", "").trim()).toBe("ready\n^Cinterrupted 1\nterminal true\n 5");
});

it("passes SIGTERM on to a command that ends by it, and tells so", async () => {
  const running = budget(node(`${tellBudget}; console.log("ready"); setInterval(() => {}, 1000)`));
  await running.printed("ready");
  running.signal("SIGTERM");
  const { code, stdout } = await running.done;
  expect(code).toBe(143);
  expectClosed(stdout);
});

it("tells the signal that ended the command by itself", async () => {
  const { code, stdout } = await budget(node(`${tellBudget}; process.kill(process.pid, "SIGKILL")`)).done;
  expect(code).toBe(137);
  expectClosed(stdout);
});

it("starts the command with SIGINT not ignored, even when it was itself", async () => {
  const interruptsItself = "-- sh -c 'kill -INT $$'";
  const withoutBudget = run("sh", ["-c", "trap '' INT; sh -c 'kill -INT $$'"]);
  const command = `trap '' INT; exec "${process.execPath}" ${commandFile} budget ${interruptsItself}`;
  expect((await withoutBudget.done).code).toBe(0);
  expect((await run("sh", ["-c", command]).done).code).toBe(130);
});

it("does not start the command when it was interrupted before", async () => {
  const interruptedWhileItOpens = `import net from "node:net";
    const { listen } = net.Server.prototype;
    net.Server.prototype.listen = function (...args) {
      const waiting = setInterval(() => {}, 1000);
      process.once("SIGINT", () => {
        clearInterval(waiting);
        listen.apply(this, args);
      });
      process.kill(process.pid, "SIGINT");
    };`;
  const folder = temporaryFolder();
  const { code, output } = await budget(["--", "echo", "started"], { TMPDIR: folder }, interruptedWhileItOpens).done;
  expect([code, output, budgetsIn(folder)]).toEqual([130, "", []]);
});

it("says what to do about a command that cannot be started", async () => {
  const folder = temporaryFolder();
  const script = join(folder, "deploy.sh");
  writeFileSync(script, "exit 0", { mode: 0o644 });
  const env = { TMPDIR: folder };
  const [missing, forbidden] = await Promise.all([
    budget(["--", "no-such-command", "--yes"], env).done,
    budget(["--", script], env).done,
  ]);
  expect([missing.code, missing.stderr]).toEqual([
    127,
    expect.stringMatching(/^error: the command "no-such-command" was not found\. Install it.*\n$/),
  ]);
  expect([forbidden.code, forbidden.stderr]).toEqual([
    126,
    expect.stringMatching(/^error: the command ".*deploy\.sh" cannot be started: .*EACCES.*chmod \+x.*\n$/),
  ]);
  expect(budgetsIn(folder)).toEqual([]);
});

it("says what to do when the budget has no place for its socket", async () => {
  const noTemporaryFiles = 'process.env.TMPDIR = "/no/such/folder"';
  const { code, output } = await budget(["--", "echo", "started"], {}, noTemporaryFiles).done;
  expect([code, output]).toEqual([1, expect.stringMatching(/^error: the budget cannot be started: .*TMPDIR/)]);
});

it("tells all bad values before anything starts", async () => {
  const folder = temporaryFolder();
  const env = { TMPDIR: folder, AMIGO_MAX_CONCURRENCY: "also wrong" };
  const started = ["--", "echo", "started"];
  const [wrong, empty, none, forgotten] = await Promise.all([
    budget(["--max-concurrency", "1.5", "--requests-per-second", "0", ...started], env).done,
    budget(["--max-concurrency", "", "--requests-per-second", " ", ...started], env).done,
    budget(["--max-concurrency", "257"], env).done,
    budget(["pulumi", "up", "--yes"], env).done,
  ]);
  for (const { code, stdout } of [wrong, empty, none, forgotten]) expect([code, stdout]).toEqual([1, ""]);
  expect(wrong.stderr.trim().split("\n")).toEqual([
    'error: --max-concurrency: found "1.5"; must be a whole number from 1 to 256',
    'error: --requests-per-second: found "0"; must be a number from 0.01 to 10000',
  ]);
  expect(empty.stderr).toMatch(/--max-concurrency: found ""[\s\S]*--requests-per-second: found ""/);
  expect(none.stderr).toMatch(/--max-concurrency: found "257"[\s\S]*no command was given .*stands after `--`/);
  expect(forgotten.stderr).toContain(
    "it is called as npx pulumi-amigo budget [options] -- COMMAND [ARGS...]; --help says more",
  );
  expect(budgetsIn(folder)).toEqual([]);
});

it("keeps to the budget around it, and says so", async () => {
  const outer = await startSharedBudget({ maxConcurrency: 1, requestsPerSecond: undefined });
  onTestFinished(outer.close);
  const { code, stdout, stderr } = await budget(["--max-concurrency", "9", ...node(`${tellBudget}; process.exit(4)`)], {
    AMIGO_SHARED_BUDGET: outer.address,
  }).done;
  expect([code, stdout]).toEqual([4, `budget ${outer.address} true\n`]);
  expect(stderr).toMatch(/^warning: .*another budget .*the limits given here do not hold\n$/);
  expect(existsSync(outer.address)).toBe(true);
});

it("starts a new budget where the one around it has ended, and says so", async () => {
  const outer = await startSharedBudget({ maxConcurrency: 1, requestsPerSecond: undefined });
  await outer.close();
  const { code, stdout, stderr } = await budget(node(tellBudget), { AMIGO_SHARED_BUDGET: outer.address }).done;
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^warning: .*has ended; a new one is started.*\n$/)]);
  expect(stdout).not.toContain(outer.address);
  expectClosed(stdout);
});

it("has help with the default and examples", async () => {
  const { code, stdout } = await budget(["--help"]).done;
  expect(code).toBe(0);
  expect(stdout).toContain(`(default: ${DEFAULT_MAX_CONCURRENCY})`);
  expect(stdout).toMatch(/Within another budget[\s\S]*Examples:\n {2}\$ npx pulumi-amigo budget/);
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "budget-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function budgetsIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith("amigo-budget-"));
}
