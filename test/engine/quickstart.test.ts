import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { cleanEnvironment } from "../../lab/cli/environment.js";
import { type ProcessResult, type RunningProcess, start } from "../../lab/cli/process.js";
import { repositoryRoot } from "../../lab/root.js";

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

function quickstart(command: "up" | "destroy"): RunningProcess {
  return start(process.execPath, [require.resolve("tsx/cli"), "lab/quickstart/main.ts", command], {
    cwd: repositoryRoot,
    // What a user's shell may hold must not reach the quickstart's engine.
    env: {
      ...cleanEnvironment(),
      QUICKSTART_STATE: state,
      AMIGO_API_KEY: "a real key",
      AMIGO_BASE_URL: "https://[::1]",
    },
  });
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

test("shows a create, a run without changes, an edit and a rename", async () => {
  expectWholeStory((await succeeded(quickstart("up"))).output);
}, 300_000);

test("refuses to run twice at once", async () => {
  const mark = path.join(state, "quickstart.json");
  writeFileSync(mark, JSON.stringify({ quickstart: process.pid }));
  const { code, output } = await quickstart("up").done;
  rmSync(mark);
  expect(code, output).toBe(1);
  expect(output).toContain(`already running, as process ${process.pid}`);
});

test("can be run again, also after it was interrupted, and after it was killed", async () => {
  const interrupted = quickstart("up");
  await interrupted.printed("Updating (dev)");
  interrupted.signal("SIGINT");
  const { code, output } = await interrupted.done;
  expect(code, output).toBe(130);
  expect(output).toContain("Run the same command again");

  const killed = quickstart("up");
  await killed.printed("Updating (dev)");
  const { engine, quickstart: quickstartProcess } = JSON.parse(
    readFileSync(path.join(state, "quickstart.json"), "utf8"),
  );
  // Stopped and not killed: the stack stays locked by a process that lives and does not answer.
  process.kill(engine, "SIGSTOP");
  process.kill(quickstartProcess, "SIGKILL");
  const again = (await succeeded(quickstart("up"))).output;
  expect(again).toContain("still runs: stopping it");
  expect(again).toContain("without unlocking the stack: unlocking it");
  expect(again).toContain("1. Back to the program's base form");
  expectWholeStory(again);
}, 300_000);

test("destroy takes the protected workspace down too, and leaves nothing", async () => {
  const { output } = await succeeded(quickstart("destroy"));
  expect(output).toContain("All gone");
  expect(readdirSync(state)).toEqual([]);
  expect((await succeeded(quickstart("destroy"))).output).toContain("nothing to destroy");
  expect(existsSync(path.join(repositoryRoot, "Pulumi.dev.yaml"))).toBe(false);
}, 300_000);
