import { complete, type Declared, type Moment, movedMeanwhile, type Observation } from "../observation.js";
import type { Rule } from "../violation.js";
import { aReferenceIsIgnored, writtenIdIsStale } from "./outcome.js";

interface Line {
  readonly useCaseId: string;
  readonly serviceId: string;
}

const lower = (id: unknown) => String(id).toLowerCase();

function linesOf(moment: Moment): Line[] {
  return moment.store.bindings
    .list()
    .map((binding) => ({ useCaseId: binding.use_case_id, serviceId: binding.service_id }));
}

function lineOf(moment: Moment, useCaseId: string): string | undefined {
  return moment.store.bindings.get(useCaseId)?.service_id;
}

/** The binding of this use case that the program declares; by its id in state, or as the program spells it. */
function declaredLine(seen: Observation, useCaseId: string): Declared | undefined {
  return seen.declared.find(
    ({ draft, before, after, wanted, ignored }) =>
      draft.kind === "serviceBinding" &&
      [before?.id, after?.id, wanted.useCaseId].some((id) => id !== undefined && lower(id) === useCaseId) &&
      ((after ?? before)
        ? lower(before && ignored.includes("useCaseId") ? before.id : wanted.useCaseId) === useCaseId
        : true),
  );
}

function isInState(seen: Observation, useCaseId: string): boolean {
  return (seen.before.states[seen.index] ?? []).some(
    ({ kind, id }) => kind === "serviceBinding" && lower(id) === useCaseId,
  );
}

/** Whether a run was killed, or stopped in the middle of a replacement that the program or the user asked for. */
function inReplacement(seen: Observation, { useCaseId, serviceId }: Line): boolean {
  if (seen.result.outcome !== "failed") return seen.result.outcome === "killed";
  const gone = !seen.after.live("useCase", useCaseId) || !seen.after.live("service", serviceId);
  const removed = (id: string) => seen.result.steps.some((step) => step.type === "delete" && lower(step.id) === id);
  const replaced = seen.result.steps.some((step) => step.type === "replace") || (seen.options.replace ?? []).length > 0;
  return gone || ((seen.faulty || replaced) && removed(useCaseId));
}

/** A line moves: it may have to go down before another can have its place, and the run stopped just then, or could not make that place. */
function inMove(seen: Observation, { useCaseId, serviceId }: Line): boolean {
  const declared = seen.declared.find(
    ({ draft, wanted }) => draft.kind === "serviceBinding" && lower(wanted.useCaseId) === useCaseId,
  );
  const target = lower(declared?.wanted.serviceId);
  const isReplacing = (seen.options.replace ?? []).length > 0;
  const stops = seen.faulty || (seen.result.outcome === "failed" && (isReplacing || target.startsWith("new ")));
  return stops && target !== serviceId;
}

/** The use case is replaced, and `ignoreChanges` keeps the binding on the one that goes: the program contradicts itself. */
function isKeptOnTheOldOne(seen: Observation, { useCaseId }: Line): boolean {
  return aReferenceIsIgnored(seen) && !seen.after.live("useCase", useCaseId);
}

/** Whether some binding is kept on a use case that goes, so that the next refresh finds it gone. */
export function keepsALineOnWhatGoes(seen: Observation): boolean {
  return linesOf(seen.before).some((line) => isKeptOnTheOldOne(seen, line));
}

/** A line whose binding the program declares is up when the run ends. */
const aDeclaredLineStaysUp: Rule = (seen) =>
  (writtenIdIsStale(seen) ? [] : linesOf(seen.before))
    .filter(({ useCaseId }) => declaredLine(seen, useCaseId) && lineOf(seen.after, useCaseId) === undefined)
    .filter((line) => !inReplacement(seen, line) && !inMove(seen, line) && !isKeptOnTheOldOne(seen, line))
    .map(({ useCaseId, serviceId }) => `use case ${useCaseId} was bound to ${serviceId} and is not bound now`);

