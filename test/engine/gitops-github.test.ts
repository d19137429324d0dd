import { readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { expect, it } from "vitest";
import { repositoryRoot } from "../../lab/root.js";
import { seedIds } from "../../src/emulator/index.js";
import { startHost, token } from "../ci/host.js";
import { deploy, writes } from "../support/engine.js";
import { makeTeam } from "./support/team.js";
import { runWorkflow, type Trigger } from "./support/workflow.js";

const example = path.join(repositoryRoot, "examples", "gitops", "github");
const { agents, contextGraphs, setups, workspace } = seedIds;

const program = `const amigo = require("pulumi-amigo");
const stack = require("@pulumi/pulumi").getStack();
new amigo.Environment("clinic", { document: \`environments/\${stack}.yaml\`, references: \`references/\${stack}.yaml\`, protect: true });
`;
const document = (agent: number, capacity = 3) => `version: 1
services:
  Front desk: # The main line.
    agent: front-desk
    contextGraph: scheduling
    toolCapacity: ${capacity}
    versionSets: { release: { agentVersionNumber: ${agent}, contextGraphVersionNumber: 1 } }
useCases:
  - { channel: inbound_voice, entityName: Riverside, name: Reception, setup: voice, service: Front desk }
`;
const files = {
  ".gitignore": "node_modules\n",
  "policies.json": "{}\n",
  "amigo.yaml": `workspaces:
  production: { id: ${workspace}, references: references/production.yaml, environment: environments/production.yaml }
`,
  "environments/staging.yaml": document(2),
  "environments/production.yaml": document(1),
  "references/production.yaml": `version: 1
workspace: ${workspace}
agents: { front-desk: { id: ${agents.frontDesk} } }
contextGraphs: { scheduling: { id: ${contextGraphs.scheduling} } }
setups: { voice: { id: ${setups.voiceApproved} } }
`,
};

const stacks = `fromJSON(vars.AMIGO_STACKS || '["staging", "production"]')`;
const isDefaultBranch = "github.ref_name == github.event.repository.default_branch";
const isOwn = "github.event.pull_request.head.repo.full_name == github.repository";

it("goes from a pull request to the deployment, keeps the issue about drift, promotes and rolls back", async () => {
  const host = await startHost();
  const passphrase = "a-passphrase-of-the-test";
  // Of each environment its own: what only looks has a key that only reads.
  const keys = { production: "a-key-that-writes", "production-read": "a-key-that-reads" };
  const emulatorOptions = { apiKeys: { [keys.production]: "owner", [keys["production-read"]]: "viewer" } };
  const options = { stack: "production", env: { PULUMI_CONFIG_PASSPHRASE: passphrase }, emulator: emulatorOptions };
  await deploy({ name: "gitops-github", program, ...options }, async ({ stack, emulator, operations }) => {
    const { git, commit, runner, protect, unprotect } = await makeTeam(stack, example);
    const event = path.join(stack.folder, "event.json");

    /** Runs a workflow of the example as the host would. */
    const run = async (name: string, given: { event: Trigger["event"]; more?: Trigger["expressions"] }) => {
      const sha = git("rev-parse", "HEAD");
      const pullRequest = { number: 7, head: { sha } };
      writeFileSync(event, JSON.stringify(given.event === "pull_request" ? { pull_request: pullRequest } : {}));
      const result = await runWorkflow(
        path.join(example, ".github", "workflows", `${name}.yml`),
        {
          event: given.event,
          expressions: {
            [stacks]: '["production"]',
            [isDefaultBranch]: true,
            [isOwn]: true,
            "github.event_name == 'workflow_dispatch' && 'yes' || ''": given.event === "workflow_dispatch" ? "yes" : "",
            "github.sha": sha,
            "github.ref_name": "main",
            "github.token": token,
            "github.actor": "rosa",
            "github.actor_id": "4711",
            "vars.PULUMI_BACKEND_URL": stack.env.PULUMI_BACKEND_URL ?? "",
            "secrets.PULUMI_ACCESS_TOKEN": "",
            "secrets.AWS_ACCESS_KEY_ID": "",
            "secrets.AWS_SECRET_ACCESS_KEY": "",
            ...given.more,
          },
          secrets: (environment) => ({
            "secrets.AMIGO_API_KEY": keys[environment as keyof typeof keys],
            "secrets.PULUMI_CONFIG_PASSPHRASE": passphrase,
          }),
          env: {
            GITHUB_REPOSITORY: "clinic/infra",
            GITHUB_API_URL: host.url,
            GITHUB_SERVER_URL: "https://host",
            GITHUB_RUN_ID: "4812",
            GITHUB_EVENT_PATH: event,
            GITHUB_ACTOR: "rosa",
          },
        },
        runner,
      );
      for (const secret of [token, passphrase, ...Object.values(keys)]) expect(result.output).not.toContain(secret);
      return result;
    };
    const succeeded = async (...args: Parameters<typeof run>) => {
      const result = await run(...args);
      expect(result.code, result.output).toBe(0);
      expect(result.jobs).toBe(1);
      return result.output;
    };
    const desk = () => {
      const found = emulator.store.services.find(({ name }) => name === "Front desk");
      if (!found) throw new Error("there is no service");
      return found;
    };
    const push = () => git("push", "-q", "origin", "HEAD:refs/heads/main");

    commit("The clinic", files);
    push();
    git("checkout", "-q", "-b", "change");
    commit("A release", { "environments/production.yaml": document(1, 4) });
    git("push", "-q", "origin", "change");

    // A pull request: one comment with the preview, the policies and what differs from what is live.
    expect(await run("pull-request", { event: "pull_request", more: { [isOwn]: false } })).toMatchObject({ jobs: 0 });
    const comments = () => host.comments.get(7)?.map(({ body }) => body) ?? [];
    expect(await run("pull-request", { event: "pull_request" })).toMatchObject({ code: 1 });
    expect(comments()).toEqual([
      expect.stringMatching(/mandatory[\s\S]*Add the id to `production` or `other` of `workspace-classified`/),
    ]);
    const classified = { "workspace-classified": { production: [workspace] } };
    commit("It is production", { "policies.json": JSON.stringify(classified) });
    git("push", "-q", "origin", "change");
    await succeeded("pull-request", { event: "pull_request" });
    expect(comments()).toHaveLength(1);
    expect(comments()[0]).toMatch(/`preview` of stack `production` \(project `gitops-github`\)[\s\S]*\+ 6 to create/);
    expect(comments()[0]).toMatch(/pulumi-amigo-policies/);
    expect(comments()[0]).toMatch(/\+ Service "Front desk" +only in B/);
    expect(writes(operations())).toEqual([]);

    // The merge: the commit of the run, and no other.
    git("checkout", "-q", "main");
    git("merge", "-q", "--no-ff", "-m", "Merge", "change");
    push();
    await succeeded("merge", { event: "push" });
    expect(writes(operations())).toHaveLength(4);
    expect(desk()).toMatchObject({ tool_capacity: 4, version_sets: { release: { agent_version_number: 1 } } });

    // A change by hand: reported by the second run that sees it.
    const byHand = { tool_capacity: 9, updated_at: new Date(Date.now() + 5000).toISOString() };
    emulator.store.services.put({ ...desk(), ...byHand });
    await succeeded("schedule", { event: "schedule" });
    expect(host.issues.map(({ state }) => state)).toEqual(["closed"]);
    await succeeded("schedule", { event: "schedule" });
    expect(host.issues).toMatchObject([{ state: "open", body: expect.stringContaining("declared 4, live 9") }]);
    expect(writes(operations())).toEqual([]);

    // Put back by hand-started deployment; the next look closes the issue.
    await succeeded("merge", { event: "workflow_dispatch" });
    expect(writes(operations())).toHaveLength(1);
    expect(desk().tool_capacity).toBe(4);
    await succeeded("schedule", { event: "schedule" });
    expect(host.issues).toMatchObject([{ state: "closed" }]);

    // A promotion whose commit the branch does not take: it waits on a branch of its own.
    const deployed = git("rev-parse", "HEAD");
    const numbers = { "inputs.stack": "production", "inputs.reason": 'tested; "on" $(whoami)' };
    protect("main");
    const from = { ...numbers, "inputs.from": "environments/staging.yaml" };
    const promoted = await run("promote", { event: "workflow_dispatch", more: from });
    const side = `promote-production-`;
    expect([promoted.code, promoted.output]).toEqual([1, expect.stringContaining(`merge the branch ${side}`)]);
    expect(desk().version_sets.release).toMatchObject({ agent_version_number: 2 });
    unprotect();
    git("fetch", "-q");
    const waiting = git("branch", "-r", "--list", `origin/${side}*`).trim();
    git("merge", "-q", "--ff-only", waiting);
    push();
    expect(git("log", "-1", "--format=%an: %s")).toBe('rosa: promote production: tested; "on" $(whoami)');
    expect(git("diff", "--stat", deployed)).toMatch(/environments\/production.yaml[\s\S]*history\/production.jsonl/);
    operations();

    // The run of an older commit, approved too late.
    const stale = await run("merge", { event: "push", more: { "github.sha": deployed } });
    expect([stale.code, stale.output]).toEqual([1, expect.stringContaining("Nothing was deployed.")]);
    expect(operations()).toEqual([]);

    // Back to the former bytes, and the history says why.
    const back = { ...numbers, "inputs.to": "0", "inputs.reason": "calls drop" };
    await succeeded("rollback", { event: "workflow_dispatch", more: back });
    expect(desk().version_sets.release).toMatchObject({ agent_version_number: 1 });
    git("pull", "-q", "--ff-only", "origin", "main");
    expect(git("log", "-1", "--format=%s")).toBe("rollback production: calls drop");
    expect(git("diff", "--name-only", deployed)).toBe("history/production.jsonl");
    const history = readFileSync(path.join(stack.folder, "source/history/production.jsonl"), "utf8").trim().split("\n");
    expect(history.map((line) => JSON.parse(line))).toMatchObject([
      { who: "rosa", source: "environments/staging.yaml", reason: 'tested; "on" $(whoami)', commit: deployed },
      { who: "rosa", reason: "calls drop", backTo: 0 },
    ]);
  });
});
