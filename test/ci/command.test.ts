import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { cleanEnvironment } from "../../lab/cli/environment.js";
import { start } from "../../lab/cli/process.js";
import { commandFile } from "../../lab/root.js";
import { startHost, token } from "./host.js";

vi.setConfig({ testTimeout: 60_000 });

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "ci-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

function file(name: string, content: string | object): string {
  const target = path.join(folder, name);
  writeFileSync(target, typeof content === "string" ? content : JSON.stringify(content));
  return target;
}

function ci(url: string, args: string[], env: Record<string, string> = {}) {
  const { GITHUB_ACTIONS: _actions, ...clean } = cleanEnvironment();
  const own = Object.fromEntries(Object.entries(clean).filter(([name]) => !name.startsWith("GITHUB_")));
  const github = { GITHUB_TOKEN: token, GITHUB_REPOSITORY: "clinic/infra", GITHUB_API_URL: url };
  return start(process.execPath, [commandFile, "ci", ...args], {
    cwd: folder,
    env: { ...own, ...github, ...env },
    timeoutMs: 50_000,
  }).done;
}

it("comments on the pull request of the event, for the project of the folder", async () => {
  const host = await startHost();
  file("Pulumi.yaml", "name: clinic\nruntime: nodejs\n");
  const event = file("event.json", { pull_request: { number: 7 } });
  // Keys of other accounts are in the environment of a pipeline, too.
  const keys = { STAGING_KEY: "amigo-staging-1", PULUMI_CONFIG_PASSPHRASE: "correct horse", SHORT_KEY: "done" };
  const output = file("out.txt", `done ${token}\nwith ${keys.STAGING_KEY} and ${keys.PULUMI_CONFIG_PASSPHRASE}.`);
  const args = ["comment", "--stack", "prod", "--command", "preview", "--input", output];
  const { code, stdout, stderr } = await ci(host.url, args, { GITHUB_EVENT_PATH: event, ...keys });
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toBe("The comment on pull request 7 is written. https://host/clinic/infra/pull/7#issuecomment-1001\n");
  const [comment] = host.comments.get(7) ?? [];
  expect(comment?.body).toContain('<!-- pulumi-amigo comment project="clinic" stack="prod" command="preview" -->');
  expect(comment?.body).toContain("done [redacted]\nwith [redacted] and [redacted].");

  const again = await ci(host.url, [...args, "--json", "--pull-request", "7"], keys);
  expect(JSON.parse(again.stdout)).toMatchObject({ action: "unchanged", pullRequest: 7, leftOut: 0, notes: [] });
});

it("keeps the issue of a stack", async () => {
  const host = await startHost();
  const findings = [{ class: "missing", kind: "Service", name: "Desk" }];
  const drift = file("drift.json", { stack: "prod", complete: true, findings });
  const args = ["issue", "--stack", "prod", "--input", drift, "--project", "clinic"];
  expect((await ci(host.url, args)).stdout).toContain("Issue #20: noted. 0 reported, 1 seen for the first time.");
  const { code, stdout } = await ci(host.url, [...args, "--json"]);
  expect([code, JSON.parse(stdout)]).toEqual([
    0,
    { action: "opened", reported: 1, waiting: 0, notes: [], number: 20, url: "https://host/clinic/infra/issues/20" },
  ]);
});

it("prints the text and writes nothing with --dry-run", async () => {
  const host = await startHost();
  const args = ["comment", "-s", "prod", "-c", "preview", "-i", file("out.txt", "hello"), "--pull-request", "7"];
  const { code, stdout, stderr } = await ci(host.url, [...args, "--dry-run"]);
  expect(code).toBe(0);
  expect(stdout).toContain("```text\nhello\n```");
  expect(stderr).toContain("would be written");
  expect(host.writes()).toEqual([]);
});

it.each([
  ["a missing file", ["-i", "nowhere.txt"], {}, "--input: ENOENT"],
  ["no token", ["-i", "-"], { GITHUB_TOKEN: "" }, "GITHUB_TOKEN is not set"],
  ["a wrong token", ["-i", "/dev/null"], { GITHUB_TOKEN: "wrong-token-of-somebody" }, "is wrong or has expired"],
  ["a wait that is no number", ["-i", "/dev/null", "--max-wait", "long"], {}, "--max-wait"],
])("ends with 1 and one sentence for %s, and never shows the token", async (_what, more, env, message) => {
  const host = await startHost();
  const args = ["comment", "-s", "prod", "-c", "preview", "--pull-request", "7", ...more];
  const { code, stdout, stderr } = await ci(host.url, args, env as Record<string, string>);
  expect([code, stdout]).toEqual([1, ""]);
  for (const line of stderr.trim().split("\n")) expect(line).toMatch(/^error: /);
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/wrong-token|ghs_|\n {4}at /);
});

it("has help with examples", async () => {
  for (const command of ["comment", "issue"]) {
    const { code, stdout } = await ci("http://127.0.0.1:1", [command, "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("Examples:");
    expect(stdout).toContain(`pulumi-amigo ci ${command} --stack prod`);
  }
});
