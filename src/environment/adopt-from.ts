import { HIDDEN } from "../engine/hidden.js";
import { canonicalResourceId } from "../engine/ids.js";
import { stackOf } from "../engine/owner.js";
import { Journal } from "../engine/provider/journal.js";
import { CliFailed, type Pulumi, saysNoStack } from "../stack/pulumi.js";
import { exportState, lifecycleOf, type StateResource, titleOf } from "../stack/state.js";
import type { Account } from "./account.js";
import { type Adoptable, isOf } from "./adopt-plan.js";

/** A stack that owned what is adopted, and what it still holds of it or of what depends on that: in the order in which it can go. */
export interface FormerOwner {
  /** As the CLI takes it with `--stack`. */
  readonly stack: string;
  /** Whether the backend has it, or something carries its mark. */
  readonly isKnown: boolean;
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
      const isAdopted = ({ type, id, delete: gone }: StateResource) => {
        const kind = lifecycleOf(type)?.kind;
        return kind !== undefined && id !== undefined && !gone && adopted.has(keyOf(kind, id));
      };
      const going = new Set<string>();
      // State lists each after what it depends on.
      const held = (state?.resources ?? []).filter((one) => {
        const isHeld = isAdopted(one) || (one.dependencies ?? []).some((urn) => going.has(urn));
        if (isHeld) going.add(one.urn);
        return isHeld;
      });
      return { stack, isKnown: state !== undefined || marked.length > 0, held: held.toReversed() };
    }),
  );
}

/**
 * Ends what this machine's journal says of the former owner's creates: the tag is still that one's, and `recover` there would
 * take the thing back.
 */
export function endFormerCreates({ context }: Account, adopted: readonly Adoptable[]): void {
  const journal = new Journal(context.settings.baseUrl, context.warn);
  const ids = new Set(adopted.map(({ kind, id }) => `${kind} ${id}`));
  const own = new Set(adopted.map(({ entry }) => stackOf(entry.inputs[HIDDEN.owner])));
  for (const { entry, kind, id, owner, state } of journal.entries()) {
    const isFormer = state === "made" && ids.has(`${kind} ${id}`) && !own.has(stackOf(owner));
    if (isFormer) journal.settle(entry, "closed");
  }
}

/** The next run of such a stack would delete what is here then. */
export function stillHeldText({ stack, held }: FormerOwner): string {
  const commands = held.map(({ urn }) => `  pulumi state delete '${urn}' --stack ${stack} --yes`);
  return [
    `stack ${stack} still holds ${held.map(titleOf).join(", ")}: a run of it would delete what this stack adopts. Nothing was changed.`,
    "Take it out of the program of that stack, without a run of it, and then out of its state, which leaves what exists as it is:",
    ...commands,
  ].join("\n");
}
