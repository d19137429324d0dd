import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { statusText } from "../../src/cli/fleet.js";
import { seedIds } from "../../src/emulator/index.js";
import type { FleetReport } from "../../src/fleet/report.js";
import { reportMarkdown } from "../../src/fleet/report-markdown.js";
import { reportText, stackText } from "../../src/fleet/report-text.js";
import { fleetStatus, stacksUnderWay } from "../../src/fleet/status.js";
import { PlayedFleet, statesOf } from "./support.js";

const fleets: PlayedFleet[] = [];
const play = (...args: ConstructorParameters<typeof PlayedFleet>) => {
  const fleet = new PlayedFleet(...args);
  fleets.push(fleet);
  return fleet;
};
afterEach(() => {
  for (const fleet of fleets.splice(0)) fleet.remove();
});

const canary = `waves:
  - { name: canary, count: 1 }
  - { name: rest, concurrency: 2 }
`;
const wavesOf = ({ waves }: FleetReport) => waves.map(({ name, state }) => `${name} ${state}`);
const runs = (pid: number) => {
  try {
    const state = execFileSync("ps", ["-p", String(pid), "-o", "stat="], { encoding: "utf8" }).trim();
    return !state.startsWith("Z");
  } catch {
    return false;
  }
};

describe("waves", { timeout: 60_000 }, () => {
  it("run one after the other, each after the gate of the one before has passed", async () => {
    const fleet = play(["a", "b", "c"], canary);
    const report = await fleet.up();
    expect(report.state).toBe("done");
    expect(wavesOf(report)).toEqual(["canary passed", "rest passed"]);
    const events = fleet.events().map((line) => line.split(" /")[0]);
    expect(events.slice(0, 4)).toEqual(["up a", "end up a", "check a", "end check a"]);
    expect(events.slice(4, 8).sort()).toEqual(["end up b", "end up c", "up b", "up c"]);
    expect(events.slice(8).sort()).toEqual(["check b", "check c", "end check b", "end check c"]);
    expect(report.stacks[0]).toMatchObject({ name: "a", wave: "canary", state: "done", changes: { create: 2 } });
    expect(readFileSync(report.stacks[0]?.log ?? "", "utf8")).toContain("log of up a");
  });

  it("start nothing more after a failure, also nothing queued; what runs is finished", async () => {
    const fleet = play(
      ["a", "b", "c", "d", "e"],
      "waves:\n  - { name: one, count: 4, concurrency: 2 }\n  - name: two\n",
    );
    fleet.behave({ "up a": "fail", "up b": "slow" });
    const report = await fleet.up();
    expect(report.state).toBe("failed");
    expect(statesOf(report)).toEqual({ a: "failed", b: "done", c: "waiting", d: "waiting", e: "waiting" });
    expect(fleet.started().sort()).toEqual(["up a", "up b"]);
    expect(wavesOf(report)).toEqual(["one failed", "two waiting"]);
    expect(fleet.said.at(-1)).toBe("wave one: failed; nothing more was started");
    const text = reportText(report);
    expect(text).toContain("the API said no");
    expect(text).toMatch(
      /Failed: 1 of 5 stacks is done, 1 did not succeed. Not started: c, d, e. Go on with `npx pulumi-amigo fleet up .*fleet.yaml --resume \S+-up`\.$/,
    );
  });

  it("share one budget of requests", async () => {
    const fleet = play(["a", "b", "c"], `${canary}budget: { maxConcurrency: 3 }\n`);
    await fleet.up();
    const budgets = fleet.events().flatMap((line) => /(\/\S*amigo-budget\S*)$/.exec(line)?.[1] ?? []);
    expect(budgets).toHaveLength(6);
    expect(new Set(budgets).size).toBe(1);
  });

  it("are stopped by Ctrl-C: what is under way is finished, and the report says what was not started", async () => {
    const fleet = play(["a", "b", "c", "d"], "waves:\n  - { name: all, concurrency: 2 }\n");
    fleet.behave({ "up a": "slow", "up b": "slow" });
    const running = fleet.up();
    for (let started = 0; started < 2; await sleep(20)) started += fleet.started().length;
    fleet.controller.abort();
    const report = await running;
    expect(report.state).toBe("interrupted");
    expect(statesOf(report)).toEqual({ a: "interrupted", b: "interrupted", c: "waiting", d: "waiting" });
    expect(fleet.events()).toEqual(expect.arrayContaining(["end up a", "end up b"]));
    expect(reportText(report)).toMatch(/Interrupted: 0 of 4 stacks are done, 2 did not succeed. Not started: c, d./);
  });

  it("do not begin where a stack is locked, or nobody agrees", async () => {
    const fleet = play(["a", "b"], canary);
    const asked: string[] = [];
    const refuse = async (_bin: string, stacks: readonly { name: string }[]) => {
      asked.push(...stacks.map(({ name }) => name));
      throw new Error("stack b is locked by process 12");
    };
    await expect(fleet.up({ refuse })).rejects.toThrow("stack b is locked");
    expect(asked).toEqual(["a", "b"]);
    await expect(fleet.up({ confirm: async () => false })).rejects.toThrow("stopped; nothing was started");
    expect(fleet.events()).toEqual([]);
    const kept = readdirSync(path.join(fleet.folder, ".pulumi-amigo/fleet"));
    expect(kept.filter((name) => name !== "running.json")).toEqual([]);
  });

  it("are refused while another run has the fleet", async () => {
    const fleet = play(["a"], "");
    fleet.behave({ "up a": "slow" });
    const first = fleet.up();
    while (fleet.started().length === 0) await sleep(20);
    await expect(fleet.up()).rejects.toThrow(
      `another \`fleet up\` runs on the fleets of ${fleet.folder}: process ${process.pid} on ${hostname()}. Nothing was started`,
    );
    expect((await first).state).toBe("done");
  });
});