/** A line moves only to where the program says, and from a service that the state does not know only with leave. */
const aLineMovesOnlyAsDeclared: Rule = (seen) =>
  linesOf(seen.before).flatMap(({ useCaseId, serviceId }) => {
    const now = lineOf(seen.after, useCaseId);
    if (now === undefined || now === serviceId || movedMeanwhile(seen).includes(useCaseId)) return [];
    const declared = declaredLine(seen, useCaseId);
    if (!declared) return [`use case ${useCaseId} moved from ${serviceId} to ${now}, which no program says`];
    const { wanted, before } = declared;
    if (lower(wanted.serviceId) !== now)
      return [`use case ${useCaseId} moved to ${now}, declared is ${wanted.serviceId}`];
    const known = before && lower(before.outputs.serviceId) === serviceId;
    if (known || wanted.allowRebind === true || seen.options.refresh) return [];
    const replaced = before && lower(before.id) !== useCaseId;
    const swapped = seen.before.states[seen.index]?.some(
      ({ kind, id, outputs }) =>
        kind === "serviceBinding" && lower(id) === useCaseId && lower(outputs.serviceId) === serviceId,
    );
    if (replaced && swapped) return [];
    if (swapped) return [];
    return [`use case ${useCaseId} was taken from ${serviceId}, where somebody else had bound it, without allowRebind`];
  });

/** A line that neither the program nor this stack's state knows is not touched. */
const aForeignLineIsNotTouched: Rule = (seen) =>
  linesOf(seen.before).flatMap(({ useCaseId, serviceId }) => {
    if (declaredLine(seen, useCaseId) || isInState(seen, useCaseId)) return [];
    if (lineOf(seen.after, useCaseId) === serviceId) return [];
    if (!seen.after.live("service", serviceId) && seen.dialect.deleteBoundService === "cascades") return [];
    return [`use case ${useCaseId} is no longer bound to ${serviceId}; this stack had nothing to do with it`];
  });

/** A line that another stack holds is not unbound. */
const anotherStacksLineStaysUp: Rule = (seen) =>
  linesOf(seen.before).flatMap(({ useCaseId, serviceId }) => {
    const held = seen.before
      .entries(seen.index)
      .some(({ kind, id }) => kind === "serviceBinding" && lower(id) === useCaseId);
    if (!held || lineOf(seen.after, useCaseId) !== undefined) return [];
    return [`use case ${useCaseId} was bound to ${serviceId}, which the other stack holds too, and is not bound now`];
  });

/** A binding that the program no longer declares is unbound, unless somebody moved it meanwhile. */
const aWithdrawnLineGoesDown: Rule = (seen) => {
  if (aReferenceIsIgnored(seen)) return [];
  if (!complete(seen) && !(seen.run === "destroy" && seen.result.outcome === "succeeded")) return [];
  return linesOf(seen.before).flatMap(({ useCaseId, serviceId }) => {
    const entry = (seen.before.states[seen.index] ?? []).find(
      ({ kind, id }) => kind === "serviceBinding" && lower(id) === useCaseId,
    );
    if (!entry || lower(entry.outputs.serviceId) !== serviceId || declaredLine(seen, useCaseId)) return [];
    if (seen.before.entries(seen.index).some(({ kind, id }) => kind === "serviceBinding" && lower(id) === useCaseId))
      return [];
    return lineOf(seen.after, useCaseId) === serviceId ? [`use case ${useCaseId} is still bound to ${serviceId}`] : [];
  });
};

/** A refresh changes nothing on the server. */
const aRefreshWritesNothing: Rule = (seen) =>
  seen.run === "refresh"
    ? seen.requests.filter(({ method }) => method !== "GET").map(({ method, path }) => `${method} ${path}`)
    : [];

export const lineRules = {
  aDeclaredLineStaysUp,
  aLineMovesOnlyAsDeclared,
  aForeignLineIsNotTouched,
  anotherStacksLineStaysUp,
  aWithdrawnLineGoesDown,
  aRefreshWritesNothing,
};
