import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import * as ts from "typescript";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { cleanEnvironment, testEngine } from "../../lab/cli/environment.js";
import { HOSTS } from "../../lab/cli/launcher.js";
import { type ProcessOptions, type ProcessResult, type RunningProcess, start } from "../../lab/cli/process.js";
import { repositoryRoot } from "../../lab/root.js";
import packageJson from "../../package.json";
import { type Emulator, seedIds, startEmulator } from "../../src/emulator/index.js";
import { componentText, doorsText, programText } from "./support/package-programs.js";

/** Outside the repository, so that nothing of it can be found by walking up: what is missing in the package is missing here. */
let folder: string;
/** A project with the package installed; the programs are folders in it. */
let project: string;
/** Of one process; most take seconds. */
const timeoutMs = 240_000;
let packFolder: string;
let packed: { filename: string; files: { path: string }[] };
let emulator: Emulator;
let failed = false;

beforeAll(async () => {
  emulator = await startEmulator();
  folder = mkdtempSync(path.join(realpathSync(tmpdir()), "pulumi-amigo-package-"));
  project = path.join(folder, "project");
  mkdirSync(path.join(repositoryRoot, "state"), { recursive: true });
  packFolder = mkdtempSync(path.join(repositoryRoot, "state", "test-package-"));
  // Without its scripts: the set-up of these tests has compiled the library, and others run on the result meanwhile.
  const pack = ["pack", "--json", "--ignore-scripts", "--pack-destination", packFolder];
  [packed] = JSON.parse((await npm(repositoryRoot, ...pack)).stdout);

  write("project/package.json", { name: "clinic", private: true });
  await npm(
    project,
    "install",
    ...["--prefer-offline", "--no-audit", "--no-fund", path.join(packFolder, packed.filename)],
    ...["@pulumi/pulumi@3.248.0", "typescript@5.9", "ts-node@10"],
  );
});

afterEach(({ task }) => {
  failed ||= task.result?.state === "fail";
});

afterAll(async () => {
  await emulator?.close();
  if (failed) return console.error(`kept for a look: ${folder}`);
  for (const own of [folder, packFolder]) rmSync(own, { recursive: true, force: true });
});

it("packs the compiled library, the contract, the schemas, the readme, the changes and the licence, and nothing else", () => {
  const files = packed.files.map((file) => file.path);
  const compiled = /^dist\/.+\.(js|d\.ts)$/;
  expect(files.filter((file) => !compiled.test(file)).sort()).toEqual([
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "contract/openapi.json",
    "package.json",
    ...["amigo", "environment", "fleet", "references"].map((name) => `schemas/${name}.schema.json`),
  ]);
  const sources = readdirSync(path.join(repositoryRoot, "src"), { recursive: true, encoding: "utf8" });
  const expected = sources
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => [".js", ".d.ts"].map((ending) => `dist/${file.replace(/\.ts$/, ending)}`));
  expect(files).toEqual(expect.arrayContaining(expected));
});

it("installs cleanly, with few other packages", async () => {
  const { dependencies } = JSON.parse((await npm(project, "ls", "--all", "--json")).stdout) as Tree;
  const own = dependencies?.["pulumi-amigo"];
  expect(own?.version).toBe(packageJson.version);
  const { "@pulumi/pulumi": peer, ...direct } = own?.dependencies ?? {};
  expect(peer?.version).toBe("3.248.0");
  expect(Object.keys(direct).length).toBeLessThanOrEqual(14);
  expect(new Set(namesIn({ dependencies: direct })).size).toBeLessThanOrEqual(38);
});

it.each([
  { resolution: "Node10", module: "CommonJS", file: "uses.ts" },
  { resolution: "Bundler", module: "ESNext", file: "uses.ts" },
  { resolution: "Node16", module: "Node16", file: "uses.cts" },
  { resolution: "NodeNext", module: "NodeNext", file: "uses.mts" },
] as const)("has types for every door: $file with moduleResolution $resolution", ({ resolution, module, file }) => {
  write(`project/${file}`, doorsText);
  const program = ts.createProgram([path.join(project, file)], {
    strict: true,
    noEmit: true,
    // As in the template that `pulumi new typescript` writes; without it zod's own files fail under Node10.
    skipLibCheck: true,
    types: [],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind[module],
    moduleResolution: ts.ModuleResolutionKind[resolution],
  });
  const diagnostics = ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
  expect(diagnostics).toEqual([]);
});