describe("the status", () => {
  const look = (fleet: { file: string }) => fleetStatus(fleet.file, { warn: () => {} });

  it("says of a run that is under way since when it runs, and in which process", async () => {
    const fleet = play(["a", "b"], "waves: [{ name: first, count: 1 }, { name: rest }]\n");
    fleet.behave({ "up a": "slow" });
    const up = fleet.up();
    while (fleet.started().length === 0) await sleep(20);
    const status = await look(fleet);
    const by = `process ${process.pid} on ${hostname()}`;
    const time = expect.stringMatching(/^20\d\d-/);
    expect(status).toMatchObject({ running: true, process: { pid: process.pid, since: time } });
    expect(status.underWay).toEqual([{ stack: "a", since: time, by }]);
    const text = await statusText(status);
    expect(text).toContain(`A run is under way: ${by}, since 20`);
    expect(text).toMatch(new RegExp(`^a: runs since 20\\S+Z \\(${by}\\)`, "m"));
    await up;
    const over = await look(fleet);
    expect([over.running, over.process, over.underWay, over.last?.process]).toEqual([false, undefined, [], undefined]);
  });

  it("takes no run of another file for this one's, and no lock of a process that is gone for a run", async () => {
    const fleet = play(["a"], "");
    fleet.behave({ "up a": "slow" });
    const up = fleet.up();
    while (fleet.started().length === 0) await sleep(20);
    const { last } = await look(fleet);
    await up;
    const killed = await statusText({ last, running: false, underWay: [], locked: [], notes: [] });
    expect(killed).toContain("Interrupted: 0 of 1 stacks are done, 1 did not succeed.");
    expect(killed).not.toContain("Running:");
    const owner = { pid: process.pid, host: hostname(), since: "2026-01-01T00:00:00Z" };
    const lock = { stack: "a", holder: "process 7 of ann on box", cwd: "/", isGone: false };
    expect(stacksUnderWay(last, owner, [lock])).toMatchObject([{ stack: "a", by: "process 7 of ann on box" }]);
    expect(stacksUnderWay(last, null, [lock])).toMatchObject([{ stack: "a", by: "process 7 of ann on box" }]);
    expect(stacksUnderWay(last, null, [{ ...lock, isGone: true }])).toEqual([]);
    expect(stacksUnderWay(last, { ...owner, pid: 1 }, [])).toEqual([]);
    expect(stacksUnderWay(last, undefined, [])).toMatchObject([{ stack: "a", by: "a process that is not known" }]);
    const [entry] = last?.stacks ?? [];
    expect(entry && stackText(entry, "up")).toContain("a: was started, and its end is not known");
  });
});

