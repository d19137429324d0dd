import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { cleanEnvironment } from "../../lab/cli/environment.js";
import { findOnPath } from "../../lab/cli/find.js";
import { type ProcessResult, type RunningProcess, start } from "../../lab/cli/process.js";
import { repositoryRoot } from "../../lab/root.js";
import { Journal } from "../../src/engine/provider/journal.js";

let state: string;
let failed = false;

beforeAll(() => {
  mkdirSync(path.join(repositoryRoot, "state"), { recursive: true });
  state = mkdtempSync(path.join(repositoryRoot, "state", "test-quickstart-"));
});

afterEach(({ task }) => {
  failed ||= task.result?.state === "fail";
});

afterAll(() => {
  if (failed) console.error(`kept for a look: ${state}`);
  else rmSync(state, { recursive: true, force: true });
});

/**
 * As a user types it; npm, its shell and the quickstart are one process group.
 * @param asUsers also without what makes a start cheaper in tests
 */
function quickstart(command: "start" | "destroy", { asUsers = false } = {}): RunningProcess {
  return start("npm", ["run", command], {
    cwd: repositoryRoot,
    // What a user's shell may hold must not reach the quickstart's engine.
    env: {
      ...cleanEnvironment({ asUsers }),
      QUICKSTART_STATE: state,
      AMIGO_API_KEY: "a real key",
      AMIGO_BASE_URL: "https://[::1]",
    },
  });
}

/** What still runs of a process group, or on this test's state. */
function processesOf(group: number): string[] {
  const lines = execFileSync("ps", ["-A", "-o", "pgid=,args="], { encoding: "utf8" }).split("\n");
  return lines.filter((line) => line.trim().startsWith(`${group} `) || line.includes(state));
}

async function succeeded({ done }: RunningProcess): Promise<ProcessResult> {
  const result = await done;
  expect(result.code, result.output).toBe(0);
  return result;
}

/** The operations of the API's log that stand under this heading. */
function operationsIn(output: string, heading: string): string[] {
  const [, section = ""] = output.split(new RegExp(`^${heading}.*$`, "m"));
  const [first = ""] = section.split(/^\d\. |^To look further/m);
  return [...first.matchAll(/^ {2}(?:POST|PUT|PATCH|DELETE) +\S+ +2\d\d +(\S+)$/gm)].map(
    ([, operation]) => operation ?? "",
  );
}

function expectWholeStory(output: string): void {
  for (const kind of ["Workspace", "Service", "VersionSet", "UseCase", "ServiceBinding", "TestCallerNumbers"]) {
    expect(output).toMatch(new RegExp(`^ {2}${kind} +[a-z]+ `, "m"));
  }
  expect(output).toContain("Requests sent: 0");
  expect(operationsIn(output, "3\\. ")).toEqual(["update-service"]);
  expect(operationsIn(output, "4\\. ")).toEqual([
    "create-use-case",
    "unbind-use-case-from-service",
    "bind-use-case-to-service",
    "delete-use-case",
  ]);
}

test("shows a create, a run without changes, an edit and a rename, in 80 columns and without colours", async () => {
  const { output } = await succeeded(quickstart("start", { asUsers: true }));
  expectWholeStory(output);
  expect(output).not.toContain("\u001b");
  const saysPath = /^The Pulumi CLI is not on your PATH\..*\n {2}export PATH="\/.+:\$PATH"$/m.test(output);
  expect(saysPath).toBe((await findOnPath()) === undefined);
  const [, ...parts] = output.split(/^(?=\d\. |The stack now holds|The API's log|To look further)/m);
  const ours = parts.flatMap((part) =>
    part.split("\n").filter((line) => !/^ *[+~-]|pulumi|PULUMI|export PATH=/.test(line)),
  );
  expect(ours.filter((line) => line.length > 80)).toEqual([]);
}, 300_000);

test("refuses to run twice at once", async () => {
  const mark = path.join(state, "quickstart.json");
  writeFileSync(mark, JSON.stringify({ quickstart: process.pid }));
  const { code, output } = await quickstart("start").done;
  rmSync(mark);
  expect(code, output).toBe(1);
  expect(output).toContain(`already running, as process ${process.pid}`);
});

test.each([
  "Updating (dev)",
  / scheduling creat/,
  "2. The same program again",
])("one Ctrl-C at %s lets the engine end, then stops the emulator", async (moment) => {
  if (typeof moment !== "string") rmSync(state, { recursive: true });
  mkdirSync(state, { recursive: true });
  const run = quickstart("start");
  await run.printed(moment);
  process.kill(-(run.child.pid ?? 0), "SIGINT");
  const { code, output } = await run.done;
  // npm passes on its script's 130, or ends by the signal itself.
  expect(run.child.signalCode ?? code, output).toBeOneOf(["SIGINT", 130]);
  expect(output).toContain("Stopped. Run the same command again");
  // A process that has ended may still be there for a moment.
  await expect.poll(() => processesOf(run.child.pid ?? 0)).toEqual([]);
  // The engine has let go of the stack by itself, and the quickstart of its state.
  const places = () => readdirSync(state, { recursive: true, encoding: "utf8" });
  await expect.poll(() => places().filter((place) => /locks.*\.json$|quickstart\.json$/.test(place))).toEqual([]);
  const stack = readFileSync(path.join(state, "backend/.pulumi/stacks/pulumi-amigo-quickstart/dev.json"), "utf8");
  expect(JSON.parse(stack).checkpoint.latest?.pending_operations ?? []).toEqual([]);
  const port = readFileSync(path.join(state, "emulator-port"), "utf8");
  await expect(fetch(`http://127.0.0.1:${port}/__emulator/state`)).rejects.toThrow("fetch failed");
}, 300_000);

test("what was interrupted goes on with the next run, and so does what was killed", async () => {
  const killed = quickstart("start");
  await killed.printed("Updating (dev)");
  const { engine, quickstart: quickstartProcess } = JSON.parse(
    readFileSync(path.join(state, "quickstart.json"), "utf8"),
  );
  // Stopped and not killed: the stack stays locked by a process that lives and does not answer.
  process.kill(engine, "SIGSTOP");
  process.kill(quickstartProcess, "SIGKILL");
  const again = (await succeeded(quickstart("start"))).output;
  expect(again).toMatch(/still runs:\s+stopping\s+it/);
  expect(again).toMatch(/without\s+unlocking\s+the\s+stack:\s+unlocking\s+it/);
  expect(again).toContain("1. Back to the program's base form");
  expectWholeStory(again);
}, 300_000);

test("destroy takes the protected workspace down too, and leaves nothing", async () => {
  const port = readFileSync(path.join(state, "emulator-port"), "utf8");
  const { file } = new Journal(`http://127.0.0.1:${port}`, () => {});
  expect(existsSync(file)).toBe(true);
  const { output } = await succeeded(quickstart("destroy"));
  expect(output).not.toMatch(/UseCase \w+ (creating|updating|replac)|stack rm/);
  expect(output).toContain("All gone");
  expect([readdirSync(state), existsSync(file)]).toEqual([[], false]);
  expect((await succeeded(quickstart("destroy"))).output).toContain("nothing to destroy");
  expect(existsSync(path.join(repositoryRoot, "Pulumi.dev.yaml"))).toBe(false);
}, 300_000);