// A CommonJS program in TypeScript is what `init` writes, below.
it.each([
  { kind: "commonjs-javascript", type: "commonjs", file: "index.js", program: programText("require", "javascript") },
  { kind: "esm-javascript", type: "module", file: "index.js", program: programText("import", "javascript") },
  { kind: "esm-typescript", type: "module", file: "index.ts", program: programText("import", "typescript") },
])("deploys from a $kind program", async ({ kind, type, file, program: text }) => {
  const typescript = file.endsWith(".ts");
  const at = pulumiProject(`project/${kind}`, kind, { type, main: file }, typescript);
  write(`project/${kind}/${file}`, text.replaceAll("NAME", kind.replace("-", " ")));

  await pulumi(at, "stack", "init");
  await pulumi(at, "up", "--yes", "--skip-preview");
  const outputs = JSON.parse((await pulumi(at, "stack", "output", "--json")).stdout);
  expect(outputs).toEqual({ agent: "Front Desk", channel: "inbound_voice", slug: "demo-clinic", ours: true });
  const [binding] = emulator.store.bindings.list();
  expect(emulator.store.services.get(binding?.service_id ?? "")?.name).toBe(kind.replace("-", " "));
  await pulumi(at, "destroy", "--yes", "--skip-preview");
  expect([emulator.store.bindings.list(), emulator.store.useCases.list()]).toEqual([[], []]);
  expect(emulator.store.services.list().map(({ id }) => id)).toEqual([seedIds.systemService]);
});

it("writes a project with init that installs, compiles, previews, deploys and goes", async () => {
  const init = ["--no-install", "pulumi-amigo", "init", "../fresh", "--emulator"];
  const printed = (await succeeded(start("npx", init, npmOptions(project)))).stdout;
  expect(printed.match(/^ {2}(npm|pulumi) .*$/gm)).toEqual([
    "  npm install",
    expect.stringMatching(/^ {2}pulumi login --local +# /),
    "  pulumi stack init dev",
    "  pulumi preview",
    "  pulumi up",
  ]);
  const at = path.join(folder, "fresh");
  const written = JSON.parse(readFileSync(path.join(at, "package.json"), "utf8"));
  expect(written.dependencies["pulumi-amigo"]).toBe(`^${packageJson.version}`);
  // Instead of the registry's, which may not have this version yet.
  await npm(at, "install", "--prefer-offline", "--no-audit", "--no-fund", path.join(packFolder, packed.filename));
  await succeeded(start("npx", ["--no-install", "tsc"], npmOptions(at)));

  mkdirSync(path.join(at, "backend"));
  await pulumi(at, "stack", "init");
  expect((await pulumi(at, "preview")).output).toContain("5 to create");
  await pulumi(at, "up", "--yes", "--skip-preview");
  expect(emulator.store.services.list().map(({ name }) => name)).toContain("fresh desk");
  await pulumi(at, "preview", "--expect-no-changes");
  await pulumi(at, "destroy", "--yes", "--skip-preview");
  expect(emulator.store.bindings.list()).toEqual([]);
});

it("names the command that mends it where only a component's own dependencies hold the package", async () => {
  const at = pulumiProject("isolated", "isolated", { main: "index.js" }, false);
  write("isolated/index.js", 'require("clinic-component").clinic();');
  const component = "isolated/node_modules/clinic-component";
  write(`${component}/package.json`, { name: "clinic-component", version: "1.0.0", main: "index.js" });
  write(`${component}/index.js`, componentText);
  link("isolated/node_modules/@pulumi/pulumi", "@pulumi/pulumi");
  link(`${component}/node_modules/pulumi-amigo`, "pulumi-amigo");
  link(`${component}/node_modules/@pulumi/pulumi`, "@pulumi/pulumi");

  await pulumi(at, "stack", "init");
  const refused = await engineProcess(at, "up", "--yes", "--skip-preview").then(({ done }) => done);
  expect(refused.code, refused.output).not.toBe(0);
  expect(refused.output).toContain(`pulumi-amigo cannot be resolved from the program's folder ${at}`);
  expect(refused.output).toContain("Mend it with: npm install pulumi-amigo");

  link("isolated/node_modules/pulumi-amigo", "pulumi-amigo");
  await pulumi(at, "up", "--yes", "--skip-preview");
  expect(emulator.store.services.list().map(({ name }) => name)).toContain("component desk");
  await pulumi(at, "destroy", "--yes", "--skip-preview");
});

it("refuses code of another major version than the program's folder resolves", async () => {
  const script = 'new (require("pulumi-amigo").TestCallerNumbers)("qa", { numbers: [] });';
  const other = "another-major/node_modules/pulumi-amigo";
  cpSync(path.join(project, "node_modules", "pulumi-amigo"), path.join(folder, other), { recursive: true });
  write(`${other}/package.json`, { ...packageJson, version: "7.0.0" });
  const env = { ...cleanEnvironment({ asUsers: true }), NODE_PATH: "" };
  write("project/constructs.js", `process.chdir(${JSON.stringify(path.join(folder, "another-major"))});\n${script}`);
  const { code, output } = await start(process.execPath, ["constructs.js"], { cwd: project, env }).done;
  expect(code, output).not.toBe(0);
  expect(output).toContain(`Mend it with: npm install pulumi-amigo@${packageJson.version}`);
});

it("serves the API from the installed command, until it is interrupted", async () => {
  const running = start("npx", ["--no-install", "pulumi-amigo", "emulator", "--port", "0"], npmOptions(project));
  let url = "";
  running.child.stdout?.on("data", (text: string) => {
    url ||= /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0] ?? "";
  });
  await running.printed("email setup, not approved");
  const answer = await fetch(`${url}/v1/workspaces`, { headers: { authorization: "Bearer amigo-demo-key" } });
  expect(await answer.json()).toMatchObject({ items: [{ id: seedIds.workspace }] });
  interrupt(running);
  expect((await running.done).output).toContain("emulator stopped");
  await expect(fetch(url)).rejects.toThrow("fetch failed");
});

