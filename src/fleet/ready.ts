import { validate } from "../environment/validate.js";
import { accountOf } from "./program.js";
import type { FleetStack } from "./stacks.js";

/** Throws where the key of a stack's account is not set. */
export function refuseMissingKeys(stacks: readonly FleetStack[]): void {
  const missing = stacks.flatMap((stack) => {
    try {
      accountOf(stack);
      return [];
    } catch (error) {
      return [`${stack.name}: ${(error as Error).message}`];
    }
  });
  if (missing.length > 0) throw new Error(`${missing.join("\n")}\nNothing was started`);
}

/** Throws all that is wrong with the stacks' documents: the last wave's must not be found out when the others are done. */
export async function refuseBadDocuments(
  stacks: readonly FleetStack[],
  cwd: string,
  warn: (line: string) => void,
): Promise<void> {
  const found = new Set<string>();
  for (const { environment: document, workspace } of stacks) {
    if (document === undefined) continue;
    const { problems, openEnds } = await validate({ document, references: workspace?.references, cwd, warn });
    for (const problem of [...problems, ...openEnds]) found.add(problem);
  }
  if (found.size > 0) throw new Error(`${[...found].join("\n")}\nNothing was started`);
}
