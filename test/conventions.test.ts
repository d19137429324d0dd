import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { expect, it } from "vitest";
import { lifecycles } from "../src/resources/index.js";

const root = path.join(__dirname, "..");

/** What each folder of src may import from, beside itself and the files at the top. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  api: [],
  engine: ["api"],
  resources: ["engine", "api"],
  environment: ["resources", "engine", "api"],
  recovery: ["resources", "engine", "api"],
  emulator: [],
  cli: ["environment", "recovery", "resources", "engine", "api", "emulator"],
};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
  readonly lazy: boolean;
}

const sources = listFiles("src");
const imports = sources.flatMap(importsOf);

it("keeps to one direction of imports", () => {
  const wrong = imports.filter(({ from, to }) => {
    const [, source = "", inside] = from.split("/");
    const [, target = "", targetInside] = to.split("/");
    // Files at the top of src are the package's doors, or its version.
    if (inside === undefined || targetInside === undefined || source === target) return false;
    return !MAY_IMPORT[source]?.includes(target);
  });
  expect(wrong).toEqual([]);
  expect(Object.keys(MAY_IMPORT)).toEqual(
    expect.arrayContaining(readdirSync(path.join(root, "src")).filter((name) => !name.includes("."))),
  );
});

it("loads the emulator and the command line only when used", () => {
  const doors = imports.filter(
    ({ to, from, lazy }) => /^src\/(emulator|cli)\//.test(to) && !lazy && from.split("/")[1] !== to.split("/")[1],
  );
  expect(doors.filter(({ from, typeOnly }) => !typeOnly && from !== "src/cli/main.ts")).toEqual([]);
});

it("has no circle of imports", () => {
  const edges = new Map<string, string[]>();
  for (const { from, to, typeOnly } of imports) {
    if (!typeOnly) edges.set(from, [...(edges.get(from) ?? []), to]);
  }
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): string[] => {
    if (trail.includes(file)) return [[...trail.slice(trail.indexOf(file)), file].join(" -> ")];
    if (done.has(file)) return [];
    const found = (edges.get(file) ?? []).flatMap((next) => visit(next, [...trail, file]));
    done.add(file);
    return found;
  };
  expect(sources.flatMap((file) => visit(file, []))).toEqual([]);
});

it("keeps each source file to one thing: at most 350 lines", () => {
  const files = [...sources, ...listFiles("policies")].filter((file) => file.endsWith(".ts"));
  const long = files.filter((file) => read(file).split("\n").length > 351);
  expect(long).toEqual([]);
});

it("writes to the console only where that is the file's purpose", () => {
  const allowed = ["src/engine/context.ts", "src/engine/process.ts", "src/cli/"];
  const printing = sources.filter((file) => /console\.\w+/.test(read(file)));
  expect(printing.filter((file) => !allowed.some((place) => file.startsWith(place)))).toEqual([]);
});

it("has a file, a class, a provider and traps' tests for each resource", () => {
  const index = read("src/index.ts");
  const providers = read("src/providers.ts");
  for (const [name, { kind }] of Object.entries(lifecycles)) {
    const file = kind.replace(/[A-Z]/g, (letter, offset) => `${offset ? "-" : ""}${letter.toLowerCase()}`);
    expect(existsSync(path.join(root, `src/resources/${file}.ts`))).toBe(true);
    expect(index).toMatch(new RegExp(`\\b${kind}\\b`));
    expect(providers).toContain(`export const ${name} =`);
    expect(name).toBe(kind[0]?.toLowerCase() + kind.slice(1));
  }
});

it("keeps heavy packages out of programs and the provider process until they are needed", () => {
  for (const door of ["index.js", "providers.js"]) {
    const script = `require(${JSON.stringify(path.join(root, "dist", door))});
      process.stdout.write(JSON.stringify(Object.keys(require.cache)));`;
    const loaded = JSON.parse(
      execFileSync(process.execPath, ["-e", script], { cwd: root, encoding: "utf8" }),
    ) as string[];
    const heavy = loaded.filter((file) => /node_modules\/(undici|hono|@hono|ajv|commander|yaml)\//.test(file));
    expect(heavy).toEqual([]);
  }
});

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

function importsOf(file: string): Import[] {
  const text = read(file);
  const resolve = (specifier: string) => path.posix.join(path.posix.dirname(file), specifier).replace(/\.js$/, ".ts");
  const fixed = [...text.matchAll(/(?:^|\n)(import|export)\s+(type\s+)?([^;"]*?)\s*(?:from\s*)?"(\.[^"]+)"/g)].map(
    ([, , type, names, specifier]) => ({
      from: file,
      to: resolve(specifier ?? ""),
      typeOnly: Boolean(type) || isTypesOnly(names ?? ""),
      lazy: false,
    }),
  );
  const lazy = [...text.matchAll(/(?:\bimport|\brequire)\(\s*"(\.[^"]+)"\s*\)/g)].map(([whole, specifier], index) => ({
    from: file,
    to: resolve(specifier ?? ""),
    typeOnly: text.slice(0, text.indexOf(whole, index)).endsWith("typeof "),
    lazy: true,
  }));
  return [...fixed, ...lazy];
}

/** `{ type A, type B }` is erased as a whole. */
function isTypesOnly(names: string): boolean {
  const list = /^\{([\s\S]*)\}$/.exec(names.trim())?.[1];
  return list !== undefined && list.split(",").every((name) => name.trim() === "" || name.trim().startsWith("type "));
}
