import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import Ajv from "ajv/dist/2020.js";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type Fleet, readFleet, selectFrom } from "../../src/fleet/file.js";
import { fleetJsonSchema } from "../../src/fleet/schema.js";

const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "amigo-fleet-")));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string) => {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
};
write(
  "amigo.yaml",
  `workspaces:
${["staging", "north", "south", "east"].map((alias) => `  ${alias}: { slug: ${alias}, references: references/${alias}.yaml }`).join("\n")}
`,
);
for (const name of ["staging", "production/north", "production/south", "production/east"]) {
  write(`environments/${name}.yaml`, "version: 1\n");
}
write("special/Pulumi.yaml", "name: special\nruntime: nodejs\n");

const whole = `version: 1
stacks:
  - { name: staging, labels: { env: staging }, environment: environments/staging.yaml, workspace: staging }
  - { name: special, labels: { env: production }, project: ./special }
  - match: environments/production/*.yaml
    labels: { env: production }
waves:
  - { name: staging, select: "env=staging" }
  - { name: canary, select: "env=production", count: 1 }
  - { name: rest, select: "env=production", concurrency: 4 }
gate: { command: ./smoke.sh, timeout: 5m }
budget: { maxConcurrency: 16, requestsPerSecond: 20 }
`;
const read = (text: string) => readFleet(write("fleet.yaml", text));
const wavesIn = ({ waves }: Fleet) => waves.map(({ name, stacks }) => [name, stacks.map((stack) => stack.name)]);

