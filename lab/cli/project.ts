import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { repositoryRoot } from "../root.js";

export interface ProjectOptions {
  /** Part of the folder's name, and the project's name. */
  name: string;
  language: "javascript" | "typescript";
  /** Packages to write into the project's `node_modules`: file name to text, by package name. */
  packages: Record<string, Record<string, string>>;
}

/**
 * A Pulumi project in a folder of its own below `state/`, with this repository installed in it as `pulumi-amigo`.
 * Inside the repository, since the program's other packages must resolve as well.
 */
export function makeProject({ name, language, packages }: ProjectOptions): string {
  const state = path.join(repositoryRoot, "state");
  mkdirSync(state, { recursive: true });
  const folder = mkdtempSync(path.join(state, `test-${name}-`));
  const write = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  };
  // Said outright, since a JavaScript program would else wait for the TypeScript compiler to load.
  const typescript = language === "typescript";
  write("Pulumi.yaml", `name: ${name}\nruntime:\n  name: nodejs\n  options:\n    typescript: ${typescript}\n`);
  write("package.json", JSON.stringify({ name, private: true }));
  if (typescript) write("tsconfig.json", JSON.stringify({ compilerOptions }));
  for (const [packageName, files] of Object.entries(packages)) {
    for (const [file, text] of Object.entries(files)) write(path.join("node_modules", packageName, file), text);
  }
  // What a package has: in a link to all of the repository the CLI would look for plugins, at each run.
  for (const part of ["package.json", "dist", "contract"]) link(folder, `pulumi-amigo/${part}`, part);
  link(folder, "@pulumi/pulumi", "node_modules/@pulumi/pulumi");
  return folder;
}

/** As in the template that `pulumi new typescript` writes. */
const compilerOptions = {
  strict: true,
  target: "es2020",
  module: "commonjs",
  moduleResolution: "node",
  skipLibCheck: true,
};

function link(folder: string, name: string, target: string): void {
  const place = path.join(folder, "node_modules", name);
  mkdirSync(path.dirname(place), { recursive: true });
  symlinkSync(path.join(repositoryRoot, target), place);
}
