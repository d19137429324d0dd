import type { Kind } from "../../engine/program.js";
import type { Entry } from "../../engine/state.js";
import { complete, inPreview, type Moment, type Observation, succeeded } from "../observation.js";
import type { Rule } from "../violation.js";
import { aReferenceIsIgnored, changesIdentity, writtenIdIsStale } from "./outcome.js";

const lower = (id: unknown) => String(id).toLowerCase();

function isHeld(entries: readonly Entry[], kind: Kind, id: string): boolean {
  return entries.some((entry) => entry.kind === kind && lower(entry.id) === lower(id));
}

/** All things on the server that have an id of their own, and who made them. */
function made(moment: Moment): { kind: Kind; id: string; by: string; name: string }[] {
  const { store } = moment;
  return [
    ...store.services
      .list()
      .map(({ id, created_by, name }) => ({ kind: "service" as const, id, by: created_by, name })),
    ...store.useCases
      .list()
      .map(({ id, created_by, name }) => ({ kind: "useCase" as const, id, by: created_by, name })),
    ...store.workspaces
      .list()
      .filter(({ archived_at }) => archived_at === null)
      .map(({ id, created_by, slug }) => ({ kind: "workspace" as const, id, by: created_by, name: slug })),
  ];
}

/** After a run that went through, everything declared exists, unless somebody had deleted it by hand and nobody looked. */
const whatIsDeclaredExists: Rule = (seen) => {
  if (seen.run !== "up" || !succeeded(seen) || writtenIdIsStale(seen) || aReferenceIsIgnored(seen)) return [];
  return seen.declared.flatMap(({ draft, before, after }) => {
    if (!after) return [`${draft.kind} "${draft.name}" is not in state`];
    if (seen.after.live(draft.kind, after.id)) return [];
    const wasGone = before && before.id === after.id && !seen.before.live(draft.kind, before.id);
    // What an earlier run of the stack took down stands in its state, in whatever way it does.
    const isKnown = seen.cut.has(lower(after.id)) && seen.before.live("useCase", after.id) !== undefined;
    // A list that lags shows what somebody deleted by hand a moment ago.
    const isUnseen = !isKnown && (!seen.options.refresh || seen.dialect.listLagMs > 0);
    return wasGone && isUnseen ? [] : [`${draft.kind} "${draft.name}" (${after.id}) does not exist`];
  });
};

/** What the program still declares is not removed by a run that fails, unless it stopped in a replacement. */
const aFailedRunRemovesNothingDeclared: Rule = (seen) => {
  if (seen.run !== "up" || succeeded(seen)) return [];
  return seen.declared.flatMap((declared) => {
    const { draft, before, after } = declared;
    // A killed run leaves no step of the deletion in which it stopped.
    const replacing =
      seen.result.steps.some(({ type }) => type === "delete") ||
      (seen.result.outcome === "killed" && changesIdentity(declared));
    if (after?.id !== before?.id) return [];
    if (!before || !seen.before.live(draft.kind, before.id) || seen.after.live(draft.kind, before.id)) return [];
    return replacing || draft.kind === "serviceBinding" ? [] : [`${draft.kind} "${draft.name}" (${before.id}) is gone`];
  });
};

/** What another stack holds is still there; a use case that both hold has no place for a mark of the one who may delete it. */
const anotherStacksThingsStay: Rule = (seen) =>
  seen.before
    .entries(seen.index)
    .filter(({ kind, id }) => kind !== "useCase" || !isHeld(seen.before.states[seen.index] ?? [], kind, id))
    .filter(({ kind, id }) => seen.before.live(kind, id) && !seen.after.live(kind, id))
    .map(({ kind, name, id }) => `${kind} "${name}" (${id}) of the other stack is gone`);

/** What somebody else made, and no state has held, is as it was. */
const whatIsForeignIsNotWritten: Rule = (seen) =>
  made(seen.before)
    .filter(({ by }) => by !== "owner")
    .filter(({ kind, id }) => !isHeld(seen.before.entries(), kind, id) && !isHeld(seen.after.entries(), kind, id))
    .filter(({ kind, id, name }) => {
      const table = ({ store }: Moment) =>
        (kind === "service" ? store.services : kind === "useCase" ? store.useCases : store.workspaces).get(id);
      const keep = (record: object | undefined) => JSON.stringify({ ...record, updated_at: 0, test_caller_numbers: 0 });
      if (kind === "service" && holdsSet(seen, id)) return false;
      // A killed run has begun to take over what it was told to.
      const isTaken = ({ draft, wanted }: Observation["declared"][number]) =>
        draft.kind === kind && wanted.adopt === true && wanted.name === name;
      if (seen.result.outcome === "killed" && seen.declared.some(isTaken)) return false;
      return keep(table(seen.before)) !== keep(table(seen.after));
    })
    .map(({ kind, id, name }) => `${kind} "${name}" (${id}) was changed or deleted`);

function holdsSet(seen: Observation, serviceId: string): boolean {
  const entries = [...seen.before.entries(), ...seen.after.entries()];
  return entries.some(({ kind, id }) => kind === "versionSet" && lower(id).startsWith(serviceId));
}

