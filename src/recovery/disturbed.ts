import { lifecycleOf, type StackState } from "../stack/state.js";

/**
 * The URNs of what an interrupted write may have left otherwise than state says: a write of one binding moves the lines of others.
 * A refresh of these shows it, and the next `up` brings them up.
 */
export function disturbedUrns({ resources, pending }: StackState): string[] {
  const kinds = pending.flatMap(({ type, resource }) => {
    const lifecycle = lifecycleOf(resource.type);
    return type !== "deleting" && lifecycle?.movesOthers ? [lifecycle] : [];
  });
  const isOfKind = ({ type }: { type: string }) => kinds.some((lifecycle) => lifecycle === lifecycleOf(type));
  return [...new Set(resources.filter((one) => isOfKind(one) && !one.delete).map(({ urn }) => urn))];
}
