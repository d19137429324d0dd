import type { Entry } from "../../engine/state.js";
import { liveValues, means, PROPERTIES } from "../kinds.js";
import type { Declared, Observation } from "../observation.js";
import type { Rule } from "../violation.js";

const lower = (id: unknown) => String(id).toLowerCase();

/** A good reason for a run to fail, as a careful user would see it; each is a sentence. */
type Reason = (seen: Observation) => boolean;

/** The program holds the sibling that fails. */
const badSibling: Reason = ({ declared }) => declared.some(({ draft, before }) => draft.name === "bad" && !before);

/** The server misbehaved, or the process was killed. */
const misbehaving: Reason = ({ faulty, lost }) => faulty || lost.size > 0;

/** A resource that is new to the state would take over what exists. */
const somethingIsInTheWay: Reason = (seen) =>
  seen.declared.some((declared) => {
    const { draft, before, wanted } = declared;
    const own = (seen.before.states[seen.index] ?? []).find(
      ({ kind, id }) =>
        kind === draft.kind && lower(id) === lower(wanted.useCaseId ?? `${wanted.serviceId}/${wanted.name}`),
    );
    const { store } = seen.before;
    const willBeMade = !before || changesIdentity(declared) || seen.options.replace?.includes(declared.urn);
    switch (draft.kind) {
      case "service": {
        const holder = store.services.find(({ name }) => name === wanted.name);
        return holder !== undefined && lower(holder.id) !== lower(before?.id) && declared.before?.id !== holder.id;
      }
      case "useCase":
        return store.useCases
          .list()
          .some(
            ({ id, name, channel }) =>
              name === wanted.name && channel === wanted.channel && (willBeMade || id !== before?.id),
          );
      case "serviceBinding": {
        const bound = store.bindings.get(lower(wanted.useCaseId));
        const taken = store.bindings
          .list()
          .some((line) => line.service_id === lower(wanted.serviceId) && line.use_case_id !== lower(wanted.useCaseId));
        if (taken) return true;
        if (!bound) return false;
        if (own && lower(wanted.serviceId) === bound.service_id) return false;
        return !before || bound.service_id !== lower(before.outputs.serviceId);
      }
      case "versionSet": {
        if (before && lower(before.id) === lower(`${wanted.serviceId}/${wanted.name}`)) return false;
        const live = liveValues(store, "versionSet", `${wanted.serviceId}/${wanted.name}`);
        const fits = Object.entries(PROPERTIES.versionSet).every(([name, property]) =>
          means(property, wanted[name], live?.[name]),
        );
        return live !== undefined && wanted.name !== "release" && !(own && fits);
      }
      case "testCallerNumbers":
        return !before && (liveValues(store, "testCallerNumbers", workspaceOf(seen))?.numbers as string[]).length > 0;
      case "workspace":
        return willBeMade === true && store.workspaces.find(({ slug }) => slug === wanted.slug) !== undefined;
      default:
        return false;
    }
  });

function workspaceOf(seen: Observation): string {
  return seen.before.store.workspaces.list()[0]?.id ?? "";
}

export function changesIdentity({ draft, before, wanted }: Declared): boolean {
  return Object.entries(PROPERTIES[draft.kind]).some(
    ([name, property]) => property.replaces && before && !means(property, before.outputs[name], wanted[name]),
  );
}

/** An id written by hand is that of nothing, or of what the program no longer declares. */
export const writtenIdIsStale: Reason = (seen) =>
  seen.declared.some(({ draft, wanted }) =>
    (["serviceId", "useCaseId"] as const).some((name) => {
      if (typeof draft.inputs[name] !== "string") return false;
      const id = lower(wanted[name]);
      const kind = name === "serviceId" ? "service" : "useCase";
      const declared = seen.declared.some(({ before, after }) => lower(after?.id ?? before?.id) === id);
      const own = (seen.before.states[seen.index] ?? []).some((entry) => entry.kind === kind && lower(entry.id) === id);
      const replaced = seen.result.steps.some((step) => step.type === "delete" && lower(step.id) === id);
      return !seen.before.live(kind, id) || (own && !declared) || replaced;
    }),
  );

