import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import * as ts from "typescript";
import { expect, it } from "vitest";
import { createProgram } from "../src/cli/main.js";
import { unsupportedNode } from "../src/node-version.js";
import { lifecycles } from "../src/resources/index.js";

const root = path.join(__dirname, "..");

const sources = listFiles("src");

it("keeps each source file to one thing: at most 350 lines", () => {
  const files = ["src", "lab", "bench", "policies", "test/campaigns"].flatMap(listFiles);
  const long = files.filter((file) => read(file).split("\n").length > 351);
  expect(long).toEqual([]);
});

it("writes to the console only where that is the file's purpose", () => {
  const allowed = ["src/engine/provider/context.ts", "src/engine/provider/process.ts", "src/cli/"];
  const printing = sources.filter((file) => /console\.\w+/.test(read(file)));
  expect(printing.filter((file) => !allowed.some((place) => file.startsWith(place)))).toEqual([]);
});

it("shows errors of the client with the advice that belongs to them", () => {
  const wordsErrors = /^src\/(engine|resources|recovery)\//;
  const own = ["src/engine/provider/failure.ts", "src/engine/provider/answers.ts"];
  const bare = sources.filter(
    (file) => wordsErrors.test(file) && /\b(error|refusal|unknown|cause)\.message\b/.test(read(file)),
  );
  expect(bare.filter((file) => !own.includes(file))).toEqual([]);
});

