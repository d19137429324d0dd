import * as path from "node:path";
import { COMMAND } from "../command.js";
import { tellsToTakeOver } from "../engine/advice.js";
import { environmentFor, openAccount } from "../environment/account.js";
import { BUILT_IN_PROJECT, prepareProject } from "../environment/deploy.js";
import type { StackPlace } from "../stack/local-backend.js";
import { builtInProject, projectFor, projectName } from "../stack/project.js";
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

/** Writes the built-in program of a stack that has a document. */
export async function prepare(
  { name, environment, workspace }: FleetStack,
  folder: string,
  warn: (line: string) => void,
): Promise<void> {
  if (environment === undefined || workspace === undefined) return;
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
}

/** The CLI on a stack whose program is there. */
export function pulumiFor(bin: string, stack: FleetStack, folder: string): Pulumi {
  return Pulumi.at(bin, stack.name, placeOf(stack, folder).cwd, accountOf(stack));
}

/** What the error of a run means to somebody without a program, whom its advice for programs does not help; else the error as it is. */
export function withDocumentAdvice(error: string, stack: FleetStack, folder: string): string {
  const { name, environment, workspace } = stack;
  if (environment === undefined || workspace === undefined || !tellsToTakeOver(error)) return error;
  const place = placeOf(stack, folder).cwd;
  const where = projectFor(".", name).folder === place ? "" : ` -C ${path.relative("", place)}`;
  const command = `${COMMAND} adopt ${workspace.alias} --stack ${name}${where}`;
  return `${error}\nThis stack is built from a document. To take over what exists: \`${command}\` (it reads only, and changes the state).`;
}