describe("a fleet file", () => {
  it("gives each stack to the first wave that selects it, and reads paths from its own folder", () => {
    const fleet = read(whole);
    expect(wavesIn(fleet)).toEqual([
      ["staging", ["staging"]],
      ["canary", ["special"]],
      ["rest", ["east", "north", "south"]],
    ]);
    expect(fleet.waves[2]?.concurrency).toBe(4);
    expect(fleet.gate).toEqual({ command: "./smoke.sh", timeoutMs: 300_000 });
    expect(fleet.budget).toEqual({ maxConcurrency: 16, requestsPerSecond: 20 });
    expect(fleet.stacks.find(({ name }) => name === "north")).toMatchObject({
      labels: { env: "production" },
      environment: path.join(folder, "environments/production/north.yaml"),
      workspace: { alias: "north", slug: "north", references: path.join(folder, "references/north.yaml") },
    });
    expect(fleet.stacks.find(({ name }) => name === "special")).toMatchObject({
      project: path.join(folder, "special"),
    });
    expect(new Ajv({ strict: false }).validate(fleetJsonSchema(), parse(whole))).toBe(true);
  });

  it("is the same fleet when it is read through a link", () => {
    const link = `${folder}-link`;
    symlinkSync(folder, link);
    write("fleet.yaml", whole);
    expect(readFleet(path.join(link, "fleet.yaml"))).toEqual(readFleet(path.join(folder, "fleet.yaml")));
    rmSync(link);
  });

  it("has one wave of all stacks where it names none", () => {
    expect(wavesIn(read(whole.replace(/waves:[\s\S]*?gate/, "gate")))).toEqual([
      ["all", ["staging", "special", "east", "north", "south"]],
    ]);
  });

  it("has no wave of the rest where the canary is all there is", () => {
    const one = whole.replace(/ {2}- match:.*\n.*\n/, "");
    expect(wavesIn(read(one))).toEqual([
      ["staging", ["staging"]],
      ["canary", ["special"]],
    ]);
  });

  it("is narrowed by a selector, without the waves that are left empty", () => {
    const fleet = read(whole);
    expect(wavesIn(selectFrom(fleet, "env=production,name!=south"))).toEqual([
      ["canary", ["special"]],
      ["rest", ["east", "north"]],
    ]);
    expect(() => selectFrom(fleet, "evn=production")).toThrow(
      /--select evn=production selects no stack of .*: no stack has the label evn; did you mean env\?/,
    );
    expect(() => selectFrom(fleet, "production")).toThrow(/--select: found "production"; must be key=value/);
  });

  it.each([
    [
      "two stacks of one name",
      "name: special",
      "name: staging",
      /fleet.yaml:4:7: stacks\[1\].name: two stacks are named staging: this one and stacks\[0\]/,
    ],
    [
      "a name that a matching file gives again",
      "name: special",
      "name: North",
      /fleet.yaml:5:5: stacks\[2\].match: two stacks are named north/,
    ],
    [
      "a stack with a document and a project",
      "project: ./special",
      "project: ./special, environment: environments/staging.yaml, workspace: staging",
      /fleet.yaml:4:51: stacks\[1\].project: cannot stand beside environment/,
    ],
    [
      "a stack with nothing to deploy",
      ", project: ./special",
      "",
      /fleet.yaml:4:7: stacks\[1\].name: this stack has nothing to deploy/,
    ],
    [
      "an unknown workspace",
      "workspace: staging",
      "workspace: stagin",
      /fleet.yaml:3:88: stacks\[0\].workspace: there is no workspace "stagin".*did you mean staging\?/,
    ],
    [
      "a document without a workspace",
      ", workspace: staging",
      "",
      /stacks\[0\].environment: needs workspace beside it/,
    ],
    [
      "a document that is not there",
      "environments/staging.yaml",
      "environments/stagin.yaml",
      /stacks\[0\].environment: there is no file .*stagin.yaml/,
    ],
    [
      "a project that is not there",
      "./special",
      "./specials",
      /stacks\[1\].project: there is no Pulumi.yaml in .*specials/,
    ],
    [
      "a pattern that matches nothing",
      "production/*",
      "prod/*",
      /fleet.yaml:5:5: stacks\[2\].match: no file in .* matches "environments\/prod\/\*.yaml"/,
    ],
    ["a wave that selects nothing", "env=staging", "env=test", /fleet.yaml:8:22: waves\[0\].select: selects no stack$/],
    [
      "a wave whose label nobody has",
      "env=staging",
      "evn=staging",
      /waves\[0\].select: selects no stack: no stack has the label evn; did you mean env\?/,
    ],
    [
      "a wave for which nothing is left",
      ", count: 1",
      "",
      /fleet.yaml:10:19: waves\[2\].select: earlier waves have taken all that it selects \(4\)/,
    ],
    [
      "a stack in no wave",
      '  - { name: rest, select: "env=production", concurrency: 4 }\n',
      "",
      /fleet.yaml:7:1: waves: no wave takes east, north, south: change a selector/,
    ],
    ["two waves of one name", "name: rest", "name: canary", /waves\[2\].name: two waves are named canary/],
    [
      "a selector that is none",
      "env=staging",
      "env staging",
      /waves\[0\].select: found "env staging"; must be key=value or key!=value/,
    ],
    ["an unknown key", "gate:", "gates:", /fleet.yaml:11:1: gates: is not known here; did you mean gate\?/],
    [
      "an unknown key of a stack",
      "project:",
      "projekt:",
      /stacks\[1\].projekt: is not known here; did you mean project\?/,
    ],
    [
      "a duration that is none",
      "timeout: 5m",
      "timeout: 5 minutes",
      /gate.timeout: found "5 minutes"; must be a number with s, m or h, such as 5m/,
    ],
    [
      "a duration that no timer can have",
      "timeout: 5m",
      "timeout: 501h",
      /gate.timeout: found "501h"; must be 500h at most/,
    ],
    [
      "a budget that no setting can be",
      "maxConcurrency: 16",
      "maxConcurrency: 0",
      /budget.maxConcurrency: found 0; 1 at least/,
    ],
    [
      "a name that is no stack's",
      "name: special",
      "name: a/b",
      /stacks\[1\].name: found "a\/b"; must be letters, digits, dots, hyphens and underscores/,
    ],
    [
      "a label that is no text",
      "labels: { env: staging }",
      "labels: { env: 1 }",
      /stacks\[0\].labels.env: found 1; must be a string/,
    ],
    [
      "a label that would hide the stack's name",
      "labels: { env: staging }",
      "labels: { env: staging, name: x }",
      /stacks\[0\].labels.name: .*not name, which is the stack's own/,
    ],
    ["a newer version", "version: 1", "version: 2", /version 2 is newer than this pulumi-amigo knows/],
    [
      "match beside a name",
      "- match:",
      "- name: more\n    match:",
      /fleet.yaml:5:5: stacks\[2\].name: cannot stand beside match/,
    ],
  ] as const)("refuses %s", (_what, from, to, message) => {
    expect(whole).toContain(from);
    expect(() => read(whole.replace(from, to))).toThrow(message);
  });

  it("reports everything at once, in the order of the file", () => {
    const text = whole
      .replace("name: staging, labels: { env: staging }", "name: staging, labels: { env: 1 }")
      .replace("workspace: staging", "workspace: x")
      .replace("./special", "./none")
      .replace('name: canary, select: "env=production"', 'name: canary, select: "env production"')
      .replace("name: rest", "name: staging")
      .replace("timeout: 5m", "timeout: 5")
      .replace("budget", "budgets");
    let found = "";
    try {
      read(text);
    } catch (error) {
      found = String((error as Error).message);
    }
    expect(found.split("\n").map((line) => line.replace(/^.*fleet.yaml:(\d+):\d+: (.{1,70}).*$/, "$1 $2"))).toEqual([
      "3 stacks[0].labels.env: found 1; must be a string",
      expect.stringMatching(/^3 stacks\[0\].workspace: there is no workspace "x"/),
      expect.stringMatching(/^4 stacks\[1\].project: there is no Pulumi.yaml/),
      expect.stringMatching(/^9 waves\[1\].select: found "env production"/),
      expect.stringMatching(/^10 waves\[2\].name: two waves are named staging/),
      "11 gate.timeout: found 5; must be a number with s, m or h, such as 5m",
      expect.stringMatching(/^12 budgets: is not known here; did you mean budget/),
    ]);
  });

  it("says what an environment document is", () => {
    expect(() => read("version: 1\nservices: {}\n")).toThrow(
      /fleet.yaml:2:1: this is an environment document; a fleet file has `stacks`$/,
    );
  });
});
