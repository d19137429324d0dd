import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { PassThrough } from "node:stream";
import { Terminal } from "@xterm/headless";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { fleetDisplay } from "../../src/cli/fleet-progress.js";
import { asShown, isOneOutput } from "../../src/cli/terminal.js";
import type { FleetReport, StackEntry } from "../../src/fleet/report.js";
import { reportText } from "../../src/fleet/report-text.js";
import type { FleetRun } from "../../src/fleet/runs.js";

const entry = (name: string, state: StackEntry["state"]): StackEntry => ({ name, wave: "all", target: "", state });

function played(names: readonly string[], command = "up") {
  const stacks = new Map(names.map((name) => [name, entry(name, "waiting")]));
  const run = {
    stack: (name: string) => stacks.get(name),
    get report() {
      return { command, file: "fleet.yaml", stacks: [...stacks.values()] };
    },
  } as unknown as FleetRun;
  return { run, set: (changes: StackEntry) => stacks.set(changes.name, changes) };
}

async function onPipe(stream: object = {}, options = {}) {
  const pipe = Object.assign(new PassThrough(), stream);
  const display = await fleetDisplay(pipe as unknown as NodeJS.WriteStream, options);
  return { display, text: () => String(pipe.read() ?? "") };
}

/** A terminal of this size, and what it shows. */
async function onTerminal(columns: number, rows: number) {
  const terminal = new Terminal({ cols: columns, rows, scrollback: 500, convertEol: true, allowProposedApi: true });
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns, rows });
  const display = await fleetDisplay(stream as unknown as NodeJS.WriteStream);
  const screen = async () => {
    await new Promise<void>((resolve) => terminal.write(String(stream.read() ?? ""), resolve));
    const { active } = terminal.buffer;
    const lines = Array.from({ length: active.length }, (_, index) => active.getLine(index)?.translateToString(true));
    return lines
      .map((line) => line?.trimEnd())
      .join("\n")
      .trimEnd()
      .split("\n");
  };
  return { display, screen };
}

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

it.each([
  ["there is no terminal", {}, {}, "xterm"],
  ["the terminal is a dumb one", { isTTY: true }, {}, "dumb"],
  ["the result is JSON", { isTTY: true }, { plain: true }, "xterm"],
])("prints a line for each stack that starts or ends, where %s", async (_where, stream, options, term) => {
  vi.stubEnv("TERM", term);
  const { run, set } = played(["a", "b"]);
  const { display, text } = await onPipe(stream, options);
  display.line("warning: a key is old");
  const progress = display.listen(run);
  progress.onWave("wave all: running 2 of 2 stacks");
  progress.onStart("a");
  progress.onProgress("a", "done create desk");
  set({ ...entry("a", "done"), seconds: 1.25, changes: { create: 3, same: 1 } });
  progress.onEnd("a");
  set({ ...entry("b", "failed"), seconds: 2, error: "no\u001b[2J\nwhy", log: "b.log" });
  progress.onEnd("b");
  progress.close();
  expect(text().split("\n")).toEqual([
    "warning: a key is old",
    "wave all: running 2 of 2 stacks",
    "a: started",
    "a: done (create 3) after 1.3 s",
    "b: failed after 2.0 s (log: b.log): no\\u001b[2J",
    "    why",
    "",
  ]);
  vi.unstubAllEnvs();
});

it("leaves to the report what it shows of a preview", async () => {
  const { run, set } = played(["a"], "preview");
  const { display, text } = await onPipe();
  set({ ...entry("a", "done"), seconds: 1.25, changes: {} });
  display.listen(run).onEnd("a");
  expect(text()).toBe("a: done\n");
});

it.each([
  80, 200,
])("draws on a terminal of %d columns what runs, below the lines of what has ended", async (columns) => {
  const { run, set } = played(["a", "b"]);
  const { display, screen } = await onTerminal(columns, 24);
  const progress = display.listen(run);
  progress.onWave("wave all: running 2 of 2 stacks");
  set(entry("a", "running"));
  progress.onStart("a");
  progress.onProgress("a", `done create ${"desk ".repeat(60)}`);
  set(entry("b", "running"));
  progress.onStart("b");
  const long = `  a     0 s  done create ${"desk ".repeat(60)}`.slice(0, columns - 1);
  const counts = "0 done, 0 failed, 2 running, 0 waiting";
  expect(await screen()).toEqual(["wave all: running 2 of 2 stacks", long.trimEnd(), "  b     0 s", counts]);
  // Longer than the terminal, as a line with the path of a log is: nothing of it is lost.
  const error = Array.from({ length: 30 }, (_, index) => `reason ${index}`).join("\n");
  set({ ...entry("a", "failed"), seconds: 1, error });
  progress.onEnd("a");
  display.line("warning: a key is old");
  const kept = [
    "wave all: running 2 of 2 stacks",
    ...`a: failed after 1.0 s: ${error}`.replaceAll("\n", "\n    ").split("\n"),
    "warning: a key is old",
  ];
  expect(await screen()).toEqual([...kept, "  b     0 s", "0 done, 1 failed, 1 running, 0 waiting"]);
  progress.close();
  expect(await screen()).toEqual(kept);
  display.line("a line after the end");
  expect(await screen()).toEqual([...kept, "a line after the end"]);
});

