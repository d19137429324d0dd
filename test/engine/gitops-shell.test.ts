import { execFileSync, spawnSync } from "node:child_process";
import * as path from "node:path";
import { expect, it } from "vitest";
import { cleanEnvironment, testEngine } from "../../lab/cli/environment.js";
import { start } from "../../lab/cli/process.js";
import { commandFile, repositoryRoot } from "../../lab/root.js";
import { seedIds } from "../../src/emulator/index.js";
import { startHost, token } from "../ci/host.js";
import { deploy } from "../support/engine.js";

const script = path.join(repositoryRoot, "examples", "gitops", "shell", "pipeline.sh");

const program = (name: string) => `const amigo = require("pulumi-amigo");
new amigo.Service("desk", { workspaceId: "${seedIds.workspace}", name: "${name}", toolCapacity: 4, agentId: "${seedIds.agents.frontDesk}", contextGraphId: "${seedIds.contextGraphs.intake}" });`;

it("is a script that a plain shell can read", () => {
  expect(spawnSync("sh", ["-n", script], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
});

it("previews into the pull request, deploys the reviewed commit and keeps the issue about drift", async () => {
  const host = await startHost();
  const engine = await testEngine();
  await deploy({ name: "gitops-shell", program: program("Desk") }, async ({ stack, emulator }) => {
    const run = async (step: string, more: Record<string, string> = {}) => {
      const env = {
        ...cleanEnvironment(),
        ...engine.env,
        ...stack.env,
        STACK: stack.name,
        PULUMI_AMIGO: `${process.execPath} ${commandFile}`,
        GITHUB_TOKEN: token,
        GITHUB_REPOSITORY: "clinic/infra",
        GITHUB_API_URL: host.url,
        GITHUB_REF: "refs/pull/7/merge",
        GITHUB_EVENT_PATH: "",
        ...more,
      };
      const { code, output } = await start("sh", [script, step], { cwd: stack.folder, env }).done;
      return { code, output };
    };
    const first = await run("preview");
    expect(first.code, first.output).toBe(0);
    expect(host.comments.get(7)?.map(({ body }) => body)).toEqual([
      expect.stringMatching(/`preview` of stack `dev` \(project `gitops-shell`\)[\s\S]*\+ 2 to create/),
    ]);

    const git = (...args: string[]) => execFileSync("git", args, { cwd: stack.folder, encoding: "utf8" }).trim();
    git("init", "-q");
    git("add", "Pulumi.yaml", "index.js");
    git("-c", "user.name=team", "-c", "user.email=team@clinic.example", "commit", "-qm", "The desk");
    const commit = git("rev-parse", "HEAD");
    const other = await run("deploy", { REVIEWED_COMMIT: "0".repeat(40) });
    expect(other.code).toBe(1);
    expect(other.output).toContain(
      `${commit} is checked out, and ${"0".repeat(40)} was reviewed. Nothing was deployed.`,
    );
    const unseen = await run("deploy", { REVIEWED_COMMIT: commit, BRANCH: "main" });
    expect([unseen.code, unseen.output]).toEqual([1, expect.stringContaining("fetch it from origin first")]);
    stack.program(program("Other"));
    const changed = await run("deploy", { REVIEWED_COMMIT: commit });
    expect([changed.code, changed.output]).toEqual([1, expect.stringContaining("files differ from the commit")]);
    stack.program(program("Desk"));
    const deployed = await run("deploy", { REVIEWED_COMMIT: commit });
    expect(deployed.code, deployed.output).toBe(0);
    expect(emulator.requests.filter(({ method }) => method === "POST")).toHaveLength(1);

    // A change by hand: the issue opens when a second run sees it.
    const [desk] = emulator.store.services.list().filter(({ name }) => name === "Desk");
    if (!desk) throw new Error("there is no service");
    const later = new Date(Date.now() + 5000).toISOString();
    emulator.store.services.put({ ...desk, tool_capacity: 7, updated_at: later });
    for (const state of ["closed", "open"]) {
      const drift = await run("drift");
      expect(drift.code, drift.output).toBe(0);
      expect(host.issues.map((issue) => issue.state)).toEqual([state]);
    }
    expect(host.issues[0]?.body).toContain("toolCapacity: declared 4, live 7");
    // What the second Stack of the Kubernetes recipe runs.
    const looked = await stack.preview({ args: ["--refresh", "--expect-no-changes"], outcome: "fails" });
    expect(looked.output).toContain("no changes were expected");
    expect(emulator.requests.filter(({ method }) => method !== "GET")).toHaveLength(1);

    stack.program(program(" Desk"));
    const failing = await run("preview");
    expect(failing.code, failing.output).not.toBe(0);
    expect(host.comments.get(7)).toHaveLength(1);
    expect(host.comments.get(7)?.[0]?.body).toContain("must not begin or end with white space");
  });
  expect(
    (await start("sh", [script], { cwd: repositoryRoot, env: { ...cleanEnvironment(), STACK: "x" } }).done).output,
  ).toContain("usage: STACK=NAME");
});
