import { environmentFor, openAccount } from "../environment/account.js";
import { BUILT_IN_PROJECT, prepareProject } from "../environment/deploy.js";
import type { StackPlace } from "../stack/local-backend.js";
import { builtInProject, projectName } from "../stack/project.js";
import { Pulumi } from "../stack/pulumi.js";
import type { FleetStack } from "./stacks.js";

/** Where the commands of a stack run. `folder` is that of the fleet. */
export function placeOf({ name, project }: FleetStack, folder: string): StackPlace {
  if (project !== undefined) return { stack: name, cwd: project, project: projectName(project) };
  return { stack: name, cwd: builtInProject(folder, name).folder, project: BUILT_IN_PROJECT };
}

/** The environment variables of the stack's account; throws where its key is not set. */
export function accountOf({ workspace }: FleetStack): Record<string, string> {
  return workspace === undefined ? {} : environmentFor(workspace);
}

/** Writes the built-in program of a stack that has a document, and returns the id of its workspace. */
export async function prepare(
  { name, environment, workspace }: FleetStack,
  folder: string,
  warn: (line: string) => void,
): Promise<string | undefined> {
  if (environment === undefined || workspace === undefined) return undefined;
  let workspaceId = workspace.id;
  if (workspaceId === undefined) {
    const account = await openAccount(workspace, warn);
    workspaceId = account.workspaceId;
    await account.context.close();
  }
  prepareProject({
    folder: builtInProject(folder, name).folder,
    document: environment,
    references: workspace.references,
    workspaceId,
    entry: workspace,
  });
  return workspaceId;
}

/** The CLI on a stack whose program is there. */
export function pulumiFor(bin: string, stack: FleetStack, folder: string): Pulumi {
  return Pulumi.at(bin, stack.name, placeOf(stack, folder).cwd, accountOf(stack));
}
