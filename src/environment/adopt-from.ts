import { canonicalResourceId } from "../engine/ids.js";
import { stackOf } from "../engine/owner.js";
import { CliFailed, type Pulumi, saysNoStack } from "../stack/pulumi.js";
import { exportState, lifecycleOf, type StateResource, titleOf } from "../stack/state.js";
import { type Adoptable, isOf } from "./adopt-plan.js";

/** A stack that owned what is adopted, and what it still holds of it: those that depend on others first. */
export interface FormerOwner {
  /** As the CLI takes it with `--stack`. */
  readonly stack: string;
  readonly held: readonly StateResource[];
}

/** What the former owners still hold of what is adopted; throws where the state of one cannot be read. */
export async function formerOwners(
  pulumi: Pulumi,
  fromStack: string,
  adoptable: readonly Adoptable[],
): Promise<FormerOwner[]> {
  const marked = adoptable.flatMap(({ owner }) =>
    isOf(owner, fromStack) ? (stackOf(owner)?.replace(/^pulumi\//, "") ?? []) : [],
  );
  // What carries no mark is of the project that runs this, unless the stack is named with its own.
  const stacks = marked.length > 0 ? [...new Set(marked)] : [fromStack];
  const keyOf = (kind: string, id: string) => `${kind} ${canonicalResourceId(id)}`;
  const adopted = new Set(adoptable.map(({ kind, id }) => keyOf(kind, id)));
  return Promise.all(
    stacks.map(async (stack) => {
      const state = await exportState(pulumi.on(stack)).catch((error: Error) => {
        if (error instanceof CliFailed && saysNoStack(error.message)) return undefined;
        throw new Error(
          `nobody can say whether stack ${stack} still holds what is adopted, since its state cannot be read: ${error.message}\n` +
            "Nothing was changed. Run this where that stack can be read, or leave out --from-stack and set `adopt: true` in the program",
        );
      });
      const held = (state?.resources ?? []).filter(({ type, id, delete: gone }) => {
        const kind = lifecycleOf(type)?.kind;
        return kind !== undefined && id !== undefined && !gone && adopted.has(keyOf(kind, id));
      });
      return { stack, held: held.toReversed() };
    }),
  );
}

/** The next run of such a stack would delete what is here then. */
export function stillHeldText({ stack, held }: FormerOwner): string {
  const commands = held.map(({ urn }) => `  pulumi state delete '${urn}' --stack ${stack} --yes`);
  return [
    `stack ${stack} still holds ${held.map(titleOf).join(", ")}: a run of it would delete what this stack adopts. Nothing was changed.`,
    "Take it out of that state first, which leaves what exists as it is, and then out of its program:",
    ...commands,
  ].join("\n");
}
