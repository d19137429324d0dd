import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createProgram } from "../../src/cli/main.js";
import { terminal } from "../../src/cli/terminal.js";
import { seedIds, startEmulator } from "../../src/emulator/index.js";
import { AmigoConfig } from "../../src/environment/config.js";
import { workspaceReferences } from "../../src/environment/source.js";

const document = `version: 1
services:
  Front desk: { agent: desk, contextGraph: scheduling, toolCapacity: 4 }
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "cli-"));
  writeFileSync(path.join(folder, "a.yaml"), document);
  writeFileSync(path.join(folder, "b.yaml"), document.replace("4", "5"));
  writeFileSync(path.join(folder, "bad.yaml"), document.replace("agent", "agnet"));
  writeFileSync(path.join(folder, "empty.yaml"), "");
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  process.exitCode = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the command line in this process. */
async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const text = { stdout: "", stderr: "" };
  const to = (stream: "stdout" | "stderr") => (chunk: string) => {
    text[stream] += chunk;
  };
  const lineTo = (stream: "stdout" | "stderr") => (line: string) => to(stream)(`${line}\n`);
  vi.spyOn(console, "log").mockImplementation(lineTo("stdout"));
  vi.spyOn(console, "error").mockImplementation(lineTo("stderr"));
  vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    text.stdout += String(chunk);
    return true;
  });
  const program = createProgram();
  const commands = (command: Command): Command[] => [command, ...command.commands.flatMap(commands)];
  for (const command of commands(program)) {
    command.exitOverride().configureOutput({
      writeOut: to("stdout"),
      writeErr: to("stderr"),
      getOutHelpWidth: () => 80,
    });
  }
  process.exitCode = undefined;
  try {
    await program.parseAsync(["node", "pulumi-amigo", ...args]);
  } catch (error) {
    return { code: (error as { exitCode: number }).exitCode, ...text };
  }
  return { code: Number(process.exitCode ?? 0), ...text };
}

const at = (...names: string[]) => names.map((name) => path.join(folder, name));

describe("compare", () => {
  it("ends with 0 where nothing differs, 2 where something does, 1 on an error", async () => {
    expect(await run("compare", ...at("a.yaml", "a.yaml"))).toMatchObject({ code: 0, stderr: "" });
    expect(await run("compare", ...at("a.yaml", "b.yaml"))).toMatchObject({ code: 2, stderr: "" });
    expect(await run("compare", ...at("a.yaml", "bad.yaml"))).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/^error: .*bad\.yaml:3:\d+: .*agnet: .*did you mean agent\?/m),
    });
    writeFileSync(path.join(folder, "part.yaml"), `${document}incomplete: [useCases]\n`);
    expect(await run("compare", ...at("a.yaml", "part.yaml"))).toMatchObject({
      code: 2,
      stdout: expect.stringMatching(/Nothing differs[\s\S]*Not compared: useCases/),
    });
    expect(await run("compare", ...at("a.yaml", "empty.yaml"))).toMatchObject({ code: 1, stdout: "" });
    expect(await run("compare", at("a.yaml")[0] ?? "", "nowhere")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no workspace "nowhere": there is no amigo\.yaml in \/.*name it with --config$/m),
    });
    expect(await run("compare", "a", "b", "-C", path.join(folder, "nowhere"))).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/there is no folder .*nowhere: --cwd names the folder/),
    });
    expect((await run("compare", "a")).stderr).toMatch(
      /'B'\nerror: it is called as npx pulumi-amigo compare \[options\] <A> <B>; --help says more$/m,
    );
  });

  it("has the width that COLUMNS says, on a terminal of size 0x0", () => {
    vi.stubEnv("COLUMNS", "120");
    const { width } = terminal({ columns: 0 } as NodeJS.WriteStream);
    vi.stubEnv("COLUMNS", undefined);
    expect([width, terminal({ columns: 0 } as NodeJS.WriteStream).width]).toEqual([120, 80]);
  });

  it("says where an alias differs that no references file has", async () => {
    const [other = "", a = "", references = ""] = at("other.yaml", "a.yaml", "references.yaml");
    writeFileSync(other, document.replace("agent: desk", "agent: dsek"));
    const bare = await run("compare", a, other);
    expect(bare).toMatchObject({ code: 2, stdout: expect.stringContaining("dsek") });
    expect(bare.stderr).toBe(
      `warning: ${a}: no references file was read: there is no id for agent "desk", so the alias alone was compared\n` +
        `warning: ${other}: no references file was read: there is no id for agent "dsek", so the alias alone was compared\n`,
    );
    writeFileSync(references, `version: 1\nagents: { desk: { id: ${seedIds.workspace} } }\n`);
    const mapped = await run("compare", a, other, "--references-a", references, "--references-b", references);
    expect(mapped.stderr).toBe(
      `warning: ${other}: ${references} has no id for agent "dsek", so the alias alone was compared\n`,
    );
  });

  it("prints one JSON value and nothing else, Markdown, or text with colours where those are wanted", async () => {
    const { stdout } = await run("compare", ...at("a.yaml", "b.yaml"), "--json", "--all");
    expect(JSON.parse(stdout)).toMatchObject({
      differences: [
        { kind: "Service", name: "Front desk", state: "differs", fields: [{ path: "toolCapacity", a: 4, b: 5 }] },
      ],
      notCompared: [],
      equal: [],
    });
    expect(
      JSON.parse((await run("compare", ...at("a.yaml", "b.yaml"), "--format", "text", "--json")).stdout),
    ).toMatchObject({ notCompared: [] });
    expect((await run("compare", ...at("a.yaml", "b.yaml"), "--format", "markdown")).stdout).toContain(
      "| `toolCapacity` | `4` | `5` |",
    );
    vi.stubEnv("FORCE_COLOR", "1");
    expect((await run("compare", ...at("a.yaml", "b.yaml"))).stdout).toContain("\u001b[31m4\u001b[39m → ");
    vi.stubEnv("FORCE_COLOR", "");
    vi.stubEnv("NO_COLOR", "1");
    expect((await run("compare", ...at("a.yaml", "b.yaml"))).stdout).not.toContain("\u001b");
  });
});

it("names the commands that there are, and the one that was meant, at each level", async () => {
  const said = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(...args);
    expect([code, stdout]).toEqual([1, ""]);
    return stderr;
  };
  expect(await said("fleet", "statsu", "fleet.yaml", "--json")).toBe(
    'error: there is no command "fleet statsu"; did you mean status?\n' +
      "error: the commands are preview, up, drift, status, matrix, manifests\nerror: it is called as npx pulumi-amigo fleet [options] [command]; --help says more\n",
  );
  expect(await said("fleet", "dwon")).toMatch(/no command "fleet dwon"\n.*commands are preview, up,/);
  expect(await said("ci", "comment s", "x")).toMatch(/did you mean comment\?\n.*commands are comment, issue\n/);
  expect(await said("driftt")).toMatch(/no command "driftt"; did you mean drift\?\n.*adopt, budget, .*validate\n/);
});

it("export prints a document as YAML or as one JSON value", async () => {
  expect((await run("export", ...at("a.yaml"))).stdout).toContain("    toolCapacity: 4\n");
  const { code, stdout } = await run("export", ...at("a.yaml"), "--json");
  expect([code, JSON.parse(stdout)]).toMatchObject([0, { services: { "Front desk": { toolCapacity: 4 } } }]);
});

it("export names the files that it writes as seen from the working folder", async () => {
  const emulator = await startEmulator({ port: 0, seed: "demo" });
  vi.stubEnv("AMIGO_BASE_URL", emulator.url);
  vi.stubEnv("AMIGO_API_KEY", "amigo-demo-key");
  const entry = `{ id: ${seedIds.workspace}, references: references/staging.yaml }`;
  writeFileSync(path.join(folder, "amigo.yaml"), `workspaces:\n  staging: ${entry}\n`);
  mkdirSync(path.join(folder, "inner"));
  const said = async (cwd: string, out: string) =>
    (await run("export", "staging", "--out", out, "-C", path.join(folder, cwd))).stderr;
  expect(await said(".", "environments/staging.yaml")).toBe(
    "environments/staging.yaml is written\nreferences/staging.yaml is written\n",
  );
  rmSync(path.join(folder, "references"), { recursive: true });
  const whole = path.join(folder, "environments/staging.yaml");
  expect(await said("inner", whole)).toBe(
    "../environments/staging.yaml says so already\n../references/staging.yaml is written\n",
  );
  await emulator.close();
});

it("the references of a stack are those that amigo.yaml names for its workspace, if that is one file", () => {
  const { workspace, agents } = seedIds;
  const text = (more: string) => `version: 1\n${more}agents: { desk: { id: ${agents.frontDesk} } }\n`;
  writeFileSync(path.join(folder, "own.yaml"), text(`workspace: ${workspace}\n`));
  writeFileSync(path.join(folder, "nameless.yaml"), text(""));
  const found = (entries: string, slug?: string) => {
    writeFileSync(path.join(folder, "stack-amigo.yaml"), `workspaces: ${entries}\n`);
    const config = AmigoConfig.read("stack-amigo.yaml", folder);
    return workspaceReferences(config, workspace, slug).aliasOf("agents", agents.frontDesk);
  };
  expect(found(`{ a: { id: ${workspace}, references: nameless.yaml } }`)).toBe("desk");
  expect(found("{ a: { slug: clinic, references: own.yaml } }")).toBe("desk");
  expect(found("{ a: { slug: clinic, references: nameless.yaml } }", "clinic")).toBe("desk");
  expect(found("{ a: { slug: clinic, references: nameless.yaml } }")).toBeUndefined();
  expect(found(`{ a: { id: ${agents.frontDesk}, references: own.yaml } }`, "clinic")).toBeUndefined();
  expect(
    found(`{ a: { id: ${workspace}, references: own.yaml }, b: { id: ${workspace}, references: nameless.yaml } }`),
  ).toBeUndefined();
});

describe("the path of a document", () => {
  const { workspace, agents, contextGraphs } = seedIds;
  const place = (files: Record<string, string>) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  };
  const references = (agent: string, more = "") =>
    `version: 1\nworkspace: ${workspace}\nagents: { ${agent}: { id: ${agents.frontDesk}, name: Front Desk } }\n${more}`;
  const graph = `contextGraphs: { scheduling: { id: ${contextGraphs.scheduling} } }\n`;
  /** The commands look for amigo.yaml in the folder. */
  const inFolder = (...args: string[]) => run(...args, "-C", folder);

  it("is read with the references that amigo.yaml names for its workspace, if that is one", async () => {
    place({ "b.yaml": document.replace("agent: desk", "agent: front"), "refs-a.yaml": references("desk", graph) });
    place({ "refs-b.yaml": references("front") });
    const entry = (name: string) => `{ id: ${workspace}, environment: ${name}.yaml, references: refs-${name}.yaml }`;
    expect((await inFolder("compare", "a.yaml", "b.yaml")).code).toBe(2);
    place({ "amigo.yaml": `workspaces: { staging: ${entry("a")}, copy: ${entry("b")} }\n` });
    expect(await inFolder("compare", "a.yaml", "b.yaml")).toMatchObject({ code: 0, stderr: "" });
    place({ "other.yaml": references("other") });
    expect((await inFolder("compare", "a.yaml", "b.yaml", "--references-b", "other.yaml")).code).toBe(2);

    expect((await inFolder("validate", "a.yaml")).code).toBe(0);
    const open = await inFolder("validate", "b.yaml");
    expect([open.code, open.stdout]).toEqual([
      2,
      expect.stringMatching(/contextGraphs\.scheduling\.id to .*refs-b\.yaml/),
    ]);
    const dry = await inFolder("export", "a.yaml", "--program", "clinic", "--dry-run");
    expect([dry.code, dry.stderr]).toEqual([0, expect.stringContaining("Nothing was written (--dry-run)")]);
    const program = await inFolder("export", "a.yaml", "--program", "clinic");
    expect([program.code, program.stderr]).toEqual([0, expect.stringMatching(/Next: `cd .*clinic && npm install/)]);
    expect(readFileSync(path.join(folder, "clinic", "references.ts"), "utf8")).toContain(agents.frontDesk);

    place({ "refs-a.yaml": references("desk").replace(workspace, agents.nightNurse) });
    const wrong = await inFolder("compare", "a.yaml", "b.yaml");
    expect([wrong.code, wrong.stderr]).toEqual([
      1,
      expect.stringMatching(/refs-a\.yaml holds the references of workspace/),
    ]);
    place({ "amigo.yaml": `workspaces: { staging: ${entry("b")}, copy: ${entry("b")} }\n` });
    expect((await inFolder("compare", "a.yaml", "b.yaml")).code).toBe(2);
    expect((await inFolder("validate", "b.yaml")).stderr).toContain("no references file was read");
  });

  it("clones into its own workspace, and its references say what to look for in another", async () => {
    const emulator = await startEmulator();
    try {
      const other = "7a000000-0000-4000-8000-000000000001";
      const from = emulator.store.workspaces.find(({ id }) => id === workspace);
      emulator.store.addWorkspace({ ...(from as never as object), id: other, slug: "other" } as never);
      const common = { agent_id: agents.frontDesk, context_graph_id: contextGraphs.scheduling };
      emulator.store.addService({ ...common, workspace_id: other, name: "Another" });
      place({
        "amigo.yaml": `workspaces:
  staging: { id: ${workspace}, baseUrl: "${emulator.url}", environment: a.yaml, references: refs.yaml }
  other: { id: ${other}, baseUrl: "${emulator.url}" }\n`,
        "refs.yaml": references("desk"),
      });
      vi.stubEnv("AMIGO_API_KEY", "amigo-demo-key");
      const clone = (to: string) => inFolder("clone", "a.yaml", to, "--stack", "new", "--dry-run");
      const own = await clone("staging");
      expect([own.code, own.stdout], own.stderr).toEqual([2, expect.stringMatching(/agent desk is .* in staging$/m)]);
      const there = await clone("other");
      expect([there.code, there.stdout], there.stderr).toEqual([
        2,
        expect.stringMatching(/agent desk is .* in other: a service there shows that id with the name "Front Desk"/),
      ]);
    } finally {
      await emulator.close();
    }
  });

  it("and every other source that adopt cannot place is refused before anything runs", async () => {
    const adopt = async (...args: string[]) => (await inFolder("adopt", ...args, "--stack", "dev")).stderr;
    expect(await adopt("a.yaml")).toMatch(/nothing says which workspace a\.yaml is of: no alias .*--references/);
    expect(await adopt("none.yaml")).toMatch(/there is no file .*none\.yaml/);
    expect(await adopt("bad.yaml")).toMatch(/bad\.yaml:3:\d+: .*agnet/);
    place({ "refs.yaml": references("desk").replace(/^workspace.*\n/m, "") });
    expect(await adopt("a.yaml", "--references", "refs.yaml")).toMatch(/refs\.yaml does not say whose ids it holds/);
    const entry = `{ id: ${workspace}, environment: a.yaml }`;
    place({ "amigo.yaml": `workspaces: { staging: ${entry}, copy: ${entry} }\n` });
    expect(await adopt("a.yaml")).toMatch(/document of staging and copy in amigo\.yaml: .*such as `adopt staging`/);
    expect(await adopt("staging", "--references", "refs.yaml")).toMatch(/--references is for a document/);
    expect(await adopt("stack:")).toMatch(/names no stack/);
    place({ "amigo.yaml": `workspaces: { staging: ${entry} }\n` });
    place({ "refs.yaml": references("desk").replace(workspace, agents.nightNurse) });
    expect(await adopt("a.yaml", "--references", "refs.yaml")).toMatch(
      /references of workspace .*document of "staging"/,
    );
  });
});

