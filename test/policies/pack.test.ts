import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import * as path from "node:path";
import { beforeAll, expect, it, vi } from "vitest";
import { repositoryRoot } from "../../lab/root.js";
import { noCredentialsInText } from "../../policies/no-credentials-in-text.js";
import { grouped, policyGroup } from "../../policies/policy-group.js";
import { productionSafetyFilters } from "../../policies/production-safety-filters.js";
import { toolCapacityBounded } from "../../policies/tool-capacity-bounded.js";
import { type Described, judge, type Policy } from "./support.js";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const folder = path.join(repositoryRoot, "policies");

beforeAll(() => {
  execFileSync("npm", ["run", "build"], { cwd: folder, stdio: "pipe" });
});

/** As the engine starts them: a released CLI runs the folder by this script of the SDK; an executable runs as it is. */
it.each([
  ["the folder", folder, [require.resolve("@pulumi/pulumi/cmd/run-policy-pack"), "127.0.0.1:1", "."]],
  ["the executable", repositoryRoot, [path.join(folder, "dist", "analyzer.js"), "127.0.0.1:1"]],
])(
  "serves the pack from %s: it prints the port that it listens on",
  async (_what, cwd, args) => {
    const child = spawn(process.execPath, args, { cwd, stdio: ["ignore", "pipe", "inherit"] });
    try {
      const [text] = (await once(child.stdout, "data")) as [Buffer];
      expect(String(text)).toMatch(/^\d+\n$/);
    } finally {
      child.kill();
    }
  },
  30_000,
);

it("gives the library to who imports the package, and starts nothing", () => {
  const script = "console.log(Object.keys(require('pulumi-amigo-policies')).length)";
  expect(Number(execFileSync(process.execPath, ["-e", script], { cwd: repositoryRoot, encoding: "utf8" }))).toBe(17);
});

it("lets the policies of the chosen group speak only", async () => {
  const workspaceId = "6f0c1d52-94a7-4c1e-8f3b-0d2a5b7c9e10";
  const args = { workspaceId, safetyFiltersEnabled: false, toolCapacity: 9, description: "password: hunter2x" };
  const desk: Described = { type: "Service", name: "desk", args };
  const speaking = async (config: object) => {
    await judge(policyGroup, [desk], config);
    const all = grouped().filter(({ name }) =>
      [noCredentialsInText, productionSafetyFilters, toolCapacityBounded].some((policy) => policy.name === name),
    );
    const found = await Promise.all(
      all.map((policy) => judge(policy as Policy, [desk], { production: [workspaceId] })),
    );
    return all.filter((_, index) => (found[index] ?? []).length > 0).map(({ name }) => name);
  };
  expect(await speaking({ group: "baseline" })).toEqual(["no-credentials-in-text", "tool-capacity-bounded"]);
  expect(await speaking({})).toHaveLength(3);
  expect(await speaking({ group: "clinical-production" })).toHaveLength(3);
});
