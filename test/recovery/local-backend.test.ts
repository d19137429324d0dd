import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { LocalBackend } from "../../src/recovery/local-backend.js";
import { findLock, holderRuns, lockText } from "../../src/recovery/lock.js";

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
  expect(findLock(backend)).toBeUndefined();
  write("locks/organization/clinic/production/a.json", lock(1));
  write("locks/organization/other/dev/b.json", lock(2));
  write("locks/organization/clinic/dev/c.json.attrs", "{}");
  expect(findLock(backend)).toBeUndefined();
  write("locks/organization/clinic/dev/c.json", lock(3));
  expect(findLock(backend)).toMatchObject({ pid: 3, username: "ana" });
  expect(findLock(new LocalBackend(folder, "production", undefined))).toMatchObject({ pid: 1 });
});

it("takes a lock for held only while an engine of that number runs here", () => {
  const here = { pid: process.pid, hostname: hostname() };
  expect(holderRuns(here), "this process is no engine").toBe(false);
  expect(holderRuns({ ...here, pid: 2 ** 22 + 1 })).toBe(false);
  expect(holderRuns({ ...here, hostname: "elsewhere" })).toBeUndefined();
  expect(lockText({ ...here, pid: 7, username: "ana", timestamp: "2026-01-01" })).toBe(
    `process 7 of ana on ${hostname()}, since 2026-01-01`,
  );
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
    expect(holderRuns(here)).toBe(true);
    await expect.poll(() => holderRuns(here), { timeout: 10_000 }).toBe(false);
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
