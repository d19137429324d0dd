import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, hostname, tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { foldersOf, LocalBackend } from "../../src/stack/local-backend.js";
import { findLocks, holderRuns, lockText } from "../../src/stack/lock.js";
import { projectName } from "../../src/stack/project.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "backend-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const file = path.join(folder, ".pulumi", name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

const lock = (pid: number) => JSON.stringify({ pid, username: "ana", hostname: hostname(), timestamp: "2026-01-01" });

it("finds the lock of this stack and of no other", () => {
  const backend = new LocalBackend(folder, "dev", "clinic");
  expect(findLocks(backend)).toEqual([]);
  write("locks/organization/clinic/production/a.json", lock(1));
  write("locks/organization/other/dev/b.json", lock(2));
  write("locks/organization/clinic/dev/c.json.attrs", "{}");
  expect(findLocks(backend)).toEqual([]);
  write("locks/organization/clinic/dev/c.json", lock(3));
  write("locks/dev/layout-without-projects.json", lock(4));
  expect(findLocks(backend).map(({ pid }) => pid)).toEqual([4, 3]);
  expect(findLocks(new LocalBackend(folder, "production", undefined))).toMatchObject([{ pid: 1, username: "ana" }]);
});

it("takes a lock that cannot be read for somebody's", () => {
  const file = write("locks/organization/clinic/dev/a.json", '{"pid":');
  const [found] = findLocks(new LocalBackend(folder, "dev", "clinic"));
  expect(found?.hostname).toContain(file);
  expect(found && holderRuns(found)).toBeUndefined();
});

it.each([
  ["file://./state", "/srv/clinic/state"],
  ["file://state", "/srv/clinic/state"],
  ["file://../state", "/srv/state"],
  ["file:///srv/state?no_tmp_dir=true", "/srv/state"],
  ["file://./my%20state?metadata=skip", "/srv/clinic/my state"],
])("finds the folder of %s", (url, expected) => {
  expect(foldersOf(url, "/srv/clinic")).toEqual([expected]);
});

it("finds the folder of a home, and refuses to guess", () => {
  expect(foldersOf("file://~/state", "/work")).toContain(path.join(homedir(), "state"));
  expect(foldersOf("file://~", "/work")).toContain(homedir());
  expect(() => foldersOf("file:./state", "/work")).toThrow(/write it as file:\/\/\/FOLDER/);
});

it.each([
  ["Pulumi.yaml", "runtime: { name: nodejs }\nname: clinic\n"],
  ["Pulumi.yaml", "runtime:\n  name: nodejs\nconfig:\n  name: { default: x }\n'name': \"clinic\" # ours\n"],
  ["Pulumi.yml", "name: >-\n  clinic\n"],
  ["Pulumi.json", '{ "runtime": { "name": "nodejs" }, "name": "clinic" }'],
])("takes the project's name from %s: %s", (file, text) => {
  writeFileSync(path.join(folder, file), text);
  const inside = path.join(folder, "inside");
  mkdirSync(inside);
  expect([projectName(folder), projectName(inside)]).toEqual(["clinic", "clinic"]);
});

it.each(["runtime: nodejs\n", "", "name: [\n", "name: 7\n"])("names the project file that is wrong: %j", (text) => {
  const file = path.join(folder, "Pulumi.yaml");
  writeFileSync(file, text);
  expect(() => projectName(folder)).toThrow(file);
});

it("takes a lock for held while its engine runs here", () => {
  const here = { pid: process.pid, hostname: hostname() };
  expect(holderRuns(here, false), "this process is no engine").toBe(false);
  expect(holderRuns({ ...here, timestamp: new Date().toISOString() }, false), "it may be under another name").toBe(
    undefined,
  );
  expect(holderRuns({ ...here, pid: 2 ** 22 + 1 }, false)).toBe(false);
  expect(holderRuns({ ...here, pid: 2 ** 22 + 1 }, true), "another container may have this name").toBeUndefined();
  expect(holderRuns({ ...here, hostname: "elsewhere" }, false)).toBeUndefined();
  expect(lockText({ ...here, pid: 7, username: "ana", timestamp: "2026-01-01" })).toBe(
    `process 7 of ana on ${hostname()}, since 2026-01-01`,
  );
});

it("knows an engine whose path has spaces, and one that got the number of the lock's", () => {
  const engine = path.join(folder, "the pulumi");
  symlinkSync("/bin/sleep", engine);
  const child = spawn(engine, ["60"], { stdio: "ignore" });
  try {
    const here = { pid: child.pid ?? 0, hostname: hostname() };
    expect(holderRuns({ ...here, timestamp: new Date().toISOString() }, false)).toBe(true);
    expect(holderRuns({ ...here, timestamp: new Date().toISOString() }, true)).toBe(true);
    const anHourAgo = new Date(Date.now() - 3_600_000).toISOString();
    expect(holderRuns({ ...here, timestamp: anHourAgo }, false)).toBe(false);
    expect(holderRuns({ ...here, timestamp: anHourAgo }, true)).toBeUndefined();
  } finally {
    child.kill();
  }
});

it("takes a dead engine that its parent has not collected for gone", async () => {
  const engine = path.join(folder, "pulumi");
  symlinkSync("/bin/sleep", engine);
  const parent = spawn("/bin/sh", ["-c", `${engine} 0.5 & echo $!; exec sleep 60`], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    const [pid] = await once(parent.stdout, "data");
    const here = { pid: Number(String(pid)), hostname: hostname() };
    expect(holderRuns(here, false)).toBe(true);
    await expect.poll(() => holderRuns(here, false)).toBe(false);
    expect(() => process.kill(here.pid, 0), "its number is still taken").not.toThrow();
  } finally {
    parent.kill();
  }
});

it("removes the descriptions that a kill cut short, of this stack alone", () => {
  const broken = write("stacks/clinic/dev.json.attrs", "");
  const kept = [
    write("stacks/clinic/dev.json", ""),
    write("stacks/clinic/dev.json.bak.attrs", "{}"),
    write("stacks/clinic/production.json.attrs", ""),
    write("stacks/other/dev.json.attrs", ""),
  ];
  const backend = new LocalBackend(folder, "dev", "clinic");
  expect(backend.mend()).toEqual([broken]);
  expect(existsSync(broken)).toBe(false);
  expect(kept.filter((file) => !existsSync(file))).toEqual([]);
  expect(backend.mend()).toEqual([]);
});
