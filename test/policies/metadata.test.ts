import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import type { PolicyPackArgs, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import Ajv from "ajv";
import { beforeAll, expect, it, vi } from "vitest";
import * as library from "../../policies/index.js";
import { judge, type Policy } from "./support.js";

const folder = path.join(__dirname, "..", "..", "policies");

let pack: { name: string } & PolicyPackArgs;

beforeAll(async () => {
  // The real one starts a server and reads the version from the working directory.
  vi.doMock("@pulumi/policy", () => ({
    PolicyPack: class {
      constructor(name: string, args: PolicyPackArgs) {
        pack = { name, ...args };
      }
    },
  }));
  await import("../../policies/pack.js");
  vi.doUnmock("@pulumi/policy");
});

it("holds one policy per file, each under the file's name", () => {
  const named = readdirSync(folder).filter((file) => /validate(Resource|Stack):/.test(read(file)));
  expect(pack.policies.map(({ name }) => `${name}.ts`).sort()).toEqual(named.sort());
  expect(pack.name).toBe("pulumi-amigo");
});

it("puts first what the others take from: the group, then the lists of workspaces", () => {
  expect(pack.policies.slice(0, 2).map(({ name }) => name)).toEqual(["policy-group", "workspace-classified"]);
});

it("exports each policy and both groups", () => {
  const { baseline, clinicalProduction, ...exported } = library;
  const names = (policies: { name: string }[]) => policies.map(({ name }) => name).sort();
  expect(names(Object.values(exported))).toEqual(names(clinicalProduction));
  expect(names([...clinicalProduction])).toEqual(names(pack.policies.slice(1)));
  expect(clinicalProduction).toEqual(expect.arrayContaining(baseline));
  expect(baseline.length).toBeLessThan(clinicalProduction.length);
});

it("describes each policy and each setting, and blocks unless configured otherwise", () => {
  for (const policy of pack.policies) {
    expect(policy.name).toMatch(/^[a-z]+(-[a-z]+)+$/);
    expect(policy).toMatchObject({
      enforcementLevel: "mandatory",
      displayName: expect.stringMatching(/^[A-Z].+[^.]$/),
      description: expect.stringMatching(/^[A-Z].+\.$/),
      severity: expect.stringMatching(/^(low|medium|high|critical)$/),
      remediationSteps: expect.stringMatching(/^[A-Z].+\.$/),
    });
    for (const setting of Object.values(policy.configSchema?.properties ?? {})) {
      expect(setting.description).toMatch(/^[A-Z].+\.$/);
    }
  }
});

it("asks about each resource wherever it judges the stack, since outputs alone do not tell what is declared", () => {
  for (const policy of pack.policies as (ResourceValidationPolicy & Partial<StackValidationPolicy>)[]) {
    expect([policy.validateResource ?? []].flat()).toHaveLength(1);
  }
});

it("is documented: each policy by name, and an example of its configuration that its schema allows", () => {
  const readme = read("README.md");
  const examples = [...readme.matchAll(/```json\n([\s\S]*?)```/g)].map(([, example = ""]) => JSON.parse(example));
  const config = Object.assign({}, ...examples) as Record<string, unknown>;
  for (const { name } of pack.policies) expect(readme).toContain(`\`${name}\``);
  expect(Object.keys(config).length).toBeGreaterThan(1);
  for (const [name, settings] of Object.entries(config)) expect(errorsIn(name, settings)).toEqual([]);
});

it.each([
  ["workspace-classified", { production: "clinic" }, "/production must be array"],
  ["workspace-classified", { other: [""] }, "/other/0 must NOT have fewer than 1 characters"],
  ["production-safety-filters", { production: [7] }, "/production/0 must be string"],
  ["allowed-sender-domains", { domains: "clinic.example" }, "/domains must be array"],
  ["allowed-sender-domains", { domains: ["@clinic.example"] }, "/domains/0 must match pattern"],
  ["allowed-sender-domains", { domains: ["clinic"] }, "/domains/0 must match pattern"],
  ["policy-group", { group: "clinical" }, "/group must be equal to one of the allowed values"],
  ["tool-capacity-bounded", { maximum: 11 }, "/maximum must be <= 10"],
  ["required-tags", { tags: { owner: "desk" } }, "/tags/owner must be array"],
  ["names-follow-pattern", { service: 1 }, "/service must be string"],
  ["test-callers-bounded", { maximum: 21 }, "/maximum must be <= 20"],
  ["no-credentials-in-text", { ignoredParameters: "a" }, "/ignoredParameters must be array"],
])("refuses for %s the configuration %j", (name, config, message) => {
  expect(errorsIn(name, config).join("\n")).toContain(message);
});

it("finds a setting that a policy does not have, once for the stack: the engine lets it pass", async () => {
  const { baseline: _baseline, clinicalProduction, ...exported } = library;
  const policies = [...Object.values(exported), ...clinicalProduction, ...pack.policies] as Policy[];
  for (const policy of policies) {
    const known = Object.keys(policy.configSchema?.properties ?? {});
    expect(await judge(policy, [], { sttings: 1 })).toEqual([
      {
        message: `Configuration of ${policy.name}: "sttings" is not one of its settings; allowed: ${known.join(", ") || "no settings"}. Correct the name, or take it out.`,
        on: undefined,
      },
    ]);
    expect(await judge(policy, [], {})).toEqual([]);
  }
});

/** As the engine checks it, but for settings that the schema does not have: those a policy finds itself. */
function errorsIn(name: string, settings: unknown): string[] {
  if (typeof settings === "string") return ["advisory", "mandatory", "disabled"].includes(settings) ? [] : [settings];
  const policy = pack.policies.find((candidate) => candidate.name === name);
  if (!policy) return [`no policy ${name}`];
  const { enforcementLevel: _taken, ...others } = settings as Record<string, unknown>;
  const properties = policy.configSchema?.properties ?? {};
  const ajv = new Ajv({ allErrors: true });
  const validate = ajv.compile({ type: "object", properties, additionalProperties: false });
  validate(others);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

function read(file: string): string {
  return /\.(ts|md)$/.test(file) ? readFileSync(path.join(folder, file), "utf8") : "";
}
