import type { PolicyConfigSchema, StackValidationArgs } from "@pulumi/policy";
import type { AmigoEntry, AmigoStack } from "./stack";
import { UNKNOWN } from "./values";

interface Lists {
  production?: string[];
  other?: string[];
}

const list = (description: string) => ({
  type: "array" as const,
  items: { type: "string" as const, minLength: 1 },
  description,
});

/** Two lists that each policy about production takes; those given to `workspace-classified` hold for all that have none. */
export const environmentsSchema: PolicyConfigSchema = {
  properties: {
    production: list("Slugs or ids of the workspaces that are production. A workspace made in the stack: its slug."),
    other: list("Slugs or ids of the workspaces that are not production."),
  },
};

let shared: Lists = {};

/** Makes the lists of this policy hold for the policies that have none. */
export function shareLists(args: Pick<StackValidationArgs, "getConfig">): void {
  shared = args.getConfig<Lists>();
}

export type Standing =
  /** In a list, or declared as production. */
  | "production"
  | "other"
  /** Declared as staging or development, and in neither list. */
  | "declared other"
  /** In neither list, and nothing else is known of it. */
  | "unlisted"
  /** A preview cannot tell. */
  | "unknown";

/** Which workspaces are production: an id tells nothing about it, so configuration does. */
export class Environments {
  private readonly production: ReadonlySet<string>;
  private readonly other: ReadonlySet<string>;

  constructor(
    args: Pick<StackValidationArgs, "getConfig">,
    private readonly stack: AmigoStack,
  ) {
    const own = args.getConfig<Lists>();
    const { production, other } = own.production || own.other ? own : shared;
    this.production = lowerCased(production);
    this.other = lowerCased(other);
  }

  /** Those in both lists. */
  contradictions(): string[] {
    return [...this.production].filter((name) => this.other.has(name));
  }

  isListedAsOther(workspace: AmigoEntry): boolean {
    return this.namesOf(workspace).some((name) => this.other.has(name));
  }

  /** Of a Workspace itself, or of the workspace that a resource lives in. */
  standingOf(entry: AmigoEntry): Standing {
    if (entry.kind === "Workspace") return this.ofWorkspace(entry);
    const { entry: workspace, id } = this.stack.workspaceOf(entry);
    if (workspace) return this.ofWorkspace(workspace);
    if (id === undefined) return "unknown";
    return this.inLists([id]) ?? "unlisted";
  }

  /**
   * Why a resource is judged as production; undefined when it is not. A workspace of which nothing is known counts as
   * production until it is listed.
   */
  whyProduction(entry: AmigoEntry): string | undefined {
    const standing = this.standingOf(entry);
    if (standing === "production") return "in production";
    return standing === "unlisted"
      ? "in production (its workspace is in neither list and counts as production)"
      : undefined;
  }

  private ofWorkspace(workspace: AmigoEntry): Standing {
    const environment = workspace.argument("environment");
    if (environment === "production") return "production";
    const listed = this.inLists(this.namesOf(workspace));
    if (listed) return listed;
    const isDeclared = typeof environment === "string" && typeof workspace.argument("slug") === "string";
    return isDeclared ? "declared other" : "unknown";
  }

  private inLists(names: readonly string[]): "production" | "other" | undefined {
    if (names.some((name) => this.production.has(name))) return "production";
    return names.some((name) => this.other.has(name)) ? "other" : undefined;
  }

  private namesOf(workspace: AmigoEntry): string[] {
    const slug = workspace.argument("slug");
    return [...(slug === undefined || slug === UNKNOWN ? [] : [String(slug)]), ...this.stack.idsOf(workspace)];
  }
}

function lowerCased(names: readonly string[] = []): ReadonlySet<string> {
  return new Set(names.map((name) => name.toLowerCase()));
}
