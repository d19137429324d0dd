import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import type { TestStack } from "../../lab/cli/stack.js";
import { repositoryRoot } from "../../lab/root.js";

/** One thing that a policy found. */
export interface Violation {
  policy: string;
  level: string;
  /** The name of the resource. */
  on: string;
  message: string;
}

export interface Outcome {
  succeeded: boolean;
  violations: Violation[];
  output: string;
}

/** Packs the policies and installs them in a folder of their own; the peers are the repository's. */
export function installPack(): { folder: string; remove(): void } {
  const state = path.join(repositoryRoot, "state");
  mkdirSync(state, { recursive: true });
  const folder = mkdtempSync(path.join(realpathSync(state), "test-policies-"));
  const npm = (cwd: string, ...args: string[]) => execFileSync("npm", args, { cwd, encoding: "utf8", stdio: "pipe" });
  npm(path.join(repositoryRoot, "policies"), "run", "build");
  const pack = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const [{ filename }] = JSON.parse(npm(path.join(repositoryRoot, "policies"), ...pack));
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ name: "guards", version: "1.0.0", private: true }));
  npm(folder, "install", "--offline", "--legacy-peer-deps", "--no-audit", "--no-fund", path.join(folder, filename));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Runs the stack under a pack. The executable of a pack needs no plugin that only a released CLI has. */
export async function judged(
  stack: TestStack,
  operation: "preview" | "up",
  pack: string,
  config: object,
): Promise<Outcome> {
  const configFile = path.join(stack.folder, "policies.json");
  writeFileSync(configFile, JSON.stringify(config));
  const log = path.join(stack.folder, "policy-events.jsonl");
  rmSync(log, { force: true });
  const how = operation === "up" ? ["--yes", "--skip-preview"] : [];
  const policies = ["--policy-pack", pack, "--policy-pack-config", configFile];
  const { code, output } = await stack.command([operation, ...how, ...policies, "--event-log", log], {
    outcome: "any",
  });
  const violations = readFileSync(log, "utf8")
    .split("\n")
    .filter(Boolean)
    .flatMap((line) => violationIn(JSON.parse(line)));
  return { succeeded: code === 0, violations, output };
}

interface PolicyEvent {
  policyName: string;
  enforcementLevel: string;
  resourceUrn?: string;
  message: string;
}

function violationIn({ policyEvent }: { policyEvent?: PolicyEvent }): Violation[] {
  if (!policyEvent) return [];
  const { policyName, enforcementLevel, resourceUrn = "", message } = policyEvent;
  const on = resourceUrn.slice(resourceUrn.lastIndexOf("::") + 2);
  return [{ policy: policyName, level: enforcementLevel, on, message: message.replace(/<\{%.*?%\}>/g, "") }];
}
