import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { engineVersion } from "../../lab/cli/places.js";
import { repositoryRoot } from "../../lab/root.js";

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
  env?: Record<string, string>;
}

interface Workflow {
  on: Record<string, unknown>;
  permissions: object;
  jobs: Record<string, Job>;
}

interface Job {
  permissions: Record<string, string>;
  environment: string;
  concurrency: { group: string; "cancel-in-progress": boolean };
  steps: Step[];
}

const gitops = path.join(repositoryRoot, "examples", "gitops");
const read = (...names: string[]) => readFileSync(path.join(gitops, ...names), "utf8");
const folder = path.join("github", ".github", "workflows");
const names = readdirSync(path.join(gitops, folder)).sort();
const workflows = names.map((name) => ({
  name,
  text: read(folder, name),
  value: parse(read(folder, name)) as Workflow,
}));
const prepare = read("github", ".github", "actions", "prepare", "action.yml");
const prepareSteps = (parse(prepare) as { runs: { steps: Step[] } }).runs.steps;
const jobs = workflows.flatMap(({ name, value }) => Object.values(value.jobs).map((job) => ({ name, job })));
const steps = [...jobs.flatMap(({ job }) => job.steps), ...prepareSteps];

it("gives each workflow the permissions that it needs, and deployments one place to wait in", () => {
  expect(workflows.map(({ value }) => value.permissions)).toEqual(workflows.map(() => ({})));
  const shown = jobs.map(({ name, job }) => {
    const { group, "cancel-in-progress": cancels } = job.concurrency;
    return [name, job.permissions, job.environment, group, cancels];
  });
  const [stack, input] = [`\${{ matrix.stack }}`, `\${{ inputs.stack }}`];
  const number = `\${{ github.event.pull_request.number }}`;
  expect(shown).toEqual([
    ["merge.yml", { contents: "read" }, stack, `amigo-${stack}`, false],
    ["promote.yml", { contents: "write" }, input, `amigo-${input}`, false],
    [
      "pull-request.yml",
      { contents: "read", "pull-requests": "write" },
      `${stack}-read`,
      `amigo-preview-${number}-${stack}`,
      true,
    ],
    ["rollback.yml", { contents: "write" }, input, `amigo-${input}`, false],
    ["schedule.yml", { contents: "read", issues: "write" }, `${stack}-read`, `amigo-drift-${stack}`, false],
  ]);
});

it("runs nothing that somebody else can exchange or write", () => {
  const used = [prepare, ...workflows.map(({ text }) => text)].flatMap((text) => text.match(/uses: .*/g) ?? []);
  const pinned = /^uses: (\.\/\.github\/actions\/prepare|[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/;
  expect(used.filter((line) => !pinned.test(line))).toEqual([]);
  // One version of each.
  expect(new Set(used).size).toBe(4);
  // An expression in a script would run what a title or a reason says.
  expect(steps.map(({ run = "" }) => run).filter((run) => run.includes("$"))).toEqual([]);
  // This event would give the keys to the pull requests of strangers.
  expect(workflows.filter(({ value }) => "pull_request_target" in value.on || "workflow_run" in value.on)).toEqual([]);
});

it("shows the keys to the step that needs them, and keeps the token of the checkout where nothing is committed", () => {
  const withSecrets = steps.filter((step) => JSON.stringify(step).includes("secrets."));
  expect(withSecrets.map(({ run }) => run).sort()).toEqual(
    ["deploy", "drift", "preview", "promote", "rollback"].map((step) => `./pipeline.sh ${step}`),
  );
  for (const { text } of workflows) expect(text.match(/secrets\./g)).toHaveLength(5);
  for (const { name, job } of jobs) {
    const checkout = job.steps.find(({ uses = "" }) => uses.startsWith("actions/checkout@"));
    expect([name, checkout?.with?.["persist-credentials"] ?? true]).toEqual([
      name,
      job.permissions.contents === "write",
    ]);
  }
});

it("gives actions the inputs that they have, and installs the CLI that the tests use", () => {
  const inputs: Record<string, string[]> = {
    "actions/checkout": ["ref", "fetch-depth", "persist-credentials"],
    "actions/setup-node": ["node-version", "package-manager-cache"],
    "pulumi/actions": ["pulumi-version"],
    "./.github/actions/prepare": [],
  };
  for (const { uses, with: given = {} } of steps) {
    const known = inputs[uses?.split("@")[0] ?? ""] ?? [];
    expect(Object.keys(given).filter((name) => !known.includes(name))).toEqual([]);
  }
  expect(prepareSteps.find(({ uses = "" }) => uses.startsWith("pulumi/"))?.with).toEqual({
    "pulumi-version": engineVersion,
  });
});

it("has one script for all recipes", () => {
  expect(read("github", "pipeline.sh")).toBe(read("shell", "pipeline.sh"));
});
