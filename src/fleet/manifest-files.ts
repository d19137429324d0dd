import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import * as path from "node:path";
import { replaceFile } from "../environment/files.js";

/** The repository around a folder, with the address that was given or that of git's origin. */
export function repositoryOf(folder: string, given: string | undefined): { root: string; repository: string } {
  const root = git(folder, "rev-parse", "--show-toplevel");
  if (root === undefined) {
    throw new Error(`${folder} is in no git repository: the operator fetches one. Nothing was written`);
  }
  const repository = given ?? git(folder, "config", "--get", "remote.origin.url");
  if (repository === undefined || !/^https:\/\/[^@\s]+$/.test(repository)) {
    const found = repository === undefined ? "git names no origin" : `found ${repository.replace(/\/\/.*@/, "//...@")}`;
    throw new Error(
      `${found}: give the address that the operator fetches with --repository, such as https://github.com/clinic/infrastructure. Nothing was written`,
    );
  }
  return { root: path.resolve(root), repository };
}

/** Writes the files and returns their paths; throws where one stands in the way that somebody else wrote. */
export function writeManifests(folder: string, files: ReadonlyMap<string, string>): string[] {
  const strange = [...files.keys()].filter((name) => {
    const file = path.join(folder, name);
    return /\.(yaml|js)$/.test(name) && !name.endsWith("Pulumi.yaml") && existsSync(file) && !isOurs(file);
  });
  if (strange.length > 0) {
    throw new Error(
      `${strange.join(", ")} in ${folder} was not written by this command: choose another folder. Nothing was written`,
    );
  }
  for (const [name, text] of files) replaceFile(path.join(folder, name), text);
  return [...files.keys()].map((name) => path.join(folder, name));
}

function isOurs(file: string): boolean {
  return /^(#|\/\/) Written by .?pulumi-amigo/.test(readFileSync(file, "utf8"));
}

function git(folder: string, ...args: string[]): string | undefined {
  try {
    return (
      execFileSync("git", args, {
        cwd: realpathSync(folder),
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }).trim() || undefined
    );
  } catch {
    return undefined;
  }
}