it("validate prints what is wrong at its place, as text or as JSON", async () => {
  expect(await run("validate", ...at("a.yaml"))).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/a\.yaml is valid by itself\. Its references were not checked\.$/m),
  });
  expect((await run("validate", ...at("aa.yaml"))).stderr).toMatch(
    /there is no file \S+aa\.yaml; did you mean a\.yaml\?$/m,
  );
  const none = await run("validate", ...at("none.yaml"));
  expect(none).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringMatching(/^error: there is no file \S+none\.yaml/),
  });
  const [config = ""] = at("amigo.yaml");
  const alias = async (entry: string) => {
    writeFileSync(config, `workspaces: { staging: { id: ${seedIds.workspace}${entry} } }\n`);
    return (await run("validate", "staging", "-C", folder)).stderr.trim();
  };
  expect(await alias(", environment: a.yaml")).toMatch(
    /there is no file \S+staging: staging is an alias of amigo\.yaml, and its document is checked with `npx pulumi-amigo validate a\.yaml -C \S+`$/,
  );
  expect(await alias("")).toMatch(/: staging is an alias of amigo\.yaml, which names no document for it$/);
  rmSync(config);
  const wrong = await run("validate", ...at("bad.yaml"));
  expect(wrong).toMatchObject({ code: 1, stdout: expect.stringMatching(/^\S*bad\.yaml:3:\d+: services/m) });
  const { code, stdout } = await run("validate", ...at("bad.yaml"), "--json");
  expect([code, JSON.parse(stdout)]).toEqual([1, expect.objectContaining({ valid: false, openEnds: [] })]);
  writeFileSync(path.join(folder, "references.yaml"), "version: 1\n");
  const open = await run("validate", ...at("a.yaml"), "--references", ...at("references.yaml"));
  expect(open).toMatchObject({
    code: 2,
    stdout: expect.stringMatching(/is valid with \S+references\.yaml, with 2 open ends\.$/m),
  });
});

