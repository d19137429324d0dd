import { existsSync, readFileSync, statSync } from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";

/** The folder below a working folder in which the built-in program of a stack stands. */
export const BUILT_IN = ".pulumi-amigo";

/** The Pulumi project that commands run for a stack. */
export interface Project {
  /** `own`: the user's, in the working folder or above it. `built-in`: the one that this package writes. */
  readonly kind: "own" | "built-in";
  readonly folder: string;
  /** Whether its folder is there. */
  readonly exists: boolean;
  /** Which it is and why, as a sentence. */
  readonly note: string;
}

/** Throws where --cwd names no folder. */
export function requireFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  const hint = folder.split(path.sep).includes(BUILT_IN)
    ? "`fleet preview` or `clone` writes it anew, from what the stack is deployed from"
    : "--cwd names the folder to work in";
  throw new Error(`there is no folder ${folder}: ${hint}`);
}

/** The user's own project where there is one in the folder or above it, else the built-in one of this stack. */
export function projectFor(cwd: string, stack: string): Project {
  const start = path.resolve(cwd);
  const own = projectFile(start);
  if (own !== undefined) {
    const folder = path.dirname(own);
    return { kind: "own", folder, exists: true, note: `the program of the Pulumi project in ${folder} is run` };
  }
  return builtInProject(start, stack);
}

/** The built-in project of a stack: the one in the folder or the nearest above, else a new one in the folder. */
export function builtInProject(cwd: string, stack: string): Project {
  const start = path.resolve(cwd);
  const name = placeIn(stack);
  for (let at = start; ; at = path.dirname(at)) {
    const folder = path.join(at, name);
    const exists = existsSync(path.join(folder, "Pulumi.yaml"));
    if (exists) return { kind: "built-in", folder, exists, note: `the built-in program in ${folder} is run` };
    if (at === path.dirname(at)) break;
  }
  const folder = path.join(start, name);
  const note = `there is no Pulumi project in ${start} or above it: the built-in program is run, from ${folder}`;
  return { kind: "built-in", folder, exists: false, note };
}

function placeIn(stack: string): string {
  return path.join(BUILT_IN, stack.replace(/[^\w.-]/g, "_"));
}

/** With which a command finds a stack from the working folder, as one would type it. */
export function stackFlags({ stack, cwd }: { readonly stack: string; readonly cwd: string }): string {
  const folder = path.relative("", cwd);
  return `--stack ${stack}${folder === "" ? "" : ` -C ${folder}`}`;
}

/** Whether a folder is that of the stack's built-in program, which `fleet up` and `clone` run. */
export function isBuiltIn({ stack, cwd }: { readonly stack: string; readonly cwd: string }): boolean {
  return path.resolve(cwd, "..", "..", placeIn(stack)) === path.resolve(cwd);
}

/** The name of the Pulumi project in this folder or the nearest one above; undefined where there is no project file. */
export function projectName(cwd: string): string | undefined {
  const file = projectFile(cwd);
  if (file === undefined) return undefined;
  const name = contentOf(file)?.name;
  if (typeof name === "string" && name !== "") return name;
  throw new Error(`${file} names no project: it needs a line such as \`name: clinic\`. Nothing was changed`);
}

/** The provider's settings that the project file gives to all of its stacks, by name; none where there is no such file. */
export function projectSettings(cwd: string): Record<string, string> {
  const file = projectFile(cwd);
  const { config = {} } = file === undefined ? {} : (contentOf(file) ?? {});
  return Object.fromEntries(
    Object.entries(config ?? {}).flatMap(([key, value]) => {
      const [, name] = /^amigo:(\w+)$/.exec(key) ?? [];
      const given = value !== null && typeof value === "object" ? (value as { value?: unknown }).value : value;
      return name === undefined || given === undefined || given === null ? [] : [[name, String(given)]];
    }),
  );
}

/** The Pulumi project file of this folder or the nearest one above. */
export function projectFile(cwd: string): string | undefined {
  for (let folder = cwd; ; folder = path.dirname(folder)) {
    const found = projectFileIn(folder);
    if (found !== undefined || folder === path.dirname(folder)) return found;
  }
}

/** The Pulumi project file of this very folder. */
export function projectFileIn(folder: string): string | undefined {
  const files = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"].map((name) => path.join(folder, name));
  return files.find((file) => existsSync(file));
}

function contentOf(
  file: string,
): { readonly name?: unknown; readonly config?: Readonly<Record<string, unknown>> } | null {
  try {
    // JSON is YAML too.
    return parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`cannot read the Pulumi project file ${file}: ${(error as Error).message}. Nothing was changed`);
  }
}
