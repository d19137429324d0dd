import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { version } from "../version.js";
import type { Environment } from "./environment.js";
import { textOf } from "./files.js";
import { CLONE, programFiles } from "./program.js";

export interface FolderOptions {
  /** Replaces files that hold something else. @default false */
  readonly overwrite?: boolean;
  /** Writes nothing, and returns the files that it would write. @default false */
  readonly dryRun?: boolean;
}

/** Writes a Pulumi project that declares an environment, and returns the files that it wrote. Files that are the same stay as they are. */
export function writeProgram(
  folder: string,
  environment: Environment,
  { overwrite = false, dryRun = false }: FolderOptions,
): string[] {
  const files = programFiles(environment, {
    name: path.basename(path.resolve(folder)),
    dependency: ownDependency(folder),
  });
  const changed = [...files].filter(([name, text]) => textOf(path.join(folder, name)) !== text);
  const others = changed.map(([name]) => path.join(folder, name)).filter((file) => existsSync(file));
  if (others.length > 0 && !overwrite) {
    throw new Error(
      `${others.join(", ")} ${others.length === 1 ? "exists and holds" : "exist and hold"} something else. Nothing was written. Choose another folder, or replace ${others.length === 1 ? "it" : "them"} with --yes`,
    );
  }
  if (dryRun) return changed.map(([name]) => path.join(folder, name));
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of changed) writeFileSync(path.join(folder, name), text);
  return changed.map(([name]) => path.join(folder, name));
}

/** How a project in a folder asks npm for this package. Run from a clone, it uses that clone: its version may not be published. */
export function ownDependency(folder: string): string {
  const root = path.join(__dirname, "..", "..");
  if (!existsSync(path.join(root, "src"))) return `^${version}`;
  return `${CLONE}${path.relative(folder, root).split(path.sep).join("/")}`;
}