/** An id that changes is ignored, so the old one is used on. */
export const aReferenceIsIgnored: Reason = (seen) =>
  seen.declared.some(({ ignored }) => ignored.includes("serviceId") || ignored.includes("useCaseId"));

/** An import names what does not exist, what is not as declared, or what another resource of the program has. */
const importDoesNotFit: Reason = (seen) =>
  seen.declared.some(({ draft, urn, before, wanted, ignored }) => {
    const id = draft.options.import;
    if (!id || (before && !seen.options.replace)) return false;
    const live = seen.before.live(draft.kind, id);
    if (!live || before) return true;
    const holds = (entry: Entry) => entry.kind === draft.kind && lower(entry.id) === lower(id) && entry.urn !== urn;
    if (seen.before.states[seen.index]?.some(holds)) return true;
    return Object.entries(PROPERTIES[draft.kind]).some(
      ([name, property]) =>
        wanted[name] !== undefined && !ignored.includes(name) && !means(property, wanted[name], live[name]),
    );
  });

/** An earlier run with targets imported what another resource of the program has too. */
const oneThingIsHeldTwice: Reason = (seen) =>
  (seen.before.states[seen.index] ?? []).some(({ kind, id, urn, pendingDelete }, _, entries) =>
    entries.some((other) => other.kind === kind && other.id === id && other.urn !== urn && !pendingDelete),
  );

/** A version set keeps its former name by `ignoreChanges`, and its service declares one of that name. */
export const aSetIsDeclaredTwice: Reason = (seen) =>
  seen.declared.some(
    ({ draft, before, ignored }) =>
      draft.kind === "versionSet" &&
      ignored.includes("name") &&
      seen.declared.some(
        ({ draft: { kind }, wanted }) =>
          kind === "service" && Object.hasOwn(wanted.versionSets ?? {}, String(before?.outputs.name)),
      ),
  );

/** A replacement of an imported resource, whose import option names the old one. */
const importIsReplaced: Reason = (seen) =>
  seen.declared.some(
    (declared) =>
      declared.draft.options.import !== undefined &&
      declared.before &&
      (changesIdentity(declared) || true) &&
      replacedNow(seen, declared),
  );

function replacedNow(seen: Observation, declared: Declared): boolean {
  return changesIdentity(declared) || (seen.options.replace ?? []).length > 0;
}

/** Something protected would go or be replaced. */
const somethingIsProtected: Reason = (seen) =>
  (seen.before.states[seen.index] ?? []).some(({ protect }) => protect) && leaving(seen).some(({ protect }) => protect);

/** Entries that the run removes or may replace. */
function leaving(seen: Observation): readonly Entry[] {
  const entries = seen.before.states[seen.index] ?? [];
  if (seen.run === "destroy") return entries;
  const changing =
    (seen.options.replace ?? []).length > 0 ||
    seen.declared.some((declared) => declared.before && changesIdentity(declared));
  if (changing) return entries;
  const staying = new Set(seen.declared.map(({ before }) => before));
  return entries.filter((entry) => !staying.has(entry));
}

/** What state holds was deleted or moved by hand, and this run did not look. */
const stateIsBehind: Reason = (seen) =>
  (seen.before.states[seen.index] ?? []).some((entry) => {
    const live = seen.before.live(entry.kind, entry.id);
    if (!live) return true;
    return entry.kind === "serviceBinding" && lower(live.serviceId) !== lower(entry.outputs.serviceId);
  });

/** What the run deletes is in use by somebody else. */
const somebodyElseUsesIt: Reason = (seen) =>
  leaving(seen).some((entry) => {
    const own = (id: string) =>
      (seen.before.states[seen.index] ?? []).some(
        ({ kind, id: held }) => kind === "serviceBinding" && lower(held) === id,
      );
    const lines = seen.before.store.bindings.list();
    if (entry.kind === "useCase")
      return lines.some((line) => line.use_case_id === lower(entry.id) && !own(line.use_case_id));
    if (entry.kind === "service")
      return lines.some((line) => line.service_id === lower(entry.id) && !own(line.use_case_id));
    return false;
  });