/** What a run made is in a state, or the run's error names it. */
const nothingIsOrphaned: Rule = (seen) => {
  if (seen.result.outcome === "killed") return [];
  const text = seen.result.errors.join("\n");
  const before = new Set(made(seen.before).map(({ id }) => id));
  return made(seen.after)
    .filter(({ by, id }) => by === "owner" && !before.has(id) && !seen.lost.has(id))
    .filter(
      ({ kind, id, name }) =>
        !isHeld(seen.after.entries(), kind, id) && !text.includes(id) && !(seen.faulty && text.includes(name)),
    )
    .map(({ kind, id, name }) => `${kind} "${name}" (${id}) was made and nobody knows of it`);
};

/** What was in this stack's state and still exists leaves the state only when something else holds it or a message says so. */
const nothingIsForgotten: Rule = (seen) => {
  if (seen.result.outcome === "killed") return [];
  const text = [...seen.result.errors, ...seen.result.warnings].join("\n");
  const left = seen.before.entries().filter(({ kind, id }) => !isHeld(seen.after.entries(), kind, id));
  return left
    .filter(({ kind }) => seen.run === "refresh" || ["service", "useCase", "workspace"].includes(kind))
    .filter(({ kind, id }) => seen.after.live(kind, id) && !text.includes(id))
    .filter(({ kind, id }) => kind !== "testCallerNumbers" || numbersOf(seen, id).length > 0)
    .map(({ kind, id, name }) => `${kind} "${name}" (${id}) still exists and has left the state`);
};

function numbersOf({ after }: Observation, id: string): readonly string[] {
  return after.live("testCallerNumbers", id)?.numbers as string[];
}

/** No two things of one natural key come to exist. */
const nothingExistsTwice: Rule = (seen) => {
  const keys = ({ store }: Moment) => [
    ...store.services.list().map(({ name }) => `service "${name}"`),
    ...store.useCases
      .list()
      .map(({ channel, entity_name, name }) => `use case "${entity_name} / ${name}" (${channel})`),
  ];
  const twice = (moment: Moment) => keys(moment).filter((key, index, all) => all.indexOf(key) < index);
  const old = new Set(twice(seen.before));
  return twice(seen.after)
    .filter((key) => !old.has(key))
    .map((key) => `${key} exists twice`);
};

/** After a run that went through, what the program no longer declares is gone, unless a warning names it. */
const whatIsWithdrawnGoes: Rule = (seen) => {
  if (!complete(seen) && !(seen.run === "destroy" && succeeded(seen))) return [];
  const warned = seen.result.warnings.join("\n");
  return (seen.before.states[seen.index] ?? [])
    .filter(({ kind }) => ["service", "useCase", "workspace"].includes(kind))
    .filter(
      ({ kind, id }) => !isHeld(seen.after.entries(), kind, id) && seen.after.live(kind, id) && !warned.includes(id),
    )
    .map(({ kind, id, name }) => `${kind} "${name}" (${id}) still exists`);
};

/** What a run acknowledged as deleted is gone, unless something of the program still has it. */
const whatIsDeletedIsGone: Rule = (seen) =>
  (inPreview(seen) ? [] : seen.result.steps)
    .filter(({ type, ok }) => type === "delete" && ok)
    .flatMap(({ urn, id }) => seen.before.entries().find((entry) => entry.urn === urn && entry.id === id) ?? [])
    .filter(({ kind }) => ["service", "useCase", "workspace"].includes(kind))
    .filter(({ kind, id }) => seen.after.live(kind, id) && !isHeld(seen.after.entries(), kind, id))
    .filter(({ id }) => !seen.result.warnings.join("\n").includes(id))
    .map(({ kind, name, id }) => `${kind} "${name}" (${id}) was acknowledged as deleted and still exists`);

/** What somebody else made comes into state only where the program or a warning says so. */
const nothingIsTakenOverInSilence: Rule = (seen) => {
  const known = seen.before.entries();
  return made(seen.before)
    .filter(({ by }) => by !== "owner")
    .filter(({ kind, id }) => !isHeld(known, kind, id))
    .flatMap(({ kind, id }) => {
      const entry = seen.after.states[seen.index]?.find((held) => held.kind === kind && lower(held.id) === id);
      const draft = seen.declared.find(({ urn }) => urn === entry?.urn)?.draft;
      const isAllowed = draft?.inputs.adopt === true || draft?.options.import !== undefined;
      const isSaid = seen.result.warnings.some((warning) => warning.includes(id));
      return entry && !isAllowed && !isSaid ? [`${kind} "${entry.name}" (${id}) was somebody else's`] : [];
    });
};

export const thingRules = {
  whatIsDeletedIsGone,
  nothingIsTakenOverInSilence,
  whatIsDeclaredExists,
  aFailedRunRemovesNothingDeclared,
  anotherStacksThingsStay,
  whatIsForeignIsNotWritten,
  nothingIsOrphaned,
  nothingIsForgotten,
  nothingExistsTwice,
  whatIsWithdrawnGoes,
};