it("says in the status in one line why a stack failed, and leaves the rest to its log", () => {
  const stack = { name: "a", wave: "all", target: "project a", state: "failed" as const, log: "a.log" };
  const text = (error: string) => stackText({ ...stack, error }, "up", { brief: true });
  expect(text("pulumi up failed:\ndesk: no\n  - why\nupdate failed")).toBe("a: failed (log: a.log): desk: no");
  expect(text("the API said no")).toBe("a: failed (log: a.log): the API said no");
  const begun = { ...stack, error: "no", changes: { create: 2, same: 1 } };
  expect(stackText(begun, "up")).toBe("a: failed (before that: create 2; log: a.log): no");
  const resources = [{ operation: "create", kind: "Service", name: "desk" }];
  expect(stackText({ ...begun, resources, moreResources: 1 }, "up")).toBe(
    'a: failed (before that: create Service "desk" and 1 more; log: a.log): no',
  );
  expect(stackText(begun, "preview"), "it did nothing").toBe("a: failed (log: a.log): no");
  expect(text("x".repeat(201))).toBe(`a: failed (log: a.log): ${"x".repeat(200)} ...`);
});

describe("a lock of a run that was killed", () => {
  it("is taken over", async () => {
    const fleet = play(["a"], "");
    const runs = path.join(fleet.folder, ".pulumi-amigo/fleet");
    fleet.write(".pulumi-amigo/fleet/running.json", JSON.stringify({ pid: 4_194_305, host: hostname() }));
    mkdirSync(path.join(runs, "running.lock"));
    expect((await fleetStatus(fleet.file, { warn: () => {} })).running).toBe(false);
    expect((await fleet.up()).state).toBe("done");
  });
});

it("forgets old looks, and no run", { timeout: 60_000 }, async () => {
  const fleet = play(["a"], "");
  const old = Array.from({ length: 60 }, (_, index) => `20260101-0000${10 + index}-drift`);
  for (const id of [...old, "20250101-000000-up", "20250101-000000-preview"]) {
    fleet.write(`.pulumi-amigo/fleet/${id}/report.md`, "");
  }
  const { run } = await fleet.lookAt("drift");
  const left = readdirSync(path.join(fleet.folder, ".pulumi-amigo/fleet"));
  expect(left.filter((id) => id.endsWith("-drift"))).toEqual([...old.slice(-49), run]);
  expect(left).toEqual(expect.arrayContaining(["20250101-000000-up", "20250101-000000-preview"]));
});