it("keeps the table within the rows of the terminal, with the counts in sight", async () => {
  const names = Array.from({ length: 40 }, (_, index) => `stack-${10 + index}`);
  const { run, set } = played(names);
  const { display, screen } = await onTerminal(80, 24);
  const progress = display.listen(run);
  for (const name of names) {
    set(entry(name, "running"));
    progress.onStart(name);
  }
  const shown = await screen();
  expect(shown).toHaveLength(19);
  expect([shown[0], shown.at(-1)]).toEqual(["  stack-10     0 s", "0 done, 0 failed, 40 running, 0 waiting"]);
  progress.close();
  expect(await screen()).toEqual([""]);
});

it("hides the cursor while it draws, and shows it again at the end", async () => {
  const written: string[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => Boolean(written.push(String(text))));
  const isTTY = process.stderr.isTTY;
  process.stderr.isTTY = true;
  try {
    const { run } = played(["a"]);
    const progress = (await fleetDisplay(process.stderr)).listen(run);
    progress.onStart("a");
    expect(written.join("")).toContain("\u001b[?25l");
    progress.close();
    expect(written.at(-1)).toBe("\u001b[?25h");
  } finally {
    process.stderr.isTTY = isTTY;
  }
});

it("says in the report no second time why a stack failed, where that was printed above", async () => {
  const { run, set } = played(["a", "b"]);
  const { display, text } = await onPipe();
  set({ ...entry("a", "failed"), seconds: 9.7, error: "no\nwhy", log: "a.log" });
  display.listen(run).onEnd("a");
  expect(text()).toBe("a: failed after 9.7 s (log: a.log): no\n    why\n");
  const apart = await onPipe({}, { brief: true });
  apart.display.listen(run).onEnd("a");
  expect(apart.text()).toBe("a: failed after 9.7 s (log: a.log): no\n");
  // Of an earlier run that this one goes on with.
  set({ ...entry("b", "failed"), seconds: 2, error: "no", log: "b.log" });
  const report = { ...run.report, waves: [], notes: [] } as FleetReport;
  expect(reportText(report, { printed: display.printed }).split("\n").slice(0, 2)).toEqual([
    "a: failed after 9.7 s (see above; log: a.log)",
    "b: failed after 2.0 s (log: b.log): no",
  ]);
  const terminal = await onTerminal(80, 24);
  terminal.display.listen(run).onEnd("a");
  expect(terminal.display.printed).toEqual(new Set(["a"]));
});

it("takes two outputs for one where both are terminals or the same file, and not otherwise", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "outputs-"));
  const open = (name: string) => ({ fd: openSync(path.join(folder, name), "a"), isTTY: false });
  const [a, again, b] = [open("a"), open("a"), open("b")];
  expect(isOneOutput(a, again)).toBe(true);
  expect(isOneOutput(a, b)).toBe(false);
  expect(isOneOutput({ ...a, isTTY: true }, b)).toBe(false);
  expect(isOneOutput({ ...a, isTTY: true }, { ...b, isTTY: true })).toBe(true);
  for (const { fd } of [a, again, b]) closeSync(fd);
  expect(isOneOutput(a, again)).toBe(false);
  rmSync(folder, { recursive: true });
});

it("breaks messages between words on a terminal, and nothing that somebody may copy", () => {
  const stream = (isTTY: boolean) => ({ isTTY, columns: 40 }) as NodeJS.WriteStream;
  const text = [
    "error: there is no stack prod in this folder: make it with `pulumi stack init organization/clinic/prod`, or see",
    'error: https://www.pulumi.com/docs/iac/concepts/stacks/ and mind {"a b": [1, 2]} here, since it is a JSON text',
    "error:   --workspace-id 7b000000-0000-4000-8000-000000000001   North (north)",
    "error: short",
  ].join("\n");
  expect(asShown(text, stream(false))).toBe(text);
  expect(asShown(text, stream(true)).split("\n")).toEqual([
    "error: there is no stack prod in this",
    "       folder: make it with",
    "       `pulumi stack init organization/clinic/prod`,",
    "       or see",
    "error: https://www.pulumi.com/docs/iac/concepts/stacks/",
    '       and mind {"a b": [1, 2]} here,',
    "       since it is a JSON text",
    "error:   --workspace-id 7b000000-0000-4000-8000-000000000001   North (north)",
    "error: short",
  ]);
});
