import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { expect, it } from "vitest";
import { cleanEnvironment, testEngine } from "../../lab/cli/environment.js";
import { start } from "../../lab/cli/process.js";
import type { TestStack } from "../../lab/cli/stack.js";
import { commandFile } from "../../lab/root.js";
import { demoKey } from "../../src/emulator/index.js";
import type { Check } from "../../src/environment/doctor-check.js";
import type { DriftReport } from "../../src/environment/drift.js";
import { deploy } from "../support/engine.js";
import { sixResources } from "../support/program.js";

/** The command line on the stack's project, as a user has it. */
async function amigo(stack: TestStack, args: string[], env: Record<string, string> = {}) {
  const whole = { ...cleanEnvironment(), ...(await testEngine()).env, ...stack.env, ...env };
  return start(process.execPath, [commandFile, ...args], { cwd: stack.folder, env: whole }).done;
}

function stateFiles(stack: TestStack): Record<string, string> {
  const folder = path.join(stack.folder, "backend");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const names = files.map((entry) => path.join(entry.parentPath, entry.name));
  return Object.fromEntries(names.map((name) => [name, readFileSync(name, "utf8")]));
}

const program = `${sixResources({ exports: "" })}
const pulumi = require("@pulumi/pulumi");
new amigo.Service("night", { workspaceId, name: "Night desk", agentId: desk.agentId, contextGraphId: desk.contextGraphId,
  description: pulumi.secret("whispered"), versionSets: { trial: { agentVersionNumber: 1 } } });
`;

it("drift, compare and doctor look at a stack and what exists, and write neither", async () => {
  await deploy({ name: "drift", program }, async ({ stack, emulator }) => {
    const missing = await amigo(stack, ["drift", "--stack", "nowhere"]);
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringMatching(/^error: .*nowhere/)]);
    const empty = await amigo(stack, ["drift", "--stack", "dev"]);
    expect([empty.code, empty.stderr]).toEqual([1, expect.stringMatching(/stack dev is empty.*pulumi up/)]);

    await stack.up();
    const { id: workspaceId = "" } = await stack.resource("clinic");
    const { id: desk = "" } = await stack.resource("desk");
    const { id: night = "" } = await stack.resource("night");
    emulator.clearRequests();
    const before = stateFiles(stack);

    const clean = await amigo(stack, ["drift", "--stack", "dev"]);
    expect(clean.output).toContain("No drift.");
    expect(clean.code).toBe(0);
    // A workspace, a list each of services, use cases and numbers, a binding.
    expect(emulator.requests).toHaveLength(5);
    const equal = await amigo(stack, ["compare", "stack:dev", workspaceId, "--json"]);
    expect(JSON.parse(equal.stdout)).toMatchObject({ a: "stack:dev", b: workspaceId, differences: [] });
    expect(equal.code).toBe(0);
    const doctor = await amigo(stack, ["doctor", "--stack", "dev", "--json"], { AMIGO_WORKSPACE_ID: workspaceId });
    const { checks } = JSON.parse(doctor.stdout) as { checks: { name: string; state: string }[] };
    expect(checks.filter(({ state }) => state !== "ok")).toEqual([]);
    expect([doctor.code, doctor.output.includes("amigo-demo-key")]).toEqual([0, false]);

    const config = path.join(stack.folder, "amigo.yaml");
    writeFileSync(config, `workspaces: { clinic: { id: ${workspaceId}, apiKeyEnv: CLINIC_KEY } }\n`);
    const keys = { CLINIC_KEY: demoKey, AMIGO_API_KEY: "amigo-wrong-key" };
    const both = await amigo(stack, ["doctor", "--stack", "dev", "--json"], keys);
    rmSync(config);
    const states = (JSON.parse(both.stdout) as { checks: Check[] }).checks.map(
      ({ name, state }) => `${name}: ${state}`,
    );
    expect(states.filter((text) => text.includes(": key"))).toEqual(["account: key: problem", "clinic: key: ok"]);

    const edit = (id: string, changes: object) => {
      const record = emulator.store.services.get(id);
      if (!record) throw new Error(`no service ${id}`);
      emulator.store.services.put({ ...record, ...changes, updated_at: new Date(Date.now() + 5000).toISOString() });
    };
    edit(desk, { tags: [], tool_capacity: 9, version_sets: { canary: { agent_version_number: 2 } } });
    edit(night, {
      description: "shouted",
      version_sets: { trial: { agent_version_number: 1 }, other: { agent_version_number: 2 } },
    });
    const { code, stdout } = await amigo(stack, ["drift", "--stack", "dev", "--json"]);
    const report = JSON.parse(stdout) as DriftReport;
    expect(report).toMatchObject({ stack: "dev", complete: true });
    expect(
      report.findings.map(({ class: word, kind, name, fields }) => [
        word,
        kind,
        name,
        fields?.map((field) => field.path),
      ]),
    ).toEqual([
      ["changed", "Service", "Front desk", ["toolCapacity", "tags"]],
      ["changed", "Service", "Night desk", ["description"]],
      ["changed", "VersionSet", "Front desk / canary", ["agentVersionNumber"]],
      ["foreign", "VersionSet", "Night desk / other", undefined],
    ]);
    expect(stdout).not.toMatch(/whispered|shouted/);
    expect(code).toBe(2);
    const compared = await amigo(stack, ["compare", "stack:dev", workspaceId]);
    expect(compared.output).not.toMatch(/whispered|shouted/);
    expect(compared.output).toContain("toolCapacity");
    expect(compared.code).toBe(2);
    const text = await amigo(stack, ["drift", "--stack", "dev", "--fail-on", "missing"], { FORCE_COLOR: "1" });
    expect([text.code, text.stdout.includes("\u001b[33m~ Service")]).toEqual([0, true]);

    expect(emulator.requests.filter(({ method }) => method !== "GET" && method !== "HEAD")).toEqual([]);
    expect(stateFiles(stack)).toEqual(before);
  });
});