it("export and compare say what to do where the API refuses, also when it refuses to find the workspace", async () => {
  const emulator = await startEmulator();
  try {
    const [config = ""] = at("amigo.yaml");
    writeFileSync(config, `workspaces: { staging: { slug: north, baseUrl: "${emulator.url}" } }\n`);
    vi.stubEnv("AMIGO_API_KEY", "amigo-demo-key");
    emulator.faults.add({ operation: "list-workspaces", when: "before", action: { kind: "status", status: 403 } });
    const advice = /^error: list-workspaces: .*\(403 .* use another key, or have it granted\.$/m;
    for (const args of [
      ["export", "staging"],
      ["compare", "staging", ...at("a.yaml")],
    ]) {
      expect(await run(...args, "--config", config)).toMatchObject({ code: 1, stderr: expect.stringMatching(advice) });
    }
    emulator.faults.clear();
    const account = `apiKeyEnv: PRODUCTION_KEY, baseUrl: "${emulator.url}" }`;
    writeFileSync(
      config,
      `workspaces:\n  staging: { slug: north, ${account}\n  plain: { id: ${seedIds.workspace}, ${account}\n`,
    );
    vi.stubEnv("PRODUCTION_KEY", "wrong");
    const source = String.raw`environment variable PRODUCTION_KEY \(which amigo\.yaml names\)`;
    for (const alias of ["staging", "plain"]) {
      const refusal = new RegExp(
        `^error: workspace "${alias}": .*\\(401 .*request id \\w+\\)\\. The key was read from the ${source}: .*${emulator.url}\\?$`,
      );
      for (const args of [
        ["export", alias],
        ["compare", ...at("a.yaml"), alias],
      ]) {
        const { code, stderr } = await run(...args, "--config", config);
        expect([code, stderr.trim()]).toEqual([1, expect.stringMatching(refusal)]);
      }
    }
    const { checks } = JSON.parse((await run("doctor", "--config", config, "--json")).stdout);
    const key = checks.find(({ name }: { name: string }) => name === "staging: key");
    expect(key.found).toMatch(new RegExp(`The key was read from the ${source}: is it complete`));
  } finally {
    await emulator.close();
  }
});

it("rollback says what names a document that is not there, and what writes it", async () => {
  const [config = ""] = at("amigo.yaml");
  writeFileSync(config, `workspaces: { production: { id: ${seedIds.workspace}, environment: live/clinic.yaml } }\n`);
  const { code, stderr } = await run("rollback", "production", "-C", folder);
  expect([code, stderr.trim()]).toEqual([
    1,
    `error: there is no file ${path.join(folder, "live/clinic.yaml")}, which \`environment\` of production in ${config} names: ` +
      "correct that, or write it with `npx pulumi-amigo export production --out live/clinic.yaml`",
  ]);
  writeFileSync(config, `workspaces: { production: { id: ${seedIds.workspace}, environment: a.yaml } }\n`);
  const unpromoted = await run("rollback", "production", "-C", folder);
  expect([unpromoted.code, unpromoted.stderr.trim()]).toEqual([
    1,
    "error: nothing was promoted to production yet, so there is nothing to take back: its history would be in " +
      `${path.join(folder, "history/production.jsonl")}. Nothing was changed`,
  ]);
});

it("help fits a terminal of 80 columns; an example may be longer", () => {
  const commands = (command: Command): Command[] => [command, ...command.commands.flatMap(commands)];
  for (const command of commands(createProgram())) {
    let text = "";
    command.configureOutput({ writeOut: (chunk) => (text += chunk), getOutHelpWidth: () => 80 }).outputHelp();
    const wide = text.split("\n").filter((line) => line.length > 80 && !/^ +[$']/.test(line));
    expect(wide, command.name()).toEqual([]);
  }
});

it("answers a misspelt command or option with the nearest one", async () => {
  expect((await run("comapre", "a", "b")).stderr).toContain("did you mean compare?");
  expect((await run("compare", "a", "b", "--al")).stderr).toContain("Did you mean --all?");
  expect((await run("drift", "--fail-on", "change")).stderr).toMatch(/"change" is none of foreign, changed, missing/);
  expect((await run("compare", "a", "b", "--format", "html")).stderr).toMatch(/text, markdown, json/);
});

it.each(["compare", "drift", "validate", "doctor"])("%s has help with examples that fits 80 columns", async (name) => {
  const { stdout } = await run(name, "--help");
  expect(stdout).toContain(`$ npx pulumi-amigo ${name}`);
  expect(stdout).toMatch(/^Exit code: 0/m);
  expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
});
