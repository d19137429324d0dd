import { spawn } from "node:child_process";
import * as path from "node:path";
import { findInHome, findOnPath, minimumVersion } from "./find-cli.js";
import { builtInProject, projectFile, projectFor, requireFolder } from "./project.js";

/** A command of the CLI that failed, with its own words. */
export class CliFailed extends Error {}

/** There is no CLI that could run. */
export class NoCli extends Error {}

/** Whether the CLI says that there is no such stack. */
export function saysNoStack(message: string): boolean {
  return /no stack named|^there is no stack /i.test(message);
}

/** What to do where the CLI says that. */
export function noStackText({ stack, cwd }: Pick<Pulumi, "stack" | "cwd">): string {
  const builtIn = builtInProject(cwd, stack);
  const other =
    builtIn.exists && builtIn.folder !== path.resolve(cwd)
      ? `give \`-C ${path.relative("", builtIn.folder)}\` if you mean the one that \`clone\` or \`fleet\` has made from a document, `
      : "";
  return `there is no stack ${stack} in ${cwd}: ${other}name another one with --stack (\`pulumi stack ls --all\` there lists them), or make this one there with \`pulumi stack init ${stack}\``;
}

/** What the CLI wrote, without its own marks of an error: whoever shows it sets one. */
export function cliWords(text: string): string {
  const words = text.trim().replace(/^error: /gm, "");
  return KNOWN.reduce((said, [pattern, ours]) => said.replace(pattern, ours), words);
}

/** What to do where there is no passphrase. */
export const SET_PASSPHRASE =
  "`export PULUMI_CONFIG_PASSPHRASE=...`, or name a file in PULUMI_CONFIG_PASSPHRASE_FILE. It must be the same at each run";

export function hasPassphrase(): boolean {
  const { PULUMI_CONFIG_PASSPHRASE: passphrase, PULUMI_CONFIG_PASSPHRASE_FILE: file } = process.env;
  return passphrase !== undefined || Boolean(file);
}

/** What stops a command before it begins, in the CLI's words and in ours. */
const KNOWN: readonly (readonly [pattern: RegExp, ours: string])[] = [
  [
    /^PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions$/gm,
    "the Pulumi CLI is not logged in to a backend: run `pulumi login`, or `pulumi login --local`, or set PULUMI_BACKEND_URL",
  ],
  [
    /^.*passphrase must be set with PULUMI_CONFIG_PASSPHRASE.*$/gm,
    `no passphrase is set, with which the secrets of the stack are encrypted: ${SET_PASSPHRASE}`,
  ],
  [
    /^.*incorrect passphrase$/gm,
    "the passphrase is not the one with which the secrets of the stack are encrypted: set PULUMI_CONFIG_PASSPHRASE (or PULUMI_CONFIG_PASSPHRASE_FILE) to the one that the stack was made with",
  ],
];

/** The Pulumi CLI, on one stack of one project. */
export class Pulumi {
  private constructor(
    readonly bin: string,
    readonly stack: string,
    readonly cwd: string,
    private readonly more: Readonly<Record<string, string>>,
  ) {}

  /**
   * Finds the CLI on PATH or in the Pulumi home; throws with both ways to get it. By default on the selected stack. Runs in the
   * folder of the stack's built-in program where that is the only one.
   * @param env laid over this process's environment in every command
   */
  static async find(stack: string | undefined, cwd: string, env: Record<string, string> = {}): Promise<Pulumi> {
    const folder = path.resolve(cwd);
    requireFolder(folder);
    if (projectFile(folder) === undefined && !(stack && projectFor(folder, stack).exists)) {
      const [builtIn, orName] = stack
        ? [`, and none that \`clone\` or \`fleet\` has written for a stack ${stack}`, "check the stack's name"]
        : ["", "name a stack with --stack"];
      throw new Error(
        `there is no Pulumi project in ${folder} or above it${builtIn}: run this in the folder with Pulumi.yaml, name that with --cwd, or ${orName}`,
      );
    }
    const bin = await Pulumi.cli();
    return stack === undefined
      ? new Pulumi(bin, await Pulumi.selectedStack(bin, folder), folder, env)
      : Pulumi.at(bin, stack, folder, env);
  }

  /** A CLI that was found before, on a stack of the project in this folder. */
  static at(bin: string, stack: string, folder: string, env: Record<string, string>): Pulumi {
    const project = projectFor(folder, stack);
    return new Pulumi(bin, stack, project.kind === "built-in" && project.exists ? project.folder : folder, env);
  }

  /** The CLI on PATH or in the Pulumi home; throws with both ways to get it. */
  static async cli(): Promise<string> {
    const found = (await findOnPath()) ?? (await findInHome());
    if (found) return found.bin;
    throw new NoCli(
      `found no Pulumi CLI ${minimumVersion} or newer with its language host for Node, neither on PATH nor in the Pulumi home; install it (https://www.pulumi.com/docs/install/)`,
    );
  }

  private static async selectedStack(bin: string, cwd: string): Promise<string> {
    const shown = await new Pulumi(bin, "", cwd, {}).plain("stack", "--show-name").catch((error: Error) => {
      throw new Error(`cannot tell which stack is selected in ${cwd}; name one with --stack.\n${error.message}`);
    });
    return shown.trim();
  }

  /**
   * The same, for runs that write nothing outside of the state: the state is written once, at the end, and not after each resource,
   * which takes most of the time in large stacks. A kill loses the run and nothing that exists.
   */
  inOneWrite(): Pulumi {
    const more = { ...this.more, PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" };
    return new Pulumi(this.bin, this.stack, this.cwd, more);
  }

  /** The same, on another stack that the backend has, of whichever project. */
  on(stack: string): Pulumi {
    return new Pulumi(this.bin, stack, this.cwd, this.more);
  }

  /** Runs a command on the stack and returns what it prints on standard output. */
  run(...args: string[]): Promise<string> {
    return this.plain(...args, "--stack", this.stack);
  }

  /** The environment of its processes. */
  environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      ...this.more,
      PATH: [path.dirname(this.bin), process.env.PATH ?? ""].join(path.delimiter),
      PULUMI_SKIP_UPDATE_CHECK: "true",
    };
  }

  /** Runs a command that knows no stack. */
  async plain(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.attempt(...args);
    if (code === 0) return stdout;
    const said = [stderr, stdout].map(cliWords).filter((part) => part !== "");
    const [, known] = KNOWN.find(([, ours]) => said.some((part) => part.includes(ours))) ?? [];
    if (known !== undefined) throw new CliFailed(known);
    throw new CliFailed(`pulumi ${args.join(" ")} ended with ${code ?? "a signal"}:\n${said.join("\n")}`);
  }

  /** Runs a command to its end, whichever it is. */
  async attempt(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const child = spawn(this.bin, [...args, "--non-interactive", "--color=never"], {
      cwd: this.cwd,
      env: this.environment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    const text = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream].setEncoding("utf8").on("data", (chunk: string) => {
        text[stream] += chunk;
      });
    }
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject).once("close", resolve);
    });
    return { code, ...text };
  }
}
