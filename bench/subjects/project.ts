import { cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import type { Fleet } from "../fleet.js";

export const repositoryRoot = path.resolve(__dirname, "..", "..");

const programs = path.join(repositoryRoot, "bench", "programs");

export interface ProjectOptions {
  readonly name: string;
  /** The program's file in `bench/programs`. */
  readonly program: string;
  readonly typescript: boolean;
  /** Folder with the `package.json` and the `dist` of the library. */
  readonly library: string;
}

/** A Pulumi project in a folder of its own below `state/`, with a copy of the library. */
export function makeProject({ name, program, typescript, library }: ProjectOptions, fleet: Fleet): string {
  const state = path.join(repositoryRoot, "state");
  mkdirSync(state, { recursive: true });
  const folder = mkdtempSync(path.join(state, `bench-${name}-`));
  const write = (file: string, text: string) => writeFileSync(path.join(folder, file), text);

  write("Pulumi.yaml", `name: bench\nruntime:\n  name: nodejs\n  options:\n    typescript: ${typescript}\n`);
  write("package.json", JSON.stringify({ name: "bench", private: true, main: typescript ? "index.ts" : program }));
  if (typescript) {
    write("tsconfig.json", JSON.stringify({ compilerOptions }));
    write("index.ts", asTypeScript(readFileSync(path.join(programs, program), "utf8")));
  } else {
    cpSync(programs, folder, { recursive: true });
  }
  writeFleet(folder, fleet);

  const modules = path.join(folder, "node_modules");
  // A copy, so that a build meanwhile changes nothing; what it depends on is found further up.
  for (const part of ["dist", "package.json"])
    cpSync(path.join(library, part), path.join(modules, "pulumi-amigo", part), { recursive: true });
  mkdirSync(path.join(modules, "@pulumi"));
  symlinkSync(path.join(repositoryRoot, "node_modules", "@pulumi", "pulumi"), path.join(modules, "@pulumi", "pulumi"));
  mkdirSync(path.join(folder, "backend"));
  return folder;
}

export function writeFleet(folder: string, fleet: Fleet): void {
  writeFileSync(path.join(folder, "fleet.json"), JSON.stringify(fleet));
}

/** As in the template that `pulumi new typescript` writes, with what reading the fleet needs. */
const compilerOptions = {
  strict: true,
  target: "es2020",
  module: "commonjs",
  moduleResolution: "node",
  skipLibCheck: true,
  resolveJsonModule: true,
};

function asTypeScript(program: string): string {
  return program
    .replace(/const (\w+) = require\("pulumi-amigo"\)/, 'import * as $1 from "pulumi-amigo"')
    .replace(
      /const (\{[^}]+\}) = require\("\.\/fleet\.json"\)/,
      'import fleet = require("./fleet.json");\nconst $1 = fleet',
    );
}
