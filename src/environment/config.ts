import { existsSync, realpathSync } from "node:fs";
import * as path from "node:path";
import { z } from "zod";
import { didYouMean } from "../engine/nearest.js";
import { uuid } from "../resources/fields.js";
import { requireFolder } from "../stack/project.js";
import { SourceText, TextError } from "./source-text.js";
import { schemaProblems, wrongType } from "./text-problems.js";

/** A workspace as `amigo.yaml` names it; paths are absolute. */
export interface WorkspaceEntry {
  readonly alias: string;
  readonly id?: string;
  readonly slug?: string;
  readonly apiKeyEnv?: string;
  readonly baseUrl?: string;
  readonly references?: string;
  /** The file of its document. */
  readonly environment?: string;
  readonly protect?: boolean;
}

const name = z.string().min(1);
const entry = z.strictObject({
  id: uuid.optional().describe("The workspace's id. This or `slug` is needed."),
  slug: name.optional().describe("The workspace's slug; of one that a clone makes, the slug that it will have."),
  apiKeyEnv: name.optional().describe("The environment variable that holds the key. Default: AMIGO_API_KEY."),
  baseUrl: name.optional().describe("The API's address. Default: AMIGO_BASE_URL, then the public server."),
  references: name.optional().describe("Its references file, relative to this file."),
  environment: name
    .optional()
    .describe(
      "Its document, relative to this file. `promote` and `rollback` change it; others read it with these references.",
    ),
  protect: z.boolean().optional().describe("Protects use cases, services and bindings from deletion. Default: false."),
});

/** The contract of `amigo.yaml`. */
export const configSchema = z.strictObject({
  workspaces: z.record(name, entry).describe("The workspaces of a team, by the aliases that commands take."),
});

/** The workspaces of a team, by the aliases that commands take. */
export class AmigoConfig {
  private constructor(
    readonly file: string | undefined,
    readonly workspaces: ReadonlyMap<string, WorkspaceEntry>,
    /** Where it was looked for. */
    private readonly folder: string,
  ) {}

  /** Reads the file, or `amigo.yaml` in the folder or the nearest above; without one there are no aliases. */
  static read(file: string | undefined, folder: string): AmigoConfig {
    requireFolder(path.resolve(folder));
    const found = file === undefined ? nearest(folder) : path.resolve(folder, file);
    if (found === undefined) return new AmigoConfig(undefined, new Map(), path.resolve(folder));
    const source = SourceText.read(found);
    const wrong = wrongType(source, "`workspaces:`", "amigo.yaml");
    const problems = wrong.length > 0 ? wrong : schemaProblems(source, configSchema);
    if (problems.length > 0) throw new TextError(problems);
    const { workspaces } = source.value as z.infer<typeof configSchema>;
    const nameless = Object.keys(workspaces).filter((alias) => !workspaces[alias]?.id && !workspaces[alias]?.slug);
    if (nameless.length > 0) {
      throw new TextError(
        nameless.map((alias) => source.problem(["workspaces", alias], `workspaces.${alias}: needs an id or a slug`)),
      );
    }
    const absolute = (text?: string) => (text === undefined ? undefined : path.resolve(path.dirname(found), text));
    const entries = Object.entries(workspaces).map(([alias, one]): [string, WorkspaceEntry] => [
      alias,
      {
        ...one,
        alias,
        id: one.id?.toLowerCase(),
        references: absolute(one.references),
        environment: absolute(one.environment),
      },
    ]);
    return new AmigoConfig(found, new Map(entries), path.resolve(folder));
  }

  /** The workspaces whose document this file is. */
  workspacesOf(document: string): WorkspaceEntry[] {
    const file = realPath(document);
    return [...this.workspaces.values()].filter(({ environment }) => environment && realPath(environment) === file);
  }

  /** Throws a sentence that names the nearest alias. */
  workspace(alias: string): WorkspaceEntry {
    const found = this.workspaces.get(alias);
    if (found) return found;
    const known = [...this.workspaces.keys()];
    const where =
      this.file === undefined
        ? `there is no amigo.yaml in ${this.folder} or above it: run this in its folder, or name it with --config`
        : `${this.file} names ${known.join(", ") || "no workspace"}`;
    throw new Error(`there is no workspace "${alias}": ${where}${didYouMean(alias, known)}`);
  }
}

/** Of a file that is not there its path as it is. */
function realPath(file: string): string {
  return existsSync(file) ? realpathSync(file) : file;
}

function nearest(folder: string): string | undefined {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const found = ["amigo.yaml", "amigo.yml"].map((file) => path.join(at, file)).find((file) => existsSync(file));
    if (found !== undefined || at === path.dirname(at)) return found;
  }
}
