import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import * as path from "node:path";
import { projectName } from "./project.js";
import type { Pulumi } from "./pulumi.js";

/** A stack, and where its project stands. */
export interface StackPlace {
  readonly stack: string;
  /** The folder in which its commands run. */
  readonly cwd: string;
  /** The project's name; undefined: of whichever project. */
  readonly project: string | undefined;
}

/** A stack in a local backend (`file://`): a folder whose files can be looked at. */
export class LocalBackend {
  constructor(
    private readonly folder: string,
    private readonly stack: string,
    private readonly project: string | undefined,
  ) {}

  /** Undefined for other backends: those show a lock only to the command that it stops. */
  static async find(pulumi: Pulumi): Promise<LocalBackend | undefined> {
    const url = await backendUrl(pulumi);
    if (!isLocal(url)) return undefined;
    const [, projectOfStack] = stackParts(pulumi.stack);
    const project = projectOfStack ?? projectName(pulumi.cwd);
    const backends = LocalBackend.candidates(url, { stack: pulumi.stack, cwd: pulumi.cwd, project });
    // A lock that is looked for in the wrong place would seem not to be there.
    const found = backends.find((backend) => backend.files("stacks", (name) => name.includes(".json")).length > 0);
    if (found) return found;
    const [stack] = stackParts(pulumi.stack);
    const named = project === undefined ? `stack ${stack}` : `stack ${stack} of project ${project}`;
    throw new Error(
      `found no ${named} in ${backends.map(({ folder }) => folder).join(" or ")}, where the backend ${url} keeps its state: check --stack, --cwd and the backend's URL. Nothing was changed`,
    );
  }

  /** Where the stack may be, whether it is there or not: what a URL names is not always clear. */
  static candidates(url: string, { stack, cwd, project }: StackPlace): LocalBackend[] {
    const [name = ""] = stackParts(stack);
    return foldersOf(url, cwd).map((folder) => new LocalBackend(folder, name, project));
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

/** Where the CLI keeps its states; the variable comes first for the CLI too. */
export async function backendUrl(pulumi: Pick<Pulumi, "plain" | "environment">): Promise<string> {
  const { PULUMI_BACKEND_URL: named } = pulumi.environment();
  if (named) return named;
  const { url = "" } = JSON.parse(await pulumi.plain("whoami", "--verbose", "--json")) as { url?: string };
  return url;
}

export function isLocal(url: string): boolean {
  return /^file:/i.test(url);
}

/** The folders that a URL may name: the engine takes a relative path from where it runs, and `~` from the user's account. */
export function foldersOf(url: string, cwd: string): string[] {
  const written = /^file:\/\/([^?]+)/.exec(url)?.[1];
  if (written === undefined) {
    throw new Error(
      `cannot tell which folder the backend ${url} names; write it as file:///FOLDER. Nothing was changed`,
    );
  }
  const name = decodeURIComponent(written);
  if (!name.startsWith("~")) return [path.resolve(cwd, name.replace(/^\/(?=[A-Za-z]:)/, ""))];
  return [...new Set([homedir(), userInfo().homedir])].map((home) => path.join(home, name.slice(1)));
}

/** `stack`, `organization/stack` or `organization/project/stack`: the stack's own name, and the project where it is named. */
function stackParts(stack: string): [string | undefined, string | undefined] {
  const parts = stack.split("/");
  return [parts.at(-1), parts.length === 3 ? parts[1] : undefined];
}
