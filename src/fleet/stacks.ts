import { existsSync } from "node:fs";
import * as path from "node:path";
import { globSync } from "tinyglobby";
import type { AmigoConfig, WorkspaceEntry } from "../environment/config.js";
import type { SourceText } from "../environment/source-text.js";
import { projectFileIn } from "../stack/project.js";
import { type StackText, stackName } from "./schema.js";

/** A stack of the fleet; paths are absolute. It has either a document or a project. */
export interface FleetStack {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The document that the built-in program deploys. */
  readonly environment?: string;
  /** The folder of a Pulumi project of its own. */
  readonly project?: string;
  /** Where the document goes; of a project, whose account it uses. */
  readonly workspace?: WorkspaceEntry;
}

/** The stacks of a fleet file, and what is wrong with them, each with its place. */
export class Stacks {
  readonly found: FleetStack[] = [];
  readonly problems: string[] = [];
  /** Whether all have a name and labels, so that what a selector takes can be judged. */
  areKnown = true;
  private readonly places = new Map<string, string>();

  constructor(
    private readonly source: SourceText,
    /** Where paths start. */
    private readonly folder: string,
    private readonly config: AmigoConfig,
  ) {}

  /** Of a stack with something that does not fit, its values alone are judged: what else is wrong may follow from that. */
  add(stack: StackText, index: number, isUnfit: boolean): void {
    const before = this.problems.length;
    if (!isUnfit) this.checkForm(stack, index);
    if (isUnfit || this.problems.length > before) this.areKnown = false;
    if (stack.match === undefined) this.addOne(stack, index);
    else this.addMatches(stack as StackText & { match: string }, index);
  }

  private checkForm(stack: StackText, index: number): void {
    const wrong = (key: string, sentence: string) => this.report(index, key, sentence);
    if (stack.match !== undefined) {
      for (const key of ["name", "environment", "project", "workspace"] as const) {
        if (stack[key] !== undefined) wrong(key, "cannot stand beside match, which gives each file's stack its own");
      }
      return;
    }
    if (stack.name === undefined) wrong("name", "is required, or match in its place");
    if (stack.environment === undefined && stack.project === undefined) {
      wrong("name", "this stack has nothing to deploy: add environment (a document) or project (a folder)");
    }
    if (stack.environment !== undefined && stack.project !== undefined) {
      wrong("project", "cannot stand beside environment: a stack deploys a document, or a project of its own");
    }
    if (stack.environment !== undefined && stack.workspace === undefined) {
      wrong("environment", "needs workspace beside it, the alias in amigo.yaml of where the document goes");
    }
  }

  private addOne({ name, labels = {}, environment, project, workspace }: StackText, index: number) {
    const entry = workspace === undefined ? undefined : this.workspace(workspace, index, "workspace");
    if (environment !== undefined && !existsSync(path.resolve(this.folder, environment))) {
      this.report(index, "environment", `there is no file ${path.resolve(this.folder, environment)}`);
    }
    if (project !== undefined && projectFileIn(path.resolve(this.folder, project)) === undefined) {
      this.report(index, "project", `there is no Pulumi.yaml in ${path.resolve(this.folder, project)}`);
    }
    if (name === undefined) return;
    this.keep(
      {
        name,
        labels,
        ...(environment === undefined ? {} : { environment: path.resolve(this.folder, environment) }),
        ...(project === undefined ? {} : { project: path.resolve(this.folder, project) }),
        ...(entry ? { workspace: entry } : {}),
      },
      index,
      "name",
    );
  }

  private addMatches({ match, labels = {} }: StackText & { match: string }, index: number): void {
    const files = globSync([match], { cwd: this.folder, absolute: true, expandDirectories: false }).sort();
    if (files.length === 0) {
      this.areKnown = false;
      this.report(index, "match", `no file in ${this.folder} matches ${JSON.stringify(match)}`);
    }
    for (const file of files.map((found) => path.resolve(found))) {
      const name = path.basename(file, path.extname(file));
      if (!stackName.safeParse(name).success) {
        this.areKnown = false;
        this.report(
          index,
          "match",
          `${file} cannot name a stack: rename it to letters, digits, dots, hyphens and underscores`,
        );
        continue;
      }
      const workspace = this.workspace(name, index, "match");
      this.keep({ name, labels, environment: file, ...(workspace ? { workspace } : {}) }, index, "match");
    }
  }

  private workspace(alias: string, index: number, key: string): WorkspaceEntry | undefined {
    try {
      return this.config.workspace(alias);
    } catch (error) {
      this.report(index, key, (error as Error).message);
      return undefined;
    }
  }

  /** Two names that differ in case alone would share a folder on some disks. */
  private keep(stack: FleetStack, index: number, key: string): void {
    const place = `stacks[${index}]`;
    const first = this.places.get(stack.name.toLowerCase());
    if (first !== undefined) {
      this.report(index, key, `two stacks are named ${stack.name}: this one and ${first}. Rename one of them`);
    }
    this.places.set(stack.name.toLowerCase(), place);
    this.found.push(stack);
  }

  private report(index: number, key: string, sentence: string): void {
    this.problems.push(this.source.problem(["stacks", index, key], `stacks[${index}].${key}: ${sentence}`));
  }
}