describe("processes", { timeout: 60_000 }, () => {
  it("that say nothing are ended with their engine, reported, and make room for others", async () => {
    const fleet = play(["a", "b", "c", "d", "e"], "");
    fleet.behave({ "preview a": "silent", "preview b": "silent" });
    const report = await fleet.lookAt("preview");
    expect(report.state).toBe("failed");
    expect(statesOf(report)).toEqual({ a: "lost", b: "lost", c: "done", d: "done", e: "done" });
    expect(report.stacks[0]?.error).toBe(
      "its process said nothing for 4 s and was ended, before it said how its run ended",
    );
    const pids = fleet.events().flatMap((line) => /^(?:engine|process) (\d+)$/.exec(line)?.[1] ?? []);
    expect(pids).toHaveLength(4);
    expect(pids.map(Number).filter(runs)).toEqual([]);
  });

  it("whose engine gives no sign of life are reported with what gives none, and make room for others", async () => {
    const fleet = play(["a", "b", "c", "d", "e"], "").behave({ "preview a": "quiet", "preview b": "quiet" });
    const report = await fleet.lookAt("preview");
    expect(statesOf(report)).toEqual({ a: "lost", b: "lost", c: "done", d: "done", e: "done" });
    expect(report.stacks[0]?.error).toBe(
      "its engine gave no sign of life for 4 s and was ended (process 12 (pulumi) is stopped), before it said how its run ended",
    );
  });

  it("that are killed are reported with the signal, and their engine ends with them", async () => {
    const fleet = play(["a", "b"], "");
    fleet.behave({ "up a": "silent" });
    const running = fleet.up();
    let process: number | undefined;
    let engine = 0;
    while (process === undefined) {
      await sleep(20);
      const lines = fleet.events();
      engine = Number(lines.find((line) => line.startsWith("engine"))?.split(" ")[1] ?? engine);
      process = Number(lines.find((line) => line.startsWith("process"))?.split(" ")[1]) || undefined;
    }
    expect(runs(engine)).toBe(true);
    global.process.kill(process, "SIGKILL");
    const report = await running;
    expect(report.state).toBe("failed");
    expect(report.stacks[0]).toMatchObject({
      state: "lost",
      error: "its process ended by SIGKILL, before it said how its run ended",
    });
    expect(runs(engine)).toBe(false);
  });

  it("that end without an answer are reported with their exit code", async () => {
    const fleet = play(["a", "b"], "").behave({ "preview a": "crash" });
    const report = await fleet.lookAt("preview");
    expect(report.stacks.map(({ state, error }) => [state, error])).toEqual([
      ["lost", "its process ended with 7, before it said how its run ended"],
      ["done", undefined],
    ]);
  });
});

it("a preview shows for each stack what would change, and where the rest of it stands", async () => {
  const report = await play(["a", "b"], "").behave({ "preview a": "changes" }).lookAt("preview");
  const [{ log = "" } = {}] = report.stacks;
  expect(log).toMatch(/a\.log$/);
  expect(reportText(report).split("\n").slice(0, 5)).toEqual([
    expect.stringMatching(/^a: previewed \(create 2\) after /),
    '    update Service "desk <b>" (name, tags)',
    '    create UseCase "calls"',
    `    and 3 more, in ${log}`,
    expect.stringMatching(/^b: previewed /),
  ]);
  const seen = /^\| a \|.*\| ([^|]*) \|$/m.exec(reportMarkdown(report))?.[1]?.split("<br>");
  expect(seen?.slice(0, 2)).toEqual(['update Service "desk &#60;b&#62;" \\(name, tags\\)', 'create UseCase "calls"']);
  expect(seen?.[2]).toMatch(/^and 3 more, in .*a\.log$/);
  const kept = JSON.parse(readFileSync(path.join(path.dirname(log), "report.json"), "utf8")) as FleetReport;
  expect(kept.stacks[0]).toMatchObject({
    resources: [{ changed: ["name", "tags"] }, { name: "calls" }],
    moreResources: 3,
  });
});

