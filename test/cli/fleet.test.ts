import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { fleetProgress } from "../../src/cli/fleet-progress.js";
import type { StackEntry } from "../../src/fleet/report.js";
import type { FleetRun } from "../../src/fleet/runs.js";

const entry = (name: string, state: StackEntry["state"]): StackEntry => ({ name, wave: "all", target: "", state });

function played(isTTY: boolean) {
  const stacks = new Map(["a", "b"].map((name) => [name, entry(name, "waiting")]));
  const run = {
    stack: (name: string) => stacks.get(name),
    get report() {
      return { command: "up", stacks: [...stacks.values()] };
    },
  } as unknown as FleetRun;
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 60, rows: 24 }) as unknown as NodeJS.WriteStream;
  const text = () => String((stream as unknown as PassThrough).read() ?? "");
  const set = (changes: StackEntry) => stacks.set(changes.name, changes);
  return { progress: fleetProgress(stream)(run), text, set };
}

it("prints a line for each stack that starts or ends, where there is no terminal", () => {
  const { progress, text, set } = played(false);
  progress.onWave("wave all: running 2 of 2 stacks");
  progress.onStart("a");
  progress.onProgress("a", "done create desk");
  set({ ...entry("a", "done"), seconds: 1.25, changes: { create: 3, same: 1 } });
  progress.onEnd("a");
  set({ ...entry("b", "failed"), seconds: 2, error: "no\u001b[2J\nwhy", log: "b.log" });
  progress.onEnd("b");
  progress.close();
  expect(text().split("\n")).toEqual([
    "wave all: running 2 of 2 stacks",
    "a: started",
    "a: done (create 3) after 1.3 s",
    "b: failed after 2.0 s (log: b.log): no\\u001b[2J",
    "    why",
    "",
  ]);
});

it("draws on a terminal what runs, below the lines of what has ended, and takes the table away at the end", () => {
  const { progress, text, set } = played(true);
  set(entry("a", "running"));
  progress.onStart("a");
  progress.onProgress("a", `done create ${"desk ".repeat(30)}`);
  set(entry("b", "running"));
  progress.onStart("b");
  const table = text().split("\u001b[0J").at(-1) as string;
  expect(table.split("\n")).toEqual([
    `  a     0 s  done create ${"desk ".repeat(30)}`.slice(0, 59),
    "  b     0 s  ",
    "0 done, 0 failed, 2 running, 0 waiting",
    "",
  ]);
  set({ ...entry("a", "done"), seconds: 1, changes: {} });
  progress.onEnd("a");
  expect(text().split("\n").slice(0, 2)).toEqual([
    "\u001b[3A\u001b[0Ja: done (no change) after 1.0 s",
    "  b     0 s  ",
  ]);
  progress.close();
  expect(text()).toBe("\u001b[2A\u001b[0J");
});