/** Somebody else's owner mark, or another stack's state, is on what the run would write. */
const anotherStackOwnsIt: Reason = (seen) => {
  const foreign = seen.before.entries(seen.index).map(({ kind, id }) => `${kind} ${lower(id)}`);
  return seen.declared.some(({ draft, after, before, wanted }) =>
    [after?.id, before?.id, draft.options.import, wanted.useCaseId].some((id) =>
      foreign.includes(`${draft.kind} ${lower(id)}`),
    ),
  );
};

/** The workspace's deletion protection, a connector that cannot be cleared, a persona that null does not clear. */
const theApiCannot: Reason = (seen) =>
  leaving(seen).some(({ kind, inputs }) => kind === "workspace" && inputs.deletionProtection !== false) ||
  seen.declared.some(
    ({ draft, before, wanted }) =>
      (draft.kind === "workspace" &&
        before?.inputs.connectorType !== undefined &&
        wanted.connectorType === undefined) ||
      (draft.kind === "service" && before?.outputs.personaId !== undefined && wanted.personaId === undefined),
  );

/** What shows late, or is still shown, looks like somebody else's. */
const readsLag: Reason = ({ dialect, result }) =>
  (dialect.versionSetLagMs > 0 && result.errors.some((error) => error.includes("has a version set"))) ||
  (dialect.listLagMs > 0 && result.errors.some((error) => error.includes("has this channel")));

/** A targeted run names what is not made yet, or replaces what others outside the targets hang on, or goes on with that. */
const targetNeedsMore: Reason = (seen) =>
  seen.options.targets !== undefined &&
  (seen.before.states[seen.index]?.some(({ pendingDelete }) => pendingDelete) ||
    seen.declared.some(
      (declared) =>
        changesIdentity(declared) || Object.values(declared.wanted).some((value) => String(value).startsWith("new ")),
    ));

/** A replacement asked for by hand, of what cannot exist twice, or of a line that is to move too: the engine does not say whose it was. */
const replacementStandsInItsOwnWay: Reason = (seen) =>
  (seen.options.replace ?? []).some(
    (asked) =>
      /:(UseCase|VersionSet|TestCallerNumbers|Workspace)::/.test(asked) ||
      seen.declared.some(
        ({ draft, urn, before, wanted }) =>
          urn === asked &&
          draft.kind === "serviceBinding" &&
          lower(before?.outputs.serviceId) !== lower(wanted.serviceId),
      ),
  );

export const reasons: Readonly<Record<string, Reason>> = {
  badSibling,
  misbehaving,
  somethingIsInTheWay,
  writtenIdIsStale,
  aReferenceIsIgnored,
  importDoesNotFit,
  oneThingIsHeldTwice,
  aSetIsDeclaredTwice,
  importIsReplaced,
  somethingIsProtected,
  stateIsBehind,
  somebodyElseUsesIt,
  anotherStackOwnsIt,
  theApiCannot,
  readsLag,
  targetNeedsMore,
  replacementStandsInItsOwnWay,
};

/** A run goes through unless there is a good reason why it cannot. */
const aRunGoesThrough: Rule = (seen) => {
  if (seen.result.outcome !== "failed") return [];
  return Object.values(reasons).some((reason) => reason(seen))
    ? []
    : [`failed: ${seen.result.errors.join(" | ").slice(0, 600)}`];
};

/** A run that fails says why. */
const aFailureSaysWhy: Rule = ({ result }) =>
  result.outcome === "failed" && result.errors.join("").trim() === "" ? ["the run failed without a word"] : [];

/** The server never finds a defect in itself: answers keep to the contract. */
const theServerIsSound: Rule = ({ requests, faulty }) =>
  faulty
    ? []
    : requests
        .filter(({ error }) => error !== undefined)
        .map(({ method, path, error }) => `${method} ${path}: ${error}`);

export const outcomeRules = { aRunGoesThrough, aFailureSaysWhy, theServerIsSound };