it("takes no URL for wrong by the check of Node.js, which is wrong itself after many calls", () => {
  const asking = sources.filter((file) => /\bURL\.canParse\(/.test(read(file)));
  expect(asking).toEqual([]);
});

it("has a file, a class and a provider for each resource, and shows programs nothing else of it", () => {
  const door = (name: string) => createRequire(__filename)(path.join(root, "dist", name)) as Record<string, unknown>;
  for (const [name, { kind }] of Object.entries(lifecycles)) {
    const file = kind.replace(/[A-Z]/g, (letter, offset) => `${offset ? "-" : ""}${letter.toLowerCase()}`);
    expect(existsSync(path.join(root, `src/resources/${file}.ts`))).toBe(true);
    expect(name).toBe(kind[0]?.toLowerCase() + kind.slice(1));
    expect(door("index.js")[kind]).toBeTypeOf("function");
    expect(read(`dist/resources/${file}.d.ts`)).not.toMatch(/lifecycle/i);
  }
  expect(Object.keys(door("providers.js"))).toEqual(Object.keys(lifecycles));
  const kinds = Object.values(lifecycles).map(({ kind }) => kind);
  const others = Object.keys(door("index.js")).filter((name) => !kinds.includes(name));
  expect(others.filter((name) => !/^((get|list)[A-Z]\w+|Provider|Environment)$/.test(name))).toEqual([]);
});

it("says in a sentence what each argument and each output is", () => {
  const resources = [...read("src/resources/all.ts").matchAll(/"\.\/([\w-]+)\.js"/g)].map(([, name]) => name);
  expect(resources.length).toBe(Object.keys(lifecycles).length);
  const files = [...resources, "nested", "lookups"].map((name) => `src/resources/${name}.ts`);
  files.push("src/engine/program/provider.ts");
  expect(
    files.flatMap((file) => [...undocumented(ts.createSourceFile(file, read(file), ts.ScriptTarget.ES2022, true))]),
  ).toEqual([]);
});

const asUsers = { cwd: root, encoding: "utf8", env: { ...process.env, NODE_OPTIONS: "" } } as const;

it("keeps heavy packages out of programs and the provider process until they are needed", () => {
  for (const door of ["index.js", "providers.js"]) {
    const script = `require(${JSON.stringify(path.join(root, "dist", door))});
      process.stdout.write(JSON.stringify(Object.keys(require.cache)));`;
    const loaded = JSON.parse(execFileSync(process.execPath, ["-e", script], asUsers)) as string[];
    const heavy = loaded.filter((file) => /node_modules\/(undici|hono|@hono|ajv|commander|yaml)\//.test(file));
    expect(heavy).toEqual([]);
  }
});

it("says which Node.js it needs before it loads anything else", () => {
  const { engines } = JSON.parse(read("package.json")) as { engines: { node: string } };
  const needs = engines.node.replace(/^>=/, "");
  const sentence = `pulumi-amigo needs Node.js ${needs} or newer, and this is Node.js 18.20.8: install a newer one`;
  const pretended = 'Object.defineProperty(process.versions, "node", { value: "18.20.8" });';
  for (const door of ["index.js", "providers.js"]) {
    const script = `${pretended} try { require(${JSON.stringify(path.join(root, "dist", door))}); } catch (error) {
      const loaded = Object.keys(require.cache).map((file) => require("node:path").basename(file));
      process.stdout.write(JSON.stringify([error.message, error.stack, error.__pulumiRunError, loaded])); }`;
    const printed = JSON.parse(execFileSync(process.execPath, ["-e", script], asUsers));
    expect(printed.slice(0, 3)).toEqual([sentence, sentence, true]);
    // What throws while it loads is not kept.
    expect(printed[3]).toEqual(["node-version.js"]);
  }
  const script = `${pretended} require(${JSON.stringify(path.join(root, "dist/cli/main.js"))});`;
  const { status, stderr } = spawnSync(process.execPath, ["-e", script], asUsers);
  expect([status, stderr]).toEqual([1, `error: ${sentence}\n`]);

  const least = needs.split(".").map(Number) as [number, number, number];
  const [major, minor, patch] = least;
  for (const good of [needs, `${major}.${minor}.${patch + 1}`, `${major}.${minor + 1}.0`, `${major + 2}.0.0`]) {
    expect(unsupportedNode(good), good).toBeUndefined();
  }
  for (const old of [`${major}.${minor}.${patch - 1}`, `${major}.${minor - 1}.9`, `${major - 1}.99.9`]) {
    expect(unsupportedNode(old), old).toContain(`this is Node.js ${old}`);
  }
});

it("names its commands as users type them", () => {
  const names = createProgram().commands.map((command) => command.name());
  const bare = new RegExp(`(?<!npx )pulumi-amigo (${names.join("|")})\\b`);
  const linesOf = (text: string) => text.split("\n").filter((line) => bare.test(line));
  const isComment = (line: string) => /^\s*(\/\/|\/?\*)/.test(line);
  // The sources have it from src/command.ts.
  expect(
    sources.flatMap((file) => linesOf(read(file).replaceAll("npx ", "")).filter((line) => !isComment(line))),
  ).toEqual([]);
  const pages = ["docs", "docs/operations"].flatMap((folder) =>
    readdirSync(path.join(root, folder)).flatMap((name) => (name.endsWith(".md") ? [`${folder}/${name}`] : [])),
  );
  const blocks = ["README.md", ...pages].flatMap((page) =>
    read(page)
      .split("```")
      .filter((_, index) => index % 2 === 1),
  );
  expect(blocks.flatMap(linesOf)).toEqual([]);
});

/** The properties of interfaces and the declared members of classes that have no sentence, a `@default` aside. */
function* undocumented(source: ts.SourceFile): Generator<string> {
  for (const statement of source.statements) {
    const isShown = ts.isClassDeclaration(statement) || ts.isInterfaceDeclaration(statement);
    if (!isShown) continue;
    for (const member of statement.members as ts.NodeArray<ts.ClassElement | ts.TypeElement>) {
      const isOutput =
        ts.isPropertyDeclaration(member) && member.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword);
      const tags = ts.getJSDocTags(member).map(({ tagName }) => tagName.text);
      if ((!isOutput && !ts.isPropertySignature(member)) || tags.includes("internal")) continue;
      const said = ts.getJSDocCommentsAndTags(member).map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? "");
      if (!said.some((text) => /^[A-Z`].*[.]/s.test(text))) yield `${source.fileName}: ${member.name.getText()}`;
    }
  }
}

function listFiles(folder: string): string[] {
  if (!existsSync(path.join(root, folder))) return [];
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === "node_modules" ? [] : listFiles(name);
    return /\.(ts|js|mjs)$/.test(entry.name) ? [name] : [];
  });
}

function read(file: string): string {
  return readFileSync(path.join(root, file), "utf8");
}
