import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import type { Pulumi } from "./pulumi.js";

/** A stack in a local backend (`file://`): a folder whose files can be looked at. */
export class LocalBackend {
  constructor(
    private readonly folder: string,
    private readonly stack: string,
    private readonly project: string | undefined,
  ) {}

  /** Undefined for other backends: those show a lock only to the command that it stops. */
  static async find(pulumi: Pulumi): Promise<LocalBackend | undefined> {
    const { url } = JSON.parse(await pulumi.plain("whoami", "--verbose", "--json")) as { url?: string };
    if (!url?.startsWith("file://")) return undefined;
    const [stack = "", project = projectName(pulumi.cwd)] = pulumi.stack.split("/").reverse();
    return new LocalBackend(folderOf(url), stack, project);
  }

  /**
   * Removes descriptions of this stack's files that a kill cut short. The engine replaces a state file as a whole, but not the
   * description of its content type beside it, and reads no state whose description is broken ("failed to load checkpoint: EOF").
   */
  mend(): string[] {
    const broken = this.broken();
    for (const file of broken) rmSync(file);
    return broken;
  }

  broken(): string[] {
    return this.files("stacks", (name) => name.endsWith(".attrs")).filter((file) => !isJson(file));
  }

  /** The stack's files of this sort: `locks/<organization>/<project>/<stack>/*`, `stacks/<project>/<stack>.json*`. */
  files(sort: "locks" | "stacks", wanted: (name: string) => boolean): string[] {
    const root = path.join(this.folder, ".pulumi", sort);
    if (!existsSync(root)) return [];
    const names = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => {
      const [file = "", ...above] = name.split(path.sep).reverse();
      const [stack, project] = sort === "locks" ? above : [file.replace(/\.json.*$/, ""), above[0]];
      return stack === this.stack && (project ?? this.project) === (this.project ?? project) && wanted(name);
    });
    return names.map((name) => path.join(root, name));
  }
}

function isJson(file: string): boolean {
  try {
    JSON.parse(readFileSync(file, "utf8"));
    return true;
  } catch {
    return false;
  }
}

function folderOf(url: string): string {
  if (url.startsWith("file://~")) return path.join(homedir(), url.slice("file://~".length));
  return fileURLToPath(url.replace(/\?.*$/, ""));
}

function projectName(cwd: string): string | undefined {
  for (let folder = cwd; ; folder = path.dirname(folder)) {
    for (const name of ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"]) {
      const file = path.join(folder, name);
      if (existsSync(file)) return /^\s*"?name"?\s*:\s*["']?([\w.-]+)/m.exec(readFileSync(file, "utf8"))?.[1];
    }
    if (folder === path.dirname(folder)) return undefined;
  }
}
