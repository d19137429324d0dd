import { lifecycleOf, type StackState } from "../stack/state.js";

/**
 * The URNs of what an interrupted run may have left otherwise than state says: what it was deleting, and all bindings where it was
 * writing one, since that moves the lines of others. A refresh of these shows it, and the next `up` or `destroy` goes on from there.
 */
export function disturbedUrns({ resources, pending }: StackState): string[] {
  const own = pending.flatMap(({ type, resource }) => {
    const lifecycle = lifecycleOf(resource.type);
    return lifecycle ? [{ type, urn: resource.urn, lifecycle }] : [];
  });
  const deleted = new Set(own.filter(({ type }) => type === "deleting").map(({ urn }) => urn));
  const moved = own.filter(({ type, lifecycle }) => type !== "deleting" && lifecycle.movesOthers);
  const isDisturbed = ({ urn, type }: { urn: string; type: string }) =>
    deleted.has(urn) || moved.some(({ lifecycle }) => lifecycle === lifecycleOf(type));
  return [...new Set(resources.filter((one) => isDisturbed(one) && !one.delete).map(({ urn }) => urn))];
}
