import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import * as path from "node:path";
import { type FileState, fileState, replaceFile } from "../environment/files.js";

/** The program that deploys all stacks with a document. */
export const PROGRAM_FILE = "program/index.js";

/** Where the operator fetches the fleet from. */
export interface Repository {
  /** Its folder; without git the nearest one that holds both the fleet and the files. */
  readonly root: string;
  /** Its address; undefined where nobody knows it. */
  readonly address?: string;
}

/** The repository around a fleet, with the address that was given or that of git's origin; `warn` hears what is not known. */
export function repositoryOf(
  folder: string,
  { out, given, warn }: { out: string; given: string | undefined; warn: (line: string) => void },
): Repository {
  if (given !== undefined && !isAddress(given)) {
    throw new Error(
      `--repository: found ${hidden(given)}; give an address such as https://github.com/clinic/infrastructure. Nothing was written`,
    );
  }
  const top = git(folder, "rev-parse", "--show-toplevel");
  const root = top === undefined ? commonFolder(folder, out) : path.resolve(top);
  const address = given ?? git(folder, "config", "--get", "remote.origin.url");
  if (address !== undefined && isAddress(address)) return { root, address };
  const why = address === undefined ? "git names no origin" : `git's origin is ${hidden(address)}`;
  warn(
    `the Stacks name no repository, since ${why}: give its https address with --repository, or add a source to them. Paths in them start at ${root}`,
  );
  return { root };
}

/** The folder's real path, also where it is still to be made. */
export function realFolder(folder: string): string {
  const absolute = path.resolve(folder);
  if (existsSync(absolute)) return realpathSync(absolute);
  return path.join(realFolder(path.dirname(absolute)), path.basename(absolute));
}

function isAddress(text: string): boolean {
  return /^https:\/\/[^@\s]+$/.test(text);
}

/** Without a password. */
function hidden(address: string): string {
  return address.replace(/\/\/.*@/, "//...@");
}

function commonFolder(a: string, b: string): string {
  let folder = a;
  while (path.relative(folder, b).startsWith("..")) folder = path.dirname(folder);
  return folder;
}

export interface WrittenFiles {
  readonly dryRun: boolean;
  readonly files: readonly { readonly file: string; readonly state: FileState }[];
  /** Files that were written before, for what the fleet has no more. */
  readonly left: readonly string[];
}

/**
 * Writes the files, and says what each was; throws where one stands in the way that somebody else wrote. `expected` are the names of all
 * files of the fleet, where it was narrowed.
 */
export function writeManifests(
  folder: string,
  files: ReadonlyMap<string, string>,
  { expected = new Set(files.keys()), dryRun = false }: { expected?: ReadonlySet<string>; dryRun?: boolean } = {},
): WrittenFiles {
  const strange = [...files.keys()].filter((name) => {
    const file = path.join(folder, name);
    return /\.(yaml|js)$/.test(name) && !name.endsWith("Pulumi.yaml") && existsSync(file) && !isOurs(file);
  });
  if (strange.length > 0) {
    throw new Error(
      `${strange.join(", ")} in ${folder} was not written by this command: choose another folder. Nothing was written`,
    );
  }
  const states = [...files].map(([name, text]) => {
    const file = path.join(folder, name);
    return { file, state: fileState(file, text) };
  });
  for (const [name, text] of dryRun ? [] : files) {
    const file = path.join(folder, name);
    if (fileState(file, text) !== "same") replaceFile(file, text);
  }
  return { dryRun, files: states, left: leftIn(folder, expected) };
}

/** By their first line: whatever else is in the folder may be somebody's. */
function leftIn(folder: string, expected: ReadonlySet<string>): string[] {
  if (!existsSync(folder)) return [];
  return [...readdirSync(folder).sort(), PROGRAM_FILE]
    .filter((name) => (name.endsWith(".yaml") || name === PROGRAM_FILE) && !expected.has(name))
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() && isOurs(file));
}

function isOurs(file: string): boolean {
  return /^(#|\/\/) Written by .*pulumi-amigo.*fleet manifests`/.test(readFileSync(file, "utf8"));
}

function git(folder: string, ...args: string[]): string | undefined {
  try {
    return (
      execFileSync("git", args, {
        cwd: folder,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }).trim() || undefined
    );
  } catch {
    return undefined;
  }
}
