import * as path from "node:path";
import type { Fleet } from "./file.js";

/** One job of a pipeline. Paths are relative to the folder in which the command ran. */
export interface MatrixEntry {
  readonly stack: string;
  readonly wave: string;
  readonly environment?: string;
  readonly project?: string;
  /** The workspace's alias in amigo.yaml. */
  readonly workspace?: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The stacks of a fleet as a matrix of GitHub Actions, in the order of the waves. */
export function matrixOf({ waves }: Fleet, cwd: string): { include: MatrixEntry[] } {
  const relative = (file: string) => path.relative(cwd, file).split(path.sep).join("/") || ".";
  return {
    include: waves.flatMap((wave) =>
      wave.stacks.map(({ name, labels, environment, project, workspace }) => ({
        stack: name,
        wave: wave.name,
        ...(environment === undefined ? {} : { environment: relative(environment) }),
        ...(project === undefined ? {} : { project: relative(project) }),
        ...(workspace === undefined ? {} : { workspace: workspace.alias }),
        labels,
      })),
    ),
  };
}
