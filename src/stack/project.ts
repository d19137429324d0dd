import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";

/** The name of the Pulumi project in this folder or the nearest one above; undefined where there is no project file. */
export function projectName(cwd: string): string | undefined {
  const file = projectFile(cwd);
  if (file === undefined) return undefined;
  const name = nameIn(file);
  if (typeof name === "string" && name !== "") return name;
  throw new Error(`${file} names no project: it needs a line such as \`name: clinic\`. Nothing was changed`);
}

function projectFile(cwd: string): string | undefined {
  for (let folder = cwd; ; folder = path.dirname(folder)) {
    const files = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"].map((name) => path.join(folder, name));
    const found = files.find((file) => existsSync(file));
    if (found !== undefined || folder === path.dirname(folder)) return found;
  }
}

function nameIn(file: string): unknown {
  try {
    // JSON is YAML too.
    return (parse(readFileSync(file, "utf8")) as { name?: unknown } | null)?.name;
  } catch (error) {
    throw new Error(`cannot read the Pulumi project file ${file}: ${(error as Error).message}. Nothing was changed`);
  }
}