describe("a gate", { timeout: 60_000 }, () => {
  it.each([
    ["something differs", { "check a": "differs" }, 'a: drift: Service "Desk" is gone'],
    [
      "a check dies",
      { "check a": "crash" },
      "a: the check gave no result: its process ended with 7, before it said how its run ended",
    ],
    ["a check fails", { "check a": "fail" }, "a: the check gave no result: the API said no"],
    ["a check has no data", { "check a": "empty" }, "a: the check gave no result"],
    [
      "a check says nothing any more",
      { "check a": "silent" },
      "a: the check gave no result: its process said nothing for 4 s and was ended, before it said how its run ended",
    ],
  ])("stops the fleet where %s", async (_what, behaviour, reason) => {
    const fleet = play(["a", "b"], canary).behave(behaviour);
    const report = await fleet.up();
    expect(report.state).toBe("stopped");
    expect(report.waves).toEqual([
      { name: "canary", state: "stopped", reasons: [reason] },
      { name: "rest", state: "waiting", reasons: [] },
    ]);
    expect(fleet.started()).toEqual(["up a", "check a"]);
    const drifted = reason.includes("drift");
    expect(report.notes).toEqual(drifted ? [expect.stringMatching(/^Drift: something was changed or is gone/)] : []);
    expect(reportText(report)).toMatch(drifted ? /Start a new run: `.* --refresh`\. Where/ : /b\. Go on with `/);
    // Said once, by the report.
    expect(reportText(report)).toContain("wave canary: its gate did not pass");
    expect(fleet.said.join()).not.toContain("did not pass");
    expect(reportText(report)).toMatch(/Stopped by the gate of wave canary: 1 of 2 stacks is done. Not started: b./);
    expect(reportMarkdown(report)).toContain("| canary | stopped |");
  });

  it.each([
    ["ends with another code than 0", "exit 3", "10m", /^the command exit 3 ended with 3 \(log: .*gate-canary.log\)$/],
    ["gives no result in time", "sleep 60", "1s", /^the command sleep 60 gave no result within 1 s and was ended/],
    ["is killed", "kill -9 $$", "10m", /ended by SIGKILL/],
    ["is not there", "./none.sh", "10m", /^the command .\/none.sh was not found/],
  ])("stops the fleet where its command %s", async (_what, command, timeout, reason) => {
    const fleet = play(["a", "b"], `${canary}gate: { command: "${command}", timeout: ${timeout} }\n`);
    const report = await fleet.up();
    expect([report.state, report.waves[0]?.state]).toEqual(["stopped", "stopped"]);
    expect(report.waves[0]?.reasons).toEqual([expect.stringMatching(reason)]);
    expect(fleet.started()).toEqual(["up a", "check a"]);
  });

  it("runs its command after the checks, in the file's folder, and says which wave and stacks", async () => {
    const fleet = play(["a", "b", "c"], `${canary}gate: { command: ./gate.sh }\n`);
    fleet.write("gate.sh", '#!/bin/sh\necho "$FLEET_WAVE:$FLEET_STACKS:$FLEET_RUN" >> gates.txt\n');
    const { state, run } = await fleet.up();
    expect(state).toBe("done");
    expect(readFileSync(path.join(fleet.folder, "gates.txt"), "utf8")).toBe(`canary:a:${run}\nrest:b,c:${run}\n`);
  });

  it("passes over what a run warned of, which the report says", async () => {
    const report = await play(["a"], "").behave({ "up a": "warns" }).up();
    expect([report.state, report.stacks[0]?.warnings]).toEqual(["done", ["description was changed"]]);
    expect(reportText(report)).toContain("    warning: description was changed");
    expect(reportMarkdown(report)).toMatch(/warning.*description was changed/);
  });

  it("does not run its command where a check did not pass", async () => {
    const fleet = play(["a"], "gate: { command: touch ran }\n").behave({ "check a": "differs" });
    expect((await fleet.up()).state).toBe("stopped");
    expect(existsSync(path.join(fleet.folder, "ran"))).toBe(false);
  });
});

describe("a run that goes on", { timeout: 60_000 }, () => {
  it("names documents that were written into since, and a new run where something is to be declared", async () => {
    const fleet = play(["a"], "");
    fleet.write("amigo.yaml", `workspaces:\n  staging: { id: ${seedIds.workspace}, apiKeyEnv: PLAYED_KEY }\n`);
    fleet.write("a.yaml", "version: 1\n");
    fleet.write("fleet.yaml", "version: 1\nstacks:\n  - { name: a, environment: a.yaml, workspace: staging }\n");
    process.env.PLAYED_KEY = "key";
    const stopped = await fleet.behave({ "check a": "strays" }).up();
    expect(reportText(stopped)).toMatch(
      /Start a new run where you have declared and adopted it: `[^`]*fleet up [^`]*yaml`/,
    );
    fleet.write("a.yaml", "version: 1\nservices: {}\n");
    const { state } = await fleet.behave({}).up({ resume: "last" });
    expect([state, fleet.said.join()]).toEqual([
      "done",
      expect.stringMatching(/a\.yaml was changed since run .*-up began/),
    ]);
  });

  it("does again only what did not succeed", async () => {
    const fleet = play(["a", "b", "c", "d"], `waves:\n  - { name: one, count: 3, concurrency: 2 }\n  - name: two\n`);
    fleet.behave({ "up b": "fail" });
    const first = await fleet.up();
    expect(first.state).toBe("failed");
    fleet.events();
    fleet.behave({});
    const second = await fleet.up({ resume: "last" });
    expect([second.state, second.run]).toEqual(["done", first.run]);
    const started = fleet.started();
    const left = first.stacks.filter(({ state }) => state !== "done").map(({ name }) => `up ${name}`);
    expect(left).toEqual(expect.arrayContaining(["up b", "up d"]));
    expect(started.filter((line) => line.startsWith("up")).sort()).toEqual(left);
    expect(started).not.toContain("up a");
    expect(started.slice(-2)).toEqual(["up d", "check d"]);
  });

  it("checks a gate again that did not pass, and none that did", async () => {
    const fleet = play(["a", "b"], canary).behave({ "check b": "differs" });
    expect((await fleet.up()).state).toBe("stopped");
    fleet.events();
    fleet.behave({});
    expect((await fleet.up({ resume: "last" })).state).toBe("done");
    expect(fleet.started()).toEqual(["check b"]);
  });

  it("does again what a run that was killed had begun", async () => {
    const fleet = play(["a", "b"], canary).behave({ "up b": "fail" });
    const { run } = await fleet.up();
    const file = path.join(fleet.folder, ".pulumi-amigo/fleet", run, "run.json");
    const left = readFileSync(file, "utf8").replace(/"state": "failed"/g, '"state": "running"');
    fleet.write(path.relative(fleet.folder, file), left);
    fleet.events();
    fleet.behave({});
    expect((await fleet.up({ resume: run })).state).toBe("done");
    expect(fleet.started()).toEqual(["up b", "check b"]);
  });

  it("keeps to the selector that it began with", async () => {
    const fleet = play(["a", "b", "c"], "").behave({ "up a": "fail" });
    expect(statesOf(await fleet.up({ select: "name!=c" }))).not.toHaveProperty("c");
    fleet.behave({});
    await expect(fleet.up({ resume: "last", select: "name=a" })).rejects.toThrow(
      /was of --select name!=c, and goes on with that/,
    );
    expect(statesOf(await fleet.up({ resume: "last" }))).toEqual({ a: "done", b: "done" });
  });

  it.each([
    ["a stack is new", ["a", "b", "c"], canary, "stack c is new"],
    ["a stack is gone", ["a"], "waves:\n  - { name: canary, count: 1 }\n", "stack b is gone"],
    ["a stack is in another wave", ["b", "a"], canary, "stack b was in wave rest and is in canary now"],
    [
      "a wave has another name",
      ["a", "b"],
      canary.replace("canary", "first"),
      "stack a was in wave canary and is in first now",
    ],
  ])("is refused where %s", async (_what, stacks, rest, sentence) => {
    const fleet = play(["a", "b"], canary).behave({ "up b": "fail" });
    await fleet.up();
    fleet.events();
    fleet.stacks(stacks, rest);
    await expect(fleet.up({ resume: "last" })).rejects.toThrow(sentence);
    expect(fleet.events()).toEqual([]);
  });

  it("is refused where it is done, or there is none", async () => {
    const fleet = play(["a"], "");
    await expect(fleet.up({ resume: "last" })).rejects.toThrow(/found no run of .*fleet.yaml.*there is none/);
    const { run } = await fleet.up();
    await expect(fleet.up({ resume: "last" })).rejects.toThrow(`run ${run} is done: there is nothing to go on with`);
    await expect(fleet.up({ resume: "other" })).rejects.toThrow(new RegExp(`found no run other .*there are ${run}`));
  });
});
