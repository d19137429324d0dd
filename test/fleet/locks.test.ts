import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { expect, it } from "vitest";
import { lockHolders } from "../../src/stack/lock-holders.js";

const places = ["one", "two", "new"].map((stack) => ({ stack, cwd: "/p", project: "clinic" }));

/** A CLI that answers as the real one does. */
function cli(url: string, listed: object[], init: Record<string, string> = {}, variables: NodeJS.ProcessEnv = {}) {
  const asked: string[] = [];
  return {
    asked,
    environment: () => variables,
    plain: async (...args: string[]) => (args[0] === "whoami" ? JSON.stringify({ url }) : JSON.stringify(listed)),
    attempt: async (...args: string[]) => {
      const stack = args.at(-1) ?? "";
      asked.push(stack);
      return {
        code: 255,
        stdout: "",
        stderr: init[stack] ?? `error: stack 'organization/clinic/${stack}' already exists`,
      };
    },
  };
}

it("reads the lock files of a local backend, also for stacks that are not there yet", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "amigo-locks-"));
  const locks = path.join(folder, ".pulumi/locks/organization/clinic/two");
  const others = path.join(folder, ".pulumi/locks/organization/other/one");
  for (const place of [locks, others]) {
    mkdirSync(place, { recursive: true });
    const lock = { pid: 7, username: "ann", hostname: "box", timestamp: "2026-11-29T09:00:00Z" };
    writeFileSync(path.join(place, "a.json"), JSON.stringify(lock));
  }
  const holders = await lockHolders(cli(`file://${folder}`, []), places);
  expect([...holders]).toEqual([
    ["two", { text: "process 7 of ann on box, since 2026-11-29T09:00:00Z", isGone: false }],
  ]);
  // The variable comes before what the CLI is logged in to.
  const variables = { PULUMI_BACKEND_URL: `file://${folder}` };
  expect(await lockHolders(cli("s3://state", [], {}, variables), places)).toEqual(holders);
  rmSync(folder, { recursive: true });
});

it("asks other backends by making each stack that exists, which the engine refuses", async () => {
  const locked =
    "error: could not create stack: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.\n" +
    "  s3://state/.pulumi/locks/organization/clinic/one/x.json: created by ann@box (pid 7) at 2026-11-29T09:00:00Z";
  const pulumi = cli("s3://state", [{ name: "one" }, { name: "two" }, { name: "elsewhere" }], { one: locked });
  expect([...(await lockHolders(pulumi, places))]).toEqual([
    ["one", { text: "ann@box (pid 7) at 2026-11-29T09:00:00Z", isGone: false }],
  ]);
  expect(pulumi.asked).toEqual(["one", "two"]);
});

it("sees in Pulumi Cloud's list which stacks are being updated", async () => {
  const pulumi = cli("https://api.pulumi.com", [
    { name: "clinic/one", updateInProgress: true },
    { name: "clinic/two" },
  ]);
  expect([...(await lockHolders(pulumi, places))]).toEqual([
    ["one", { text: "an update that is in progress", isGone: false }],
  ]);
  expect(pulumi.asked).toEqual([]);
});