it.each(["require", "import"])("serves the API to a test that gets it by %s", async (way) => {
  const script = `(async () => {
    const { startEmulator, demoKey } = await ${way}("pulumi-amigo/emulator");
    const { url, close } = await startEmulator();
    const { status } = await fetch(url + "/v1/workspaces", { headers: { authorization: "Bearer " + demoKey } });
    await close();
    console.log("answered", status);
  })();`;
  const result = await start(process.execPath, ["-e", script], npmOptions(project)).done;
  expect(result.stdout, result.output).toBe("answered 200\n");
});

interface Tree {
  version?: string;
  dependencies?: Record<string, Tree>;
}

function namesIn({ dependencies = {} }: Tree): string[] {
  return Object.entries(dependencies).flatMap(([name, tree]) => [name, ...namesIn(tree)]);
}

/** Said outright, since without it the SDK compiles ESM programs to CommonJS. */
const compilerOptions = {
  strict: true,
  skipLibCheck: true,
  target: "es2022",
  module: "nodenext",
  moduleResolution: "nodenext",
};

/** A Pulumi project with an empty backend of its own. */
function pulumiProject(place: string, name: string, manifest: object, typescript: boolean): string {
  const runtime = { name: "nodejs", options: { typescript } };
  write(`${place}/Pulumi.yaml`, { name, runtime });
  write(`${place}/package.json`, { name, private: true, ...manifest });
  if (typescript) write(`${place}/tsconfig.json`, { compilerOptions });
  mkdirSync(path.join(folder, place, "backend"));
  return path.join(folder, place);
}

function link(place: string, installed: string): void {
  mkdirSync(path.dirname(path.join(folder, place)), { recursive: true });
  symlinkSync(path.join(project, "node_modules", installed), path.join(folder, place), "dir");
}

function write(file: string, content: string | object): void {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), typeof content === "string" ? content : JSON.stringify(content));
}

async function pulumi(cwd: string, ...args: string[]): Promise<ProcessResult> {
  return succeeded(await engineProcess(cwd, ...args));
}

async function engineProcess(cwd: string, ...args: string[]): Promise<RunningProcess> {
  const engine = await testEngine();
  const backend = { PULUMI_BACKEND_URL: `file://${path.join(cwd, "backend")}`, PULUMI_CONFIG_PASSPHRASE: "test" };
  const account = { AMIGO_BASE_URL: emulator.url, AMIGO_API_KEY: "amigo-demo-key" };
  // Previews and deletions load no other file of the package, so they may start as cheaply as those of other tests.
  const asUsers = args[0] === "up";
  const env = { ...cleanEnvironment({ asUsers }), ...engine.env, [HOSTS]: "", ...backend, ...account };
  return start(engine.bin, [...args, "--stack", "dev", "--non-interactive", "--color=never"], { cwd, env, timeoutMs });
}

function npm(cwd: string, ...args: string[]): Promise<ProcessResult> {
  return succeeded(start("npm", args, npmOptions(cwd)));
}

/** What `npm test` tells its children about this repository would lead another npm back to it. */
function npmOptions(cwd: string): ProcessOptions {
  const inherited = Object.entries(cleanEnvironment({ asUsers: true }));
  const foreign = /^(INIT_CWD|npm_(package|lifecycle|config_local_prefix|config_prefix|command|node_execpath).*)$/;
  return { cwd, timeoutMs, env: Object.fromEntries(inherited.filter(([name]) => !foreign.test(name))) };
}

async function succeeded({ done }: RunningProcess): Promise<ProcessResult> {
  const result = await done;
  expect(result.code, result.output).toBe(0);
  return result;
}

/** As Ctrl-C on a terminal does: the whole group gets the signal. */
function interrupt({ child }: RunningProcess): void {
  process.kill(-(child.pid ?? Number.NaN), "SIGINT");
}
